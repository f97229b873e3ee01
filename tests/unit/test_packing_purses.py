"""What compiled code gets of purses: chains in order, counters shared, and nothing wrong."""

from dataclasses import replace

import numpy as np
import pytest

from tengesim.codes import Form
from tengesim.engine import kernel_state as at
from tengesim.engine.packing_purses import pack_purses
from tengesim.institutions.wallets import Purses
from tengesim.ledger.columns import Columns
from tengesim.rules.compile import compile_books
from tengesim.rules.evaluate import Used
from tengesim.rules.model import RuleBook
from tengesim.rules.terms import Period
from tests.kernel_purses import BOOKS
from tests.kernel_world import NB, PARTIES, PEOPLE, Half, spec_of

WINDOWS = np.array([[20_514, 2_931, 24_314]], dtype=np.int64)


def half() -> tuple[Half, Columns]:
    """Return a world of four people, and its ledger in columns."""
    made = Half(replace(spec_of(0), marks=()), Columns)
    assert isinstance(made.ledger, Columns)
    return made, made.ledger


def opened(made: Half, person: int, mark: str) -> int:
    """Return an account of a person."""
    return made.ledger.open(f"party-{person + 1:04d}", NB, Form.DIGITAL_TENGE, mark)


def registered(made: Half, *vouchers: tuple[str, int, list[int]]) -> Purses:
    """Return purses by voucher, priority and owners."""
    purses = Purses(PEOPLE)
    for name, priority, people in vouchers:
        accounts = [opened(made, person, name) for person in people]
        book = RuleBook.model_validate({"rules": BOOKS[name]})
        owners = np.array(people, dtype=np.int64)
        purses.register(name, owners, np.array(accounts, dtype=np.int64), book, priority)
    return purses


def packed(made: Half, ledger: Columns, purses: Purses) -> at.Marked:
    """Return the arrays of compiled code."""
    tables = compile_books([voucher.book for voucher in purses.vouchers])
    found = pack_purses(purses, ledger, made.names, tables, WINDOWS, first_book=0)
    assert found is not None
    return found


def test_the_chain_of_a_person_has_the_purses_in_their_order() -> None:
    """Goal: first things first. Method: three vouchers, some owners of all, one of none."""
    made, ledger = half()
    vouchers = ("limited", 2, [0, 2]), ("food", 1, [2, 3]), ("free", 1, [3, 2])
    marked = packed(made, ledger, registered(made, *vouchers))
    assert len(marked.first) == PARTIES
    chains = []
    for person in range(PARTIES):
        chain, purse = [], int(marked.first[person])
        while purse >= 0:
            account = int(marked.purses[purse, at.PURSE_ACCOUNT])
            chain.append(made.names.text(ledger.account(account).mark))
            assert made.names.text(ledger.account(account).holder) == f"party-{person + 1:04d}"
            purse = int(marked.purses[purse, at.PURSE_NEXT])
        chains.append(chain)
    assert chains == [["limited"], [], ["food", "free", "limited"], ["food", "free"], [], [], []]


def test_readable_code_counts_where_compiled_code_does() -> None:
    """Goal: one memory. Method: count for two owners in words, read the arrays."""
    made, ledger = half()
    purses = registered(made, ("often", 0, [3, 1]), ("limited", 1, [1]))
    marked = packed(made, ledger, purses)
    often, limited = purses.vouchers
    often.usage.add("party-0004", 20_514, 7)
    limited.usage.add("party-0002", 20_514, 9)
    assert often.usage.of("party-0004", Period.WEEK, 2_931) == Used(1, 7)
    assert often.usage.of("party-0002", Period.WEEK, 2_931) == Used(0, 0)
    first = int(marked.first[1])
    counters = []
    for purse in (int(marked.first[3]), first, int(marked.purses[first, at.PURSE_NEXT])):
        start = int(marked.purses[purse, at.PURSE_USED])
        counters.append(marked.used[start : start + 2].tolist())
    assert counters == [[(2_931 << 32) + 1, 7], [0, 0], [(20_514 << 32) + 1, 9]]


@pytest.mark.parametrize("wrong", ["another person's", "without a mark"])
def test_an_account_that_is_no_purse_of_its_owner_is_refused(wrong: str) -> None:
    """Goal: nobody spends the money of others. Method: one wrong account of two."""
    made, ledger = half()
    plain = made.ledger.open("party-0002", "bank_a", Form.DIGITAL_TENGE)
    second = plain if wrong == "without a mark" else opened(made, 2, "food")
    accounts = [opened(made, 0, "food"), second]
    purses = Purses(PEOPLE)
    owners = np.array([0, 1], dtype=np.int64)
    purses.register("food", owners, np.array(accounts, dtype=np.int64), RuleBook(), 0)
    with pytest.raises(ValueError, match="a purse of 'food' of person 1 is"):
        packed(made, ledger, purses)


def test_nobody_with_a_purse_leaves_nothing_to_compile() -> None:
    """Goal: other worlds pay nothing for purses. Method: no voucher at all."""
    made, ledger = half()
    tables = compile_books([])
    assert pack_purses(Purses(PEOPLE), ledger, made.names, tables, WINDOWS, first_book=0) is None
