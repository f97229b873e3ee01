"""What each kind of condition says, one observation a row, and which rule decides."""

import pytest

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Reason
from tengesim.payment import NO_FACTS, Observation, Operation
from tengesim.rules.conditions import reasons_of
from tengesim.rules.evaluate import (
    ALLOWED,
    Decision,
    Used,
    applies,
    decide,
    judge,
    may_shed,
    verdict,
    weekday_of,
    window_of,
)
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import Period
from tengesim.rules.verdicts import PASSED, Verdict
from tests.rule_books import (
    LUNCH,
    LUNCH_CONDITIONS,
    LUNCH_FLAGS,
    MONDAY,
    NOTHING_BEFORE,
    PRICE,
    SHED,
    Before,
    Raw,
    at,
    book,
    condition,
    day,
    lunch,
    raw_rule,
)

OUTSIDE = Reason.OUTSIDE_VALIDITY
PERIOD = Reason.LIMIT_PER_PERIOD
ACT, INVOICE = Evidence.ACT_ACCEPTED.value, Evidence.INVOICE_MATCHED.value


def answer(raw: Raw, seen: Observation, before: Before = NOTHING_BEFORE) -> Verdict:
    """Return the verdict of the condition written as `raw`."""
    return verdict(condition(raw), seen, before)


@pytest.mark.parametrize(
    ("purpose", "reason"),
    [
        ("school_meals", Reason.NONE),
        ("road_repair", Reason.PURPOSE_NOT_ALLOWED),
        ("", Reason.PURPOSE_NOT_ALLOWED),
        ("school_meals ", Reason.PURPOSE_NOT_ALLOWED),
    ],
)
def test_marked_money_cannot_leave_its_purpose(purpose: str, reason: Reason) -> None:
    """Goal: R01. Method: the purpose named, another, none, and one that looks alike."""
    raw = {"kind": "purpose_is", "purposes": ["school_meals", "breakfast"]}
    assert answer(raw, lunch(purpose=purpose)).reason is reason


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("5812", Reason.NONE),
        ("5814", Reason.NONE),
        ("5993", Reason.PURPOSE_NOT_ALLOWED),
        ("05812", Reason.PURPOSE_NOT_ALLOWED),
    ],
)
def test_marked_money_stays_in_its_merchant_categories(category: str, reason: Reason) -> None:
    """Goal: R03. Method: categories named, another, and one with a leading zero."""
    assert answer(LUNCH_CONDITIONS["category"], lunch(category=category)).reason is reason


@pytest.mark.parametrize(
    ("payees", "is_contracted", "payee", "evidence", "reason"),
    [
        (["alma"], False, "alma", 0, Reason.NONE),
        (["alma"], False, "dastarkhan", 0, Reason.PAYEE_NOT_ALLOWED),
        (["alma"], False, "dastarkhan", 64, Reason.PAYEE_NOT_ALLOWED),
        (["alma"], True, "dastarkhan", 64, Reason.NONE),
        (["alma"], True, "alma", 0, Reason.NONE),
        ([], True, "dastarkhan", 64, Reason.NONE),
        ([], True, "dastarkhan", 0, Reason.PAYEE_NOT_ALLOWED),
    ],
)
def test_only_a_payee_named_or_under_contract_is_paid(
    *, payees: list[str], is_contracted: bool, payee: str, evidence: int, reason: Reason
) -> None:
    """Goal: R04. Method: names and contracts, each alone and both."""
    raw = {"kind": "payee_in", "payees": payees, "contracted": is_contracted}
    assert answer(raw, lunch(payee=payee, evidence=evidence)).reason is reason


