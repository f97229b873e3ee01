"""What compiled code reads and writes to answer retail: plain arrays, each with its shape and unit.

Whoever runs a world fills them; compiled code keeps nothing of its own between two calls. Numbers
of names that the log has not needed yet stand as 0, because names are numbered at first use, and a
want that needs one is left to readable code.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import Calendar
from tengesim.institutions.outages import NO_CONNECTION, OutageSection
from tengesim.institutions.wallets.custody import HOLDING_LIMIT, PROGRAMME
from tengesim.institutions.wallets.rail import RETAIL
from tengesim.money import BP
from tengesim.retail.carry import COMES_BACK, COMES_BACK_AFTER, ROOM, Terms
from tengesim.rules.counters import windows_of
from tengesim.rules.terms import Period
from tengesim.streams import half_below, key_of

__all__ = [
    "AFTER",
    "BACK_BELOW",
    "BACK_DELAY_KEY",
    "BACK_KEY",
    "BACK_SOONEST",
    "BACK_SPAN",
    "BANK_DOWN",
    "BANK_NAME",
    "BANK_OWED",
    "BANK_RESERVE",
    "BANK_WIDTH",
    "BILLS",
    "BREACH_OF_DAY",
    "BREACH_OF_ORDER",
    "BREACH_OF_PARTY",
    "BREACH_OF_USED",
    "BROKEN",
    "CARRIED",
    "CENTRAL",
    "CONTROL_KIND",
    "CONTROL_PERIODS",
    "CONTROL_PROGRAMME",
    "CONTROL_PURPOSE",
    "CONTROL_REGION",
    "CONTROL_START",
    "CONTROL_USED",
    "CONTROL_WIDTH",
    "CURSOR_WIDTH",
    "DONE",
    "ESCAPE",
    "FIRST_DAY",
    "FIRST_OUTAGE",
    "FIRST_RULE",
    "FIXED_WIDTH",
    "FLUSH",
    "HAS_COVERAGE",
    "ISSUED",
    "ISSUER",
    "IS_REPLAYED",
    "LARGEST",
    "LEVEL_EVIDENCE",
    "LEVEL_LIMIT",
    "LEVEL_START",
    "LEVEL_WIDTH",
    "NAMED_HOLDING_LIMIT",
    "NAMED_NO_CONNECTION",
    "NAMED_RETAIL",
    "NAMED_WALLETS",
    "NEXT",
    "NOTES",
    "NO_CONTROL",
    "PEOPLE",
    "PLATFORM_DOWN",
    "PURSE_ACCOUNT",
    "PURSE_MARK",
    "PURSE_NEXT",
    "PURSE_USED",
    "PURSE_VOUCHER",
    "PURSE_WIDTH",
    "REF",
    "REFUND",
    "ROOM_CARRIED",
    "ROOM_ROWS",
    "SEQ",
    "SIGNAL",
    "SPAN_END",
    "SPAN_START",
    "SPAN_SYSTEM",
    "SPAN_WIDTH",
    "STOP",
    "SWEEPS_AT_ONCE",
    "TURN",
    "USED_ROWS",
    "VOUCHER_LIMITS",
    "VOUCHER_LIMITS_END",
    "VOUCHER_PERIODS",
    "VOUCHER_PURPOSE",
    "VOUCHER_START",
    "VOUCHER_WIDTH",
    "WHAT",
    "WITHDRAWAL",
    "Marked",
    "World",
    "chances",
    "days_of",
    "names_of",
    "refunds_of",
    "spans_of",
]

DONE: Final = 0
"""Every want before the given moment is answered."""
FLUSH: Final = 1
"""The buffer of rows is nearly full."""
ESCAPE: Final = 2
"""The next want has to be answered by readable code; nothing of it was written or moved."""
SIGNAL: Final = 3
"""The last want was answered, and somebody has to be told about it."""
BROKEN: Final = 4
"""Something is as it never may be; the cursor says what."""

NEXT: Final = 0
"""Place in the cursor of the number of the next want in the window."""
USED_ROWS: Final = 1
"""Place of how many rows of the buffer are written."""
SEQ: Final = 2
"""Place of the `seq` of the next row."""
REF: Final = 3
"""Place of the `ref` of the last posting."""
STOP: Final = 4
"""Place of why compiled code came back."""
WHAT: Final = 5
"""Place of what is broken, one of `BREACH_OF_…`."""
CARRIED: Final = 6
"""Place of how many rows of the carry list are used."""
CURSOR_WIDTH: Final = 7

ROOM_ROWS: Final = 64
"""Rows that have to be free before a want is answered; none needs half of them."""
ROOM_CARRIED: Final = ROOM
"""Rows of the carry list that have to be free then."""

# What can be broken.
BREACH_OF_ORDER: Final = 1
"""A want does not come after the one before."""
BREACH_OF_PARTY: Final = 2
"""A want names a party or an account that does not exist."""
BREACH_OF_DAY: Final = 3
"""A want lies outside the days that were given."""
BREACH_OF_USED: Final = 4
"""Somebody paid more on one day than the counter can hold."""


# Places in `World.fixed`, numbers that hold for the whole world.
CENTRAL: Final = 0
"""Name id of the national bank."""
ISSUED: Final = 1
"""Single account that stands behind the reserves of banks; −1 where it is not open."""
ISSUER: Final = 2
"""Single account that stands behind digital tenge; −1 where it is not open."""
NOTES: Final = 3
"""Single account that stands behind cash; −1 where it is not open."""
PEOPLE: Final = 4
"""How many parties are people; they come first."""
WITHDRAWAL: Final = 5
"""Name id of the purpose that goes to a teller; −1 for none."""
LARGEST: Final = 6
"""Tiyn that a top-up fetches at most."""
SWEEPS_AT_ONCE: Final = 7
"""1 where wallets of merchants are emptied after every payment."""
IS_REPLAYED: Final = 8
"""1 where a table is replayed on deposits alone."""
HAS_COVERAGE: Final = 9
"""1 where tills may be without connection."""
FIRST_RULE: Final = 10
"""Place in `World.names` of rule 0 of the tables."""
FIRST_DAY: Final = 11
"""Local day number of `World.midnights[0]`."""
PLATFORM_DOWN: Final = 12
"""Kept by compiled code: place in `World.names` of the outage of the platform; −1 for none."""
TURN: Final = 13
"""Kept by compiled code: first moment at which an outage may begin or end."""
REFUND: Final = 14
"""Name id of the purpose of giving money back; −1 for none."""
BILLS: Final = 15
"""Name id of the purpose of what nobody brings back; −1 for none."""
FIXED_WIDTH: Final = 16


# Places in `World.refunds`.
BACK_KEY: Final = 0
"""Key of the draw of what comes back."""
BACK_BELOW: Final = 1
"""What its upper 63 bits stay below; 0 where nothing comes back."""
BACK_DELAY_KEY: Final = 2
"""Key of the draw of when."""
BACK_SOONEST: Final = 3
BACK_SPAN: Final = 4
"""Hours after which something comes back at the earliest, and how many there are to choose from."""


# Columns of `World.banks`.
BANK_NAME: Final = 0
"""Name id."""
BANK_OWED: Final = 1
"""Single account of what the bank owes in deposits."""
BANK_RESERVE: Final = 2
"""Single account of its reserves."""
BANK_DOWN: Final = 3
"""Kept by compiled code: place in `World.names` of its outage; −1 while it works."""
BANK_WIDTH: Final = 4


# Columns of `World.levels`.
LEVEL_LIMIT: Final = 0
"""Tiyn that such a wallet may hold."""
LEVEL_START: Final = 1
"""Where the program of its rule book begins (`RuleTables.starts[book, Operation.PAY]`)."""
LEVEL_EVIDENCE: Final = 2
"""Flag of `codes.Evidence` that says so."""
LEVEL_WIDTH: Final = 3


# Columns of `World.outages`.
SPAN_SYSTEM: Final = 0
"""Index of the bank; −1 for the platform."""
SPAN_START: Final = 1
SPAN_END: Final = 2
"""First moment in us at which it is down, and first at which it works again."""
SPAN_WIDTH: Final = 3


# Columns of `World.controls`.
CONTROL_START: Final = 0
"""Where the program of the rule book begins."""
CONTROL_KIND: Final = 1
"""`Kind.PAYMENT`, or `Kind.DELIVERY`, which is recorded."""
CONTROL_PROGRAMME: Final = 2
CONTROL_REGION: Final = 3
"""Name ids."""
CONTROL_PURPOSE: Final = 4
"""Code of the programme in the tables."""
CONTROL_USED: Final = 5
"""Where the counters of the control begin in `World.used`; 2 for each period and slot."""
CONTROL_PERIODS: Final = 6
"""How many periods are counted."""
CONTROL_WIDTH: Final = 7


# Columns of `Marked.purses`.
PURSE_ACCOUNT: Final = 0
"""Single account."""
PURSE_MARK: Final = 1
"""Name id of its mark."""
PURSE_NEXT: Final = 2
"""Place of the purse that the person uses next; −1 after the last."""
PURSE_VOUCHER: Final = 3
"""Place of its kind in `Marked.vouchers`."""
PURSE_USED: Final = 4
"""Where its counters begin in `Marked.used`; 2 for each period."""
PURSE_WIDTH: Final = 5


# Columns of `Marked.vouchers`.
VOUCHER_START: Final = 0
"""Where the program of the rule book begins."""
VOUCHER_PURPOSE: Final = 1
"""Code of its purpose in the tables."""
VOUCHER_PERIODS: Final = 2
"""How many periods are counted."""
VOUCHER_LIMITS: Final = 3
VOUCHER_LIMITS_END: Final = 4
"""Where its limits on amounts begin in `Marked.limits`, and where they end."""
VOUCHER_WIDTH: Final = 5


AFTER: Final = 2**63 - 1
"""Moment that never comes."""
NO_CONTROL: Final = -1
"""What stands in `World.strata` for wants that any form of money may meet."""

_FIRST_NAMES: Final = (RETAIL, PROGRAMME, NO_CONNECTION, HOLDING_LIMIT)
NAMED_RETAIL: Final = 0
NAMED_WALLETS: Final = 1
NAMED_NO_CONNECTION: Final = 2
NAMED_HOLDING_LIMIT: Final = 3
"""Places in `World.names` of what is there in every world."""
FIRST_OUTAGE: Final = 4
"""Place in `World.names` of the first outage."""

_Whole = NDArray[np.int64]
_CASH_CHANCE: Final = "reaches for cash"


class Marked(NamedTuple):
    """Marked money of people: their purses, by what rules they pay and what was used."""

    first: NDArray[np.int32]
    """int32[parties]: place of the purse that each uses first; −1 for none."""
    purses: _Whole
    """int64[purses, PURSE_WIDTH]"""
    vouchers: _Whole
    """int64[kinds of purse, VOUCHER_WIDTH]"""
    periods: _Whole
    """int64[kinds of purse, 4]: `UsageTable.periods`, what is left over is not read."""
    used: _Whole
    """int64[n]: counters of all purses."""
    limits: _Whole
    """`LimitTables.rows`."""
    categories: _Whole
    """int64[n]: code of a purpose in the tables by its name id; none has a code beyond."""
    payees: _Whole
    """int64[n]: code of a party in the tables by its number; none has a code beyond."""
    windows: _Whole
    """`World.windows`."""
    taken: _Whole
    """int64[VOUCHERS_MAX]: where compiled code puts what each purse of a payer gives."""


class World(NamedTuple):
    """Everything compiled code needs besides wants and rows. Amounts in tiyn, moments in us."""

    rows: _Whole
    """int64[parties, 8]: `ledger.parties`, 64-byte aligned."""
    singles: _Whole
    """int64[accounts]: free money of single accounts."""
    holder: NDArray[np.int32]
    keeper: NDArray[np.int32]
    mark: NDArray[np.int32]
    """int32[accounts]: name ids by single account."""
    form: NDArray[np.uint8]
    """uint8[accounts]"""
    is_issuer: NDArray[np.bool_]
    """bool[accounts]"""
    frozen: NDArray[np.bool_]
    """bool[accounts]: which pay nothing."""
    fixed: _Whole
    """int64[FIXED_WIDTH]"""
    banks: _Whole
    """int64[banks, BANK_WIDTH]"""
    levels: _Whole
    """int64[kinds of wallet, LEVEL_WIDTH]"""
    regions: _Whole
    """int64[regions]: name ids."""
    names: _Whole
    """int64[n]: name ids of what `names_of` returns; 0 where the log has not needed it yet."""
    outages: _Whole
    """int64[outages, SPAN_WIDTH]: as `spans_of` gives them."""
    connected: NDArray[np.uint8]
    """uint8[merchants]: 1 where the till has a connection in the hour of the window."""
    midnights: _Whole
    """int64[days + 1]: where each local day begins, and where the last ends."""
    windows: _Whole
    """int64[days, 4]: `rules.counters.windows_of` each day."""
    chances: NDArray[np.uint64]
    """uint64[2]: see `chances`."""
    refunds: NDArray[np.uint64]
    """uint64[5]: see `refunds_of`."""
    carried: _Whole
    """int64[n, CARRIED_WIDTH]: rows of the carry list, as `retail.carry.Carried` names them."""
    rule_rows: _Whole
    members: _Whole
    """`RuleTables.rows` and `RuleTables.members`."""
    facts: _Whole
    """int64[rules.tables.FACTS]: where compiled code puts what it decides by."""
    strata: _Whole
    """int64[strata, 2]: control of the wants by rank, `NO_CONTROL` for everyday wants; category."""
    controls: _Whole
    """int64[controls, CONTROL_WIDTH]"""
    periods: _Whole
    """int64[controls, 4]: `UsageTable.periods`, what is left over is not read."""
    used: _Whole
    """int64[n]: counters of all controls one after the other."""
    slots: _Whole
    """int64[accounts]: row of the holder among the counters by single account; −1 for none."""
    payee_codes: _Whole
    """int64[accounts]: code of the holder in the tables by single account."""
    takings: _Whole
    """int64[strata]: tiyn accepted so far by rank of a stratum of vouchers."""
    marked: Marked | None = None
    """Marked money of people; None where nobody has any, and then none of it is compiled."""


def names_of(outage_ids: Sequence[str], rule_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the texts behind `World.names`; `outage_ids` as `spans_of` returns them."""
    return (*_FIRST_NAMES, *outage_ids, *rule_ids)


