"""Rules, verdicts and examples in words, whole sentences compared."""

from types import MappingProxyType

import pytest

from tengesim.codes import Evidence
from tengesim.payment import Observation
from tengesim.rules.act_kinds import ACT_KINDS
from tengesim.rules.catalogue import parsed
from tengesim.rules.evaluate import Used, verdict
from tengesim.rules.model import RuleBook
from tengesim.rules.phrases import ENGLISH
from tengesim.rules.regions import Example
from tengesim.rules.sentences import (
    book_sentence,
    payment_sentence,
    rule_sentence,
    sentence,
    verdict_sentence,
)
from tengesim.rules.terms import Method, Period, PropertyRegister, Register, Role, Standing, Weekday
from tengesim.rules.verdicts import PASSED
from tests.boundary_facts import boundary_facts
from tests.fact_stories import FACT_ATOMS
from tests.rule_books import (
    ATOMS,
    LUNCH_CONDITIONS,
    NOTHING_BEFORE,
    PRICE,
    RESTORES,
    RETURN,
    SHED,
    WEEKDAYS,
    Before,
    Raw,
    at,
    condition,
    day,
    effect,
    lunch,
    procedure,
    rule,
)

LATE = {"kind": "time_window", "from": "15:00"}
CHEAP = {"kind": "amount_at_most", "limit": "1 KZT"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"kind": "purpose_is", "purposes": ["a"]}, "The money is used for a"),
        ({"kind": "purpose_is", "purposes": ["a", "b", "c"]}, "The money is used for a, b or c"),
        (LUNCH_CONDITIONS["category"], "The payee's merchant category is 5812 or 5814"),
        ({"kind": "payee_in", "payees": ["alma"]}, "The payee is alma"),
        (LUNCH_CONDITIONS["payee"], "The payee has a registered contract"),
        (
            {"kind": "payee_in", "payees": ["alma"], "contracted": True},
            "The payee is alma or has a registered contract",
        ),
        (
            {"kind": "time_window", "weekdays": WEEKDAYS, "from": "09:00", "until": "15:00"},
            "The payment falls on Monday to Friday between 09:00 and 15:00",
        ),
        (
            {"kind": "time_window", "weekdays": ["wed", "mon"]},
            "The payment falls on Monday or Wednesday",
        ),
        (LATE, "The payment falls from 15:00 on"),
        ({"kind": "time_window", "until": "15:00"}, "The payment falls before 15:00"),
        ({"kind": "time_window"}, "The payment falls at any time"),
        (
            LUNCH_CONDITIONS["month"],
            "The payment falls on a day from 2026-02-01 to 2026-02-28",
        ),
        (LUNCH_CONDITIONS["price"], "One payment is at most 811 KZT"),
        (
            {"kind": "amount_per_period_at_most", "period": "month", "limit": "16220 KZT"},
            "The payments of one payer in a month add up to at most 16,220 KZT",
        ),
        (LUNCH_CONDITIONS["once"], "One payer makes at most 1 payment in a day"),
        (
            {"kind": "count_per_period_at_most", "period": "week", "limit": 5},
            "One payer makes at most 5 payments in a week",
        ),
        ({"kind": "beneficiary_eligible"}, "The register names the beneficiary as eligible"),
        (
            LUNCH_CONDITIONS["present"],
            "The beneficiary's presence is proven by QR code, palm or entry by hand",
        ),
        (
            SHED["condition"],
            "The registers confirm the accepted act and the matched e-invoice",
        ),
        (
            {"kind": "conversion_forbidden"},
            "The money is not exchanged for cash, a deposit or unmarked money",
        ),
        (
            {"kind": "all_of", "conditions": [LATE, CHEAP]},
            "All of these hold: the payment falls from 15:00 on; one payment is at most 1 KZT",
        ),
        (
            {"kind": "any_of", "conditions": [LATE, {"kind": "not", "condition": CHEAP}]},
            (
                "At least one of these holds: the payment falls from 15:00 on;"
                " (this does not hold: one payment is at most 1 KZT)"
            ),
        ),
    ],
)
def test_a_condition_reads_as_one_sentence(raw: Raw, expected: str) -> None:
    """Goal: no one needs the code to read a rule. Method: each kind, its variants by rows."""
    assert sentence(condition(raw)) == expected


