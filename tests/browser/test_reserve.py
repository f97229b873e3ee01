"""A reserve as people look at it: played, its tables opened, on a phone and in the dark."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.app import ArmsRun
from dashboards.build import build_shown
from dashboards.shown import FinishedArm, Shown
from tengesim.engine.run import simulate
from tengesim.experiments.ensemble import replicate
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run
from tests.browser.conftest import DESKTOP, PHONE, axe_script, ready, until
from tests.studies import Ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

A_YEAR = ("clock.end=2027-02-01",)


@pytest.fixture(scope="module")
def reserve(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return thirteen months of a reserve with and without a crash; the first has a fan."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("reserve")
    arms: list[FinishedArm] = []
    for name in ("reserve_2029", "reserve_crash"):
        scenario = load_scenario(name, settings=A_YEAR)
        if not arms:
            replicate(scenario, replications=5, workers=1, out=folder)
        stored = write_run(simulate(scenario), folder, engine_name="fast")
        arms.append(FinishedArm(name, scenario.title, stored))
    made = build_shown(arms)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(reserve: Shown, served: Callable[[ArmsRun], str]) -> str:
    """Return the address of its page."""
    return served(Ready(reserve))


def test_playing_counts_up_to_what_the_log_says(page: "Page", reserve: Shown) -> None:
    """Goal: the clock drives every number. Method: start, a moment of play, the end."""
    page.keyboard.press("Home")
    worth = page.locator("[data-count='reserve.value'][data-arm='0']").first
    assert worth.inner_text().startswith("0")
    page.keyboard.press(" ")
    until(page, "tengesim.clock.step > 20")
    page.keyboard.press(" ")
    page.keyboard.press("End")
    total = sum(reserve.prepared["arms"][0]["reserve"]["value"]["by"])
    assert worth.inner_text() == f"{total:,} KZT"


def test_a_mark_of_stress_moves_the_clock_and_an_arm_comes_to_the_front(page: "Page") -> None:
    """Goal: events and the selector work. Method: press the mark, then the second arm."""
    page.locator("#timeline-marks .mark-stress").click()
    assert page.inner_text("#dock-date") == "5 January 2027"
    page.click(".stress [data-act=focus][data-arm='1']")
    assert page.evaluate("document.querySelector('.page').dataset.focus") == "1"
    # A date of a run of several years has its year.
    assert "2027" in page.inner_text("#happenings")


def test_every_table_stands_behind_its_tab(page: "Page") -> None:
    """Goal: numbers behind each chart. Method: open every table; a row for every quarter."""
    names = page.eval_on_selector_all(
        "[role=tab][id$=-table-tab]", "tabs => tabs.map((tab) => tab.id)"
    )
    assert len(names) == 4
    for name in names:
        page.click(f"#{name}")
        assert page.locator(f"#{name.removesuffix('-tab')} tbody tr").count() == 5


def test_a_row_of_a_day_tells_its_story(page: "Page") -> None:
    """Goal: from a day to one case. Method: the first day, its arrests, one row."""
    page.keyboard.press("Home")
    page.click("[data-act=day-payments]")
    page.select_option("[data-filter=kind]", "arrest")
    # Rows of the whole day are shown first; some of them answer no intent and have no story.
    kinds = "[...document.querySelectorAll('.ag-row [col-id=kind]')].map((one) => one.innerText)"
    until(page, f"{kinds}.length > 0 && {kinds}.every((one) => one === 'Asset arrested')")
    page.click(".ag-row [col-id=status] >> nth=0")
    page.wait_for_selector("#story-dialog[open]")
    assert "USDT" in page.inner_text("#story") or "BTC" in page.inner_text("#story")


@pytest.mark.parametrize(
    ("viewport", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["1400", "390"]
)
def test_there_is_nothing_that_axe_objects_to(
    open_page: "Callable[..., Page]", address: str, viewport: dict[str, int], theme: str
) -> None:
    """Goal: everybody can use the page. Method: axe-core; nothing wider than the screen."""
    script = axe_script()
    page = ready(open_page(address, viewport=viewport, color_scheme=theme))
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(script)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [f"{one['id']}: {one['help']}" for one in found["violations"]] == []
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) == 0
