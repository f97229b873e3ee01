"""Households filled with people, compiled: one household after another, each from its words alone.

Adults stand before children and parents come first. Every choice inverts a law by one word, and the
word belongs to the number of a household or of a person, so any chunk gives the same alone.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import lean
from tengesim.population.columns import People, Role
from tengesim.population.society_model import ADULT_AGE
from tengesim.population.words import below_word, word_of

__all__ = [
    "FAMILIES",
    "HOUSEHOLD_STREAMS",
    "PENSION",
    "PEOPLE",
    "PERSON_STREAMS",
    "Chunk",
    "Laws",
    "settle",
]

Words = NDArray[np.uint64]
Whole = NDArray[np.int64]

HOUSEHOLD_STREAMS: Final = (
    "households.partner_rank",
    "households.parent_years",
    "households.second_parent_years",
    "households.first_is_woman",
)
PERSON_STREAMS: Final = (
    "people.age",
    "people.sex",
    "people.employed",
    "people.spending",
    "people.wage",
    "people.follows_wage",
    "people.deposit",
    "people.cash",
    "people.bank",
    "people.employer",
)
"""Names of the streams whose keys stand in `Laws.keys`, in this order; programmes follow."""
_PARTNER_RANK, _PARENT_YEARS, _SECOND_YEARS, _FIRST_IS_WOMAN = range(len(HOUSEHOLD_STREAMS))
(
    _AGE,
    _SEX,
    _EMPLOYED,
    _SPENDING,
    _WAGE,
    _FOLLOWS,
    _DEPOSIT,
    _CASH,
    _BANK,
    _EMPLOYER,
    _FIRST_PROGRAMME,
) = range(len(HOUSEHOLD_STREAMS), len(HOUSEHOLD_STREAMS) + len(PERSON_STREAMS) + 1)

FAMILIES, PENSION, PEOPLE = range(3)
"""Whom a programme is for: a family, people who become pensioners by it, other people."""
_KIND, _CHILDREN, _OLDEST = range(3)
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)
_TOP: Final = np.uint64(63)
_GUIDED: Final = np.uint64(50)
"""A ladder is entered by the upper 14 bits of a word."""
_RANKS: Final = 1 << 62
_NEAR: Final = _RANKS * 8 // 100
"""Couples without children are at most eight hundredths of all other adults apart in age."""
_NEAR_SPAN: Final = np.uint64(2 * _NEAR)
_INT32_MAX: Final = (1 << 31) - 1
_CHILD, _WORKER = np.uint8(Role.CHILD), np.uint8(Role.EMPLOYED)
_PENSIONER, _OTHER = np.uint8(Role.PENSIONER), np.uint8(Role.OTHER)


class Laws(NamedTuple):
    """What everybody is drawn from, as arrays."""

    keys: Words
    """Two words for each stream."""
    child_starts: Words
    child_guide: Whole
    adult_starts: Words
    adult_guide: Whole
    bank_starts: Words
    bank_guide: Whole
    girl: Words
    woman_alone: Words
    employed: Words
    lone_mother: np.uint64
    follows_wage: np.uint64
    parent_years: Whole
    """Least years between parent and oldest child, how many years above, years between parents."""
    programmes: Whole
    """Whom each is for, and for families least children and oldest age of the youngest."""
    rates: Words
    """Cut-off by programme, sex and age; of families the first counts."""
    nodes: Words
    """Thresholds that all laws of money share."""
    node_guide: Whole
    spans: Words
    shifts: Words
    values: Whole
    """Amounts of wages, deposits, cash and spending at the nodes."""
    rises: Words
    least_wage_tiyn: int
    spending_by_role: Whole
    spending_unit: int
    firms: Whole
    """First employer of each region, and how many it has."""


class Chunk(NamedTuple):
    """Households that follow one another."""

    number: Whole
    size: Whole
    children: Whole
    is_couple: NDArray[np.bool_]
    is_lone: NDArray[np.bool_]
    stratum: Whole


@lean
def _happens(word: np.uint64, below: np.uint64) -> bool:
    """Return whether the event with this cut-off happens, as `chances.happens` does."""
    return bool((word >> _ONE) < below)


@lean
def _drawn(keys: Words, stream: int, number: int) -> np.uint64:
    return word_of(keys[stream, 0], keys[stream, 1], number)


@lean
def _rung(starts: Words, guide: Whole, word: np.uint64) -> int:
    """Return how many of `starts` a word has reached, as `Ladder.rungs` does."""
    found = int(guide[np.int64(word >> _GUIDED)])
    while found < len(starts) and starts[found] <= word:
        found += 1
    return found


@lean
def _amount(laws: Laws, law: int, word: np.uint64) -> int:
    """Return the amount of a word, as `Lognormal.amounts` does."""
    nodes, last = laws.nodes, len(laws.nodes) - 1
    word = min(max(word, nodes[0]), nodes[last])
    cell = min(_rung(nodes, laws.node_guide, word), last) - 1
    part = (word - nodes[cell]) >> laws.shifts[cell]
    # Nothing here is below zero, and without a sign division is quicker.
    risen = np.int64(laws.rises[law, cell] * part // laws.spans[cell])
    return int(laws.values[law, cell] + risen)


@lean
def _near(word: np.uint64, off: np.uint64) -> np.uint64:
    """Return a word near `word`, even over all words when these are: reflected at both ends."""
    place = np.int64(word >> _TWO) + np.int64(off % _NEAR_SPAN) - _NEAR
    if place < 0:
        place = -1 - place
    if place >= _RANKS:
        # As 2 * _RANKS - 1 - place, which leaves 63 bits on the way.
        place = _RANKS - 1 - (place - _RANKS)
    return np.uint64(place) << _TWO


@lean
def _ages(laws: Laws, chunk: Chunk, home: int, first: int, age: NDArray[np.uint8]) -> None:
    """Put the age of everybody of a household into `age`, from the person `first` on."""
    keys, size, children = laws.keys, chunk.size[home], chunk.children[home]
    number, oldest = chunk.number[home], 0
    rank = np.uint64(0)
    for seat in range(size):
        word = _drawn(keys, _AGE, first + seat)
        if seat == 0:
            rank = word
        if seat >= size - children:
            age[first + seat] = found = _rung(laws.child_starts, laws.child_guide, word)
            oldest = max(oldest, found)
            continue
        if seat == 1 and children == 0 and chunk.is_couple[home]:
            # Couples without children are near in rank among all other adults.
            word = _near(rank, _drawn(keys, _PARTNER_RANK, number))
        age[first + seat] = ADULT_AGE + _rung(laws.adult_starts, laws.adult_guide, word)
    if children == 0:
        return
    # Parents are older than their oldest child, so their ages follow from it.
    low, apart = laws.parent_years[0], laws.parent_years[2]
    years = np.int64(
        below_word(_drawn(keys, _PARENT_YEARS, number), np.uint64(laws.parent_years[1]))
    )
    age[first] = oldest + low + years
    if chunk.is_couple[home]:
        off = below_word(_drawn(keys, _SECOND_YEARS, number), np.uint64(2 * apart + 1))
        age[first + 1] = oldest + low + abs(years + np.int64(off) - apart)


@lean
def _sexes(laws: Laws, chunk: Chunk, home: int, first: int, people: People) -> None:
    keys, size, children = laws.keys, chunk.size[home], chunk.children[home]
    for seat in range(size):
        age = people.age[first + seat]
        rate = laws.girl[age] if seat >= size - children else laws.woman_alone[age]
        if seat == 0 and children > 0 and chunk.is_lone[home]:
            rate = laws.lone_mother
        people.is_female[first + seat] = _happens(_drawn(keys, _SEX, first + seat), rate)
    if chunk.is_couple[home]:
        is_woman = _drawn(keys, _FIRST_IS_WOMAN, chunk.number[home]) >> _TOP == _ONE
        people.is_female[first] = is_woman
        people.is_female[first + 1] = not is_woman


@lean
def _families(laws: Laws, chunk: Chunk, home: int, first: int, people: People) -> None:
    """Let one adult receive what a family gets, for the family."""
    youngest = np.int64(people.age[first])
    for seat in range(1, chunk.size[home]):
        youngest = min(youngest, np.int64(people.age[first + seat]))
    found = 0
    for programme in range(len(laws.programmes)):
        meant = laws.programmes[programme]
        if meant[_KIND] != FAMILIES or chunk.children[home] < meant[_CHILDREN]:
            continue
        if youngest <= meant[_OLDEST]:
            word = _drawn(laws.keys, _FIRST_PROGRAMME + programme, chunk.number[home])
            if _happens(word, laws.rates[programme, 0, 0]):
                found |= 1 << programme
    people.memberships[first] = found


@lean
def _role(laws: Laws, person: int, first_child: int, people: People) -> np.uint8:
    """Note what a person receives; return what it lives on."""
    age, sex = people.age[person], np.int64(people.is_female[person])
    found, is_pensioner = np.int64(people.memberships[person]), False
    for programme in range(len(laws.programmes)):
        rate = laws.rates[programme, sex, age]
        if laws.programmes[programme, _KIND] == FAMILIES or not rate:
            continue
        if _happens(_drawn(laws.keys, _FIRST_PROGRAMME + programme, person), rate):
            found |= 1 << programme
            is_pensioner |= laws.programmes[programme, _KIND] == PENSION
    people.memberships[person] = found
    if person >= first_child:
        return _CHILD
    if _happens(_drawn(laws.keys, _EMPLOYED, person), laws.employed[age]):
        return _WORKER
    return _PENSIONER if is_pensioner else _OTHER


@lean
def _money(laws: Laws, person: int, role: np.uint8, people: People) -> None:
    """Fill in wage, deposit, cash and spending; one rank may decide wage, deposit and spending."""
    keys = laws.keys
    has_wages = len(people.wage_tiyn) > 0
    wage_tiyn = deposit_tiyn = cash_tiyn = 0
    if role == _CHILD:
        spending = _drawn(keys, _SPENDING, person)
    else:
        rank = _drawn(keys, _WAGE, person)
        if _happens(_drawn(keys, _FOLLOWS, person), laws.follows_wage):
            spending = deposit = rank
        else:
            spending = _drawn(keys, _SPENDING, person)
            deposit = _drawn(keys, _DEPOSIT, person)
        deposit_tiyn = _amount(laws, 1, deposit)
        cash_tiyn = _amount(laws, 2, _drawn(keys, _CASH, person))
        if has_wages and role == _WORKER:
            wage_tiyn = max(_amount(laws, 0, rank), laws.least_wage_tiyn)
    if has_wages:
        people.wage_tiyn[person] = wage_tiyn
    people.deposit_tiyn[person] = deposit_tiyn
    people.cash_tiyn[person] = cash_tiyn
    weight = _amount(laws, 3, spending) * laws.spending_by_role[role] // laws.spending_unit
    people.weight[person] = min(weight, _INT32_MAX)


@lean
def _employer(laws: Laws, person: int, role: np.uint8, region: int) -> int:
    """Return the number of the employer in the region, -1 of whoever does not work."""
    if role != _WORKER:
        return -1
    count = np.uint64(laws.firms[1, region])
    chosen = below_word(_drawn(laws.keys, _EMPLOYER, person), count)
    return int(laws.firms[0, region] + np.int64(chosen))


@lean
def settle(laws: Laws, chunk: Chunk, first: int, people: People) -> None:
    """Fill the households of a chunk with people from `first` on."""
    for home in range(len(chunk.size)):
        size = chunk.size[home]
        _ages(laws, chunk, home, first, people.age)
        _sexes(laws, chunk, home, first, people)
        for seat in range(1, size):
            people.memberships[first + seat] = 0
        _families(laws, chunk, home, first, people)
        region, first_child = chunk.stratum[home] // 2, first + size - chunk.children[home]
        for person in range(first, first + size):
            role = _role(laws, person, first_child, people)
            _money(laws, person, role, people)
            people.household[person] = chunk.number[home]
            people.region[person] = region
            people.is_urban[person] = chunk.stratum[home] % 2 == 0
            people.role[person] = role
            word = _drawn(laws.keys, _BANK, person)
            people.bank[person] = _rung(laws.bank_starts, laws.bank_guide, word)
            if len(people.employer) > 0:
                people.employer[person] = _employer(laws, person, role, region)
        first += size