@pytest.mark.parametrize(
    ("text", "time_us", "expected"),
    [
        ("2026-02-02", at("07:30"), PASSED),
        ("2026-02-02", at("07:30") - 1, Verdict(OUTSIDE, at("07:30") - 1, at("07:30"))),
        ("2026-02-02", at("16:00") - 1, PASSED),
        ("2026-02-02", at("16:00"), Verdict(OUTSIDE, at("16:00"), at("16:00"))),
        ("2026-02-06", at("12:00"), PASSED),
        ("2026-02-07", at("12:00"), Verdict(OUTSIDE, 6, 5)),
        ("2026-02-08", at("12:00"), Verdict(OUTSIDE, 7, 5)),
    ],
)
def test_a_payment_falls_into_the_window_or_is_refused(
    text: str, time_us: int, expected: Verdict
) -> None:
    """Goal: R08. Method: both ends of the window, the last weekday and the weekend."""
    seen = lunch(day=day(text), time_of_day_us=time_us)
    assert answer(LUNCH_CONDITIONS["hours"], seen) == expected


@pytest.mark.parametrize(
    ("window", "time_us", "passes"),
    [
        ({"from": "15:00"}, at("15:00") - 1, False),
        ({"from": "15:00"}, DAY_US - 1, True),
        ({"until": "15:00"}, 0, True),
        ({"until": "15:00"}, at("15:00"), False),
        ({"weekdays": ["mon"]}, 0, True),
        ({"weekdays": ["mon"]}, DAY_US - 1, True),
        ({"weekdays": ["tue"]}, 0, False),
    ],
)
def test_a_window_without_an_end_lasts_till_midnight(
    *, window: Raw, time_us: int, passes: bool
) -> None:
    """Goal: an end left out does not bind. Method: windows with one end or none, on a Monday."""
    raw = {"kind": "time_window", **window}
    assert (answer(raw, lunch(time_of_day_us=time_us)) is PASSED) == passes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", Verdict(OUTSIDE, day("2026-01-31"), day("2026-02-01"))),
        ("2026-02-01", PASSED),
        ("2026-02-28", PASSED),
        ("2026-03-01", Verdict(OUTSIDE, day("2026-03-01"), day("2026-03-01"))),
    ],
)
def test_marked_money_is_spent_within_its_validity(text: str, expected: Verdict) -> None:
    """Goal: R09. Method: the days at and next to both ends."""
    assert answer(LUNCH_CONDITIONS["month"], lunch(day=day(text))) == expected


@pytest.mark.parametrize(
    ("amount_tiyn", "expected"),
    [
        (1, PASSED),
        (PRICE, PASSED),
        (PRICE + 1, Verdict(Reason.LIMIT_PER_PAYMENT, PRICE + 1, PRICE)),
    ],
)
def test_one_payment_keeps_to_its_limit(amount_tiyn: int, expected: Verdict) -> None:
    """Goal: R10. Method: at the limit and one tiyn above."""
    assert answer(LUNCH_CONDITIONS["price"], lunch(amount_tiyn=amount_tiyn)) == expected


@pytest.mark.parametrize(
    ("used_tiyn", "amount_tiyn", "expected"),
    [
        (0, 1_000_00, PASSED),
        (999_99, 1, PASSED),
        (0, 1_000_01, Verdict(PERIOD, 1_000_01, 1_000_00)),
        (1_000_00, 1, Verdict(PERIOD, 1_000_01, 1_000_00)),
    ],
)
@pytest.mark.parametrize("period", list(Period))
def test_payments_of_a_period_add_up_to_at_most_the_limit(
    period: Period, used_tiyn: int, amount_tiyn: int, expected: Verdict
) -> None:
    """Goal: R11. Method: at the limit and one tiyn above, by one payment and by two."""
    raw = {"kind": "amount_per_period_at_most", "period": period.value, "limit": "1000 KZT"}
    before = Before({period: Used(1, used_tiyn)})
    assert answer(raw, lunch(amount_tiyn=amount_tiyn), before) == expected


