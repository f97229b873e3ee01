"""The page of a reserve: its numbers are those of the metrics, of the log and of the ensemble."""

from collections.abc import Iterator
from fractions import Fraction

import pytest

from dashboards.build import build_shown
from dashboards.components.holdings import reserve_figures
from dashboards.html import markup
from dashboards.pages.reserve import reserve_page
from dashboards.payments import choice_of, page_of
from dashboards.reserve import Reserve
from dashboards.shown import FinishedArm
from dashboards.texts import texts
from tengesim.engine.run import Run, simulate
from tengesim.experiments.ensemble import Ensemble, replicate
from tengesim.report.reserve import ASSETS, SOURCES
from tengesim.report.reserve_figures import BILLION_TENGE
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run
from tests.metrics_world import values

NAMES = ("reserve_2029", "reserve_crash")
A_YEAR = ("clock.end=2027-02-01",)


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Reserve, dict[str, Run], Ensemble]]:
    """Return thirteen months of a reserve with and without a crash, the first replicated."""
    folder = tmp_path_factory.mktemp("reserve")
    scenarios = {name: load_scenario(name, settings=A_YEAR) for name in NAMES}
    runs = {name: simulate(scenario) for name, scenario in scenarios.items()}
    ensemble = replicate(scenarios[NAMES[0]], replications=5, workers=1, out=folder)
    arms = [
        FinishedArm(name, scenarios[name].title, write_run(run, folder, engine_name="fast"))
        for name, run in runs.items()
    ]
    shown = build_shown(arms)
    assert isinstance(shown, Reserve)
    yield shown, runs, ensemble
    shown.close()


def test_the_last_point_is_what_the_metrics_say(
    made: tuple[Reserve, dict[str, Run], Ensemble],
) -> None:
    """Goal: page and table agree. Method: value, sources and arrests against the metrics."""
    shown, runs, _ = made
    for number, name in enumerate(NAMES):
        metrics = values(runs[name].metrics, "numerator")
        held = shown.points("composition", name).iloc[-1]
        assert abs(sum(int(held[asset]) for asset in ASSETS) - metrics["reserve_value"]) < len(
            ASSETS
        )
        came = shown.points("provenance", name).iloc[-1]
        assert abs(sum(int(came[one]) for one in SOURCES) - metrics["reserve_inflow"]) < len(
            SOURCES
        )
        assert abs(int(came["confiscated"]) - metrics["provenance_confiscated"]) <= 1
        pending = shown.points("ages", name)["worth"].sum()
        cases = shown.points("cohorts", name)
        assert cases["open"].sum() == pending
        assert abs(cases["arrested"].sum() - metrics["arrested"]) <= cases["cases"].sum()
        assert abs(pending - metrics["arrest_pending"]) <= cases["cases"].sum()
        told = shown.prepared["arms"][number]["reserve"]["value"]
        assert abs(sum(told["by"]) - Fraction(metrics["reserve_value"], 100)) <= 1


def test_fan_chart_and_table_agree_with_the_ensemble(
    made: tuple[Reserve, dict[str, Run], Ensemble],
) -> None:
    """Goal: one truth in chart, table and file. Method: the last day of all three."""
    shown, runs, ensemble = made
    line = ensemble.spread().set_index("metric").loc["reserve_value"]
    fan = ensemble.fan()
    assert shown.fan(1) is None
    last = fan.iloc[-1]
    figure = reserve_figures(shown, texts())["fan-plot-0"]
    page = markup(reserve_page(shown, texts()))
    drawn = {trace.name: trace.y[-1] for trace in figure.data}
    for quantile, name in (
        ("q05", "one in twenty lies below"),
        ("q50", "median of replications"),
        ("q95", "one in twenty lies above"),
    ):
        assert line[quantile] == last[quantile] / 100
        assert drawn[name] == last[quantile] / BILLION_TENGE
        assert f'data-value="{(int(last[quantile]) + 50) // 100}"' in page
    assert shown.path(NAMES[0])[-1][0] == last["day"]
    # The run that is shown is one of the replications.
    assert runs[NAMES[0]].paths["reserve_value"][-1] == pytest.approx(
        shown.path(NAMES[0])[-1][1], abs=len(ASSETS)
    )
    assert "tengesim replicate reserve_crash" in page
    assert "tengesim replicate reserve_2029" not in page


def test_a_stress_begins_on_the_timeline(made: tuple[Reserve, dict[str, Run], Ensemble]) -> None:
    """Goal: what was laid over prices is seen. Method: the markers of the two arms."""
    shown, _, _ = made
    markers = shown.prepared["markers"]
    stresses = [one for one in markers if one["kind"] == "stress"]
    assert [one["arm"] for one in stresses] == ["reserve_crash"]
    assert shown.clock.day(stresses[0]["bin"]).isoformat() == "2027-01-04"
    page = markup(reserve_page(shown, texts()))
    assert texts()("stress.title") in page


def test_a_day_shows_moves_in_units_of_the_asset(
    made: tuple[Reserve, dict[str, Run], Ensemble],
) -> None:
    """Goal: nobody reads satoshi as tiyn. Method: the rows of the first day."""
    shown, _, _ = made
    choice = choice_of(shown, {"day": "2026-01-01", "kind": "reserve_inflow"})
    assert choice is not None
    rows = page_of(shown, choice, 0, 50, texts()).rows
    assert any(row["amount"].endswith(" USD") for row in rows)
    assert any(row["amount"].endswith(" BNB") for row in rows)
    assert not any("KZT" in row["amount"] for row in rows)
