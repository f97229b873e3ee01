"""The contracts of a budget year, drawn once: with whom, how much, and when they would go.

Every line draws for itself, so a line more leaves the contracts of the others as they were. Dates
are those of an administrator who knows no lapse; what the lapse does to them is decided later, so
both worlds have the same contracts.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from tengesim.clock import SECOND_US
from tengesim.institutions.treasury.behaviour import next_working
from tengesim.institutions.treasury.budget_model import ACTS_MAX, BudgetSection, SizeSection
from tengesim.institutions.treasury.plans import LineAccount
from tengesim.money import BP, split_exactly
from tengesim.population.model import SMALL_WORLD, scaled
from tengesim.streams import Streams, Words, below, by_quota, chance

__all__ = [
    "Act",
    "Contract",
    "draw_contracts",
    "regions_of",
    "supplier_count",
    "supplier_name",
]


class Act(NamedTuple):
    """One acceptance act of a contract, with days as ordinals and times of day in us."""

    intent: str
    amount_tiyn: int
    accepted_on: int
    accepted_at: int
    ordered_on: int
    ordered_at: int
    reach: int
    word: int
    over_billed_tiyn: int
    is_digital: bool


class Contract(NamedTuple):
    """One contract: the line it binds, the supplier, and its acts in the order planned."""

    id: str
    line: str
    region: str
    supplier: int
    amount_tiyn: int
    signed_on: int
    acts: tuple[Act, ...]


def supplier_name(number: int) -> str:
    """Return the name of a supplier, counted from 0."""
    return f"supplier-{number + 1:05d}"


def supplier_count(section: BudgetSection, scale: Decimal) -> int:
    """Return how many suppliers there are at the scale of the run."""
    return scaled(section.contracts.suppliers.value, scale, at_least=SMALL_WORLD)


def regions_of(line: LineAccount, section: BudgetSection, words: Words) -> list[str]:
    """Return the region of each contract: those of local lines are spread over the people."""
    if line.level == "republican":
        return [""] * len(words)
    people = {code: entry.value for code, entry in section.regions.items()}
    shares = split_exactly(BP, people)
    codes = sorted(shares)
    chosen = by_quota(words, [shares[code] for code in codes]).tolist()
    return [codes[index] for index in chosen]


class _Grounds(NamedTuple):
    """What drawing the contracts of a line needs besides the line."""

    section: BudgetSection
    streams: Streams
    suppliers: int
    year: Sequence[int]
    """Working days of the year."""
    working: Sequence[int]
    """Working days from the year's start on, far beyond its end."""


def draw_contracts(
    section: BudgetSection,
    lines: Sequence[LineAccount],
    *,
    streams: Streams,
    scale: Decimal,
    working: Sequence[int],
) -> list[Contract]:
    """Return all contracts planned for the year, line by line."""
    end = section.next_year().toordinal()
    grounds = _Grounds(
        section,
        streams,
        supplier_count(section, scale),
        [day for day in working if day < end],
        working,
    )
    return [contract for line in lines for contract in _of_line(line, grounds)]