@pytest.mark.parametrize(
    ("payments", "expected"),
    [(0, PASSED), (1, PASSED), (2, Verdict(PERIOD, 3, 2)), (9, Verdict(PERIOD, 10, 2))],
)
@pytest.mark.parametrize("period", list(Period))
def test_a_period_has_at_most_so_many_payments(
    period: Period, payments: int, expected: Verdict
) -> None:
    """Goal: R12. Method: below, at and above the limit; this payment counts."""
    raw = {"kind": "count_per_period_at_most", "period": period.value, "limit": 2}
    assert answer(raw, lunch(), Before({period: Used(payments, payments)})) == expected


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence.BENEFICIARY_ELIGIBLE.value, Reason.NONE),
        (0, Reason.BENEFICIARY_NOT_ELIGIBLE),
        (0b1_1101_1111, Reason.BENEFICIARY_NOT_ELIGIBLE),
    ],
)
def test_only_a_beneficiary_on_the_register_is_paid_for(evidence: int, reason: Reason) -> None:
    """Goal: R15. Method: the flag alone, none, and every flag but this."""
    assert answer({"kind": "beneficiary_eligible"}, lunch(evidence=evidence)).reason is reason


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence.PRESENCE_QR, Reason.NONE),
        (Evidence.PRESENCE_MANUAL, Reason.NONE),
        (Evidence.PRESENCE_QR | Evidence.PRESENCE_PALM, Reason.NONE),
        (Evidence.PRESENCE_CARD, Reason.PRESENCE_NOT_PROVEN),
        (Evidence.PRESENCE_REPORT, Reason.PRESENCE_NOT_PROVEN),
        (Evidence(0), Reason.PRESENCE_NOT_PROVEN),
    ],
)
def test_an_absent_pupil_cannot_be_charged_for(evidence: Evidence, reason: Reason) -> None:
    """Goal: R16. Method: each accepted proof, both, proofs not accepted, and none."""
    assert answer(LUNCH_CONDITIONS["present"], lunch(evidence=evidence.value)).reason is reason


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (ACT | INVOICE, PASSED),
        (ACT, Verdict(Reason.MILESTONE_NOT_MET, 1, 2)),
        (INVOICE, Verdict(Reason.MILESTONE_NOT_MET, 1, 2)),
        (0, Verdict(Reason.MILESTONE_NOT_MET, 0, 2)),
    ],
)
def test_every_document_named_must_be_confirmed(evidence: int, expected: Verdict) -> None:
    """Goal: R29, the condition. Method: both documents, each alone, none."""
    assert answer(SHED["condition"], lunch(evidence=evidence)) == expected


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (Operation.CONVERT, Reason.CONVERSION_NOT_ALLOWED),
        (Operation.PAY, Reason.NONE),
        (Operation.SHED, Reason.NONE),
    ],
)
def test_marked_money_is_not_converted(operation: Operation, reason: Reason) -> None:
    """Goal: R31. Method: conversion and two other operations."""
    assert answer({"kind": "conversion_forbidden"}, lunch(operation=operation)).reason is reason


CHEAP = {"kind": "amount_at_most", "limit": "1 KZT"}
DEAR = {"kind": "amount_at_most", "limit": "10000 KZT"}
ELSEWHERE = {"kind": "payee_in", "payees": ["alma"]}
ELIGIBLE = {"kind": "beneficiary_eligible"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"kind": "all_of", "conditions": [DEAR, ELIGIBLE]}, PASSED),
        (
            {"kind": "all_of", "conditions": [CHEAP, ELSEWHERE]},
            Verdict(Reason.PAYEE_NOT_ALLOWED, 0, 0),
        ),
        (
            {"kind": "all_of", "conditions": [{**CHEAP, "limit": "2 KZT"}, CHEAP]},
            Verdict(Reason.LIMIT_PER_PAYMENT, PRICE, 2_00),
        ),
        ({"kind": "any_of", "conditions": [CHEAP, ELIGIBLE]}, PASSED),
        (
            {"kind": "any_of", "conditions": [CHEAP, ELSEWHERE]},
            Verdict(Reason.RULE_NOT_MET, 0, 1),
        ),
        ({"kind": "not", "condition": CHEAP}, PASSED),
        ({"kind": "not", "condition": DEAR}, Verdict(Reason.RULE_NOT_MET, 0, 0)),
        ({"kind": "not", "condition": {"kind": "not", "condition": DEAR}}, PASSED),
    ],
)
def test_compositions_answer_for_themselves_or_for_their_part(raw: Raw, expected: Verdict) -> None:
    """Goal: all_of names its part, any_of and not themselves. Method: each both ways."""
    assert answer(raw, lunch()) == expected