def test_effects_and_procedures_read_as_sentences_too() -> None:
    """Goal: all three unions have words. Method: each kind."""
    assert sentence(effect(SHED)) == (
        "A payee's money becomes unmarked when this holds: the registers confirm the accepted act"
        " and the matched e-invoice"
    )
    assert sentence(effect(RESTORES)) == (
        "A refund goes back to its purse, under the mark it came with"
    )
    assert sentence(procedure(RETURN)) == (
        "What is left in purses when the mark expires goes back at 20:00 on the last day"
    )


ONE_LUNCH = Before(dict.fromkeys(Period, Used(1, PRICE)))


@pytest.mark.parametrize(
    ("raw", "changes", "expected"),
    [
        (LUNCH_CONDITIONS["purpose"], {"purpose": "x"}, "the money is not used for school_meals"),
        (
            LUNCH_CONDITIONS["category"],
            {"category": "5993"},
            "the payee's merchant category is not 5812 or 5814",
        ),
        (
            {"kind": "payee_in", "payees": ["alma"], "contracted": True},
            {"evidence": 0},
            "the payee is not alma and has no registered contract",
        ),
        (
            LUNCH_CONDITIONS["hours"],
            {"day": day("2026-02-07")},
            "the day does not fit: Saturday, allowed Monday to Friday",
        ),
        (
            LUNCH_CONDITIONS["hours"],
            {"time_of_day_us": at("07:29")},
            "it is too early: 07:29, allowed from 07:30",
        ),
        (
            LUNCH_CONDITIONS["hours"],
            {"time_of_day_us": at("16:00") + 1},
            "it is too late: 16:00, allowed before 16:00",
        ),
        (
            LUNCH_CONDITIONS["month"],
            {"day": day("2026-01-31")},
            "it is too early: 2026-01-31, valid from 2026-02-01",
        ),
        (
            LUNCH_CONDITIONS["month"],
            {"day": day("2026-03-01")},
            "it is too late: 2026-03-01, valid until 2026-02-28",
        ),
        (
            LUNCH_CONDITIONS["price"],
            {"amount_tiyn": PRICE + 1},
            "one payment is limited: 811.01 KZT, at most 811 KZT",
        ),
        (
            {"kind": "amount_per_period_at_most", "period": "week", "limit": "811 KZT"},
            {},
            "the sum in a week is limited: 1,622 KZT this week, at most 811 KZT",
        ),
        (
            LUNCH_CONDITIONS["once"],
            {},
            "payments in a day are limited: 2 payments today, at most 1",
        ),
        (
            {"kind": "beneficiary_eligible"},
            {"evidence": 0},
            "the register does not name the beneficiary as eligible",
        ),
        (
            {"kind": "presence_proven", "methods": ["card"]},
            {},
            "the beneficiary's presence is not proven by card",
        ),
        (
            SHED["condition"],
            {"evidence": Evidence.ACT_ACCEPTED.value},
            "documents are missing: 1 confirmed, 2 required",
        ),
        (
            {"kind": "any_of", "conditions": [CHEAP, LATE]},
            {},
            "none of these holds: one payment is at most 1 KZT; the payment falls from 15:00 on",
        ),
        (
            {"kind": "not", "condition": {"kind": "beneficiary_eligible"}},
            {},
            "this must not hold, and does: the register names the beneficiary as eligible",
        ),
    ],
)
def test_a_refusal_says_why_and_compares_the_values(raw: Raw, changes: Raw, expected: str) -> None:
    """Goal: a refused person can be told why. Method: each kind fails once, whole sentences."""
    refused = verdict(condition(raw), lunch(**changes), ONE_LUNCH)
    assert verdict_sentence(rule("r", raw), refused) == f"refused because {expected}"


