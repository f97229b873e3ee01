"""Wants of a day and of an hour, compiled: who wants something, when, from whom and for how much.

A want is a chain of words, each made from the one before, and every choice inverts a cumulative
law by one word: the Poisson law of how many wants somebody has on a day, the cumulated intensity of
the hours of a day, the weights of those who can be paid, and the lognormal law of amounts. Each is
a table of whole numbers with a guide beside it (see `guides`), so a look-up takes a step or two.

A day has too many wants to be held whole. A first pass over all who pay finds only who wants
something in which part of which hour, and keeps six bytes of each want; the parts of an hour are
then made whole one after another, a few hundred wants of one stratum at a time, so that what is
known of them stays in the nearest cache and what holds for the stratum is looked up once. Nothing
here knows an earlier call: any hour gives the same alone, in any order and on any thread.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.compiled import kernel, lean, prefetch
from tengesim.population.words import below_word, scrambled, word_of
from tengesim.retail.guides import END, FIRST, GUIDE, PARTY, REACHES, SHIFT, TOTAL, Groups
from tengesim.retail.ordering import Bench, pack
from tengesim.retail.plan import (
    AFTER,
    ANYWHERE,
    AT_HOME_MAX,
    BEFORE,
    BILL_AMOUNT,
    BILL_PAYEE,
    COUNT,
    HOURS,
    IN_HOUSEHOLD,
    IN_TOWN,
    KIND,
    LAW,
    LOCAL,
    NOBODY,
    OF_AMOUNT,
    OF_PAYEE,
    OF_REMOTE,
    OF_TIME,
    PURCHASE,
    RENTAL,
    RURAL,
    SOURCE,
    TRANSFERRED,
    URBAN,
    UTILITY,
    WANT,
    WEIGHT,
    WITHDRAWN,
    WITHIN_HOUR,
    Amounts,
    Day,
    Drawn,
    Found,
    Index,
    Piece,
    Plan,
)

__all__ = ["BLOCK", "complete", "index_day", "pick"]

BLOCK: Final = 512
"""Wants that are drawn at once; so many stay in the nearest cache."""
_ONE: Final = np.uint64(1)
_HOUR: Final = np.uint64(HOUR_US)


@kernel
def pick(
    groups: Groups, group: NDArray[np.int64], mass: NDArray[np.uint64], entry: NDArray[np.int64]
) -> None:
    """Put into `entry` which of each group holds a mass, which is below the sum of its weights.

    Where there is no group, the entry is left as it is.
    """
    _pick(groups, group, mass, entry, len(group))


@lean
def _pick(
    groups: Groups,
    group: NDArray[np.int64],
    mass: NDArray[np.uint64],
    entry: NDArray[np.int64],
    count: int,
) -> None:
    rows, entries, guide = groups.rows, groups.entries, groups.guide
    # Memory is asked for in one loop and read in the next.
    for i in range(count):
        row = group[i]
        if row >= 0:
            entry[i] = rows[row, GUIDE] + np.int64(mass[i] >> np.uint64(rows[row, SHIFT]))
            prefetch(guide, entry[i])
    for i in range(count):
        if group[i] >= 0:
            entry[i] = rows[group[i], FIRST] + np.int64(guide[entry[i]])
            prefetch(entries, entry[i])
    for i in range(count):
        if group[i] >= 0:
            found = entry[i]
            while np.uint64(entries[found, REACHES]) <= mass[i]:
                found += 1
            entry[i] = found


@lean
def _part(elapsed_us: int, bits: int) -> int:
    """Return which part of which hour holds a moment, counted from the start of an hour.

    An hour is cut at multiples of 2**(32 - bits) microseconds, so its last parts stay empty.
    """
    hour = elapsed_us // HOUR_US
    return (hour << bits) + ((elapsed_us - hour * HOUR_US) >> (32 - bits))


@lean
def _who_wants(plan: Plan, day: Day, stratum: int, found: Found, drawn: Drawn) -> int:
    """Put payer and number of every want of a stratum on a day into `found`.

    Return how many there are, of which those beyond its end are missing.
    """
    tables, entries = plan.tables, plan.groups.entries
    local, source = tables.strata[stratum, LOCAL], tables.strata[stratum, SOURCE]
    first, end = plan.groups.rows[local, FIRST], plan.groups.rows[local, END]
    lowest, beyond = day.spans[stratum, 0], day.spans[stratum, 1]
    payer, number, room, count = found.payer, found.number, len(found.payer), 0
    person, word = drawn.person, drawn.word
    if tables.strata[stratum, KIND] >= RENTAL:
        for head in range(lowest, min(beyond, lowest + room)):
            payer[head - lowest] = tables.heads[head]
            number[head - lowest] = 0
        return int(beyond - lowest)
    if lowest == beyond:
        return 0
    counts = tables.counts
    key, key_2, least = day.keys[source, COUNT], day.keys[source, COUNT + 1], counts[lowest]
    for block in range(first, end, BLOCK):
        until = min(block + BLOCK, end)
        for i in range(until - block):
            person[i] = entries[block + i, PARTY]
        for i in range(until - block):
            word[i] = word_of(key, key_2, person[i])
        for i in range(until - block):
            if word[i] < least:
                continue
            reached = lowest
            while reached < beyond and counts[reached] <= word[i]:
                if count < room:
                    payer[count] = block + i
                    number[count] = reached - lowest
                count += 1
                reached += 1
    return count


@lean
def _draw_spares(plan: Plan, day: Day, stratum: int, drawn: Drawn, count: int) -> None:
    """Draw the word from which everything else about a want is made."""
    strata, numbers = plan.tables.strata, plan.tables.numbers
    source = strata[stratum, SOURCE]
    key, key_2 = day.keys[source, WANT], day.keys[source, WANT + 1]
    person, number, spare, word = drawn.person, drawn.number, drawn.spare, drawn.word
    for i in range(count):
        spare[i] = word_of(key, key_2, person[i])
    # A bill is paid once, so its word is nobody else's.
    if strata[stratum, KIND] >= RENTAL:
        return
    for i in range(count):
        word[i] = numbers[number[i]]
    for i in range(count):
        spare[i] = scrambled(spare[i] ^ word[i])


@lean
def _draw_moments(plan: Plan, drawn: Drawn, count: int) -> None:
    """Draw when: an hour by the inverse of the cumulated intensity, evenly within it."""
    spare, word, moment_us = drawn.spare, drawn.word, drawn.moment_us
    of_time, within = plan.tables.further[OF_TIME], plan.tables.further[WITHIN_HOUR]
    rows, guide, entries = plan.groups.rows, plan.groups.guide, plan.groups.entries
    total, shift = np.uint64(rows[HOURS, TOTAL]), np.uint64(rows[HOURS, SHIFT])
    first, guided = rows[HOURS, FIRST], rows[HOURS, GUIDE]
    for i in range(count):
        word[i] = scrambled(spare[i] ^ of_time)
    for i in range(count):
        moment_us[i] = np.int64(below_word(scrambled(word[i] ^ within), _HOUR))
    for i in range(count):
        mass = below_word(word[i], total)
        hour = np.int64(guide[guided + np.int64(mass >> shift)])
        while np.uint64(entries[first + hour, REACHES]) <= mass:
            hour += 1
        moment_us[i] += hour * HOUR_US


@kernel
def index_day(  # noqa: PLR0917 - compiled code takes arrays by place
    plan: Plan,
    day: Day,
    bits: int,
    index: Index,
    found: Found,
    drawn: Drawn,
    strata: tuple[int, int],
    room: tuple[int, int],
) -> int:
    """Find who wants something in which part of a day, of strata from the first to the second.

    `found` has room for the largest of them; places of the index from the first to the second are
    theirs. Return how many wants there are; where there was no room for all, -1.
    """
    since_us = day.start_us - day.start_us // HOUR_US * HOUR_US
    entries, payer, number, parts = plan.groups.entries, found.payer, found.number, found.part
    used, beyond = room
    for stratum in range(strata[0], strata[1]):
        count = _who_wants(plan, day, stratum, found, drawn)
        if count > len(payer) or used + count > beyond:
            return -1
        for block in range(0, count, BLOCK):
            some = min(BLOCK, count - block)
            for i in range(some):
                drawn.person[i] = np.int64(entries[payer[block + i], PARTY])
                drawn.number[i] = number[block + i]
            _draw_spares(plan, day, stratum, drawn, some)
            _draw_moments(plan, drawn, some)
            for i in range(some):
                parts[block + i] = _part(since_us + drawn.moment_us[i], bits)
        _deal_out(stratum, used, count, index, found)
        used += count
    return used - room[0]


@lean
def _deal_out(stratum: int, base: int, count: int, index: Index, found: Found) -> None:
    """Deal out by parts the `count` wants of a stratum that were found, from place `base` on."""
    starts, payer, number, parts = index.starts, found.payer, found.number, found.part
    to_payer, to_number, last = index.payer, index.number, index.starts.shape[1] - 1
    for part in range(last + 1):
        starts[stratum, part] = 0
    for i in range(count):
        starts[stratum, parts[i] + 1] += 1
    starts[stratum, 0] = base
    for part in range(1, last + 1):
        starts[stratum, part] += starts[stratum, part - 1]
    for i in range(count):
        at = starts[stratum, parts[i]]
        to_payer[at] = payer[i]
        to_number[at] = number[i]
        starts[stratum, parts[i]] = at + 1
    # Each start has moved to the next one, so they go back by one.
    for part in range(last, 0, -1):
        starts[stratum, part] = starts[stratum, part - 1]
    starts[stratum, 0] = base


@kernel
def complete(plan: Plan, piece: Piece, drawn: Drawn, bench: Bench, used: int) -> int:
    """Make the wants of a piece whole, behind those `used` on the bench; return how many then."""
    starts, part, ranks = piece.indexed.starts, piece.part, bench.ranks
    from_payer, from_number = piece.indexed.payer, piece.indexed.number
    entries, about = plan.groups.entries, plan.tables.about
    for stratum in range(len(starts)):
        if ranks[stratum] < 0:
            continue
        kind, end = plan.tables.strata[stratum, KIND], starts[stratum, part + 1]
        for block in range(starts[stratum, part], end, BLOCK):
            count = min(BLOCK, end - block)
            for i in range(count):
                payer = from_payer[block + i]
                drawn.payer[i] = payer
                drawn.number[i] = from_number[block + i]
                prefetch(entries, payer)
                prefetch(about, payer)
            for i in range(count):
                drawn.person[i] = np.int64(entries[drawn.payer[i], PARTY])
                drawn.about[i] = about[drawn.payer[i]]
            _draw_spares(plan, piece.day, stratum, drawn, count)
            _draw_moments(plan, drawn, count)
            _draw_choices(plan, stratum, drawn, count)
            if kind in (PURCHASE, UTILITY):
                _choose_merchants(plan, stratum, drawn, count)
            elif kind == WITHDRAWN:
                _choose_oneself(drawn, count)
            else:
                _choose_people(plan, stratum, drawn, count)
            _pick(plan.groups, drawn.group, drawn.word, drawn.entry, count)
            _name_payees(plan, stratum, drawn, count)
            _draw_amounts(plan, stratum, drawn, count)
            used = pack(piece, stratum, drawn, count, bench, used)
    return used


@lean
def _draw_choices(plan: Plan, stratum: int, drawn: Drawn, count: int) -> None:
    """Draw the word that chooses the payee, and whether a purchase is remote or money stays home.

    Bills have the same payee every month.
    """
    tables, further = plan.tables, plan.tables.further
    person, spare, word, flags = drawn.person, drawn.spare, drawn.word, drawn.flags
    kind, below = tables.strata[stratum, KIND], tables.threshold[stratum]
    if kind >= RENTAL:
        source = tables.strata[stratum, SOURCE]
        key, key_2 = tables.bills[source, BILL_PAYEE], tables.bills[source, BILL_PAYEE + 1]
        for i in range(count):
            word[i] = word_of(key, key_2, person[i])
        for i in range(count):
            flags[i] = 0
        return
    of_payee = further[OF_PAYEE]
    of_place = further[IN_HOUSEHOLD] if kind == TRANSFERRED else further[OF_REMOTE]
    for i in range(count):
        word[i] = scrambled(spare[i] ^ of_payee)
    for i in range(count):
        flags[i] = 1 if scrambled(spare[i] ^ of_place) >> _ONE < below else 0


@lean
def _choose_merchants(plan: Plan, stratum: int, drawn: Drawn, count: int) -> None:
    """Say from which group each payee is chosen and by which mass.

    A purchase is made among merchants nearby, or among all if it is remote.
    """
    strata, rows, in_town = plan.tables.strata, plan.groups.rows, np.uint32(IN_TOWN)
    about, word, group = drawn.about, drawn.word, drawn.group
    entry, flags = drawn.entry, drawn.flags
    anywhere, rural, urban = (
        strata[stratum, ANYWHERE],
        strata[stratum, RURAL],
        strata[stratum, URBAN],
    )
    for i in range(count):
        nearby = urban if about[i] & in_town else rural
        chosen = anywhere if flags[i] else nearby
        group[i], entry[i] = chosen, NOBODY
        if chosen != NOBODY:
            word[i] = below_word(word[i], np.uint64(rows[chosen, TOTAL]))


@lean
def _choose_oneself(drawn: Drawn, count: int) -> None:
    """Make whoever takes out cash the payee too."""
    payer, group, entry = drawn.payer, drawn.group, drawn.entry
    for i in range(count):
        group[i], entry[i] = NOBODY, payer[i]


@lean
def _choose_people(plan: Plan, stratum: int, drawn: Drawn, count: int) -> None:
    """Choose somebody else of the household where that was drawn, or a stranger of the region.

    Whoever spends more is paid more, so that transfers by themselves make nobody poor. People of a
    household are neighbours, so its payers are too.
    """
    rows, entries = plan.groups.rows, plan.groups.entries
    payer, about, word, group = drawn.payer, drawn.about, drawn.word, drawn.group
    entry, flags = drawn.entry, drawn.flags
    local = plan.tables.strata[stratum, LOCAL]
    lowest, total = rows[local, FIRST], rows[local, TOTAL]
    for i in range(count):
        group[i], entry[i] = NOBODY, NOBODY
        own, known = np.int64(payer[i]), np.int64(about[i])
        first = own - (known >> BEFORE & AT_HOME_MAX)
        end = own + 1 + (known >> AFTER & AT_HOME_MAX)
        if flags[i] and end - first > 1:
            chosen = first + np.int64(below_word(word[i], np.uint64(end - first - 1)))
            entry[i] = chosen + 1 if chosen >= own else chosen
            continue
        before = np.int64(entries[first - 1, REACHES]) if first > lowest else 0
        theirs = np.int64(entries[end - 1, REACHES]) - before
        if theirs < total:
            mass = np.int64(below_word(word[i], np.uint64(total - theirs)))
            # Beyond whoever lives at home the others go on.
            word[i] = np.uint64(mass + theirs if mass >= before else mass)
            group[i] = local


@lean
def _name_payees(plan: Plan, stratum: int, drawn: Drawn, count: int) -> None:
    """Say who is paid, or NOBODY, and whether payer and payee need not meet."""
    entries, kind = plan.groups.entries, plan.tables.strata[stratum, KIND]
    entry, payee, flags = drawn.entry, drawn.payee, drawn.flags
    for i in range(count):
        payee[i] = NOBODY if entry[i] == NOBODY else np.int64(entries[entry[i], PARTY])
    if kind == PURCHASE:
        return
    is_remote = 0 if kind == WITHDRAWN else 1
    for i in range(count):
        flags[i] = is_remote


@lean
def _draw_amounts(plan: Plan, stratum: int, drawn: Drawn, count: int) -> None:
    """Draw what wants cost: the law of the purpose times what its payer can spend.

    A bill is the same every month, and as large as the law says.
    """
    tables, amounts = plan.tables, plan.amounts
    person, about, spare, word = drawn.person, drawn.about, drawn.spare, drawn.word
    amount_tiyn, most = drawn.amount_tiyn, amounts.amount_max_tiyn
    is_bill, law = tables.strata[stratum, KIND] >= RENTAL, tables.strata[stratum, LAW]
    if is_bill:
        source = tables.strata[stratum, SOURCE]
        key, key_2 = tables.bills[source, BILL_AMOUNT], tables.bills[source, BILL_AMOUNT + 1]
        for i in range(count):
            word[i] = word_of(key, key_2, person[i])
    else:
        of_amount = tables.further[OF_AMOUNT]
        for i in range(count):
            word[i] = scrambled(spare[i] ^ of_amount)
    _spread(amounts, law, word, amount_tiyn, count)
    drawn_tiyn: Any = 0
    if is_bill:
        for i in range(count):
            drawn_tiyn = min(amount_tiyn[i], most)
            amount_tiyn[i] = max(1, drawn_tiyn)
        return
    mean = np.uint64(amounts.mean_weight)
    for i in range(count):
        heavy = np.int64(about[i]) >> WEIGHT
        drawn_tiyn = min(amount_tiyn[i], most)
        weighed = np.uint64(drawn_tiyn * heavy) // mean
        drawn_tiyn = min(np.int64(weighed), most)
        amount_tiyn[i] = max(1, drawn_tiyn)


@lean
def _spread(
    amounts: Amounts, law: int, word: NDArray[np.uint64], to: NDArray[np.int64], count: int
) -> None:
    """Put one amount in tiyn for each word, as `Lognormal.amounts` gives it."""
    thresholds, guide, low = amounts.thresholds, amounts.guide, amounts.guide_shift
    values, rise, span, shift = amounts.values, amounts.rise, amounts.span, amounts.shift
    least, most, last = thresholds[0], thresholds[len(thresholds) - 1], len(thresholds) - 1
    for i in range(count):
        limited = min(max(word[i], least), most)
        reached = int(guide[np.int64(limited >> low)])
        while reached <= last and thresholds[reached] <= limited:
            reached += 1
        cell = min(reached, last) - 1
        part = (limited - thresholds[cell]) >> shift[cell]
        # Nothing here is below zero, and without a sign division is quicker.
        risen = np.uint64(rise[law, cell]) * part // np.uint64(span[cell])
        to[i] = values[law, cell] + np.int64(risen)
