"""Rule books written the way scenarios write them, and payments to try them with.

`LUNCH` is the book of the school meals; `ATOMS` has every kind of condition at least once, with
constants that lie close together, so that boundaries meet.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from tengesim.clock import HOUR_US, MINUTE_US
from tengesim.codes import Evidence
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import Condition
from tengesim.rules.effects import Effect
from tengesim.rules.evaluate import Used
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.procedures import Procedure
from tengesim.rules.terms import Period, day_number

Raw = dict[str, Any]

_CONDITION: Final[TypeAdapter[Condition]] = TypeAdapter(Condition)
_EFFECT: Final[TypeAdapter[Effect]] = TypeAdapter(Effect)
_PROCEDURE: Final[TypeAdapter[Procedure]] = TypeAdapter(Procedure)

MONDAY: Final = day_number(date(2026, 2, 2))
NOON: Final = 12 * HOUR_US
PRICE: Final = 811_00
LUNCH_FLAGS: Final = (
    Evidence.PRESENCE_QR | Evidence.BENEFICIARY_ELIGIBLE | Evidence.PAYEE_CONTRACTED
).value

WEEKDAYS: Final = ["mon", "tue", "wed", "thu", "fri"]
LUNCH_CONDITIONS: Final[Mapping[str, Raw]] = MappingProxyType(
    {
        "payee": {"kind": "payee_in", "contracted": True},
        "purpose": {"kind": "purpose_is", "purposes": ["school_meals"]},
        "category": {"kind": "merchant_category_in", "categories": ["5812", "5814"]},
        "hours": {"kind": "time_window", "weekdays": WEEKDAYS, "from": "07:30", "until": "16:00"},
        "month": {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-28"},
        "eligible": {"kind": "beneficiary_eligible"},
        "present": {"kind": "presence_proven", "methods": ["qr", "palm", "manual"]},
        "price": {"kind": "amount_at_most", "limit": "811 KZT"},
        "once": {"kind": "count_per_period_at_most", "period": "day", "limit": 1},
    }
)
SHED: Final[Raw] = {
    "kind": "sheds_mark",
    "id": "shed",
    "condition": {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]},
    "text": {"en": "Money becomes free when act and invoice are there."},
    "reference": "assumption",
}
RESTORES: Final[Raw] = {
    "kind": "restores_mark",
    "id": "back",
    "text": {"en": "A refund comes back under its mark."},
    "reference": "assumption",
}
RETURN: Final[Raw] = {
    "kind": "return_on_expiry",
    "id": "return",
    "at": "20:00",
    "text": {"en": "What is left goes back."},
    "reference": "assumption",
}

ATOMS: Final[tuple[Raw, ...]] = (
    {"kind": "purpose_is", "purposes": ["meals"]},
    {"kind": "purpose_is", "purposes": ["roads", "books"]},
    {"kind": "merchant_category_in", "categories": ["5812"]},
    {"kind": "merchant_category_in", "categories": ["5814", "5812"]},
    {"kind": "payee_in", "payees": ["alma"]},
    {"kind": "payee_in", "payees": ["dastarkhan"]},
    {"kind": "payee_in", "payees": ["alma"], "contracted": True},
    {"kind": "payee_in", "contracted": True},
    {"kind": "time_window", "weekdays": ["mon", "tue"], "from": "09:00", "until": "15:00"},
    {"kind": "time_window", "weekdays": ["tue", "sat"], "from": "15:00"},
    {"kind": "time_window", "from": "14:59", "until": "15:01"},
    {"kind": "time_window", "from": "15:00", "until": "09:00"},
    {"kind": "within_validity", "from": "2026-02-01", "until": "2026-02-02"},
    {"kind": "within_validity", "from": "2026-02-03", "until": "2026-02-03"},
    {"kind": "within_validity", "from": "2026-02-07", "until": "2026-02-08"},
    {"kind": "amount_at_most", "limit": "2 tiyn"},
    {"kind": "amount_at_most", "limit": "3 tiyn"},
    {"kind": "amount_at_most", "limit": "0 KZT"},
    {"kind": "amount_per_period_at_most", "period": "day", "limit": "3 tiyn"},
    {"kind": "amount_per_period_at_most", "period": "month", "limit": "2 tiyn"},
    {"kind": "count_per_period_at_most", "period": "day", "limit": 1},
    {"kind": "count_per_period_at_most", "period": "week", "limit": 2},
    {"kind": "count_per_period_at_most", "period": "day", "limit": 0},
    {"kind": "beneficiary_eligible"},
    {"kind": "presence_proven", "methods": ["qr"]},
    {"kind": "presence_proven", "methods": ["qr", "palm"]},
    {"kind": "evidence_present", "registers": ["act_accepted"]},
    {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]},
    {"kind": "conversion_forbidden"},
    {"kind": "amount_per_period_at_most", "period": "year", "limit": "3 tiyn"},
    {"kind": "payee_not_listed"},
    {"kind": "payee_not_listed", "payees": ["alma"], "registers": False},
    {"kind": "payee_not_listed", "payees": ["alma", "dastarkhan"]},
    {"kind": "payee_in_good_standing", "requires": ["tax_clear", "vat_registered"]},
    {"kind": "tier_at_least", "tier": 2},
    {"kind": "verified_above", "limit": "2 tiyn"},
    {"kind": "biometrics_matched"},
    {"kind": "consented"},
    {"kind": "unaffiliated"},
    {"kind": "milestone_signed", "by": ["supervisor", "customer"]},
    {"kind": "approved_by", "roles": ["supervisor", "customer"], "least": 1},
)
"""Every kind of condition that has no parts and that compiled tables run."""
COMPOSITIONS: Final[tuple[Raw, ...]] = (
    *({"kind": "not", "condition": atom} for atom in ATOMS),
    *(
        {"kind": kind, "conditions": [first, second]}
        for kind in ("all_of", "any_of")
        for first, second in zip(ATOMS, ATOMS[5:] + ATOMS[:5], strict=True)
    ),
)
"""Every kind of condition that has parts."""


class Before(NamedTuple):
    """What the payer used before, by period; the windows are those of the payment."""

    used: Mapping[Period, Used]

    def of(self, payer: str, period: Period, window: int) -> Used:
        """Return what was used in `period`."""
        return self.used.get(period, Used(0, 0))


NOTHING_BEFORE: Final = Before({})


def condition(raw: Raw) -> Condition:
    """Return the condition that a scenario would write as `raw`."""
    return _CONDITION.validate_python(raw)


def effect(raw: Raw) -> Effect:
    """Return the effect that a scenario would write as `raw`."""
    return _EFFECT.validate_python(raw)


def procedure(raw: Raw) -> Procedure:
    """Return the procedure that a scenario would write as `raw`."""
    return _PROCEDURE.validate_python(raw)


def raw_rule(name: str, raw: Raw, **more: object) -> Raw:
    """Return a rule as a scenario would write it."""
    text = {"en": f"Rule {name}."}
    return {"id": name, "condition": raw, "text": text, "reference": "assumption", **more}


def rule(name: str, raw: Raw, **more: object) -> Rule:
    """Return a rule with the condition `raw`."""
    return Rule.model_validate(raw_rule(name, raw, **more))


def book(conditions: Mapping[str, Raw], *effects: Raw, **more: object) -> RuleBook:
    """Return a book of one rule for each condition, in order, guarding payments."""
    rules = [raw_rule(name, raw) for name, raw in conditions.items()]
    return RuleBook.model_validate({"rules": rules, "effects": effects, **more})


LUNCH: Final = book(LUNCH_CONDITIONS, SHED, procedures=[RETURN])


def lunch(**changes: object) -> Observation:
    """Return a lunch that passes the book, apart from `changes`."""
    plain = Observation(
        operation=Operation.PAY,
        time_us=0,
        day=MONDAY,
        time_of_day_us=NOON,
        payer="pupil-000001",
        payee="caterer-01",
        purpose="school_meals",
        category="5812",
        amount_tiyn=PRICE,
        evidence=LUNCH_FLAGS,
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


def at(text: str) -> int:
    """Return a time of day in us since midnight."""
    hours, minutes = text.split(":")
    return int(hours) * HOUR_US + int(minutes) * MINUTE_US


def day(text: str) -> int:
    """Return the number of a day."""
    return day_number(date.fromisoformat(text))
