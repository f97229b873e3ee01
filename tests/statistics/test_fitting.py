"""Fitting finds the behaviour that drew a table, and says where a table has another shape."""

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from tengesim import load_scenario
from tengesim.cli import app
from tengesim.clock import HOUR_US
from tengesim.experiments.fitting import (
    Fit,
    chi_square_tail,
    fit_table,
    fragment,
    kolmogorov_tail,
    ks_distance,
)
from tengesim.journal.names import Names
from tengesim.retail import behaviour, strata
from tengesim.retail.imported import PaymentTable
from tengesim.streams import Streams
from tests.imports import write_rows
from tests.retail_world import CALENDAR, days, everyday, society

pytestmark = pytest.mark.statistics

OFFSET_US = 5 * HOUR_US
PURPOSES = ("5411", "5812", "transfer")
ROUNDING = 2
"""Ends of a fitted range are whole basis points or tiyn."""


@cache
def table() -> PaymentTable:
    """Return the purchases and transfers of 1,200 homes in 61 days as a table."""
    names = Names()
    made = strata.build(everyday(), society(1_200), Streams(4), names, CALENDAR, dates=days(61))
    cells = []
    for stratum in made:
        _, _, purpose, *_ = stratum.title.split("/")
        if purpose in PURPOSES:
            for hour in sorted(stratum.hours()):
                cell = stratum.draw_retail(hour)
                cells.append((cell, np.full(len(cell.time_us), PURPOSES.index(purpose))))
    time_us = np.concatenate([cell.time_us for cell, _ in cells])
    order = np.argsort(time_us, kind="stable")
    columns = {
        name: np.concatenate([getattr(cell, name) for cell, _ in cells])[order]
        for name in ("payer", "payee", "amount_tiyn")
    }
    parties = [f"party-{number}" for number in range(society(1_200).party_count())]
    return PaymentTable(
        time_us=time_us[order],
        row=np.arange(1, len(order) + 1),
        payer=columns["payer"].astype(np.int32),
        payee=columns["payee"].astype(np.int32),
        amount_tiyn=columns["amount_tiyn"],
        purpose=np.concatenate([purpose for _, purpose in cells])[order].astype(np.int32),
        parties=parties,
        purposes=PURPOSES,
        opening_tiyn=np.zeros(len(parties), dtype=np.int64),
    )


@cache
def found() -> Fit:
    """Return the fit of that table."""
    return fit_table(table(), OFFSET_US)


def verdicts(fit: Fit) -> dict[str, str]:
    """Return the verdict of each part."""
    return {part.name.split(",")[0]: part.verdict for part in fit.parts}


def test_the_behaviour_behind_a_table_is_found_again() -> None:
    """Goal: fit inverts drawing. Method: number, mean, shares, medians against the section."""
    section, fit = everyday(), found()
    # All payers of the society pay; two of three people.
    due = float(behaviour.wants_per_thousand(section)) * 3 / 2
    assert fit.per_thousand == pytest.approx(due, rel=0.02)
    for purpose in PURPOSES:
        number, mean, error, median = fit.purposes[purpose]
        share = section.purposes[purpose].share.value / 10_000
        assert stats.binomtest(number, fit.payments, share).pvalue > 0.001
        assert abs(mean - section.ticket_of(purpose)) < 3.29 * error
        # Payers spend 1,000 or 2,000 thousandths, which widens the law a little.
        assert median == pytest.approx(0.6, abs=0.06)
    weights = np.array(section.hours.weights) / sum(section.hours.weights)
    assert np.array(fit.hours) / sum(fit.hours) == pytest.approx(weights, abs=0.004)
    stated = np.array(section.weekdays.weights) / max(section.weekdays.weights)
    assert np.array(fit.weekdays) / max(fit.weekdays) == pytest.approx(stated, abs=0.05)
    assert fit.uplift == pytest.approx(0.10, abs=0.04)
    assert set(verdicts(fit).values()) == {"good"}


