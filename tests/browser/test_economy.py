"""An economy as people look at it: played, clicked through, on a phone and in the dark."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.app import ArmsRun
from dashboards.build import build_shown
from dashboards.shown import FinishedArm, Shown
from tengesim.engine.run import simulate
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run
from tests.browser.conftest import DESKTOP, PHONE, axe_script, ready, until
from tests.studies import Ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def economy(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return a month with an outage and one without; made only where there is a browser."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("economy")
    arms = []
    for name in ("outage_payday", "outage_payday_none"):
        scenario = load_scenario(name, settings=["population.scale=0.000004"])
        stored = write_run(simulate(scenario), folder, engine_name="reference")
        arms.append(FinishedArm(name, scenario.title, stored))
    made = build_shown(arms)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(economy: Shown, served: Callable[[ArmsRun], str]) -> str:
    """Return the address of its page."""
    return served(Ready(economy))


def test_playing_counts_up_to_what_the_log_says(page: "Page", economy: Shown) -> None:
    """Goal: the clock drives every number. Method: start, a moment of play, the end."""
    page.keyboard.press("Home")
    paid = page.locator("[data-count='totals.paid'][data-arm='0']").first
    assert paid.inner_text() == "0"
    page.keyboard.press(" ")
    until(page, "tengesim.clock.step > 24 * 3")
    page.keyboard.press(" ")
    assert int(paid.inner_text().replace(",", "")) > 0
    page.keyboard.press("End")
    total = sum(economy.prepared["arms"][0]["totals"]["paid"]["by"])
    assert paid.inner_text() == f"{total:,}"


def test_the_day_of_an_outage_leads_to_a_refused_payment(page: "Page") -> None:
    """Goal: from a band to a person. Method: the mark of the outage, its day, a row, its story."""
    page.locator("#timeline-marks .mark-outage").click()
    page.click("[data-act=day-payments]")
    page.select_option("[data-filter=status]", "refused")
    page.select_option("[data-filter=reason]", "system_unavailable")
    page.wait_for_selector(".ag-row [col-id=status]")
    page.click(".ag-row [col-id=status] >> nth=0")
    page.wait_for_selector("#story-dialog[open]")
    assert "Reason: System down" in page.inner_text("#story")
    assert "pupil" not in page.inner_text("#story")


def test_every_table_stands_behind_its_tab(page: "Page") -> None:
    """Goal: numbers behind each chart. Method: open every table; a row for every day."""
    names = page.eval_on_selector_all(
        "[role=tab][id$=-table-tab]", "tabs => tabs.map((tab) => tab.id)"
    )
    assert len(names) >= 7
    for name in names:
        page.click(f"#{name}")
        panel = name.removesuffix("-tab")
        assert page.locator(f"#{panel} tbody tr").count() >= 1
        if panel != "refusals-table":
            assert page.locator(f"#{panel} tbody tr").count() == 31


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
