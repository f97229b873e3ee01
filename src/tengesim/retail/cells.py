"""Wants of a day and of an hour, compiled: who wants something, when, from whom and for how much.

A want is a chain of words, each made from the one before, and every choice inverts a cumulative
law by one word: the Poisson law of how many wants somebody has on a day, the cumulated intensity of
the hours of a day, the weights of those who can be paid, and the lognormal law of amounts. Each is
a table of whole numbers with a guide beside it (see `guides`), so a look-up takes a step or two.

A day has too many wants to be held whole. A first pass over all who pay finds only who wants
something in which part of which hour, and keeps six bytes of each want; the parts of an hour are
then made whole one after another. Nothing here knows an earlier call: any hour gives the same
alone, in any order and on any thread.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.compiled import kernel, prefetch
from tengesim.population.words import below_word, scrambled, word_of
from tengesim.retail.guides import END, FIRST, GUIDE, SHIFT, TOTAL, Groups
from tengesim.retail.plan import (
    ANYWHERE,
    BILL_AMOUNT,
    BILL_PAYEE,
    COUNT,
    HOURS,
    IN_HOUSEHOLD,
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
    WITHDRAWN,
    WITHIN_HOUR,
    Amounts,
    Day,
    Drawn,
    Index,
    Piece,
    Plan,
)
from tengesim.streams import GOLDEN

__all__ = [
    "choose",
    "choose_people",
    "draw_amounts",
    "draw_choices",
    "draw_moments",
    "draw_spares",
    "index_day",
    "name_payees",
    "pick",
    "spread",
    "take",
]

_BLOCK: Final = 512
"""Words made at once; so many stay in the nearest cache."""
_AHEAD: Final = 16
"""So many wants ahead memory is asked for what a want will need."""
_ONE: Final = np.uint64(1)
_HOUR: Final = np.uint64(HOUR_US)


@kernel
def pick(
    groups: Groups, group: NDArray[np.int64], mass: NDArray[np.uint64], entry: NDArray[np.int64]
) -> None:
    """Put into `entry` which of each group holds a mass, which is below the sum of its weights.

    Where there is no group, the entry is left as it is.
    """
    rows, ends, guide = groups.rows, groups.ends, groups.guide
    for block in range(0, len(group), _BLOCK):
        # Memory is asked for in one loop and read in the next.
        until = min(block + _BLOCK, len(group))
        for i in range(block, until):
            row = group[i]
            if row >= 0:
                entry[i] = rows[row, GUIDE] + np.int64(mass[i] >> np.uint64(rows[row, SHIFT]))
                prefetch(guide, entry[i])
        for i in range(block, until):
            if group[i] >= 0:
                entry[i] = rows[group[i], FIRST] + np.int64(guide[entry[i]])
                prefetch(ends, entry[i])
        for i in range(block, until):
            if group[i] >= 0:
                found = entry[i]
                while np.uint64(ends[found]) <= mass[i]:
                    found += 1
                entry[i] = found


@kernel
def spread(
    amounts: Amounts, law: NDArray[np.int64], words: NDArray[np.uint64], to: NDArray[np.int64]
) -> None:
    """Put one amount in tiyn for each word, as `Lognormal.amounts` gives it."""
    thresholds, guide, low = amounts.thresholds, amounts.guide, amounts.guide_shift
    values, rise, span, shift = amounts.values, amounts.rise, amounts.span, amounts.shift
    least, most, last = thresholds[0], thresholds[len(thresholds) - 1], len(thresholds) - 1
    for i in range(len(words)):
        word = min(max(words[i], least), most)
        reached = int(guide[np.int64(word >> low)])
        while reached <= last and thresholds[reached] <= word:
            reached += 1
        cell = min(reached, last) - 1
        part = (word - thresholds[cell]) >> shift[cell]
        # Nothing here is below zero, and without a sign division is quicker.
        risen = np.uint64(rise[law[i], cell]) * part // np.uint64(span[cell])
        to[i] = values[law[i], cell] + np.int64(risen)


@kernel
def _part(elapsed_us: int, bits: int) -> int:
    """Return which part of which hour holds a moment, counted from the start of an hour.

    An hour is cut at multiples of 2**(32 - bits) microseconds, so its last parts stay empty.
    """
    hour = elapsed_us // HOUR_US
    return (hour << bits) + ((elapsed_us - hour * HOUR_US) >> (32 - bits))


@kernel
def _words(
    first: np.uint64, second: np.uint64, party: NDArray[np.int32], words: NDArray[np.uint64]
) -> None:
    """Make the words of some parties as `Streams.words` does."""
    for i in range(len(party)):
        words[i] = word_of(first, second, party[i])


@kernel
def _who_wants(plan: Plan, day: Day, stratum: int, found: Drawn, words: NDArray[np.uint64]) -> int:
    """Put payer and number of every want of a stratum on a day into `found`.

    Return how many there are, of which those beyond its end are missing.
    """
    tables, party = plan.tables, plan.groups.party
    local, source = tables.strata[stratum, LOCAL], tables.strata[stratum, SOURCE]
    first, end = plan.groups.rows[local, FIRST], plan.groups.rows[local, END]
    lowest, beyond = day.spans[stratum, 0], day.spans[stratum, 1]
    payer, number, room, count = found.payer, found.number, len(found.payer), 0
    if tables.strata[stratum, KIND] >= RENTAL:
        for head in range(lowest, min(beyond, lowest + room)):
            payer[head - lowest] = tables.heads[head]
            number[head - lowest] = 0
        return int(beyond - lowest)
    if lowest == beyond:
        return 0
    counts = tables.counts
    key, key_2, least = day.keys[source, COUNT], day.keys[source, COUNT + 1], counts[lowest]
    for block in range(first, end, _BLOCK):
        until = min(block + _BLOCK, end)
        _words(key, key_2, party[block:until], words)
        for i in range(until - block):
            if words[i] < least:
                continue
            reached = lowest
            while reached < beyond and counts[reached] <= words[i]:
                if count < room:
                    payer[count] = block + i
                    number[count] = reached - lowest
                count += 1
                reached += 1
    return count


@kernel
def draw_spares(plan: Plan, day: Day, drawn: Drawn, count: int) -> None:
    """Draw the word from which everything else about a want is made."""
    strata, keys = plan.tables.strata, day.keys
    party, numbers = plan.groups.party, plan.tables.numbers
    stratum, payer, number, spare = drawn.stratum, drawn.payer, drawn.number, drawn.spare
    person = drawn.person
    # Columns are gathered in loops of their own, so that memory answers for many wants at once.
    for i in range(count):
        person[i] = party[payer[i]]
    for i in range(count):
        source = strata[stratum[i], SOURCE]
        counter = np.uint64(person[i]) * GOLDEN
        word = scrambled(scrambled(counter ^ keys[source, WANT]) ^ keys[source, WANT + 1])
        # A bill is paid once, so its word is nobody else's.
        is_bill = strata[stratum[i], KIND] >= RENTAL
        spare[i] = word if is_bill else scrambled(word ^ numbers[number[i]])


@kernel
def draw_moments(plan: Plan, drawn: Drawn, count: int) -> None:
    """Draw when: an hour by the inverse of the cumulated intensity, evenly within it."""
    spare, mass, moment_us, group = drawn.spare, drawn.word, drawn.moment_us, drawn.group
    entry = drawn.entry
    of_time, within = plan.tables.further[OF_TIME], plan.tables.further[WITHIN_HOUR]
    total = np.uint64(plan.groups.rows[HOURS, TOTAL])
    first = plan.groups.rows[HOURS, FIRST]
    for i in range(count):
        word = scrambled(spare[i] ^ of_time)
        mass[i] = below_word(word, total)
        moment_us[i] = np.int64(below_word(scrambled(word ^ within), _HOUR))
        group[i] = HOURS
    pick(plan.groups, group[:count], mass[:count], entry[:count])
    for i in range(count):
        moment_us[i] += (entry[i] - first) * HOUR_US


@kernel
def index_day(plan: Plan, day: Day, bits: int, index: Index, found: Drawn) -> int:
    """Find who wants something in which part of a day, of all strata.

    `found` has room for the largest stratum. Return how many wants there are; where there was no
    room for all, -1.
    """
    starts, room = index.starts, len(index.payer)
    words = np.empty(_BLOCK, dtype=np.uint64)
    since_us = day.start_us - day.start_us // HOUR_US * HOUR_US
    parts, moment_us = found.group, found.moment_us
    used = 0
    for stratum in range(len(plan.tables.strata)):
        starts[stratum, 0] = used
        count = _who_wants(plan, day, stratum, found, words)
        if count > len(found.payer) or used + count > room:
            return -1
        for i in range(count):
            found.stratum[i] = stratum
        draw_spares(plan, day, found, count)
        draw_moments(plan, found, count)
        for i in range(count):
            parts[i] = _part(since_us + moment_us[i], bits)
        _deal_out(starts[stratum], parts[:count], index, found)
        used += count
    return used


@kernel
def _deal_out(
    starts: NDArray[np.int64], parts: NDArray[np.int64], index: Index, found: Drawn
) -> None:
    """Deal out by parts what was `found` of a stratum, from `starts[0]` on."""
    last = len(starts) - 1
    payer, number, to_payer, to_number = found.payer, found.number, index.payer, index.number
    for part in range(1, last + 1):
        starts[part] = 0
    for i in range(len(parts)):
        starts[parts[i] + 1] += 1
    for part in range(1, last + 1):
        starts[part] += starts[part - 1]
    base = starts[0]
    for i in range(len(parts)):
        at = starts[parts[i]]
        to_payer[at] = payer[i]
        to_number[at] = number[i]
        starts[parts[i]] = at + 1
    # Each start has moved to the next one, so they go back by one.
    for part in range(last, 0, -1):
        starts[part] = starts[part - 1]
    starts[0] = base


@kernel
def draw_choices(plan: Plan, drawn: Drawn, count: int) -> None:
    """Draw the word that chooses the payee, and whether a purchase is remote or money stays home.

    Bills have the same payee every month.
    """
    strata, threshold, bills = plan.tables.strata, plan.tables.threshold, plan.tables.bills
    person, further = drawn.person, plan.tables.further
    of_payee, of_remote, at_home = further[OF_PAYEE], further[OF_REMOTE], further[IN_HOUSEHOLD]
    stratum, spare, word, flags = drawn.stratum, drawn.spare, drawn.word, drawn.flags
    for i in range(count):
        kind, source = strata[stratum[i], KIND], strata[stratum[i], SOURCE]
        if kind >= RENTAL:
            counter = np.uint64(person[i]) * GOLDEN
            inner = scrambled(counter ^ bills[source, BILL_PAYEE])
            word[i], flags[i] = scrambled(inner ^ bills[source, BILL_PAYEE + 1]), 0
            continue
        word[i] = scrambled(spare[i] ^ of_payee)
        apart = scrambled(spare[i] ^ (at_home if kind == TRANSFERRED else of_remote)) >> _ONE
        flags[i] = 1 if apart < threshold[stratum[i]] else 0


@kernel
def choose(plan: Plan, drawn: Drawn, count: int) -> None:
    """Say from which group each payee is chosen and by which mass, or who it is.

    A purchase is made among merchants nearby, or among all if it is remote.
    """
    strata, rows = plan.tables.strata, plan.groups.rows
    person, is_urban = drawn.person, plan.tables.is_urban
    stratum, payer, word = drawn.stratum, drawn.payer, drawn.word
    group, entry, flags = drawn.group, drawn.entry, drawn.flags
    for i in range(count):
        entry[i] = URBAN if is_urban[person[i]] else RURAL
    for i in range(count):
        row, place = stratum[i], entry[i]
        kind = strata[row, KIND]
        group[i], entry[i] = NOBODY, NOBODY
        if kind in (PURCHASE, UTILITY):
            chosen = strata[row, ANYWHERE if flags[i] else place]
            if chosen != NOBODY:
                group[i], word[i] = chosen, below_word(word[i], np.uint64(rows[chosen, TOTAL]))
        elif kind == WITHDRAWN:
            # Whoever takes out cash is the payee too.
            entry[i] = payer[i]


@kernel
def choose_people(plan: Plan, drawn: Drawn, count: int) -> None:
    """Choose somebody else of the household where that was drawn, or a stranger of the region.

    Whoever spends more is paid more, so that transfers by themselves make nobody poor. People of a
    household are neighbours, so its payers are too.
    """
    strata, rows, ends = plan.tables.strata, plan.groups.rows, plan.groups.ends
    home = plan.tables.home
    stratum, payer, word = drawn.stratum, drawn.payer, drawn.word
    group, entry, flags = drawn.group, drawn.entry, drawn.flags
    for i in range(count):
        if strata[stratum[i], KIND] not in (TRANSFERRED, RENTAL):
            continue
        ahead = min(i + _AHEAD, count - 1)
        prefetch(home, payer[ahead])
        prefetch(ends, payer[ahead])
        local, own = strata[stratum[i], LOCAL], np.int64(payer[i])
        lowest, total = rows[local, FIRST], rows[local, TOTAL]
        first, end = own - np.int64(home[own, 0]), own + 1 + np.int64(home[own, 1])
        if flags[i] and end - first > 1:
            chosen = first + np.int64(below_word(word[i], np.uint64(end - first - 1)))
            entry[i] = chosen + 1 if chosen >= own else chosen
            continue
        before = np.int64(ends[first - 1]) if first > lowest else 0
        theirs = np.int64(ends[end - 1]) - before
        if theirs < total:
            mass = np.int64(below_word(word[i], np.uint64(total - theirs)))
            # Beyond whoever lives at home the others go on.
            word[i] = np.uint64(mass + theirs if mass >= before else mass)
            group[i] = local


@kernel
def name_payees(plan: Plan, drawn: Drawn, count: int) -> None:
    """Say who is paid, or NOBODY, and whether payer and payee need not meet."""
    strata, party, stratum = plan.tables.strata, plan.groups.party, drawn.stratum
    entry, payee, flags = drawn.entry, drawn.payee, drawn.flags
    for i in range(count):
        payee[i] = NOBODY if entry[i] == NOBODY else np.int64(party[entry[i]])
    for i in range(count):
        kind = strata[stratum[i], KIND]
        if kind != PURCHASE:
            flags[i] = 0 if kind == WITHDRAWN else 1


@kernel
def draw_amounts(plan: Plan, drawn: Drawn, count: int) -> None:
    """Draw what wants cost: the law of the purpose times what its payer can spend.

    A bill is the same every month, and as large as the law says.
    """
    strata, bills = plan.tables.strata, plan.tables.bills
    person, weight = drawn.person, plan.tables.weight
    stratum, spare, word = drawn.stratum, drawn.spare, drawn.word
    law, heavy, amount_tiyn = drawn.group, drawn.entry, drawn.amount_tiyn
    of_amount, most = plan.tables.further[OF_AMOUNT], plan.amounts.amount_max_tiyn
    mean, weight_max = np.uint64(plan.amounts.mean_weight), plan.amounts.weight_max
    for i in range(count):
        row, source = stratum[i], strata[stratum[i], SOURCE]
        law[i] = strata[row, LAW]
        if strata[row, KIND] >= RENTAL:
            inner = scrambled(np.uint64(person[i]) * GOLDEN ^ bills[source, BILL_AMOUNT])
            word[i] = scrambled(inner ^ bills[source, BILL_AMOUNT + 1])
        else:
            word[i] = scrambled(spare[i] ^ of_amount)
    for i in range(count):
        heavy[i] = weight[person[i]]
    spread(plan.amounts, law[:count], word[:count], amount_tiyn[:count])
    for i in range(count):
        drawn_tiyn = min(amount_tiyn[i], most)
        if strata[stratum[i], KIND] < RENTAL:
            weighed = np.uint64(drawn_tiyn * min(heavy[i], weight_max)) // mean
            drawn_tiyn = min(np.int64(weighed), most)
        amount_tiyn[i] = max(1, drawn_tiyn)


@kernel
def take(piece: Piece, drawn: Drawn, ranks: NDArray[np.int32]) -> int:
    """Take the wants of a piece out of its index; return how many there are."""
    starts, part = piece.indexed.starts, piece.part
    from_payer, from_number = piece.indexed.payer, piece.indexed.number
    stratum, payer, number = drawn.stratum, drawn.payer, drawn.number
    count = 0
    for row in range(len(starts)):
        if ranks[row] < 0:
            continue
        for i in range(starts[row, part], starts[row, part + 1]):
            stratum[count], payer[count], number[count] = row, from_payer[i], from_number[i]
            count += 1
    return count