def test_what_has_another_shape_is_said_to_fit_badly() -> None:
    """Goal: the report has teeth. Method: two prices, one busy payer, other hours on Sundays."""
    twisted = np.where(table().row % 2 == 0, 100_000, 3_000_000)
    busy = np.where(table().row % 3 == 0, table().payer[0], table().payer).astype(np.int32)
    local = table().time_us + OFFSET_US
    is_sunday = (local // (24 * HOUR_US) + 3) % 7 == 6
    moved = (
        table().time_us - np.where(is_sunday, local % (24 * HOUR_US) // HOUR_US - 8, 0) * HOUR_US
    )
    bad = fit_table(table()._replace(amount_tiyn=twisted, payer=busy, time_us=moved), OFFSET_US)
    assert verdicts(bad) == {
        "amounts of 5411": "bad",
        "amounts of 5812": "bad",
        "amounts of transfer": "bad",
        "hours by weekday": "bad",
        "payments by date": "good",
        "payers alike": "bad",
    }
    worst = [line.split()[0] for line in bad.lines()][1:7]
    assert worst == ["bad"] * 5 + ["good"]


@pytest.mark.parametrize("median", [0.3, 0.6, 0.95])
def test_the_distance_is_that_of_scipy(median: float) -> None:
    """Goal: an independent statistic. Method: a sample with repeated amounts, twice."""
    chance = np.random.default_rng(8)
    amounts = np.maximum(1, chance.lognormal(8, 1, 500)).astype(np.int64) // 50 * 50 + 50
    mean = float(amounts.mean())
    law = stats.lognorm((-2 * np.log(median)) ** 0.5, scale=mean * median)
    due = stats.kstest(amounts, law.cdf).statistic
    assert ks_distance(amounts, mean, median) == pytest.approx(due, abs=1e-6)


def test_tails_are_those_of_scipy() -> None:
    """Goal: independent p values. Method: grids of statistics and degrees of freedom."""
    for statistic in (0.3, 0.8, 1.36, 1.63, 2.5):
        assert kolmogorov_tail(statistic) == pytest.approx(stats.kstwobign.sf(statistic), abs=1e-9)
    for freedom in (3, 6, 84, 4_000):
        for part in (0.5, 0.9, 1.0, 1.2, 2.0):
            due = stats.chi2.sf(freedom * part, freedom)
            assert chi_square_tail(freedom * part, freedom) == pytest.approx(due, abs=0.006)


def test_a_table_of_one_day_or_one_payer_is_refused() -> None:
    """Goal: no law from nothing. Method: the first row alone."""
    one = table()._replace(
        **{
            name: getattr(table(), name)[:1]
            for name in ("time_us", "row", "payer", "payee", "amount_tiyn", "purpose")
        }
    )
    with pytest.raises(ValueError, match="1 payers on 1 days"):
        fit_table(one, OFFSET_US)


def test_the_fragment_is_a_scenario_with_the_fitted_values(tmp_path: Path) -> None:
    """Goal: what is written can be run. Method: load the fragment, compare with the fit."""
    base = load_scenario("household_month")
    assert base.retail is not None
    assert base.retail.everyday is not None
    text = fragment(
        found(),
        base="household_month",
        name="fitted",
        source="assumption, derived: fitted to a test",
        known=base.retail.everyday.purposes,
    )
    path = tmp_path / "fitted.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_scenario(path)
    assert loaded.retail is not None
    section = loaded.retail.everyday
    assert section is not None
    assert abs(section.number.value - found().per_thousand) < ROUNDING
    assert abs(section.ticket.value - found().ticket_tiyn) < ROUNDING
    assert section.hours.weights == found().hours
    for purpose, stated in section.purposes.items():
        share = found().purposes[purpose][0] / found().payments if purpose in PURPOSES else 0
        assert abs(stated.share.value - share * 10_000) < ROUNDING
        assert (stated.share.low or 0) <= stated.share.value <= (stated.share.high or 0)


def test_the_command_fits_a_file_and_tells_its_mistakes(tmp_path: Path) -> None:
    """Goal: from a file to a scenario. Method: 200 rows; then one with a negative amount."""
    start = dt.datetime(2026, 3, 1, 9)  # noqa: DTZ001 - local, as tables write it
    rows = [
        (
            str(number),
            (start + dt.timedelta(hours=7 * number)).isoformat(),
            f"payer {number % 20}",
            "shop",
            str(100 + number),
            "5411",
        )
        for number in range(200)
    ]
    path, out = tmp_path / "payments.csv", tmp_path / "fitted.yaml"
    write_rows(path, rows)
    done = CliRunner().invoke(app, ["fit", str(path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "amounts of 5411" in done.output
    assert "fitted" in load_scenario(out).name
    write_rows(path, [*rows, ("200", rows[0][1], "a", "b", "-1", "")])
    refused = CliRunner().invoke(app, ["fit", str(path)])
    assert "row 201: '-1': the amount is negative" in str(refused.exception)
