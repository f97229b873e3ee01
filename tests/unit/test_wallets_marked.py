"""Purses: who may have them, what is tried first, and what happens out of reach."""

import numpy as np
import pytest

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.institutions.wallets import VOUCHERS_MAX, Purses
from tengesim.ledger.parties import PARTY_BASE
from tengesim.payment import AccountId, Move, Posting, RetailWant
from tengesim.rules.model import RuleBook
from tests.wallet_world import NB, START, TENGE, Economy, Person, outage, section

BOOK = RuleBook()


def register(
    purses: Purses, *people: int, name: str = "food", accounts: tuple[int, ...] | None = None
) -> None:
    """Register a purse for each of `people`."""
    opened = range(len(people)) if accounts is None else accounts
    owners = np.array(people, dtype=np.int64)
    purses.register(name, owners, np.array(opened, dtype=np.int64), BOOK, 1)


def test_purses_come_in_the_order_of_priority_then_name() -> None:
    """Goal: one order for all. Method: three vouchers registered backwards, owners unsorted."""
    purses = Purses(5)
    for name, priority in (("c", 2), ("b", 1), ("a", 1), ("z", 0)):
        owners = np.array([4, 1] if name != "z" else [2], dtype=np.int64)
        purses.register(name, owners, owners + 10, BOOK, priority)
    assert [voucher.name for voucher in purses.vouchers] == ["z", "a", "b", "c"]
    assert [(purse.account, purse.voucher.name) for purse in purses.of(4)] == [
        (14, "a"),
        (14, "b"),
        (14, "c"),
    ]
    assert purses.of(0) == []
    assert [purses.has_one(party) for party in range(6)] == [False, True, True, False, True, False]
    assert purses.owners().tolist() == [1, 2, 4]


def test_what_cannot_be_registered_is_refused_by_name() -> None:
    """Goal: no purse is lost silently. Method: one mistake at a time."""
    purses = Purses(3)
    register(purses, 0)
    with pytest.raises(ValueError, match="'food' are registered already"):
        register(purses, 1)
    with pytest.raises(ValueError, match="has one account"):
        register(purses, 1, 1, name="twice")
    with pytest.raises(ValueError, match="has one account"):
        register(purses, 1, 2, name="few", accounts=(1,))
    with pytest.raises(ValueError, match=r"belong to people 0\.\.2"):
        register(purses, 3, name="stranger")
    with pytest.raises(ValueError, match="no account in the row of a party"):
        register(purses, 1, name="own", accounts=(PARTY_BASE,))
    for number in range(1, VOUCHERS_MAX):
        register(purses, 1, name=f"more-{number}")
    with pytest.raises(ValueError, match="one voucher too many; expected 16"):
        register(purses, 1, name="last")
    purses.seal()
    with pytest.raises(ValueError, match="'late' is too late"):
        register(purses, 1, name="late")


def world_with(*, tenge: int, down: str = "", **changes: object) -> tuple[Economy, AccountId]:
    """Return a world at the first noon, and the purse of person 0 with `tenge` in it."""
    outages = (outage(down, START, "11:00", "2 h"),) if down else ()
    economy = Economy([Person(deposit=9), Person()], section(**changes), days=2, outages=outages)
    book = economy.outside.book
    purse = book.open(economy.customers.name(0), NB, Form.DIGITAL_TENGE, "food")
    accounts = np.array([purse], dtype=np.int64)
    economy.platform.purses.register("food", np.zeros(1, dtype=np.int64), accounts, BOOK, 0)
    economy.advance(0, "12:00")
    if tenge:
        issuer = book.open(NB, NB, Form.DIGITAL_TENGE)
        book.post(Posting("issue", Kind.ISSUE, (Move(issuer, purse, tenge * TENGE),)))
    return economy, purse


def want(economy: Economy, payer: int, payee: int, tenge: int) -> RetailWant:
    """Return a want of this moment."""
    now_us, purpose = int(economy.outside.env.now), economy.outside.names.id("5411")
    return RetailWant(now_us, 1, 1, -1, payer, payee, tenge * TENGE, purpose, True, 0)  # noqa: FBT003


