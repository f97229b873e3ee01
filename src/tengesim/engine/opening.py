"""Opens the accounts of a whole economy and puts the first money into them.

A nation is gone through some thousands of parties at a time: their lines stay in the processor's
cache, and no column as long as the nation is made on the way.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind
from tengesim.institutions.customers import Customers, Lines, SlotAccounts, total_tiyn
from tengesim.ledger import parties
from tengesim.money import BP
from tengesim.payment import AccountId, Batch, Leg, Move, Particulars, Posting
from tengesim.ports import Ledger, Ports

__all__ = ["open_accounts", "open_money"]

_OPENING: Final = "opening"
_AT_ONCE: Final = 1 << 15

Whole = NDArray[np.int64]


def open_accounts(
    ledger: Ledger,
    slot: int,
    is_open: NDArray[np.bool_],
    keepers: Whole,
    *,
    bank: NDArray[np.integer],
) -> SlotAccounts:
    """Open a slot for the parties for which it `is_open`; return the accounts.

    Each is kept by who of `keepers` the `bank` of the party says; a single one keeps all.
    """
    for start in range(0, len(is_open), _AT_ONCE):
        holders = start + np.flatnonzero(is_open[start : start + _AT_ONCE])
        is_one, count = len(keepers) == 1, len(holders)
        kept_by = np.broadcast_to(keepers, count) if is_one else keepers[bank[holders]]
        ledger.open_slot(slot, holders, kept_by)
    return SlotAccounts(slot, is_open)


def open_money(
    customers: Customers,
    ports: Ports,
    *,
    deposits_tiyn: Whole,
    wages_tiyn: Whole,
    cash_tiyn: Whole,
    reserve_ratio_bp: int | None,
) -> None:
    """Give people their deposits and cash, employers their wage bill, banks their reserves."""
    for number, bank in enumerate(customers.banks):
        issuer, reserve, reserves = customers.issuers(bank, ports.ledger)
        of_bank = partial(_lines, bank=customers.bank, number=number)
        own = chain(of_bank(0, deposits_tiyn), of_bank(customers.first_employer, wages_tiyn))
        opened_tiyn = _open_many(
            f"deposits/{bank}", issuer, parties.DEPOSIT, given=own, customers=customers, ports=ports
        )
        held_tiyn = opened_tiyn
        if reserve_ratio_bp is not None:
            held_tiyn = opened_tiyn * reserve_ratio_bp // BP
        if held_tiyn:
            intent = f"{_OPENING}/reserves/{bank}"
            carried = Particulars(intent=ports.names.id(intent))
            move = Move(reserves, reserve, held_tiyn)
            ports.ledger.post(Posting(intent, Kind.OPENING, (move,), carried))
    central = customers.national_bank
    notes = ports.ledger.open(central, central, Form.CASH)
    cash = _lines(0, cash_tiyn)
    _open_many("cash", notes, parties.CASH, given=cash, customers=customers, ports=ports)


def _lines(
    first: int, amounts_tiyn: Whole, bank: NDArray[np.integer] | None = None, number: int = 0
) -> Iterator[Lines]:
    """Yield who is given what of these amounts, which begin with that of party `first`.

    Where there is a `bank` by party, only customers of the bank with this number.
    """
    for start in range(0, len(amounts_tiyn), _AT_ONCE):
        some = amounts_tiyn[start : start + _AT_ONCE]
        is_given = some != 0
        if bank is not None:
            is_given &= bank[first + start : first + start + len(some)] == number
        places = np.flatnonzero(is_given)
        if len(places):
            yield Lines(first + start + places, some[places])


def _open_many(
    what: str,
    issuer: AccountId,
    slot: int,
    *,
    given: Iterable[Lines],
    customers: Customers,
    ports: Ports,
) -> int:
    """Put money into a slot of parties, ascending; return how much it was."""
    name = f"{_OPENING}/{what}"
    carried = Particulars(intent=ports.names.id(name))
    first, opened_tiyn = parties.account_of(0, slot), 0
    for number, lines in enumerate(given):
        count = len(lines.parties)
        leg = Leg(np.broadcast_to(np.int64(issuer), count), first + parties.SLOTS * lines.parties)
        region = customers.regions(lines.parties)
        # Parts of a batch in order of accounts follow each other as all of it would.
        ports.ledger.post_many(
            Batch(
                f"{name}/{number}" if number else name,
                Kind.OPENING,
                (leg,),
                lines.amounts_tiyn,
                carried,
                region=region,
            )
        )
        opened_tiyn += total_tiyn(lines.amounts_tiyn)
    return opened_tiyn