# Each row mends what the row before was refused for: reasons in order of precedence.
WORST = lunch(
    payee="kiosk",
    purpose="sweets",
    category="5441",
    day=day("2026-03-01"),
    amount_tiyn=2 * PRICE,
    evidence=0,
)
MENDED: list[tuple[Raw, Decision]] = [
    ({}, Decision(Reason.PAYEE_NOT_ALLOWED, "payee", 0, 0)),
    ({"evidence": 64}, Decision(Reason.PURPOSE_NOT_ALLOWED, "purpose", 0, 0)),
    ({"purpose": "school_meals"}, Decision(Reason.PURPOSE_NOT_ALLOWED, "category", 0, 0)),
    ({"category": "5812"}, Decision(OUTSIDE, "hours", 7, 5)),
    ({"day": day("2026-03-02")}, Decision(OUTSIDE, "month", day("2026-03-02"), day("2026-03-01"))),
    ({"day": MONDAY}, Decision(Reason.BENEFICIARY_NOT_ELIGIBLE, "eligible", 0, 0)),
    ({"evidence": 64 | 32}, Decision(Reason.PRESENCE_NOT_PROVEN, "present", 0, 0)),
    ({"evidence": LUNCH_FLAGS}, Decision(Reason.LIMIT_PER_PAYMENT, "price", 2 * PRICE, PRICE)),
    ({"amount_tiyn": PRICE}, Decision(PERIOD, "once", 2, 1)),
]


@pytest.mark.parametrize("mended", range(len(MENDED)))
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_reasons_the_lowest_decides(*, mended: int, turned: bool) -> None:
    """Goal: precedence. Method: the worst payment, mended reason by reason, in both orders."""
    seen = WORST
    for changes, _ in MENDED[: mended + 1]:
        seen = seen._replace(**changes)
    names = list(LUNCH_CONDITIONS)
    if turned:
        # Rules with one reason keep their places, since among those the first decides.
        names = ["once", "price", "present", "eligible", "hours", "month", "purpose", "category"]
        names.append("payee")
    rules = book({name: LUNCH_CONDITIONS[name] for name in names})
    _, expected = MENDED[mended]
    assert decide(rules, seen, Before({Period.DAY: Used(1, PRICE)})) == expected


def test_reasons_of_the_table_ascend() -> None:
    """Goal: the table above is the whole order. Method: its reasons against `Reason`."""
    reasons = [decision.reason for _, decision in MENDED]
    assert reasons == sorted(reasons)
    asked = {reason for raw in LUNCH_CONDITIONS.values() for reason in reasons_of(condition(raw))}
    assert set(reasons) - {Reason.NONE} == asked


def test_a_payment_that_passes_every_rule_is_allowed() -> None:
    """Goal: nothing refuses without a reason. Method: the plain lunch, and the empty book."""
    assert decide(LUNCH, lunch(), NOTHING_BEFORE) == ALLOWED
    assert decide(RuleBook(), WORST, NOTHING_BEFORE) == ALLOWED


def test_a_rule_guards_its_operations_in_its_days() -> None:
    """Goal: `on` and validity of a rule. Method: the rule at and next to each end."""
    raw = raw_rule(
        "r", CHEAP, on=["pay", "refund"], valid_from="2026-02-02", valid_until="2026-02-03"
    )
    rules = RuleBook.model_validate({"rules": [raw]})
    for operation in Operation:
        for text, is_in_force in (
            ("2026-02-01", False),
            ("2026-02-02", True),
            ("2026-02-03", True),
            ("2026-02-04", False),
        ):
            seen = lunch(operation=operation, day=day(text))
            guarded = operation in {Operation.PAY, Operation.REFUND} and is_in_force
            assert applies(rules.rules[0], seen) == guarded
            assert bool(decide(rules, seen, NOTHING_BEFORE).reason) == guarded
            ((_, said),) = judge(rules, seen, NOTHING_BEFORE)
            assert (said is not None) == guarded


