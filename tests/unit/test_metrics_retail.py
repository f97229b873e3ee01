"""Metrics of everyday payments against counts made by hand, row by row, of a small country."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind
from tengesim.institutions.outages import OutageSection
from tengesim.journal.cube import Cube
from tengesim.journal.events import Rows
from tengesim.journal.tables import cube_frame, events_frame
from tengesim.metrics import retail
from tengesim.metrics.metric import Measure
from tengesim.metrics.readings import Readings
from tengesim.metrics.terms import MetricTerms
from tengesim.retail import strata
from tengesim.retail.tape import Tape
from tengesim.streams import Streams
from tests.log_days import utc_days
from tests.retail_world import CALENDAR, FIRST_DAY, Country, days, everyday, society

DAYS = 12
HOMES = 60


@cache
def events() -> pd.DataFrame:
    """Return the log of a country in which a third lacks money, and a bank is down for a while."""
    return events_frame(_country().journal.rows(), _country().names)


@cache
def _country() -> Country:
    people = society(HOMES)
    poor = people.people.household % 3 == 0
    people.people.deposit_tiyn[poor] = 100_000
    stated = {"value": "30 h", "low": "1 h", "high": "30 h", "source": "assumption"}
    outage = {"id": "down", "system": "bank_b", "day": str(FIRST_DAY), "at": "11:30"} | {
        "schedule_source": "assumption"
    }
    down = OutageSection.model_validate_json(json.dumps(outage | {"lasts": stated}))
    country = Country(people, cash_bp=3_000, outages=(down,))
    made = strata.build(everyday(), people, Streams(2), country.names, CALENDAR, dates=days(DAYS))
    tape, checkout = Tape(made), country.checkout()
    for hour in tape.hours():
        for want in tape.window(hour, hour + 1):
            country.now_us = want.time_us
            checkout.answer(want)  # type: ignore[arg-type]
    return country


def measures(
    frame: pd.DataFrame, *, people: int = 3 * HOMES, rows: Rows | None = None
) -> dict[str, Measure]:
    """Return the metrics of a log by name; `rows` are counted in place of its own."""
    start_us = CALENDAR.at(FIRST_DAY)
    cube = Cube(*utc_days())
    cube.consume(_country().journal.rows() if rows is None else rows)
    terms = MetricTerms(
        start_us=start_us,
        end_us=start_us + DAYS * DAY_US,
        base_rate_bp=0,
        spread_bp=0,
        people=people,
    )
    readings = Readings(frame, cube_frame(cube.cells(), _country().names), terms)
    return {measure.metric: measure for measure in retail.measure(readings)}


def wants() -> Iterator[list[dict[Any, Any]]]:
    """Yield the rows of each want of the log."""
    frame = events()
    rows = frame[frame["programme"] == "retail"]
    for _, several in rows.groupby("intent", sort=False):
        yield several.to_dict("records")


def test_each_metric_is_what_a_count_by_hand_gives() -> None:
    """Goal: exact numerators and denominators. Method: a loop over all wants of a log."""
    paid: list[tuple[str, int]] = []
    taken: list[int] = []
    number = unmet = refused = 0
    for rows in wants():
        is_withdrawal = rows[0]["place"] == "cash_withdrawal"
        settled = [row for row in rows if row["status"] == "settled"]
        if is_withdrawal:
            taken += [int(str(settled[0]["amount_tiyn"]))] if settled else []
            continue
        number += 1
        unmet += rows[0]["kind"] == "unmet"
        refused += not settled and rows[0]["kind"] != "unmet"
        if settled:
            paid.append((str(settled[0]["form"]), int(str(settled[0]["amount_tiyn"]))))
    found = measures(events())
    cashless = [amount for form, amount in paid if form != "cash"]
    cash = [amount for form, amount in paid if form == "cash"]
    months = (3 * HOMES) * 48 * DAYS
    assert found["payments_per_person"][1:3] == (len(cashless) * 1461, months)
    assert found["mean_ticket"][1:3] == (sum(cashless), len(cashless))
    assert found["withdrawals_per_person"][1:3] == (len(taken) * 1461, months)
    assert found["mean_withdrawal"][1:3] == (sum(taken), len(taken))
    assert found["cash_share"][1:3] == (len(cash), len(paid))
    assert found["cash_share_of_value"][1:3] == (sum(cash), sum(cash) + sum(cashless))
    assert found["deposit_share"][1:3] == (len(cashless), len(paid))
    assert found["digital_share"][1:3] == (0, len(paid))
    assert found["unmet_share"][1:3] == (unmet, number)
    assert found["refused_share"][1:3] == (refused, number)
    assert 0 < unmet < number
    assert 0 < refused < number
    assert len(taken) > 30


def test_every_metric_of_the_part_is_measured_once() -> None:
    """Goal: catalogue and measures agree. Method: their names."""
    assert sorted(measures(events())) == sorted(metric.name for metric in retail.METRICS)


def test_payments_of_a_programme_count_for_nothing() -> None:
    """Goal: only everyday wants are read. Method: the same rows, one filed under a programme."""
    rows = _country().journal.rows().copy()
    one = np.flatnonzero((rows["kind"] == Kind.PAYMENT) & (rows["form"] == Form.CASH))[0]
    rows["programme"][one] = 0
    before, after = measures(events()), measures(events(), rows=rows)
    assert after["cash_share"].denominator == (before["cash_share"].denominator or 0) - 1


def test_where_nobody_lives_there_is_nothing_per_person() -> None:
    """Goal: no division by nobody. Method: terms without people."""
    found = measures(events(), people=0)
    assert found["payments_per_person"].why == "nobody lives in this world"
    assert found["mean_ticket"].denominator == pytest.approx(
        measures(events())["mean_ticket"].denominator
    )
