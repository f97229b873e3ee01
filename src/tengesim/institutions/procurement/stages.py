"""Stages of a contract's work and when offices pay: what no arm changes.

How long a stage takes, whether weather stops it and what of it nobody does are drawn once.
"""

import datetime
from collections.abc import Sequence
from typing import Final, NamedTuple

from tengesim.clock import HOUR_US, Calendar
from tengesim.institutions.procurement.contract_model import ContractsSection, TermSection
from tengesim.institutions.procurement.desk import Contract
from tengesim.money import BP, mul_div, split_exactly
from tengesim.streams import below_one, chance_one, further_one

__all__ = ["PAID_AT_US", "Stage", "day_of", "spread", "stages_of", "term_days", "working_from"]

PAID_AT_US: Final = 15 * HOUR_US
"""When the Treasury pays on a business day."""

_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()


class Stage(NamedTuple):
    """One stage of work: its share of the price, planned days, and what happens to it."""

    number: int
    weight_bp: int
    days: int
    late_days: int
    excused_days: int
    undone_bp: int
    """Truth: of the contract, what its act claims and nobody did."""


def stages_of(section: ContractsSection, contract: Contract) -> tuple[Stage, ...]:
    """Return the stages of a contract, the same in every arm."""
    lot, work, word = contract.award.lot, section.work, contract.word
    weights = _weights(section, contract)
    planned = split_exactly(
        lot.duration_days, {f"{place:03d}": part for place, part in enumerate(weights)}
    )
    left_bp = contract.conduct.fictitious_bp
    first = contract.conduct.fictitious_milestone % len(weights)
    undone = [0] * len(weights)
    for step in range(len(weights)):
        place = (first + step) % len(weights)
        undone[place] = min(left_bp, weights[place])
        left_bp -= undone[place]
    stages = []
    for place, weight_bp in enumerate(weights):
        days = planned[f"{place:03d}"]
        drawn = further_one(word, "overrun", place)
        late_days = below_one(drawn, mul_div(days, work.overrun.value, BP) + 1)
        excused_days = 0
        weather = further_one(word, "weather", place)
        if lot.category == "works" and chance_one(weather, work.weather.value):
            excused_days = below_one(further_one(weather, "days"), work.weather_days.value + 1)
        stages.append(Stage(place + 1, weight_bp, days, late_days, excused_days, undone[place]))
    return tuple(stages)


def _weights(section: ContractsSection, contract: Contract) -> list[int]:
    if contract.is_small:
        return [BP]
    if section.work.milestones:
        return [one.weight for one in section.work.milestones]
    days = contract.award.lot.duration_days
    count = max(1, (days + section.work.stage.value // 2) // section.work.stage.value)
    equal = split_exactly(BP, {f"{place:03d}": 1 for place in range(count)})
    return [equal[key] for key in sorted(equal)]


def spread(amount_tiyn: int, stages: Sequence[Stage]) -> dict[int, int]:
    """Divide an amount among stages by their weights, to the tiyn; by number of the stage.

    What the first stages get together is never more than their weights say, so that payments stay
    within progress.
    """
    whole_bp, done_bp, given_tiyn = sum(stage.weight_bp for stage in stages), 0, 0
    parts = {}
    for stage in stages:
        done_bp += stage.weight_bp
        parts[stage.number] = mul_div(amount_tiyn, done_bp, whole_bp) - given_tiyn
        given_tiyn += parts[stage.number]
    return parts


def term_days(section: TermSection, word: int) -> int:
    """Return after how many days an act is due; on average after the mean that is stated."""
    low, mean, high = section.shortest.value, section.mean.value, section.longest.value
    if chance_one(word, (high - mean) * BP // (high - low)):
        return low + below_one(further_one(word, "days"), mean - low + 1)
    return mean + below_one(further_one(word, "days"), high - mean + 1)


def working_from(calendar: Calendar, time_us: int) -> int:
    """Return the first hour of payments on a business day from a moment on."""
    day = calendar.add_business_days(calendar.date_of(time_us), 0)
    if calendar.at(day, PAID_AT_US) < time_us:
        day = calendar.add_business_days(day, 1)
    return calendar.at(day, PAID_AT_US)


def day_of(date: datetime.date) -> int:
    """Return the local day number of a date."""
    return date.toordinal() - _EPOCH
