"""Puts confiscation into a world: the courts, and the dated table of cases that feeds them.

Enforcement announces what it seizes as a `Seizure`; the table says the same of cases that were in
the news. A case from before the horizon begins with it, as far along as it would be by then.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from tengesim.codes import Form, Kind, TrueLabel
from tengesim.institutions.assets import KEEPERS, SUSPECT, Assets, Flow
from tengesim.institutions.confiscation.course import case_words
from tengesim.institutions.confiscation.courts import Budget, Courts
from tengesim.institutions.confiscation.model import ConfiscationSection, SeizureSection
from tengesim.ports import Ports, Prices, Seizure
from tengesim.streams import Streams, below, further

__all__ = ["build"]


class _Dated(NamedTuple):
    """A case of the table, the day on which suspicion arose, and the word of its chances."""

    day: date
    seizure: Seizure
    word: int


def build(
    section: ConfiscationSection,
    assets: Assets,
    ports: Ports,
    prices: Prices,
    *,
    streams: Streams,
    days: Sequence[date],
    budget: Budget,
) -> None:
    """Let the courts decide about what is seized within `days`, and about older cases."""
    courts = Courts(section, assets, ports, prices, streams=streams, start=days[0], budget=budget)
    cases = [
        case
        for series in section.seizures
        for case in _cases(series, streams)
        if case.day <= days[-1]
    ]
    owned: dict[Form, int] = {}
    for _, seizure, _ in cases:
        owned[seizure.form] = owned.get(seizure.form, 0) + seizure.units
    for form, units in owned.items():
        assets.move(Kind.OPENING, Flow(form, KEEPERS[form], SUSPECT, units))
    cases.sort(key=lambda case: (case.day, case.seizure.case))
    courts.expect(
        ports.calendar.at(days[0], section.opens_at),
        [case.seizure for case in cases],
        ports.calendar.at_each([case.day for case in cases], section.opens_at),
        np.array([case.word for case in cases], dtype=np.uint64),
    )


def _cases(series: SeizureSection, streams: Streams) -> list[_Dated]:
    """Return the cases of a series, each on a day of its own draw with an equal part."""
    count = series.cases.value
    span = (series.until - series.since).days + 1
    units, left_over = divmod(series.base_units(), count)
    names = [f"{series.id}/{number}" for number in range(1, count + 1)]
    words = case_words(streams, names)
    later = below(further(words, "day"), span).tolist()
    cases = []
    for number, (name, word) in enumerate(zip(names, words.tolist(), strict=True)):
        part = units + (number < left_over)
        seizure = Seizure(name, series.form, part, series.origin, TrueLabel.INTERNAL)
        cases.append(_Dated(series.since + timedelta(days=later[number]), seizure, word))
    return cases
