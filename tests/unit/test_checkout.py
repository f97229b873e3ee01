"""Everyday wants are answered way by way: a row for each try, one row where means lack."""

import datetime as dt
import json
from dataclasses import dataclass, field

import pytest

from tengesim.clock import HOUR_US
from tengesim.codes import Evidence, Form, Kind, Reason, Status
from tengesim.institutions.outages import OutageSection
from tengesim.payment import Outcome, RetailWant
from tengesim.retail.behaviour import WITHDRAWAL
from tengesim.retail.choice import CASH, DEPOSIT, DIGITAL, MARKED, OFFLINE, Habits, order
from tests.retail_world import CENTRAL, FIRST_DAY, Country, society, want

SAME_BANK, OTHER_BANK = (0, 3), (0, 1)
"""Payer and payee of one bank, and of two."""
SHOP = 30
"""The first merchant of ten homes."""


def outage(system: str) -> OutageSection:
    """Return an outage of the first day's noon."""
    stated = {"value": "2 h", "low": "1 h", "high": "3 h", "source": "assumption"}
    section = {"id": f"{system}_down", "system": system, "day": str(FIRST_DAY), "at": "11:30"} | {
        "schedule_source": "assumption"
    }
    section["schedule_source"] = "assumption"
    return OutageSection.model_validate_json(json.dumps(section | {"lasts": stated}))


@dataclass
class Scripted:
    """A way to pay that answers as written."""

    answers: list[Outcome | None]
    form: Form = Form.DIGITAL_TENGE
    asked: list[int] = field(default_factory=list)

    def can_try(self, _: RetailWant) -> bool:
        """Return that it can always be tried."""
        return True

    def pay(self, _: RetailWant, attempt: int, __: tuple[int, int, int, int]) -> Outcome | None:
        """Return the next answer."""
        self.asked.append(attempt)
        return self.answers.pop(0)


@pytest.mark.parametrize(("ends", "rows"), [(SAME_BANK, 1), (OTHER_BANK, 3)])
def test_a_deposit_reaches_its_payee_in_one_move_or_three(ends: tuple[int, int], rows: int) -> None:
    """Goal: banks owe what they owe. Method: one payment within a bank, one between two."""
    country = Country(society(10))
    payer, payee = (country.till.deposit(party) for party in ends)
    before = country.book.free(payer), country.book.free(payee)
    country.checkout().answer(want(*ends, 5_000, is_remote=True))
    assert (country.book.free(payer), country.book.free(payee)) == (
        before[0] - 5_000,
        before[1] + 5_000,
    )
    logged = country.rows()
    assert len(logged) == rows
    assert set(logged["ref"].tolist()) == {int(logged["ref"][0])}
    assert logged["evidence"].tolist() == [int(Evidence.CHANNEL_REMOTE)] * rows


def test_a_bank_short_of_reserves_asks_for_what_it_lacks() -> None:
    """Goal: liquidity is no reason to refuse. Method: reserves of 1,000 tiyn, payment of 5,000."""
    country = Country(society(10), reserves_tiyn=1_000)
    country.checkout().answer(want(*OTHER_BANK, 5_000, is_remote=True))
    assert country.lent_tiyn == 4_000
    assert country.rows()["status"].tolist() == [Status.SETTLED] * 3


@pytest.mark.parametrize("system", ["bank_a", "bank_b"])
def test_a_bank_that_is_down_pays_nothing_and_takes_nothing(system: str) -> None:
    """Goal: an outage shows with its id. Method: payer's or payee's bank down at noon, remote."""
    country = Country(society(10), outages=(outage(system),))
    country.checkout().answer(want(*OTHER_BANK, 5_000, is_remote=True))
    logged = country.rows()
    assert logged["reason"].tolist() == [Reason.SYSTEM_UNAVAILABLE]
    assert country.names.text(int(logged["rule"][0])) == f"{system}_down"
    late = want(*OTHER_BANK, 5_000, is_remote=True, time_us=country.now_us + 14 * HOUR_US)
    country.checkout().answer(late._replace(number=1))
    assert country.rows()["status"].tolist()[1:] == [Status.SETTLED] * 3


def test_at_the_counter_cash_helps_out_when_the_bank_is_down() -> None:
    """Goal: further tries. Method: the shop's bank down, cash in the pocket."""
    country = Country(society(10), outages=(outage("bank_a"),))
    country.checkout().answer(want(0, SHOP, 5_000))
    logged = country.rows()
    assert logged["attempt"].tolist() == [0, 1]
    assert logged["status"].tolist() == [Status.REFUSED, Status.SETTLED]
    assert logged["form"].tolist() == [Form.BANK_DEPOSIT, Form.CASH]
    assert set(logged["intent"].tolist()) == {-1}


def test_what_nothing_has_the_means_for_is_recorded_once_as_unmet() -> None:
    """Goal: no means is no refusal. Method: more than deposit and cash together hold."""
    country = Country(society(10))
    country.checkout().answer(want(0, SHOP, 10**12))
    logged = country.rows()
    assert logged[["kind", "status", "reason"]].tolist() == [(Kind.UNMET, Status.RECORDED, 0)]
    assert logged["amount_tiyn"].tolist() == [10**12]


