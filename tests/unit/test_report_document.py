"""A report is one file that asks nobody for anything, shows names inertly, and draws to scale."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim import Scenario, load_scenario
from tengesim.engine.run import Run, simulate
from tengesim.errors import InvariantError, ScenarioError, StoreError
from tengesim.population.regions import REGIONS
from tengesim.report.choose import report_text
from tengesim.report.document import document, p
from tengesim.report.fiscal import Spending, spending_of, total_bn
from tengesim.report.markup import markup
from tengesim.report.numbers import difference_text, value_text
from tengesim.report.of_run import run_report
from tengesim.report.svg import Bar, Interval, Spread, bars, nice_ticks, strip, tick_text
from tengesim.store.read import StoredRun, open_run
from tengesim.store.write import write_run
from tests.campaigns import week
from tests.compared import stored_campaign
from tests.report_numbers import numbers_in, read_page

HOSTILE = [
    "<img src=x onerror=alert()>",
    "<script>alert()</script>",
    '"><svg onload=alert()>',
    "&lt;",
]

_TERM = "programmes.school_meals.term"
_WEEKEND = ("first=2026-02-07", "last=2026-02-08")


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """Return two arms in memory."""
    names = {"headcount": "school_meals_headcount", "marked": "school_meals"}
    return {arm: simulate(week(name)) for arm, name in names.items()}


@pytest.fixture(scope="module")
def folder(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both runs stored."""
    made = tmp_path_factory.mktemp("runs")
    for run in runs.values():
        write_run(run, made, engine_name="reference")
    return made


@pytest.fixture(scope="module")
def stored(folder: Path) -> StoredRun:
    """Return the stored run with marked money."""
    (path,) = folder.glob("school_meals-*")
    return open_run(path)


def test_a_report_asks_no_other_host_for_anything(stored: StoredRun) -> None:
    """Goal: it opens offline and tells nobody. Method: every element that could load something."""
    html = run_report(stored, week("school_meals"))
    page = read_page(html)
    names = {name for name, _ in page.elements}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "video", "base"})
    for name, keys in page.elements:
        assert not {key for key in keys if key.startswith("on") or key in {"style", "src"}}
        if name == "a":
            assert keys["href"].startswith(("#", "https://", "http://"))
            assert keys["href"].startswith("#") or keys["rel"] == "noopener noreferrer"
    assert "@import" not in page.style
    assert "url(" not in page.style


def test_the_policy_allows_the_style_and_nothing_else(stored: StoredRun) -> None:
    """Goal: a browser holds the report to its promise. Method: the digest in the policy."""
    page = read_page(run_report(stored, week("school_meals")))
    (policy,) = (keys["content"] for _, keys in page.elements if "http-equiv" in keys)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_strangers_are_shown_and_never_read(stored: StoredRun, text: str) -> None:
    """Goal: a scenario cannot put markup into a report. Method: hostile titles and questions."""
    scenario = week("school_meals").model_copy(update={"title": text, "question": text})
    honest = read_page(run_report(stored, week("school_meals")))
    page = read_page(run_report(stored, scenario))
    assert [name for name, _ in page.elements] == [name for name, _ in honest.elements]
    assert text in page.text()


def test_every_figure_says_what_it_shows(folder: Path, runs: dict[str, Run]) -> None:
    """Goal: a figure can be heard. Method: title and description of every picture, ids once."""
    campaign = stored_campaign(folder, runs)
    page = read_page(report_text(str(campaign.path), str(folder)))
    ids = [keys["id"] for _, keys in page.elements if "id" in keys]
    assert len(ids) == len(set(ids))
    pictures = [keys for name, keys in page.elements if name == "svg" and "role" in keys]
    assert len(pictures) >= 3
    for keys in pictures:
        assert set(keys["aria-labelledby"].split()) <= set(ids)
    captions = [name for name, _ in page.elements if name == "caption"]
    tables = [name for name, _ in page.elements if name == "table"]
    assert len(captions) == len(tables)


def test_what_failed_and_what_matters_most_is_told(folder: Path, runs: dict[str, Run]) -> None:
    """Goal: nothing unpleasant is left out. Method: a campaign with an error and an influence."""
    campaign = stored_campaign(folder, runs)
    page = read_page(report_text(str(campaign.path), str(folder)))
    (error,) = campaign.manifest.errors
    assert "What failed" in page.headings
    assert error.command in page.text()
    (influences,) = campaign.manifest.influence.values()
    for metric, entry in influences.items():
        if metric == campaign.manifest.metric:
            assert entry.text in page.text()
    # Both change between these two arms, and no arm changes the evidence alone.
    assert page.text().count("must not be credited to marking") == 2