@pytest.mark.parametrize(
    ("seen", "before", "expected"),
    [
        (lunch(payee="x", evidence=0), NOTHING_BEFORE, "the payee has no registered contract"),
        (
            lunch(day=day("2026-03-02")),
            NOTHING_BEFORE,
            "it is too late: 2026-03-02, valid until 2026-02-28",
        ),
        (
            lunch(day=day("2026-02-07")),
            NOTHING_BEFORE,
            "the day does not fit: Saturday, allowed Monday to Friday",
        ),
        (
            lunch(evidence=Evidence.PAYEE_CONTRACTED.value),
            NOTHING_BEFORE,
            "none of these holds: the register names the beneficiary as eligible",
        ),
        (
            lunch(evidence=0b10_0110_0000),
            NOTHING_BEFORE,
            "documents are missing: 0 confirmed, 1 required",
        ),
        (
            lunch(amount_tiyn=PRICE + 1),
            ONE_LUNCH,
            "one payment is limited: 811.01 KZT, at most 811 KZT",
        ),
        (lunch(), ONE_LUNCH, "payments in a day are limited: 2 payments today, at most 1"),
        (
            lunch(),
            Before({Period.WEEK: Used(1, 5_000_00)}),
            "the sum in a week is limited: 5,811 KZT this week, at most 5,000 KZT",
        ),
    ],
)
def test_of_a_conjunction_the_part_that_failed_is_told(
    seen: Observation, before: Before, expected: str
) -> None:
    """Goal: all_of is explained by its part. Method: parts with different and equal reasons."""
    week = {"kind": "amount_per_period_at_most", "period": "week", "limit": "5000 KZT"}
    inner = {"kind": "all_of", "conditions": [LUNCH_CONDITIONS["once"], week]}
    act_or_code = {"kind": "any_of", "conditions": [{"kind": "beneficiary_eligible"}]}
    act = {"kind": "evidence_present", "registers": ["act_accepted"]}
    either = {"kind": "all_of", "conditions": [act_or_code, LUNCH_CONDITIONS["hours"]]}
    parts = [LUNCH_CONDITIONS["month"], LUNCH_CONDITIONS["price"], inner, either]
    raw = {"kind": "all_of", "conditions": [*parts, LUNCH_CONDITIONS["payee"]]}
    if not seen.evidence & Evidence.PRESENCE_QR and seen.evidence & Evidence.BENEFICIARY_ELIGIBLE:
        raw = {"kind": "all_of", "conditions": [raw, act]}
    refused = verdict(condition(raw), seen, before)
    assert verdict_sentence(rule("r", raw), refused) == f"refused because {expected}"


def test_a_pass_and_a_rule_that_does_not_apply_are_told_apart() -> None:
    """Goal: silence is not consent. Method: a passing verdict, and none."""
    once = rule("once", LUNCH_CONDITIONS["once"])
    assert verdict_sentence(once, PASSED) == "passed: one payer makes at most 1 payment in a day"
    assert verdict_sentence(once, None) == "does not apply to this operation on this day"


def test_an_example_is_told_in_the_facts_asked_for() -> None:
    """Goal: findings show a payment, not a dump. Method: no facts, all facts."""
    used = {Period.DAY: Used(1, PRICE), Period.WEEK: Used(2, 2 * PRICE), Period.MONTH: Used(0, 0)}
    example = Example(lunch(), used)

    assert payment_sentence(example, ()) == "a payment of 811 KZT"
    assert payment_sentence(example) == (
        "a payment of 811 KZT to 'caterer-01' for 'school_meals' in category 5812"
        " on Monday 2026-02-02 at 12:00"
        " after 1 payment for 811 KZT today after 2 payments for 1,622 KZT this week"
    )


def test_another_catalogue_is_another_language() -> None:
    """Goal: translation without code. Method: a catalogue with two texts changed."""
    kazakh = MappingProxyType(
        {
            **ENGLISH,
            "amount_at_most": "Бір төлем {limit} аспайды",
            "refused": "қабылданбады: {text}",
        }
    )
    assert sentence(condition(CHEAP), kazakh) == "Бір төлем 1 KZT аспайды"
    refused = verdict(condition(CHEAP), lunch(), NOTHING_BEFORE)
    assert verdict_sentence(rule("r", CHEAP), refused, kazakh).startswith("қабылданбады: ")


GUARDED = rule(
    "r",
    CHEAP,
    valid_from="2026-02-01",
    valid_until="2026-02-28",
    on_failure="hold",
    queue="desk",
    override={"roles": ["customer", "treasurer"], "until": "2026-02-10"},
)