def spans_of(
    sections: Sequence[OutageSection], calendar: Calendar, systems: Mapping[str, int]
) -> tuple[_Whole, tuple[str, ...]]:
    """Return `World.outages` and the ids of the outages; `systems` gives the number of each.

    A system that nobody uses has no number, and its outages leave no trace.
    """
    dated = []
    for section in sections:
        if section.system in systems:
            start_us = calendar.at(section.day, section.at)
            end_us = start_us + section.lasts.value.value
            dated.append((systems[section.system], start_us, end_us, section.id))
    dated.sort()
    spans = np.array([span[:3] for span in dated], dtype=np.int64).reshape(-1, SPAN_WIDTH)
    return spans, tuple(span[3] for span in dated)


def days_of(calendar: Calendar, first: datetime.date, count: int) -> tuple[_Whole, _Whole]:
    """Return `World.midnights` and `World.windows` of `count` days from `first` on."""
    days = [first + datetime.timedelta(days=number) for number in range(count + 1)]
    midnights = np.array([calendar.at(day) for day in days], dtype=np.int64)
    windows = [windows_of(calendar.day_number(calendar.at(day))) for day in days[:-1]]
    return midnights, np.array(windows, dtype=np.int64).reshape(-1, len(Period))


def chances(cash_bp: int) -> NDArray[np.uint64]:
    """Return the key of the draw of who reaches for cash, and what its upper 63 bits stay below."""
    half_range = 1 << 63
    below = half_range if cash_bp == BP else cash_bp * (half_range // BP)
    return np.array([key_of(_CASH_CHANCE), below], dtype=np.uint64)


def refunds_of(terms: Terms | None) -> NDArray[np.uint64]:
    """Return `World.refunds`."""
    if terms is None:
        return np.zeros(5, dtype=np.uint64)
    return np.array(
        [
            key_of(COMES_BACK),
            half_below(terms.chance_bp),
            key_of(COMES_BACK_AFTER),
            terms.soonest_hours,
            terms.span_hours,
        ],
        dtype=np.uint64,
    )