def test_only_owners_of_purses_pay_so_and_only_to_merchants() -> None:
    """Goal: who may try. Method: owner and another person, to a merchant, a person, a firm."""
    economy, _ = world_with(tenge=5)
    marked, shop = economy.platform.marked, economy.merchant
    ends = [(0, shop), (1, shop), (0, 1), (0, economy.employer), (shop + 1, shop)]
    tried = [marked.can_try(want(economy, *pair, 1)) for pair in ends]
    assert tried == [True, False, False, False, False]


@pytest.mark.parametrize(("tenge", "is_logged"), [(5, True), (0, False)])
def test_out_of_reach_is_told_where_a_purse_holds_money(tenge: int, *, is_logged: bool) -> None:
    """Goal: an attempt leaves a row. Method: the platform down, a purse full and an empty one."""
    economy, _ = world_with(tenge=tenge, down="platform")
    asked = want(economy, 0, economy.merchant, 3)
    outcome = economy.platform.marked.pay(asked, 0, (asked.time_us, 1, 1, 0))
    assert (outcome is not None) == is_logged
    rows = economy.rows(Kind.PAYMENT)
    assert [(row["status"], row["reason"]) for row in rows] == [
        (Status.REFUSED, Reason.SYSTEM_UNAVAILABLE)
    ] * is_logged
    names = economy.outside.names
    assert [names.text(row["mark"]) for row in rows] == ["food"] * is_logged
    assert [names.text(row["rule"]) for row in rows] == ["platform_down"] * is_logged


def test_a_split_payment_tops_up_for_the_rest_and_the_whole_is_swept() -> None:
    """Goal: one intent, one posting. Method: 5 from the purse, 4 of a deposit, a merchant swept."""
    economy, purse = world_with(tenge=5, merchants__sweep="at_once")
    asked = want(economy, 0, economy.merchant, 9)
    outcome = economy.platform.marked.pay(asked, 0, (asked.time_us, 1, 1, 0))
    assert outcome is not None
    rows = economy.rows(Kind.PAYMENT)
    assert [(row["mark"] != 0, row["mark_to"], row["amount_tiyn"]) for row in rows] == [
        (True, 0, 5 * TENGE),
        (False, 0, 4 * TENGE),
    ]
    assert {row["ref"] for row in rows} == {outcome.ref}
    assert {row["intent"] for row in rows} == {-1}
    assert (economy.total(Kind.FUNDING), economy.total(Kind.DEFUNDING)) == (4, 9)
    assert economy.outside.book.free(purse) == 0
    assert economy.deposit(economy.merchant) == 9
    economy.audit()
    marks = economy.outside.auditor.marks()
    assert [totals.shed_tiyn for totals in marks.values()] == [5 * TENGE]


def test_a_purse_alone_needs_no_plain_wallet() -> None:
    """Goal: who has only a purse can use it. Method: a wallet that does not exist, two amounts."""
    economy, _ = world_with(tenge=5)
    economy.customers.wallet[0] = -1
    marked = economy.platform.marked
    beyond, within = (want(economy, 0, economy.merchant, tenge) for tenge in (6, 5))
    assert marked.pay(beyond, 0, (beyond.time_us, 1, 1, 0)) is None
    outcome = marked.pay(within, 0, (within.time_us, 1, 1, 0))
    assert outcome is not None
    assert outcome.status is Status.SETTLED


@pytest.mark.parametrize(("tenge", "is_paid"), [(5, True), (6, False)])
def test_a_bank_that_is_down_stops_the_rest_alone(tenge: int, *, is_paid: bool) -> None:
    """Goal: marked money needs no bank. Method: with and without a rest to be fetched from it."""
    economy, _ = world_with(tenge=5, down="bank_a")
    asked = want(economy, 0, economy.merchant, tenge)
    outcome = economy.platform.marked.pay(asked, 0, (asked.time_us, 1, 1, 0))
    assert (outcome is not None) == is_paid
    assert len(economy.rows(Kind.PAYMENT)) == is_paid