def test_judge_gives_every_verdict_in_the_order_of_the_book() -> None:
    """Goal: `trace` shows all rules. Method: a payment with two faults."""
    seen = lunch(evidence=0)
    said = judge(LUNCH, seen, NOTHING_BEFORE)
    assert [rule.id for rule, _ in said] == list(LUNCH_CONDITIONS)
    failed = {rule.id for rule, answer in said if answer is not None and answer.reason}
    assert failed == {"payee", "eligible", "present"}


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (ACT | INVOICE, ALLOWED),
        (ACT, Decision(Reason.MILESTONE_NOT_MET, "shed", 1, 2)),
    ],
)
def test_a_mark_is_shed_on_its_evidence_only(evidence: int, expected: Decision) -> None:
    """Goal: R29, the effect. Method: all documents, and one missing."""
    seen = lunch(operation=Operation.SHED, evidence=evidence)
    assert may_shed(LUNCH, seen, NOTHING_BEFORE) == expected


def test_without_an_effect_a_mark_is_never_shed() -> None:
    """Goal: no silent way out of a mark. Method: a book without effects."""
    seen = lunch(operation=Operation.SHED, evidence=ACT | INVOICE)
    refused = Decision(Reason.CONVERSION_NOT_ALLOWED, "", 0, 0)
    assert may_shed(book(LUNCH_CONDITIONS), seen, NOTHING_BEFORE) == refused


@pytest.mark.parametrize(
    ("text", "weekday", "week_of"),
    [
        ("2026-02-01", 6, "2026-01-26"),
        ("2026-02-02", 0, "2026-02-02"),
        ("2026-02-08", 6, "2026-02-02"),
        ("1970-01-01", 3, "1969-12-29"),
        ("1969-12-28", 6, "1969-12-22"),
    ],
)
def test_weeks_begin_on_monday(text: str, weekday: int, week_of: str) -> None:
    """Goal: weekday and week. Method: Sundays and Mondays, also before the epoch."""
    number = day(text)
    assert weekday_of(number) == weekday
    assert window_of(Period.WEEK, number) == window_of(Period.WEEK, day(week_of))
    assert window_of(Period.WEEK, day(week_of)) == window_of(Period.WEEK, day(week_of) - 1) + 1


def test_months_are_windows_of_their_own() -> None:
    """Goal: the month of a day. Method: both sides of a new year and of a leap day."""
    assert window_of(Period.MONTH, day("2026-01-01")) == window_of(Period.MONTH, day("2026-01-31"))
    for before, after in (("2025-12-31", "2026-01-01"), ("2028-02-29", "2028-03-01")):
        assert window_of(Period.MONTH, day(before)) + 1 == window_of(Period.MONTH, day(after))
    assert window_of(Period.DAY, MONDAY) == MONDAY


STRICT: Raw = {"kind": "purpose_is", "purposes": ["roads"]}
SIGNED = (Evidence.CUSTOMER_SIGNED | Evidence.TREASURER_SIGNED).value
OVERRIDE = {"roles": ["customer", "treasurer"], "until": "2026-02-02"}


def test_what_rejects_decides_before_what_holds() -> None:
    """Goal: severity before reason. Method: a hold with the lower reason, alone and in company."""
    held = raw_rule("held", STRICT, on_failure="hold", queue="desk")
    rejecting = raw_rule("price", CHEAP)
    purpose = (Reason.PURPOSE_NOT_ALLOWED, "held", 0, 0, "desk", ())
    limit = (Reason.LIMIT_PER_PAYMENT, "price", PRICE, 100, "", ())

    for rules, expected in (
        ([held], purpose),
        ([rejecting], limit),
        ([held, rejecting], limit),
        ([rejecting, held], limit),
    ):
        rule_book = RuleBook.model_validate({"rules": rules})
        assert tuple(decide(rule_book, lunch(), NOTHING_BEFORE)) == expected