def test_where_a_table_is_replayed_no_means_is_a_refusal() -> None:
    """Goal: each row settles or is refused. Method: the same want in a replay."""
    country = Country(society(10))
    country.checkout(is_replay=True).answer(want(*OTHER_BANK, 10**12, is_remote=True))
    logged = country.rows()
    assert logged[["kind", "status", "reason"]].tolist() == [
        (Kind.PAYMENT, Status.REFUSED, Reason.INSUFFICIENT_FUNDS)
    ]


def test_cash_leaves_the_deposit_and_the_bank_buys_it_with_reserves() -> None:
    """Goal: three sides of a withdrawal. Method: one withdrawal, then one that is too large."""
    country = Country(society(10))
    purpose = country.names.id(WITHDRAWAL)
    checkout = country.checkout()
    cash, deposit = country.till.cash_of(0), country.till.deposit(0)
    before = country.book.free(cash), country.book.free(deposit)
    checkout.answer(want(0, 0, 70_000, purpose=purpose))
    assert country.book.free(cash) == before[0] + 70_000
    assert country.book.free(deposit) == before[1] - 70_000
    assert country.rows()["form"].tolist() == [
        Form.BANK_DEPOSIT,
        Form.BANK_RESERVE,
        Form.CASH,
    ]
    checkout.answer(want(0, 0, 10**12, purpose=purpose, number=1))
    assert country.rows()["kind"].tolist()[3:] == [Kind.UNMET]
    notes = country.book.open(CENTRAL, CENTRAL, Form.CASH)
    held = sum(country.book.free(country.till.cash_of(party)) for party in range(30))
    assert -country.book.free(notes) == held


def test_three_refusals_end_a_want() -> None:
    """Goal: at most three tries at a moment. Method: four ways, three of them refuse."""
    refused = Outcome(Status.REFUSED, Reason.SYSTEM_UNAVAILABLE, 1)
    digital, offline = Scripted([refused]), Scripted([refused])
    country = Country(
        society(10),
        outages=(outage("bank_a"),),
        more_rails={DIGITAL: digital, OFFLINE: offline},
    )
    country.checkout().answer(want(0, SHOP, 5_000))
    assert (digital.asked, offline.asked) == ([1], [2])
    # The deposit was the first try; cash would have been the fourth.
    assert country.rows()["form"].tolist() == [Form.BANK_DEPOSIT]


def test_a_way_without_means_is_no_try() -> None:
    """Goal: what leaves no row takes no number. Method: a first way that has not the means."""
    settled = Outcome(Status.SETTLED, Reason.NONE, 1)
    digital = Scripted([None, settled])
    country = Country(society(10), more_rails={DIGITAL: digital})
    checkout = country.checkout()
    checkout.answer(want(0, SHOP, 10**11, form=int(Form.DIGITAL_TENGE)))
    assert country.rows()["kind"].tolist() == [Kind.UNMET]
    checkout.answer(want(0, SHOP, 10**11, number=1, form=int(Form.DIGITAL_TENGE)))
    assert digital.asked == [0, 0]


def test_the_order_of_ways_follows_habit_meeting_and_prescription() -> None:
    """Goal: a pure function. Method: each combination against a table written by hand."""
    counter, remote = want(0, 1, 1), want(0, 1, 1, is_remote=True)
    digital = {"is_digital": True, "reaches_for_cash": False}
    plain = {"is_digital": False, "reaches_for_cash": False}
    cash = {"is_digital": True, "reaches_for_cash": True}
    assert order(counter, **digital) == (MARKED, DIGITAL, OFFLINE, DEPOSIT, CASH)
    assert order(counter, **plain) == (MARKED, DEPOSIT, DIGITAL, OFFLINE, CASH)
    assert order(counter, **cash) == (MARKED, CASH, DEPOSIT, DIGITAL, OFFLINE)
    assert order(remote, **digital) == (MARKED, DIGITAL, DEPOSIT)
    assert order(remote, **plain) == (MARKED, DEPOSIT, DIGITAL)
    assert order(counter._replace(form=int(Form.CASH)), **digital) == (CASH,)
    assert order(counter._replace(form=int(Form.BANK_RESERVE)), **plain) == ()


@pytest.mark.parametrize(("cash_bp", "first"), [(0, DEPOSIT), (10_000, CASH)])
def test_who_always_or_never_reaches_for_cash_does_so(cash_bp: int, first: str) -> None:
    """Goal: shares are exact at their ends. Method: 50 spare words, nobody and everybody."""
    habits = Habits(cash_bp, b"")
    found = {habits.order(want(0, 1, 1, spare=word << 40))[1] for word in range(50)}
    assert found == {first}
    with pytest.raises(ValueError, match="basis points"):
        Habits(10_001, b"")


def test_a_day_has_a_noon() -> None:
    """Goal: the tests above happen when they say. Method: the outage's hours around the want."""
    assert outage("bank_a").day == dt.date(2026, 3, 1)
    assert want(0, 1, 1).time_us - Country(society(2)).now_us == 12 * HOUR_US
