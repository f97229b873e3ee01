"""Claims about procedures: every step is due when its sentence says, on what its sentence says."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tengesim.clock import DAY_US, HOUR_US, Calendar
from tengesim.codes import Evidence
from tengesim.rules.apply import Parted
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import Escrow, Procedure, Schedules
from tengesim.rules.steps import (
    Due,
    Reconciled,
    Step,
    claw_back,
    frozen_until_us,
    instalment,
    procedure_of,
    reconcile,
    refund_due,
    released_tiyn,
    reservation,
    retention_due,
    retry_us,
    reward_tiyn,
    scheduled_us,
    stage_amounts,
    unmet_due,
)
from tengesim.rules.terms import ClawbackGround

PROCEDURE: TypeAdapter[Procedure] = TypeAdapter(Procedure)
TEXTS = {"text": {"en": "A sentence."}, "reference": "assumption"}
TIYN = st.integers(0, 10**15)
CALENDAR = Calendar(
    offsets=((date(1970, 1, 1), 5 * HOUR_US),), holidays=frozenset({date(2026, 3, 9)})
)
THURSDAY_US = CALENDAR.at(date(2026, 3, 5), 10 * HOUR_US)
SIGNED = {"signed_by": ["supervisor"]}


def procedure(kind: str, **keys: Any) -> Any:  # noqa: ANN401 - one of the procedures
    """Return a procedure as a scenario writes it."""
    return PROCEDURE.validate_python({"kind": kind, "id": kind, **TEXTS, **keys})


def moment(day: int, month: int = 3) -> int:
    """Return ten o'clock of a day of 2026."""
    return CALENDAR.at(date(2026, month, day), 10 * HOUR_US)


def test_money_on_hold_is_paid_in_time_or_goes_back() -> None:
    """Goal: R18. Method: before, at and after the end of the hold, met and not."""
    held = procedure("refunds_if_unmet", held="2 business days", refunded_within="1 business day")

    def due(now_us: int, *, is_met: bool) -> Due:
        return unmet_due(held, CALENDAR, held_us=THURSDAY_US, now_us=now_us, is_met=is_met)

    # Monday the 9th is a holiday, so two business days after Thursday is Tuesday.
    end_us = moment(10)
    assert due(moment(6), is_met=True) == Due(Step.PAY, moment(6))
    assert due(moment(6), is_met=False) == Due(Step.WAIT, end_us)
    assert due(end_us, is_met=True) == Due(Step.PAY, end_us)
    assert due(end_us, is_met=False) == Due(Step.REFUND, moment(11))
    assert due(end_us + 1, is_met=True) == Due(Step.REFUND, moment(11))


def test_stages_release_the_whole_price_when_all_have_signed() -> None:
    """Goal: R19. Method: three stages of a price that does not divide."""
    stages = [
        {"id": "ground", "weight": "33.33 %", **SIGNED},
        {"id": "walls", "weight": "33.33 %", **SIGNED},
        {"id": "roof", "weight": "33.34 %", "signed_by": ["supervisor", "customer"]},
    ]
    escrow: Escrow = procedure("escrow", stages=stages)
    assert stage_amounts(escrow, 1_000) == {"ground": 333, "walls": 333, "roof": 334}
    one, both = Evidence.SUPERVISOR_SIGNED, Evidence.SUPERVISOR_SIGNED | Evidence.CUSTOMER_SIGNED
    assert released_tiyn(escrow, "ground", 1_000, one) == 333
    assert released_tiyn(escrow, "ground", 1_000, Evidence.CUSTOMER_SIGNED) == 0
    assert released_tiyn(escrow, "roof", 1_000, one) == 0
    assert released_tiyn(escrow, "roof", 1_000, both) == 334
    with pytest.raises(ValueError, match="no stage 'cellar'"):
        released_tiyn(escrow, "cellar", 1_000, both)


