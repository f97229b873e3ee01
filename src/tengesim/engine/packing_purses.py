"""Packs the purses of people into the arrays of compiled code, and lets both count in one place.

Apart from the rest of packing because a world without marked money has none of these arrays.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.engine import kernel_state as at
from tengesim.institutions.wallets import VOUCHERS_MAX, Purses, Voucher
from tengesim.journal.names import Names
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import TRAITS
from tengesim.ledger.traits import MASKS, NAME
from tengesim.payment import Operation
from tengesim.rules.compile import RuleTables, code_of
from tengesim.rules.counters import UsageTable
from tengesim.rules.limits import tables_of
from tengesim.rules.tables import UNKNOWN
from tengesim.rules.terms import Period
from tengesim.rules.usage import periods_of

__all__ = ["pack_purses"]

Whole = NDArray[np.int64]

_PERIODS: Final = len(Period)
_NO_PURSE: Final = -1


def pack_purses(
    purses: Purses,
    ledger: Columns,
    names: Names,
    tables: RuleTables,
    windows: Whole,
    *,
    first_book: int,
) -> at.Marked | None:
    """Return the arrays of `purses`, None where there are none.

    Their books stand in `tables` from `first_book` on; `windows` is `World.windows`.
    """
    if not purses.vouchers or not len(ledger.rows):
        return None
    vouchers, periods, used = _vouchers(purses.vouchers, tables, first_book, _people(ledger, names))
    first, chain = _chain(purses.vouchers, ledger, vouchers, parties=len(ledger.rows))
    return at.Marked(
        first=first,
        purses=chain,
        vouchers=vouchers,
        periods=periods,
        used=used,
        limits=tables_of([voucher.book for voucher in purses.vouchers]).rows,
        categories=_codes(tables.categories, names, first_name=0),
        payees=_codes(tables.payees, names, first_name=_first_name(ledger)),
        windows=windows,
        taken=np.zeros(VOUCHERS_MAX, dtype=np.int64),
    )


def _first_name(ledger: Columns) -> int:
    return int(ledger.rows[0, TRAITS]) >> NAME & MASKS[NAME]


def _people(ledger: Columns, names: Names) -> Callable[[str], int]:
    """Return what tells the number of a party from its name."""
    first_name = _first_name(ledger)
    return lambda person: names.id(person) - first_name


def _vouchers(
    found: tuple[Voucher, ...],
    tables: RuleTables,
    first_book: int,
    party_of: Callable[[str], int],
) -> tuple[Whole, Whole, Whole]:
    """Return what is known of each kind of purse, its periods, and the counters of all purses."""
    starts = tables_of([voucher.book for voucher in found]).starts
    rows = np.zeros((len(found), at.VOUCHER_WIDTH), dtype=np.int64)
    periods = np.zeros((len(found), _PERIODS), dtype=np.int64)
    tallies = []
    for number, voucher in enumerate(found):
        tally = UsageTable(periods_of(voucher.book), len(voucher.people), _slots(voucher, party_of))
        tallies.append(tally)
        periods[number, : len(tally.periods)] = tally.periods
        rows[number] = (
            tables.starts[first_book + number, Operation.PAY],
            code_of(tables.purposes, voucher.name),
            len(tally.periods),
            starts[number],
            starts[number + 1],
        )
    used = np.zeros(sum(tally.counters.size for tally in tallies), dtype=np.int64)
    start = 0
    for voucher, tally in zip(found, tallies, strict=True):
        end = start + tally.counters.size
        tally.counters = used[start:end].reshape(tally.counters.shape)
        voucher.usage, start = tally, end
    return rows, periods, used


def _slots(voucher: Voucher, party_of: Callable[[str], int]) -> Callable[[str], int]:
    """Return what tells the place of an owner among the purses of one kind."""
    return lambda person: int(np.searchsorted(voucher.people, party_of(person)))


def _chain(
    found: tuple[Voucher, ...], ledger: Columns, vouchers: Whole, *, parties: int
) -> tuple[NDArray[np.int32], Whole]:
    """Return the first purse of every party, and of every purse which comes next."""
    first = np.full(parties, _NO_PURSE, dtype=np.int32)
    chain = np.zeros((sum(len(one.people) for one in found), at.PURSE_WIDTH), dtype=np.int64)
    widths = 2 * vouchers[:, at.VOUCHER_PERIODS]
    counts = np.array([len(one.people) for one in found], dtype=np.int64)
    starts, places = np.cumsum(widths * counts) - widths * counts, np.cumsum(counts) - counts
    # Backwards, so that what is used first ends up at the head.
    for number in reversed(range(len(found))):
        people, accounts = found[number].people, found[number].accounts
        _check(found[number].name, people, accounts, ledger)
        own = np.arange(len(people), dtype=np.int64)
        piece = chain[places[number] : places[number] + len(people)]
        piece[:, at.PURSE_ACCOUNT] = accounts
        piece[:, at.PURSE_MARK] = ledger.mark[accounts]
        piece[:, at.PURSE_NEXT] = first[people]
        piece[:, at.PURSE_VOUCHER] = number
        piece[:, at.PURSE_USED] = starts[number] + own * widths[number]
        first[people] = places[number] + own
    return first, chain


def _check(voucher: str, people: Whole, accounts: Whole, ledger: Columns) -> None:
    """Raise ValueError unless `accounts` are digital tenge of `people` under a mark."""
    is_own = ledger.holder[accounts] == _first_name(ledger) + people
    is_marked = (ledger.mark[accounts] != 0) & (ledger.form[accounts] == Form.DIGITAL_TENGE)
    if not (is_own & is_marked).all():
        wrong = int(np.flatnonzero(~(is_own & is_marked))[0])
        owned = ledger.account(int(accounts[wrong]))
        raise ValueError(f"a purse of {voucher!r} of person {people[wrong]} is {owned}")


def _codes(texts: tuple[str, ...], names: Names, *, first_name: int) -> Whole:
    """Return the code of each text by its name id from `first_name` on, as far as any is known."""
    known = {names.find(text): code for code, text in enumerate(texts)}
    found = {name - first_name: code for name, code in known.items() if name is not None}
    found = {place: code for place, code in found.items() if place >= 0}
    codes = np.full(max(found, default=-1) + 1, UNKNOWN, dtype=np.int64)
    for place, code in found.items():
        codes[place] = code
    return codes
