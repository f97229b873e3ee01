"""Answers retail wants in compiled code, in the order of the tape, exactly as readable code does.

It goes on until a moment, and comes back earlier where its rows have to be handed on, where a want
is one for readable code, or where somebody has to be told about one. What is rare and long to tell
is not here; it is never answered differently, only elsewhere.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form
from tengesim.compiled import lean, prefetch
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_purses import by_purses
from tengesim.engine.kernel_rails import by_cash, by_deposit, by_teller, give_up
from tengesim.engine.kernel_refunds import comes_back, has_room, note, scrambled
from tengesim.engine.kernel_rows import (
    ANSWERED,
    ESCAPED,
    NO_NAME,
    NO_WAY,
    OVERUSED,
    REFUSED_ONCE,
    Desired,
    Presented,
    Side,
)
from tengesim.engine.kernel_vouchers import by_voucher
from tengesim.engine.kernel_wallets import by_wallet
from tengesim.journal.events import Rows
from tengesim.ledger.parties import TRAITS
from tengesim.ledger.traits import (
    BANK,
    HAS_DEVICE,
    HAS_MARKED,
    HAS_WALLET,
    IS_DIGITAL_BY_HABIT,
    IS_PERSON,
    IS_WATCHED,
    MASKS,
    NEEDS_ATTENTION,
    REGION,
)
from tengesim.money import PAYMENT_MAX_TIYN
from tengesim.retail.tape import Window

__all__ = ["drain"]

Whole = NDArray[np.int64]

_AHEAD: Final = 32
"""Wants ahead of which the rows of payer and payee are asked for; see `bench`."""
_ATTEMPTS_MAX: Final = 3
_UNKNOWN_TILL: Final = 2
"""What stands for the connection of somebody who has no till."""
_NO_DAY: Final = -1
_REMOTE: Final = 1
_UNSERVED: Final = 2
_LABEL: Final = 2
_FORM: Final = 5
_THREE_BITS: Final = 7
_BANK_MASK: Final = MASKS[BANK]
_REGION_MASK: Final = MASKS[REGION]

# Ways to pay, four bits each; in an order of ways the first is lowest.
_DIGITAL: Final = 1
_OFFLINE: Final = 2
_DEPOSIT: Final = 3
_CASH: Final = 4
_TELLER: Final = 5
_REFUND: Final = 6
_MARKED: Final = 7
_WAY_BITS: Final = 4
_WAY_MASK: Final = 15
_PRESCRIBED_DIGITAL: Final = 0x21
_REMOTE_DIGITAL: Final = 0x31
_REMOTE_DEPOSIT: Final = 0x13
_COUNTER_DIGITAL: Final = 0x4321
_COUNTER_DEPOSIT: Final = 0x4213
_COUNTER_CASH: Final = 0x2134

_FORM_DIGITAL: Final = Form.DIGITAL_TENGE.value
_FORM_DEPOSIT: Final = Form.BANK_DEPOSIT.value
_FORM_CASH: Final = Form.CASH.value

_FOR_READABLE: Final = NEEDS_ATTENTION | IS_WATCHED
_EVIDENCE_BITS: Final = np.uint64((1 << 60) - 1)


@lean
def _whole(number: Any) -> Any:  # noqa: ANN401 - any whole number of the tape
    """Return a number of a narrow column as wide as all others: one form of everything."""
    return np.int64(number)


def drain(window: Window, world: at.World, log: Rows, cursor: Whole, until_us: int) -> None:
    """Answer the wants of `window` from `cursor[NEXT]` on that come before `until_us`.

    `cursor` comes back with the next want, the rows, `seq` and `ref` used, and why it came back.
    """
    # A world without parties has vouchers alone; ways to pay that nobody has are not compiled.
    _drain(window, world, log, cursor, until_us, world.rows if len(world.rows) else None)


@lean
def _drain(  # noqa: PLR0917 - compiled code takes arrays by place
    window: Window,
    world: at.World,
    log: Rows,
    cursor: Whole,
    until_us: int,
    rows: Whole | None,
) -> None:
    """Answer as `drain` says; `rows` are those of the world, None where it has no parties."""
    # Taken out of their tuples once: doing so in the loop costs more than the payments.
    time_us, rank, number, purpose = window.time_us, window.rank, window.number, window.purpose
    payer, payee, amount_tiyn = window.payer, window.payee, window.amount_tiyn
    word, flags, base = window.word, window.flags, window.intent_base
    fixed, banks, strata, singles = world.fixed, world.banks, world.strata, world.singles
    regions, names, connected = world.regions, world.names, world.connected
    chances, outages, midnights = world.chances, world.outages, world.midnights
    windows, everybody, backs = world.windows, len(world.rows), (world.refunds, world.carried)
    money = (singles, fixed, banks, world.levels, regions, names)
    judge = (world.rule_rows, world.members, world.facts, log, cursor)
    sides = (world.holder, world.keeper, world.form, world.mark, world.is_issuer, world.frozen)
    office = (singles, names, fixed[at.FIRST_RULE], strata, world.controls, world.periods)
    counted = (world.used, world.slots, world.payee_codes, world.takings)
    fixed[at.TURN] = -at.AFTER
    day, i, cursor[at.STOP], cursor[at.WHAT] = 0, cursor[at.NEXT], at.DONE, 0
    while i < len(time_us) and time_us[i] < until_us and cursor[at.STOP] == at.DONE:
        if cursor[at.USED_ROWS] > len(log) - at.ROOM_ROWS or not has_room(*backs, cursor):
            cursor[at.STOP] = at.FLUSH
            break
        if rows is not None:
            _ask_ahead(i + _AHEAD, rows, payer, payee, rank, strata)
        moment = time_us[i]
        if moment >= fixed[at.TURN]:
            _turn(moment, outages, fixed, banks)
        day = _day(day, moment, midnights)
        is_retail = strata[rank[i], 0] == at.NO_CONTROL
        parties = everybody if is_retail else len(singles)
        breach = _breach(i, time_us, rank, number, payer[i], payee[i], parties)
        if day == _NO_DAY or breach != 0:
            cursor[at.STOP], cursor[at.WHAT] = at.BROKEN, breach or at.BREACH_OF_DAY
            break
        before = (cursor[at.USED_ROWS], cursor[at.SEQ], cursor[at.REF])
        today, outcome = fixed[at.FIRST_DAY] + day, ESCAPED
        when = (moment, base[rank[i]] - number[i], payer[i], payee[i], amount_tiyn[i])
        if is_retail:
            if rows is not None:
                seen = (purpose[i], flags[i], today, moment - midnights[day])
                want = _desired(when, seen, rows, fixed, regions, names, connected)
                ways, back = _ways(want, flags[i], word[i], fixed, chances), (word[i], *backs)
                outcome = _answer(want, ways, world.marked, back, rows, *money, *judge)
        else:
            shown = (rank[i], purpose[i], flags[i], word[i], today, moment - midnights[day])
            outcome = _present(
                _presented(when, shown),
                windows[day],
                # Mypy takes several starred tuples for one of any length.
                *sides,
                *office,
                *counted,
                *judge,  # type: ignore[arg-type]
            )
            if outcome == ANSWERED and flags[i] & _UNSERVED != 0:
                cursor[at.STOP] = at.SIGNAL
        if outcome >= ESCAPED:
            _roll_back(outcome, before, cursor)
            break
        i += 1
    cursor[at.NEXT] = i


@lean
def _ask_ahead(  # noqa: PLR0917 - compiled code takes arrays by place
    j: int,
    rows: Whole,
    payer: Whole,
    payee: Whole,
    rank: NDArray[np.int32],
    strata: Whole,
) -> None:
    """Ask the memory for the rows of payer and payee of a later want."""
    if j < len(rank) and strata[rank[j], 0] == at.NO_CONTROL:
        prefetch(rows, payer[j])
        prefetch(rows, payee[j])


@lean
def _day(day: int, moment: int, midnights: Whole) -> int:
    """Return the place of the local day of `moment`, at or after `day`; `_NO_DAY` for none."""
    if moment < midnights[day]:
        return _NO_DAY
    last = len(midnights) - 1
    while day < last and moment >= midnights[day + 1]:
        day += 1
    return day if day < last else _NO_DAY


@lean
def _roll_back(outcome: int, before: tuple[int, int, int], cursor: Whole) -> None:
    """Take back the rows of a want that is not answered here, and say why."""
    cursor[at.USED_ROWS], cursor[at.SEQ], cursor[at.REF] = before
    cursor[at.STOP] = at.ESCAPE
    if outcome == OVERUSED:
        cursor[at.STOP], cursor[at.WHAT] = at.BROKEN, at.BREACH_OF_USED


@lean
def _turn(moment: int, outages: Whole, fixed: Whole, banks: Whole) -> None:
    """Note what is down at `moment`, and until when that holds."""
    until_us = at.AFTER
    fixed[at.PLATFORM_DOWN] = NO_NAME
    for bank in range(len(banks)):
        banks[bank, at.BANK_DOWN] = NO_NAME
    for place in range(len(outages)):
        start, end = outages[place, at.SPAN_START], outages[place, at.SPAN_END]
        if moment < start:
            until_us = min(until_us, start)
        elif moment < end:
            until_us = min(until_us, end)
            system, name = outages[place, at.SPAN_SYSTEM], at.FIRST_OUTAGE + place
            # Of several at once the first of the system is the one that shows.
            if system < 0 and fixed[at.PLATFORM_DOWN] == NO_NAME:
                fixed[at.PLATFORM_DOWN] = name
            elif system >= 0 and banks[system, at.BANK_DOWN] == NO_NAME:
                banks[system, at.BANK_DOWN] = name
    fixed[at.TURN] = until_us


@lean
def _breach(  # noqa: PLR0917 - compiled code takes arrays by place
    i: int,
    time_us: Whole,
    rank: NDArray[np.int32],
    number: NDArray[np.int32],
    payer: int,
    payee: int,
    parties: int,
) -> int:
    """Return what is wrong with the place of want `i` or with its ends; 0 for nothing."""
    if not (0 <= payer < parties and 0 <= payee < parties):
        return at.BREACH_OF_PARTY
    if i == 0 or time_us[i] > time_us[i - 1]:
        return 0
    if time_us[i] < time_us[i - 1] or rank[i] < rank[i - 1]:
        return at.BREACH_OF_ORDER
    return at.BREACH_OF_ORDER if rank[i] == rank[i - 1] and number[i] <= number[i - 1] else 0


@lean
def _desired(  # noqa: PLR0917 - compiled code takes arrays by place
    when: tuple[int, int, int, int, int],
    seen: tuple[int, int, int, int],
    rows: Whole,
    fixed: Whole,
    regions: Whole,
    names: Whole,
    connected: NDArray[np.uint8],
) -> Desired:
    """Return an everyday want with what is known of its ends."""
    moment, intent, payer, payee, amount = when
    purpose, flags, day, time_of_day_us = seen
    is_remote = _whole(flags & _REMOTE)
    unconnected = 0
    if fixed[at.HAS_COVERAGE] and is_remote == 0 and payee >= fixed[at.PEOPLE]:
        till = payee - fixed[at.PEOPLE]
        unconnected = _UNKNOWN_TILL if till >= len(connected) else 1 - _whole(connected[till])
    ours, theirs = rows[payer, TRAITS], rows[payee, TRAITS]
    return Desired(
        moment,
        intent,
        payer,
        payee,
        amount,
        _whole(purpose),
        is_remote,
        day,
        time_of_day_us,
        unconnected,
        regions[(ours >> REGION) & _REGION_MASK],
        names[at.NAMED_RETAIL],
        ours,
        theirs,
        (ours >> BANK) & _BANK_MASK,
        (theirs >> BANK) & _BANK_MASK,
    )


@lean
def _reaches_for_cash(word: np.uint64, chances: NDArray[np.uint64]) -> bool:
    """Return whether the draw of this want says cash."""
    return bool((scrambled(word ^ chances[0]) >> np.uint64(1)) < chances[1])


@lean
def _ways(
    want: Desired, flags: int, word: np.uint64, fixed: Whole, chances: NDArray[np.uint64]
) -> int:
    """Return the ways to pay that are tried, in order."""
    if fixed[at.IS_REPLAYED]:
        return _DEPOSIT
    if want.purpose == fixed[at.WITHDRAWAL]:
        return _TELLER
    if want.purpose == fixed[at.REFUND]:
        return _REFUND
    form = (flags >> _FORM) & _THREE_BITS
    if form:
        if form == _FORM_DIGITAL:
            return _PRESCRIBED_DIGITAL
        if form == _FORM_DEPOSIT:
            return _DEPOSIT
        return _CASH if form == _FORM_CASH else 0
    is_digital = want.payer_traits & IS_DIGITAL_BY_HABIT != 0
    if want.is_remote:
        return _REMOTE_DIGITAL if is_digital else _REMOTE_DEPOSIT
    if _reaches_for_cash(word, chances):
        return _COUNTER_CASH
    return _COUNTER_DIGITAL if is_digital else _COUNTER_DEPOSIT


@lean
def _marked_first(want: Desired, ways: int) -> int:
    """Return `ways` with marked money before them, where the payer has any and the payee takes it.

    Who may choose has several ways, and so has who has to pay in digital tenge.
    """
    if ways <= _WAY_MASK or want.payer_traits & HAS_MARKED == 0:
        return ways
    if want.payee_traits & IS_PERSON != 0 or want.payee_traits & HAS_WALLET == 0:
        return ways
    return (ways << _WAY_BITS) | _MARKED


@lean
def _is_for_readable_code(
    want: Desired, ways: int, word: np.uint64, refunds: NDArray[np.uint64], fixed: Whole
) -> bool:
    """Return whether something about the want is not for compiled code, whatever it is paid in."""
    traits = want.payer_traits | want.payee_traits
    if traits & _FOR_READABLE or want.unconnected == _UNKNOWN_TILL:
        return True
    if ways == _REFUND or want.programme == 0 or not 1 <= want.amount <= PAYMENT_MAX_TIYN:
        return True
    if ways & _WAY_MASK == _MARKED and comes_back(want, word, refunds, fixed):
        # Each part goes back to where it came from, which readable code notes.
        return True
    return want.payer == want.payee and ways != _TELLER


@lean
def _answer(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Desired,
    ways: int,
    marked: at.Marked | None,
    back: tuple[np.uint64, NDArray[np.uint64], Whole],
    rows: Whole,
    singles: Whole,
    fixed: Whole,
    banks: Whole,
    levels: Whole,
    regions: Whole,
    names: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Try one way to pay after another until one works, three tries are made or none is left."""
    if marked is not None:
        ways = _marked_first(want, ways)
    word, refunds, _ = back
    if _is_for_readable_code(want, ways, word, refunds, fixed):
        return ESCAPED
    money = (rows, singles, fixed, banks)
    platform = (levels, regions, names, rule_rows, members, facts)
    attempt = 0
    while ways:
        way, ways = ways & _WAY_MASK, ways >> _WAY_BITS
        outcome = NO_WAY
        if way == _DEPOSIT:
            outcome = by_deposit(want, attempt, *money, names, log, cursor)
        elif way == _MARKED:
            if marked is not None:
                outcome = by_purses(want, attempt, marked, *money, *platform, log, cursor)
        elif way == _DIGITAL:
            outcome = by_wallet(want, attempt, *money, *platform, log, cursor)
        elif way == _CASH:
            outcome = by_cash(want, attempt, rows, fixed, log, cursor)
        elif way == _TELLER:
            outcome = by_teller(want, attempt, *money, names, log, cursor)
        elif _is_for_devices(want, fixed):
            outcome = ESCAPED
        if outcome == NO_WAY:
            continue
        attempt += 1
        if outcome == ANSWERED and way != _TELLER:
            note(want, _form_of(way), *back, fixed, cursor)
        if outcome != REFUSED_ONCE or attempt == _ATTEMPTS_MAX:
            return outcome
    if attempt:
        return REFUSED_ONCE
    return give_up(want, fixed, banks, log, cursor)