def test_a_rule_tells_its_days_its_queue_and_who_may_override_it() -> None:
    """Goal: nothing of a rule is unsaid. Method: a rule with everything, and a plain one."""
    assert rule_sentence(GUARDED) == (
        "One payment is at most 1 KZT, from 2026-02-01 on, until 2026-02-28;"
        " a payment that fails waits in the queue desk;"
        " in an emergency declared until 2026-02-10 it yields to the signatures of"
        " the customer and the treasurer"
    )
    assert rule_sentence(rule("r", CHEAP)) == sentence(condition(CHEAP))


def test_versions_of_a_book_are_told_by_their_days() -> None:
    """Goal: R56 in words. Method: a book with two versions."""
    versions = [{"issued_from": "2026-03-01"}, {"issued_from": "2026-04-01"}]
    assert book_sentence(RuleBook.model_validate({"versions": versions})) == (
        "Money issued from 2026-03-01 and 2026-04-01 on has the rules of that day;"
        " older money keeps its own"
    )


class Noting(dict[str, str]):
    """A catalogue that remembers what was looked up."""

    def __init__(self) -> None:
        """Hold the English texts."""
        super().__init__(ENGLISH)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> str:
        """Return a text and remember its key."""
        self.read.add(key)
        return super().__getitem__(key)


def test_every_text_of_the_catalogue_is_read() -> None:
    """Goal: nobody translates in vain. Method: say all rules, verdicts and examples, and note."""
    texts = Noting()
    day_by_day = [{"kind": "time_window", "weekdays": [weekday]} for weekday in Weekday]
    methods = [{"kind": "presence_proven", "methods": [method]} for method in Method]
    parts = [LATE, CHEAP]
    composed = [{"kind": kind, "conditions": parts} for kind in ("all_of", "any_of")]
    registers: list[Raw] = [{"kind": "evidence_present", "registers": list(Register)}]
    roles = [{"kind": "approved_by", "roles": list(Role)}]
    requires = [{"kind": "payee_in_good_standing", "requires": list(Standing)}]
    changed = [{"kind": "register_changed", "of": one} for one in PropertyRegister]
    year = [{"kind": "count_per_period_at_most", "period": "year", "limit": 1}]
    month = [{"kind": "count_per_period_at_most", "period": "month", "limit": 1}]
    said: list[Raw] = [*registers, *roles, *requires, *changed, *year, *month, *FACT_ATOMS]
    plain = [
        *ATOMS,
        *said,
        *day_by_day,
        *methods,
        *LUNCH_CONDITIONS.values(),
        {"kind": "time_window"},
    ]
    plain.append({"kind": "time_window", "until": "15:00"})
    plain.append({"kind": "amount_per_period_at_most", "period": "week", "limit": "3 tiyn"})
    for raw in (*plain, *composed, {"kind": "not", "condition": CHEAP}):
        one = rule("r", raw)
        sentence(one.condition, texts)
        verdict_sentence(one, None, texts)
        for seen, before in boundary_facts([one.condition]):
            verdict_sentence(one, verdict(one.condition, seen, before), texts)
    for text in ACT_KINDS:
        sentence(parsed(text), texts)
    words = {"id": "a", "text": {"en": "A."}, "reference": "assumption"}
    narrower = {"kind": "propagates", "depth": 1, "rule_book": "narrower", **words}
    overhead = {"kind": "sheds_part", "parts": [{"use": "overhead", "share": "1 %"}], **words}
    for raw in (narrower, {**narrower, "rule_book": None}, overhead):
        sentence(effect(raw), texts)
    court = {"kind": "freezes", "by": "court", "lasts": "1 h", **words}
    unspent = {"kind": "claws_back", "on": ["unspent"], **words}
    for raw in (court, unspent):
        sentence(procedure(raw), texts)
    payment_sentence(Example(lunch(), ONE_LUNCH.used), texts=texts)
    rule_sentence(GUARDED, texts)
    book_sentence(RuleBook.model_validate({"versions": [{"issued_from": "2026-03-01"}]}), texts)

    assert texts.read == set(ENGLISH)