def test_of_several_holds_the_lowest_reason_names_the_queue() -> None:
    """Goal: one queue for a payment. Method: two holds in both orders."""
    first = raw_rule("held", STRICT, on_failure="hold", queue="desk")
    second = raw_rule("price", CHEAP, on_failure="hold", queue="prices")
    for rules in ([first, second], [second, first]):
        decision = decide(RuleBook.model_validate({"rules": rules}), lunch(), NOTHING_BEFORE)
        assert (decision.rule, decision.queue) == ("held", "desk")


@pytest.mark.parametrize(
    ("evidence", "emergency", "date", "is_overridden"),
    [
        (SIGNED, "flood", "2026-02-02", True),
        (SIGNED, "flood", "2026-02-03", False),
        (SIGNED, "", "2026-02-02", False),
        (Evidence.CUSTOMER_SIGNED.value, "flood", "2026-02-02", False),
        (0, "flood", "2026-02-02", False),
    ],
)
def test_an_emergency_overrides_with_all_signatures_until_its_last_day(
    evidence: int, emergency: str, date: str, *, is_overridden: bool
) -> None:
    """Goal: R55 yields and says so. Method: each of emergency, signatures and day left out."""
    yields = raw_rule("yields", STRICT, override=OVERRIDE)
    rule_book = RuleBook.model_validate({"rules": [yields, raw_rule("price", CHEAP)]})
    facts = NO_FACTS._replace(emergency=emergency)
    seen = lunch(evidence=evidence, facts=facts, day=day(date), amount_tiyn=100)

    decision = decide(rule_book, seen, NOTHING_BEFORE)

    if is_overridden:
        assert decision == ALLOWED._replace(overridden=("yields",))
        # What may not be overridden still decides, and what was overridden is not forgotten.
        dear = decide(rule_book, seen._replace(amount_tiyn=101), NOTHING_BEFORE)
        assert (dear.rule, dear.overridden) == ("price", ("yields",))
    else:
        assert decision == Decision(Reason.PURPOSE_NOT_ALLOWED, "yields", 0, 0)


def test_a_rule_that_passes_is_not_overridden() -> None:
    """Goal: only what failed is logged. Method: an emergency and a payment that passes."""
    yields = raw_rule("yields", CHEAP, override=OVERRIDE)
    rule_book = RuleBook.model_validate({"rules": [yields]})
    facts = NO_FACTS._replace(emergency="flood")
    seen = lunch(evidence=SIGNED, facts=facts, amount_tiyn=100)
    assert decide(rule_book, seen, NOTHING_BEFORE) is ALLOWED


@pytest.mark.parametrize(
    ("issued", "paid", "decides"),
    [
        ("2026-02-28", "2026-05-02", "old"),
        ("2026-03-01", "2026-05-02", "middle"),
        ("2026-03-31", "2026-05-02", "middle"),
        ("2026-04-01", "2026-05-02", "newest"),
        (None, "2026-02-28", "old"),
        (None, "2026-05-02", "newest"),
    ],
)
def test_old_money_keeps_the_rules_it_was_issued_under(
    issued: str | None, paid: str, decides: str
) -> None:
    """Goal: R56 by day of issue. Method: both sides of each version's first day, and no day."""
    versions = [
        {"issued_from": first, "rules": [raw_rule(name, STRICT)], "effects": effects}
        for first, name, effects in (("2026-03-01", "middle", [SHED]), ("2026-04-01", "newest", []))
    ]
    rules = [raw_rule("old", STRICT)]
    rule_book = RuleBook.model_validate({"rules": rules, "versions": versions})
    facts = NO_FACTS._replace(issue_day=None if issued is None else day(issued))
    seen = lunch(facts=facts, day=day(paid))

    assert decide(rule_book, seen, NOTHING_BEFORE).rule == decides
    assert [one.id for one, _ in judge(rule_book, seen, NOTHING_BEFORE)] == [decides]
    shed = may_shed(rule_book, seen, NOTHING_BEFORE)
    assert shed.rule == ("shed" if decides == "middle" else "")