def test_a_difference_is_ranked_only_where_it_is_clear(folder: Path, runs: dict[str, Run]) -> None:
    """Goal: no ranking when an interval spans zero. Method: the marks of better and worse."""
    html = report_text(str(stored_campaign(folder, runs).path), str(folder))
    judged = re.findall(r'class="difference is-(better|worse)".*?badge-([a-z-]+)"', html)
    assert judged == [("better", "clear")]


@given(low=st.floats(-1e9, 0, allow_subnormal=False), high=st.floats(0, 1e9, allow_subnormal=False))
def test_ticks_hold_every_value_and_zero(low: float, high: float) -> None:
    """Goal: an axis shows what it must. Method: any range around zero."""
    ticks = nice_ticks(low, high)
    assert ticks[0] <= Fraction(low)
    assert ticks[-1] >= Fraction(high)
    assert Fraction(0) in ticks
    assert 2 <= len(ticks) <= 7
    steps = {second - first for first, second in pairwise(ticks)}
    assert len(steps) == 1


@pytest.mark.parametrize("tick", ["-1/4", "0", "150000", "-2500", "1500000", "30000000000"])
def test_ticks_say_their_number(tick: str) -> None:
    """Goal: an axis does not lie. Method: the text of a tick read back."""
    ((value, half),) = numbers_in(tick_text(Fraction(tick)))
    assert abs(value - float(Fraction(tick))) <= half


def _shares(least: int) -> st.SearchStrategy[float]:
    """Return shares of hundredths of a percent, up to one half."""
    return st.integers(least * 100, 5_000).map(lambda points: points / 10_000)


@given(low=_shares(-50), width=_shares(0), middle=_shares(-50))
def test_intervals_are_drawn_to_scale(low: float, width: float, middle: float) -> None:
    """Goal: a figure says what its table says. Method: positions against the ticks' own scale."""
    spread = Spread(middle, Interval(low, low + width), Interval(low, low + width))
    drawn = markup(strip(spread, name="x", title="t", description="d", is_share=True))
    ticks = re.findall(r'x="([\d.]+)" y="62"[^>]*data-value="([^"]+)"', drawn)
    places = [(float(x), float(Fraction(value)) / 100) for x, value in ticks]
    (first, low_value), (last, high_value) = places[0], places[-1]

    def at(value: float) -> float:
        return first + (value - low_value) / (high_value - low_value) * (last - first)

    (estimate,) = re.findall(r'<circle cx="([\d.]+)"', drawn)
    assert float(estimate) == pytest.approx(at(middle), abs=0.02)
    ((left, right),) = re.findall(r'd="M([\d.]+) 28V40M[\d.]+ 34H([\d.]+)', drawn)
    assert float(left) == pytest.approx(at(low), abs=0.02)
    assert float(right) == pytest.approx(at(low + width), abs=0.02)


def test_bars_are_as_long_as_their_numbers() -> None:
    """Goal: lengths compare. Method: two bars, one twice the other."""
    values = [Bar("a", 10.0, "10", {}), Bar("b", 20.0, "20", {})]
    drawn = markup(bars(values, ceiling=20.0, name="b", title="t", description="d", look="undue"))
    one, two = re.findall(r'width="([\d.]+)" height="14"', drawn)
    assert float(two) == pytest.approx(2 * float(one), abs=0.02)


@given(
    value=st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-6),
    unit=st.sampled_from(["share", "KZT", "meals", "days"]),
    write=st.sampled_from([value_text, difference_text]),
)
def test_numbers_can_be_read_back(
    value: float, unit: str, write: Callable[[float, str], str]
) -> None:
    """Goal: writing loses only what rounding must. Method: read any number back."""
    ((shown, half),) = numbers_in(write(value, unit))
    assert abs(shown - value) <= half * 1.000001 + abs(value) * 1e-9
    if value:
        assert shown != 0


def test_spending_adds_up_to_the_metric(stored: StoredRun) -> None:
    """Goal: a note cuts a metric and invents nothing. Method: the sum of its pieces."""
    pieces = spending_of(stored, week("school_meals"))
    metrics = stored.metrics
    paid = int(metrics.loc[metrics["metric"] == "paid_amount", "numerator"].iloc[0])
    assert sum(piece.amount_tiyn for piece in pieces) == paid > 0
    assert {(piece.year, piece.level, piece.region) for piece in pieces} == {
        (2026, "local", "KZ-71")
    }


