"""Logs of a reserve to the tables of its page: what it holds, where that came from, what waits.

Holdings and prices are read as metrics read them, so the page and the table of metrics cannot
disagree. Lines have a point for the close of every seventh day and of the last one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from tengesim.clock import DAY_US
from tengesim.codes import BASE_UNITS, Kind, Provenance, column_text
from tengesim.metrics.assets import WORTH, Holdings, Prices, is_of_assets
from tengesim.metrics.log import Log as Columns
from tengesim.metrics.log import is_one_of
from tengesim.metrics.paths import path_days
from tengesim.report.playback import LAYOUT, ArmLog, Clock, in_tenge
from tengesim.scenario.model import Scenario

__all__ = [
    "AGES",
    "ASSETS",
    "MANDATE_RULES",
    "MARKED",
    "SOURCES",
    "STAGES",
    "ReserveTables",
    "is_of_reserve",
    "reserve_playback",
    "reserve_tables",
]

ASSETS: Final = tuple(column_text(form) for form in BASE_UNITS)
"""Assets in the order in which a chart stacks them."""
SOURCES: Final = tuple(source.name.lower() for source in Provenance)
STAGES: Final = ("young", "old", "handover")
"""What courts hold: arrested within a year, for longer, and forfeited but not handed over."""
AGES: Final = (183, 365, 730)
"""Days that divide ages: less than the first, between, more than the last."""
MANDATE_RULES: Final = ("band", "rebalance", "guard", "release", "convert", "spend")
MARKED: Final = ("stress", "guard", "release", "spend", "custody_loss", "rebalance")
"""Happenings that the timeline shows; rebalancing by its first alone."""

_OLD_DAYS: Final = 365
_ENDS: Final = (Kind.FORFEITURE, Kind.COMPENSATION, Kind.ASSET_RETURN)
_OUTCOMES: Final = {
    Kind.FORFEITURE: "forfeiture",
    Kind.COMPENSATION: "compensation",
    Kind.ASSET_RETURN: "asset_return",
}


@dataclass(frozen=True, slots=True)
class ReserveTables:
    """What the logs of all arms say of assets; amounts are in tiyn, days are counted from 0.

    `composition`: arm, day, a column for each of ASSETS. `provenance`: arm, day, a column for each
    of SOURCES, what has come in so far. `pipeline`: arm, day, a column for each of STAGES, at the
    value of the day of arrest. `cohorts`: arm, year of arrest, cases, worth at arrest, and what
    became of it. `ages`: arm, age class, cases and worth still undecided at the end. `mandate`:
    arm, day, rule, value. `flows`: arm, day, name, change.
    """

    composition: pd.DataFrame
    provenance: pd.DataFrame
    pipeline: pd.DataFrame
    cohorts: pd.DataFrame
    ages: pd.DataFrame
    mandate: pd.DataFrame
    flows: pd.DataFrame


def is_of_reserve(scenario: Scenario) -> bool:
    """Return whether a scenario is about assets and nobody else lives in it."""
    return scenario.reserve is not None and not scenario.has_people and not scenario.programmes


def reserve_tables(arms: Sequence[ArmLog], clock: Clock) -> ReserveTables:
    """Sum the log of every arm."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for arm in arms:
        for name, frame in _Reading(arm, clock).tables().items():
            frame.insert(0, "arm", arm.id)
            parts.setdefault(name, []).append(frame)
    return ReserveTables(
        **{name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    )


class _Reading:
    """One log, read once for all tables."""

    def __init__(self, arm: ArmLog, clock: Clock) -> None:
        self._frame = arm.log.query("SELECT * FROM events ORDER BY seq")
        self._clock = clock
        self._log = Columns.of(self._frame)
        self._prices = Prices.of(self._log)
        self._holdings = Holdings.of(self._log, self._prices)
        self._days = ((self._log.time_us - clock.start_us) // DAY_US).tolist()

    def tables(self) -> dict[str, pd.DataFrame]:
        points = path_days(self._clock.days)
        cases = self._cases()
        return {
            "composition": self._composition(points),
            "provenance": self._provenance(points),
            "pipeline": _pipeline(cases, points),
            "cohorts": self._cohorts(cases),
            "ages": _ages(cases, self._clock.days),
            "mandate": self._mandate(),
            "flows": self._flows(cases),
        }

    def _composition(self, points: Sequence[int]) -> pd.DataFrame:
        closes = [self._close(day) for day in points]
        made: dict[str, list[int]] = {"day": list(points)}
        for form in BASE_UNITS:
            held = [asset for asset in self._holdings.units if asset[0] == form]
            made[column_text(form)] = [
                sum(
                    self._prices.worth(asset, self._holdings.units[asset][close], close)
                    for asset in held
                    if close >= 0
                )
                // WORTH
                for close in closes
            ]
        return pd.DataFrame(made)

    def _close(self, day: int) -> int:
        midnight = self._clock.start_us + (day + 1) * DAY_US
        return int(np.searchsorted(self._prices.fixings_us, midnight, side="left")) - 1

    def _provenance(self, points: Sequence[int]) -> pd.DataFrame:
        log = self._log
        rows = np.flatnonzero(
            log.is_moved & is_one_of(log.kind, (Kind.RESERVE_INFLOW,)) & is_of_assets(log.form_to)
        )
        worths = self._prices.worths(log, rows)
        days = [self._days[row] for row in rows.tolist()]
        found = list(zip(days, log.value[rows].tolist(), worths, strict=True))
        return pd.DataFrame(
            {
                "day": list(points),
                **{
                    source.name.lower(): [
                        sum(worth for at, own, worth in found if at <= day and own == source)
                        // WORTH
                        for day in points
                    ]
                    for source in Provenance
                },
            }
        )

    def _cases(self) -> list["_Case"]:
        """Return every part of a case, from arrest to where it ended."""
        log = self._log
        kinds = (Kind.ARREST, *_ENDS, Kind.RESERVE_INFLOW, Kind.TRADE)
        open_cases: dict[tuple[int, int], _Case] = {}
        found: list[_Case] = []
        for row in np.flatnonzero(log.is_moved & is_one_of(log.kind, kinds)).tolist():
            kind, key = Kind(int(log.kind[row])), (int(log.intent[row]), int(log.form[row]))
            if kind is Kind.ARREST:
                fixing = int(self._prices.fixings_at(log.time_us[row : row + 1])[0])
                asset = (key[1], int(log.keeper[row]))
                worth = self._prices.worth(asset, int(log.amount_tiyn[row]), fixing) // WORTH
                case = _Case(self._days[row], worth)
                open_cases[key] = case
                found.append(case)
            elif key in open_cases:
                case = open_cases[key]
                if kind in _OUTCOMES and not case.outcome:
                    case.outcome, case.decided = _OUTCOMES[kind], self._days[row]
                elif kind not in _OUTCOMES and case.outcome == "forfeiture":
                    case.handed_over = min(case.handed_over, self._days[row])
        return found

    def _cohorts(self, cases: Sequence["_Case"]) -> pd.DataFrame:
        rows = []
        years = sorted({self._clock.day(case.arrested).year for case in cases})
        for year in years:
            own = [case for case in cases if self._clock.day(case.arrested).year == year]
            rows.append(
                {
                    "year": year,
                    "cases": len(own),
                    "arrested": sum(case.worth for case in own),
                    **{
                        name: sum(case.worth for case in own if case.outcome == name)
                        for name in (*_OUTCOMES.values(), "")
                    },
                }
            )
        columns = ["year", "cases", "arrested", *_OUTCOMES.values(), ""]
        return pd.DataFrame(rows, columns=columns).rename(columns={"": "open"})

    def _mandate(self) -> pd.DataFrame:
        chosen = self._frame[self._frame["kind"].astype(str) == "mandate"]
        return pd.DataFrame(
            {
                "day": [self._days[place] for place in chosen.index],
                "rule": chosen["rule"].astype(str).tolist(),
                "value": chosen["value"].astype("int64").tolist(),
            }
        )

    def _flows(self, cases: Sequence["_Case"]) -> pd.DataFrame:
        """Return what counts along with the clock, as changes by day."""
        closes = self._holdings.values  # noqa: PD011 - no frame
        values = [value // WORTH for value in closes]
        days = ((self._prices.fixings_us - self._clock.start_us) // DAY_US).tolist()
        before = [0, *values]
        found = [
            (day, "value", value - last)
            for day, value, last in zip(days, values, before, strict=False)
        ]
        found += [(case.arrested, "arrested", case.worth) for case in cases]
        for case in cases:
            if case.outcome == "forfeiture":
                found.append((case.decided, "forfeited", case.worth))
        log = self._log
        costs = np.flatnonzero(
            log.is_moved & is_one_of(log.kind, (Kind.TRADE_COST,)) & is_of_assets(log.form)
        )
        worths = self._prices.worths(log, costs)
        found += [
            (self._days[row], "cost", worth // WORTH)
            for row, worth in zip(costs.tolist(), worths, strict=True)
        ]
        lost = np.flatnonzero(log.is_moved & is_one_of(log.kind, (Kind.CUSTODY_LOSS,)))
        worths = self._prices.worths(log, lost)
        found += [
            (self._days[row], "lost", worth // WORTH)
            for row, worth in zip(lost.tolist(), worths, strict=True)
        ]
        return pd.DataFrame(found, columns=["day", "name", "change"])


_NEVER: Final = 10**9


@dataclass(slots=True)
class _Case:
    """A part of a case: its days, its worth at arrest in tiyn, and how it ended."""

    arrested: int
    worth: int
    outcome: str = ""
    decided: int = _NEVER
    handed_over: int = _NEVER

    def stage(self, day: int) -> str:
        """Return which of STAGES it is in at the close of a day, "" for none."""
        if day < self.arrested:
            return ""
        if day < self.decided:
            return "young" if day - self.arrested < _OLD_DAYS else "old"
        is_waiting = self.outcome == "forfeiture" and day < self.handed_over
        return "handover" if is_waiting else ""


def _pipeline(cases: Sequence[_Case], points: Sequence[int]) -> pd.DataFrame:
    rows = []
    for day in points:
        sums = dict.fromkeys(STAGES, 0)
        for case in cases:
            stage = case.stage(day)
            if stage:
                sums[stage] += case.worth
        rows.append({"day": day, **sums})
    return pd.DataFrame(rows, columns=["day", *STAGES])


def _ages(cases: Sequence[_Case], days: int) -> pd.DataFrame:
    """Return what is undecided at the end, by how long ago it was arrested."""
    rows = []
    bounds = (*AGES, _NEVER)
    for age, (low, high) in enumerate(zip((0, *AGES), bounds, strict=True)):
        own = [
            case
            for case in cases
            if case.decided == _NEVER and low <= days - 1 - case.arrested < high
        ]
        rows.append({"age": age, "cases": len(own), "worth": sum(case.worth for case in own)})
    return pd.DataFrame(rows, columns=["age", "cases", "worth"])


def reserve_playback(
    arms: Sequence[ArmLog],
    tables: ReserveTables,
    clock: Clock,
    scenarios: Sequence[Scenario],
) -> dict[str, Any]:
    """Return the prepared file as plain lists and whole numbers, a step a day."""
    calendar = scenarios[0].clock.calendar()
    days = [clock.day(number) for number in range(clock.days)]
    return {
        "layout": LAYOUT,
        "start": clock.start.isoformat(),
        "days": clock.days,
        "bins_a_day": 1,
        "seeds": sorted({arm.seed for arm in arms}),
        "arms": [
            {"id": arm.id, "label": arm.label, "digest": arm.digest, **_series(tables, arm.id)}
            for arm in arms
        ],
        "markers": _markers(tables, arms, clock, scenarios),
        "working_days": [day.isoformat() for day in days if calendar.is_business_day(day)],
        "holidays": {},
    }


def _series(tables: ReserveTables, arm: str) -> Mapping[str, Any]:
    flows = tables.flows[tables.flows["arm"] == arm]
    names = ("value", "arrested", "forfeited", "cost", "lost")
    return {"reserve": {name: in_tenge(_pairs(flows[flows["name"] == name])) for name in names}}


def _pairs(rows: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(rows["day"].tolist(), rows["change"].tolist(), strict=True))


def _markers(
    tables: ReserveTables, arms: Sequence[ArmLog], clock: Clock, scenarios: Sequence[Scenario]
) -> list[dict[str, Any]]:
    found: list[tuple[int, str, str]] = []
    for arm, scenario in zip(arms, scenarios, strict=True):
        market = scenario.market
        for name in market.laid if market is not None else ():
            day = (market.stresses[name].first - clock.start).days if market is not None else 0
            found.append((max(day, 0), "stress", arm.id))
        rows = tables.mandate[tables.mandate["arm"] == arm.id]
        for rule in ("guard", "release", "spend"):
            found += [(day, rule, arm.id) for day in rows[rows["rule"] == rule]["day"].tolist()]
        first = rows[rows["rule"] == "rebalance"]["day"].tolist()[:1]
        found += [(day, "rebalance", arm.id) for day in first]
        flows = tables.flows[(tables.flows["arm"] == arm.id) & (tables.flows["name"] == "lost")]
        found += [(day, "custody_loss", arm.id) for day in flows["day"].tolist()]
    order = [arm.id for arm in arms]
    return [
        {"arm": arm, "kind": kind, "bin": day, "tenge": 0}
        for day, kind, arm in sorted(
            set(found), key=lambda one: (one[0], MARKED.index(one[1]), order.index(one[2]))
        )
    ]