def _of_line(line: LineAccount, grounds: _Grounds) -> Iterator[Contract]:
    terms = grounds.section.contracts
    sizes = terms.sizes
    mean_tiyn = sum(size.amount * size.share for size in sizes) // BP
    count = (2 * line.contracted_tiyn + mean_tiyn) // (2 * mean_tiyn)
    if not count:
        return
    numbers = np.arange(count, dtype=np.int64)

    def words(name: str) -> Words:
        return grounds.streams.words(f"budget/{line.id}/{name}", numbers)

    of_size = by_quota(words("size"), [size.share for size in sizes]).tolist()
    planned = _planned(line, of_size, sizes, words("amount"))
    saving_bp = below(words("saving"), 2 * terms.saving.value + 1).tolist()
    suppliers = below(words("supplier"), grounds.suppliers).tolist()
    regions = regions_of(line, grounds.section, words("region"))
    drawn = _draw_acts(line, [sizes[one].acts for one in of_size], grounds)
    for number in range(count):
        amount_tiyn = max(planned[number] - planned[number] * saving_bp[number] // BP, 1)
        contract_id = f"{line.id}/contract-{number + 1:06d}"
        acts = _acts(contract_id, amount_tiyn, drawn[number], grounds)
        first = min(act.accepted_on for act in acts)
        signed = max(first - sizes[of_size[number]].lead, grounds.year[0])
        yield Contract(
            id=contract_id,
            line=line.id,
            region=regions[number],
            supplier=suppliers[number],
            amount_tiyn=amount_tiyn,
            signed_on=next_working(signed, grounds.working),
            acts=acts,
        )


def _planned(
    line: LineAccount, of_size: list[int], sizes: Sequence[SizeSection], words: Words
) -> list[int]:
    """Divide the contracted part of the line: classes by mean, contracts within half around it."""
    within_bp = (BP // 2 + below(words, BP + 1)).tolist()
    weights = {
        f"{number:08d}": sizes[of_size[number]].amount * within_bp[number]
        for number in range(len(of_size))
    }
    parts = split_exactly(line.contracted_tiyn, weights)
    return [parts[key] for key in sorted(parts)]


class _ActWords(NamedTuple):
    """What was drawn for one act; `due` is a position among the working days of the year."""

    due: int
    delay: int
    wait: int
    accepted_at: int
    ordered_at: int
    reach: int
    word: int
    is_over_billed: bool
    is_digital: bool


def _draw_acts(line: LineAccount, counts: list[int], grounds: _Grounds) -> list[list[_ActWords]]:
    """Return what is drawn for the acts of each contract of a line, in the order planned.

    Payments are planned evenly over the working days of the year, so that nothing but delays,
    plans and what administrators do about the lapse makes one month heavier than another.
    """
    section = grounds.section
    terms, hours = section.contracts, section.payments
    contract = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    ends = np.cumsum(np.array(counts, dtype=np.int64))
    within = np.arange(len(contract), dtype=np.int64) - np.repeat(ends - counts, counts)
    ids = contract * ACTS_MAX + within

    def words(name: str) -> Words:
        return grounds.streams.words(f"budget/{line.id}/act/{name}", ids)

    longest = terms.longest_delay.value
    delays = 1 + below(words("delay"), max(longest, 1))
    is_late = chance(words("late"), terms.late.value) & (longest > 0)
    waits = hours.longest_wait.value - hours.shortest_wait.value
    seconds = (hours.closes - hours.opens) // SECOND_US
    columns = (
        below(words("day"), len(grounds.year)),
        np.where(is_late, delays, 0),
        hours.shortest_wait.value + below(words("wait"), waits + 1),
        hours.opens + below(words("accepted_at"), seconds) * SECOND_US,
        hours.opens + below(words("ordered_at"), seconds) * SECOND_US,
        below(words("reach"), 2 * section.behaviour.hurry.value + 1),
        (words("hurry") >> np.uint64(1)).astype(np.int64),
        chance(words("over_billed"), terms.over_billed.value),
        chance(words("digital"), section.dt.budget_share.value),
    )
    drawn: list[list[_ActWords]] = [[] for _ in counts]
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for number, row in zip(contract.tolist(), rows, strict=True):
        drawn[number].append(_ActWords(*row))
    return [sorted(acts, key=lambda act: act.due) for acts in drawn]


def _acts(
    contract_id: str, amount_tiyn: int, drawn: list[_ActWords], grounds: _Grounds
) -> tuple[Act, ...]:
    """Return the acts of a contract: equal parts, the last with what dividing leaves over."""
    count = min(len(drawn), amount_tiyn)
    each = amount_tiyn // count
    acts: list[Act] = []
    for number, one in enumerate(drawn[:count]):
        share_tiyn = amount_tiyn - each * (count - 1) if number == count - 1 else each
        # A delay of working days, or days after a weekend would be heavier than others.
        ordered = grounds.working[one.due + one.delay]
        accepted = max(ordered - one.wait, grounds.year[0])
        acts.append(
            Act(
                intent=f"{contract_id}/act-{number + 1}",
                amount_tiyn=share_tiyn,
                accepted_on=next_working(accepted, grounds.working),
                accepted_at=one.accepted_at,
                ordered_on=ordered,
                ordered_at=one.ordered_at,
                reach=one.reach,
                word=one.word,
                over_billed_tiyn=_over_billing(
                    share_tiyn, grounds.section, is_over_billed=one.is_over_billed
                ),
                is_digital=one.is_digital,
            )
        )
    return tuple(acts)


def _over_billing(amount_tiyn: int, section: BudgetSection, *, is_over_billed: bool) -> int:
    if not is_over_billed:
        return 0
    return max(amount_tiyn * section.contracts.over_billing.value // BP, 1)