def test_spending_that_does_not_add_up_is_refused(stored: StoredRun) -> None:
    """Goal: the check can fail. Method: a metric that is one tiyn off."""

    class Wrong:
        @property
        def metrics(self) -> pd.DataFrame:
            frame = stored.metrics
            frame.loc[frame["metric"] == "paid_amount", "numerator"] += 1
            return frame

        def query(self, sql: str, parameters: Any = (), /) -> pd.DataFrame:  # noqa: ANN401
            return stored.query(sql, parameters)

    with pytest.raises(InvariantError, match="adds up to"):
        spending_of(Wrong(), week("school_meals"))


def test_the_level_of_the_budget_is_the_scenario_s(stored: StoredRun) -> None:
    """Goal: republican money is called so. Method: the same run under the other level."""
    scenario = week("school_meals", "programmes.school_meals.budget_level=republican")
    assert {piece.level for piece in spending_of(stored, scenario)} == {"republican"}


def test_amounts_are_brought_to_the_whole_population() -> None:
    """Goal: a note is about the country. Method: 5 m KZT in a sample of one in two hundred."""
    piece = Spending(2026, "local", "KZ-71", "meals", 500_000_000)
    assert total_bn([piece, replace(piece, year=2027)], Fraction(1, 200)) == Fraction(2)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Path]:
    """Return a small budget year and its run."""
    scenario = load_scenario("budget_year", settings=["population.scale=0.00005"])
    path = write_run(simulate(scenario), tmp_path_factory.mktemp("year"), engine_name="reference")
    return scenario, path


def test_a_budget_year_is_told_by_year_level_and_region(year: tuple[Scenario, Path]) -> None:
    """Goal: republican and local, two years, all regions. Method: pieces against the metric."""
    scenario, path = year
    with open_run(path) as run:
        pieces = spending_of(run, scenario)
        metrics = run.metrics
    paid = int(metrics.loc[metrics["metric"] == "budget_paid", "numerator"].iloc[0])
    assert sum(piece.amount_tiyn for piece in pieces) == paid > 0
    assert {piece.level for piece in pieces} == {"republican", "local"}
    assert {piece.year for piece in pieces} == {2026, 2027}
    assert {piece.region for piece in pieces if piece.level == "local"} == set(REGIONS)


def test_a_note_about_a_year_adds_up_on_paper(year: tuple[Scenario, Path]) -> None:
    """Goal: what is printed is the whole. Method: add the printed regions, compare the total."""
    _, path = year
    page = read_page(report_text(str(path), "runs", is_fiscal=True))
    assert page.uncited_numbers() == []
    amounts = [piece for piece in page.cited() if piece.keys.get("what") == "amount"]
    regions = [piece for piece in amounts if "region" in piece.keys]
    total = next(piece for piece in amounts if set(piece.keys) == {"arm", "what"})
    assert len(regions) == len(REGIONS) + 1
    printed = sum(numbers_in(piece.text)[0][0] for piece in regions)
    assert printed == pytest.approx(numbers_in(total.text)[0][0], abs=0.0005 * len(regions))


def test_a_note_about_no_money_says_so(tmp_path: Path) -> None:
    """Goal: no empty note. Method: a term that is a weekend."""
    weekend = ("clock.end=2026-02-09", *(f"{_TERM}.{day}" for day in _WEEKEND))
    scenario = week("school_meals_headcount", *weekend)
    path = write_run(simulate(scenario), tmp_path, engine_name="reference")
    with pytest.raises(ScenarioError) as refused:
        report_text(str(path), str(tmp_path), is_fiscal=True)
    assert [finding.code for finding in refused.value.findings] == ["REPORT_EMPTY"]
    assert "What happened" in read_page(report_text(str(path), str(tmp_path))).headings


@pytest.mark.parametrize("subject", ["nothing", "", "../x", "\0"])
def test_what_is_not_there_is_said(tmp_path: Path, subject: str) -> None:
    """Goal: a wrong name is a message. Method: names of nothing."""
    with pytest.raises(StoreError):
        report_text(subject, str(tmp_path))


def test_a_document_closes_what_it_opens() -> None:
    """Goal: the reader of documents can fail. Method: an element that is left open."""
    assert read_page(document("t", [p("a")], standing="s")).text().startswith("a")
    with pytest.raises(ValueError, match="closes"):
        read_page("<main><p>a</main>")