@given(TIYN, st.lists(st.integers(1, 99), min_size=1, max_size=8))
def test_any_stages_release_the_whole_price(price: int, weights: list[int]) -> None:
    """Goal: nothing stays in escrow. Method: any weights that are the whole, any price."""
    rates = [10_000 * weight // sum(weights) for weight in weights]
    rates[-1] += 10_000 - sum(rates)
    stages = [{"id": str(n), "weight": f"{rate} bp", **SIGNED} for n, rate in enumerate(rates)]
    assert sum(stage_amounts(procedure("escrow", stages=stages), price).values()) == price


def test_what_was_kept_is_paid_after_the_warranty() -> None:
    """Goal: R22. Method: before and after a year, with and without the act."""
    release = procedure("releases_retention", after="365 days")
    clean = Evidence.NO_DEFECTS.value
    end_us = THURSDAY_US + 365 * DAY_US

    def due(now_us: int, evidence: int) -> Due:
        return retention_due(
            release, CALENDAR, accepted_us=THURSDAY_US, now_us=now_us, evidence=evidence
        )

    assert due(end_us - 1, clean) == Due(Step.WAIT, end_us)
    assert due(end_us, clean) == Due(Step.PAY, end_us)
    assert due(end_us, 0) == Due(Step.KEEP, end_us)


def test_a_claim_of_low_risk_is_refunded_fast() -> None:
    """Goal: R33. Method: scores around the limit."""
    fast = procedure("refunds_fast", within="5 business days", risk=300, otherwise_within="90 days")
    assert refund_due(fast, CALENDAR, claimed_us=THURSDAY_US, risk=300) == moment(13)
    slow_us = THURSDAY_US + 90 * DAY_US
    assert refund_due(fast, CALENDAR, claimed_us=THURSDAY_US, risk=301) == slow_us


def test_a_reward_is_earned_up_to_its_limit() -> None:
    """Goal: R36. Method: below, across and beyond the limit of a period."""
    trees = procedure("mints_reward", per_unit="500 KZT", period="month", limit="1,000 KZT")
    assert reward_tiyn(trees, 1, 0) == 50_000
    assert reward_tiyn(trees, 3, 0) == 100_000
    assert reward_tiyn(trees, 1, 80_000) == 20_000
    assert reward_tiyn(trees, 1, 120_000) == 0


def test_instalments_stop_where_conditions_are_not_met() -> None:
    """Goal: R38. Method: met and not, after the last and after too many missed."""
    paid = procedure(
        "pays_instalments",
        amount="40,000 KZT",
        count=3,
        condition={"kind": "beneficiary_eligible"},
        ends_after=2,
    )
    assert instalment(paid, paid=0, missed=0, is_met=True) is Step.PAY
    assert instalment(paid, paid=1, missed=1, is_met=True) is Step.PAY
    assert instalment(paid, paid=1, missed=1, is_met=False) is Step.SUSPEND
    assert instalment(paid, paid=1, missed=2, is_met=True) is Step.END
    assert instalment(paid, paid=3, missed=0, is_met=True) is Step.END


@given(TIYN, TIYN)
def test_what_is_taken_back_and_what_stays_owed_add_up(amount: int, free: int) -> None:
    """Goal: R39. Method: any amount against any balance."""
    back = procedure("claws_back", on=["court", "unspent"])
    taken, owed = claw_back(back, ClawbackGround.COURT, amount, free)
    assert Parted(taken, owed) == Parted(min(amount, free), amount - min(amount, free))
    with pytest.raises(ValueError, match="on the ground 'ineligible'"):
        claw_back(back, ClawbackGround.INELIGIBLE, amount, free)


def test_a_freeze_and_a_reservation_end() -> None:
    """Goal: R41, R42. Method: one of each, around its end."""
    freeze = procedure("freezes", by="court", lasts="15 days")
    assert frozen_until_us(freeze, CALENDAR, THURSDAY_US) == THURSDAY_US + 15 * DAY_US
    hold = procedure("reserves", expires_after="7 days")
    end_us = THURSDAY_US + 7 * DAY_US
    for now_us, step in ((end_us - 1, Step.WAIT), (end_us, Step.END)):
        found = reservation(hold, CALENDAR, held_us=THURSDAY_US, now_us=now_us)
        assert found == Due(step, end_us)


def test_a_schedule_meets_every_month_and_tries_again() -> None:
    """Goal: R44. Method: a day that some months lack, weekends, and failing attempts."""
    monthly: Schedules = procedure(
        "schedules", day=31, at="10:00", retry_after="1 business day", retries=2
    )
    found = scheduled_us(monthly, CALENDAR, date(2026, 1, 1), date(2026, 5, 1))
    # 31 January 2026 is a Saturday, 28 February too.
    assert found == [moment(2, 2), moment(2), moment(31), moment(30, 4)]
    assert scheduled_us(monthly, CALENDAR, date(2026, 12, 31), date(2027, 1, 31)) == [
        moment(31, 12)
    ]
    again = [retry_us(monthly, CALENDAR, failed_us=THURSDAY_US, attempt=one) for one in range(3)]
    assert again == [moment(6), moment(6), None]


def test_a_late_or_uncovered_report_locks_the_device() -> None:
    """Goal: R50. Method: in time and late, covered and not."""
    contact = procedure("reconciles_offline", within="30 days")

    def report(days: int, covered: int) -> Reconciled:
        return reconcile(
            contact,
            CALENDAR,
            paid_us=THURSDAY_US,
            reported_us=THURSDAY_US + days * DAY_US,
            amount_tiyn=100,
            covered_tiyn=covered,
        )

    assert report(30, 100) == Reconciled(100, 0, is_locked=False)
    assert report(31, 100) == Reconciled(100, 0, is_locked=True)
    assert report(1, 60) == Reconciled(60, 40, is_locked=True)


@pytest.mark.parametrize(
    ("kind", "keys", "said"),
    [
        ("escrow", {"stages": [{"id": "a", "weight": "90 %", **SIGNED}]}, "add up to 90.00 %"),
        (
            "escrow",
            {"stages": [{"id": "a", "weight": "50 %", **SIGNED}] * 2},
            "'a' stands in the list twice",
        ),
        ("refunds_if_unmet", {"held": "-3 days", "refunded_within": "1 h"}, "is not a duration"),
        ("claws_back", {"on": []}, "the list is empty"),
        (
            "schedules",
            {"day": 32, "at": "10:00", "retry_after": "1 h", "retries": 1},
            "less than or equal to 31",
        ),
    ],
)
def test_what_cannot_be_is_refused(kind: str, keys: dict[str, Any], said: str) -> None:
    """Goal: bad procedures do not load. Method: one mistake each."""
    with pytest.raises(ValidationError, match=said):
        procedure(kind, **keys)


def test_a_book_gives_its_procedure_of_a_kind() -> None:
    """Goal: procedures are found by kind. Method: a book with one, asked for two."""
    book = RuleBook(procedures=(procedure("claws_back", on=["court"]),))
    assert procedure_of(book, type(book.procedures[0])) is book.procedures[0]
    assert procedure_of(book, Escrow) is None