@lean
def _form_of(way: int) -> int:
    """Return the form of money that moves on a way to pay."""
    if way == _DEPOSIT:
        return _FORM_DEPOSIT
    return _FORM_CASH if way == _CASH else _FORM_DIGITAL


@lean
def _is_for_devices(want: Desired, fixed: Whole) -> bool:
    """Return whether two devices may meet out of reach of the platform."""
    if want.is_remote or want.payer_traits & want.payee_traits & HAS_DEVICE == 0:
        return False
    return want.unconnected != 0 or fixed[at.PLATFORM_DOWN] != NO_NAME


@lean
def _presented(
    when: tuple[int, int, int, int, int], shown: tuple[int, int, int, np.uint64, int, int]
) -> Presented:
    """Return a want under the rules of a programme."""
    moment, intent, payer, payee, amount = when
    rank, place, flags, word, day, time_of_day_us = shown
    evidence = _whole(word & _EVIDENCE_BITS)
    label = _whole((flags >> _LABEL) & _THREE_BITS)
    return Presented(
        moment,
        _whole(rank),
        intent,
        payer,
        payee,
        amount,
        _whole(place),
        label,
        evidence,
        day,
        time_of_day_us,
    )


@lean
def _present(  # noqa: PLR0917 - compiled code takes arrays by place
    want: Presented,
    windows: Whole,
    holder: NDArray[np.int32],
    keeper: NDArray[np.int32],
    form: NDArray[np.uint8],
    mark: NDArray[np.int32],
    is_issuer: NDArray[np.bool_],
    frozen: NDArray[np.bool_],
    singles: Whole,
    names: Whole,
    first_rule: int,
    strata: Whole,
    controls: Whole,
    periods: Whole,
    used: Whole,
    slots: Whole,
    payee_codes: Whole,
    takings: Whole,
    rule_rows: Whole,
    members: Whole,
    facts: Whole,
    log: Rows,
    cursor: Whole,
) -> int:
    """Answer a want under the rules of a programme, unless the move is not an ordinary one."""
    ours, theirs = want.payer, want.payee
    if ours == theirs or is_issuer[ours] or is_issuer[theirs] or mark[ours] != mark[theirs]:
        return ESCAPED
    if frozen[ours]:
        return ESCAPED
    if keeper[ours] != keeper[theirs] or form[ours] != form[theirs]:
        return ESCAPED
    if not 1 <= want.amount <= PAYMENT_MAX_TIYN:
        return ESCAPED
    kept = (_whole(keeper[ours]), _whole(form[ours]), _whole(mark[ours]))
    debit = Side(_whole(holder[ours]), *kept)
    credit = Side(_whole(holder[theirs]), *kept)
    office = (strata, controls, periods, windows, used, slots, payee_codes, takings)
    judge = (rule_rows, members, facts, log, cursor)
    return by_voucher(want, debit, credit, singles, names, first_rule, *office, *judge)
