"""Claims about the chains of moves that turn money of one form into another."""

from collections.abc import Callable

import pytest

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.ledger.moves import deposit_from_reserves, reserves_from_deposit
from tengesim.payment import Move, Outcome
from tests.small_book import NB, SmallBook, posting

Chain = Callable[..., tuple[Move, ...]]


def posted(small: SmallBook, chain: Chain, amount_tiyn: int, posting_id: str) -> Outcome:
    """Post a chain between the bank and its depositor."""
    moves = chain(
        small.book, national_bank=NB, bank="bank", holder="payee", amount_tiyn=amount_tiyn
    )
    return small.book.post(posting(posting_id, *moves, kind=Kind.REDEEM))


def banked(small: SmallBook) -> list[tuple[str, int]]:
    """Return the free money of the accounts a chain touches."""
    return [
        (small.names.text(account.holder) + " in " + account.form.name.lower(), money.free_tiyn)
        for account, money in small.book.balances().items()
        if account.form in (Form.BANK_RESERVE, Form.BANK_DEPOSIT)
    ]


def test_a_deposit_stands_on_reserves_of_the_same_amount() -> None:
    """Goal: each leg has its counterpart. Method: one chain; holder, bank and both issuers."""
    small = SmallBook()
    assert posted(small, deposit_from_reserves, 7, "redeem").status is Status.SETTLED
    assert banked(small) == [
        ("national_bank in bank_reserve", -7),
        ("bank in bank_reserve", 7),
        ("bank in bank_deposit", -7),
        ("payee in bank_deposit", 7),
    ]


def test_there_and_back_leaves_nothing() -> None:
    """Goal: the chains are each other's inverse. Method: post both, then compare with before."""
    small = SmallBook()
    posted(small, deposit_from_reserves, 7, "there")
    posted(small, reserves_from_deposit, 7, "back")
    assert {tiyn for _, tiyn in banked(small)} == {0}
    small.journal.flush()
    small.auditor.check(small.book.balance_columns(), "end")


def test_no_deposit_is_retired_that_is_not_there() -> None:
    """Goal: a chain is atomic. Method: retire one tiyn more than was deposited."""
    small = SmallBook()
    posted(small, deposit_from_reserves, 7, "there")
    before = banked(small)
    assert posted(small, reserves_from_deposit, 8, "back").reason is Reason.INSUFFICIENT_FUNDS
    assert banked(small) == before


@pytest.mark.parametrize("chain", [deposit_from_reserves, reserves_from_deposit])
def test_every_leg_carries_the_whole_amount(chain: Chain) -> None:
    """Goal: nothing is lost between forms. Method: read the moves."""
    moves = chain(
        SmallBook().book, national_bank=NB, bank="bank", holder="payee", amount_tiyn=81_100
    )
    assert [move.amount_tiyn for move in moves] == [81_100, 81_100]
    assert len({account for move in moves for account in move[:2]}) == 4
