"""Findings about rules, marks and the evidence they ask for."""

from tengesim.findings.text import FindingText

__all__ = ["RULES"]

RULES: dict[str, FindingText] = {
    "CLAIMS_MISSING": FindingText(
        "Ordinary money without claims",
        "With ordinary money deliveries are recorded by a rule book and claimed later, and the"
        " programme does not say how.",
        "a section `claims` and a `rule_book` in the programme",
        "add them, or pay in marked money",
    ),
    "EVIDENCE_TOO_WEAK": FindingText(
        "Marked money spent on a report",
        "Marked money is spent by the pupil at the counter; a reported head-count has no payer.",
        "`evidence: digital` with `money: marked`",
        "prove presence digitally, or pay in ordinary money",
    ),
    "LIMITS_CROSSED": FindingText(
        "A limit for one payment above the limit for a period",
        "One payment may be as large as the first limit says, and then exceeds the second.",
        "a limit for one payment within the limit for the period",
        "lower the one, or raise the other",
    ),
    "LIMITS_OUT_OF_ORDER": FindingText(
        "Limits that contradict one another",
        "What may be paid at once is at most what may be paid in a day or held, and a tier with"
        " more identification has no lower limits than one with less.",
        "limits that grow with the tier, from payment to day to balance",
        "correct the limit that stands out",
    ),
    "LIMIT_BELOW_PRICE": FindingText(
        "A limit below the price",
        "What the programme pays for costs more than the rule allows, so nothing can be bought.",
        "a limit of at least the price",
        "raise the limit, or correct the price",
    ),
    "MARKS_OVERLAP": FindingText(
        "Two marks for the same money",
        "Two marks of one programme and owner are valid on the same days.",
        "days of validity that do not overlap",
        "separate their days, or make them one mark",
    ),
    "MARK_MISSING": FindingText(
        "Marked money without a mark",
        "The money of the programme is marked, but no mark is named, so no rule would travel"
        " with it.",
        "a section `marked` that names a mark of `marks`",
        "name the mark, or set `money: ordinary`",
    ),
    "MARK_RING": FindingText(
        "A mark that stands above itself",
        "Money goes down a chain of marks from parent to child; a ring has no beginning.",
        "marks that form a tree",
        "remove one of the parents",
    ),
    "MARK_STRANDS": FindingText(
        "Marked money that can never get out",
        "The rule book lacks what frees a payee's money, or what returns money left at expiry.",
        "an effect `sheds_mark` and a procedure `return_on_expiry`",
        "add what the message names",
    ),
    "MARK_TOO_SHORT": FindingText(
        "A mark that does not last as long as its programme",
        "The mark is not valid on all days on which the programme serves, so purses would be filled"
        " with money that cannot be spent or is never taken back.",
        "a mark that is valid on every day of the term",
        "move the validity of the mark, or the term of the programme",
    ),
    "MARK_WIDER": FindingText(
        "A child mark that allows more than its parent",
        "What is paid on to a subcontractor may be bound to the same purpose or to a narrower one:"
        " whatever the child's rules allow, the parent's have to allow.",
        "rules as strict as those of the parent, or stricter, on no other days",
        "repeat the rules of the parent in the child",
    ),
    "METHOD_NOT_OFFERED": FindingText(
        "A proof of presence that nobody offers",
        "The rule accepts only proofs of presence that the programme does not offer.",
        "one of the methods that the programme offers",
        "offer one of the methods of the rule, or accept one that is offered",
    ),
    "PURPOSE_EXCLUDED": FindingText(
        "A rule that forbids its own purpose",
        "The rule allows other purposes or merchant categories than the mark's own programme has.",
        "the purpose or category of the programme among those allowed",
        "name it in the rule",
    ),
    "RULE_ALWAYS": FindingText(
        "A rule that refuses nothing",
        "Every payment that the rule guards passes it.",
        "a rule that at least one payment fails",
        "remove the rule, or correct its condition or what it is `on`",
    ),
    "RULE_CONTRADICTS": FindingText(
        "Rules that contradict each other",
        "No payment can satisfy both rules.",
        "rules that at least one payment satisfies",
        "remove or loosen one of the two",
    ),
    "RULE_NEVER": FindingText(
        "A rule that nothing can satisfy",
        "No payment at all passes this rule, so the money it governs can never move.",
        "a rule that at least one payment satisfies",
        "loosen the rule",
    ),
    "RULE_UNREACHABLE": FindingText(
        "A rule or mark that is never in force",
        "Its days of validity lie outside those on which it could matter.",
        "days within the validity of the mark and within the run",
        "correct the days, or remove it",
    ),
    "RULE_UNUSED": FindingText(
        "A rule that changes nothing",
        "Every payment this rule would refuse is refused by another before it, or nothing is"
        " governed by it.",
        "rules that can matter",
        "remove the rule, or correct what it governs",
    ),
    "STATED_TWICE": FindingText(
        "One thing that is said in two places",
        "A rule book and a section both say it, and nothing says which of them holds.",
        "each thing once: in the rule book, or in the section",
        "remove one of the two",
    ),
    "TIMES_OUT_OF_ORDER": FindingText(
        "Times of a day that do not follow one another",
        "Money is issued before it is given out, refunds come before the day is closed, marks are"
        " shed before money is redeemed, and claims are submitted before they are paid.",
        "times in the order in which the day needs them",
        "move one of the times",
    ),
}
