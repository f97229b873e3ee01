"""Public contracts as people look at them: from the list to one contract, and along its money."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.app import ArmsRun
from dashboards.build import build_shown
from dashboards.shown import FinishedArm, Shown
from tengesim.store.write import write_run
from tests.browser.conftest import DESKTOP, PHONE, axe_script, ready
from tests.contract_runs import play
from tests.studies import Ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def roads(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return six roads, on paper and in marked money."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("roads")
    arms = []
    for name in ("road_repair_paper", "road_repair"):
        run = play(name)
        stored = write_run(run, folder, engine_name="fast")
        arms.append(FinishedArm(name, run.scenario.title, stored))
    made = build_shown(arms)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(roads: Shown, served: Callable[[ArmsRun], str]) -> str:
    """Return the address of its page."""
    return served(Ready(roads))


def follow(page: "Page", link: str) -> None:
    """Click and wait for the page that it leads to."""
    with page.expect_navigation():
        page.locator(link).first.click()


def test_from_the_first_page_to_the_budget_line_of_a_payment(page: "Page") -> None:
    """Goal: the way an analyst goes. Method: list, contract, a payment's way back."""
    assert "was lost" in page.inner_text("#headline")
    follow(page, ".pages a[href='/programmes']")
    assert page.locator("#contracts tbody tr").count() == 6
    follow(page, "#contracts tbody tr:first-child a")
    assert page.locator("svg.course .course-sign").count() > 10
    assert page.locator(".money-tree li").count() > 3
    follow(page, "#steps a[href^='/follow']")
    assert "roads" in page.inner_text("#back tbody tr:last-child")


def test_the_form_chooses_without_a_script(open_page: "Callable[..., Page]", address: str) -> None:
    """Goal: filters work everywhere. Method: scripts off; search, and sort by what was paid."""
    page = open_page(f"{address}programmes", java_script_enabled=False)
    name = page.inner_text("#contracts tbody tr:nth-child(2) th")
    page.fill("input[name=search]", name)
    page.select_option("select[name=order]", "paid")
    follow(page, "form.filters button")
    assert page.locator("#contracts tbody tr").count() == 1
    assert page.inner_text("#contracts tbody th") == name


def test_the_tree_is_opened_and_read_by_keyboard(page: "Page") -> None:
    """Goal: no mouse is needed. Method: open a branch, go to the table tab, close it again."""
    follow(page, ".pages a[href='/programmes']")
    follow(page, "#contracts tbody tr:first-child a")
    closed = page.locator(".money-tree details:not([open]) > summary").first
    closed.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    page.focus("#tree-chart-tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("#tree-table tbody tr").count() > 5
    assert page.is_visible("#tree-table")
    with page.expect_download() as download:
        page.click("#tree-card [data-act=csv]")
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert "KZT" in lines[0]
    assert len(lines) == page.locator("#tree-table tbody tr").count() + 1


def test_a_head_sorts_and_says_so(page: "Page") -> None:
    """Goal: the grid sorts. Method: a click on a head; its cells descend, its head says so."""
    follow(page, ".pages a[href='/programmes']")
    follow(page, "#contracts thead a[href*='order=bids']")
    bids = [
        int(cell) for cell in page.locator("#contracts tbody td:nth-child(6)").all_inner_texts()
    ]
    assert bids == sorted(bids, reverse=True)
    assert page.get_attribute("#contracts thead th:nth-child(6)", "aria-sort") == "descending"


def test_an_address_that_leads_nowhere_leads_back(browser: "Browser", address: str) -> None:
    """Goal: nobody is lost. Method: an id that is none, in each address that takes one.

    Chromium writes into its console that an address is not found, so nothing is watched here.
    """
    page = browser.new_page()
    for there in (
        "programmes/contract?id=%3Cscript%3E",
        "programmes/story?intent=x",
        "follow?row=x",
    ):
        found = page.goto(f"{address}{there}")
        assert found is not None
        assert found.status == 404
        follow(page, "main a[href='/']")
    page.close()


def test_a_story_tells_the_rules_of_an_act(page: "Page") -> None:
    """Goal: why a payment was made. Method: open an act from its contract."""
    follow(page, ".pages a[href='/programmes']")
    follow(page, "#contracts tbody tr:first-child a")
    follow(page, "#steps a[href*='act-1']")
    assert page.locator(".story-step").count() >= 1


@pytest.mark.parametrize(
    ("viewport", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["1400", "390"]
)
@pytest.mark.parametrize("where", ["", "programmes", "contract", "follow"])
def test_there_is_nothing_that_axe_objects_to(
    open_page: "Callable[..., Page]",
    address: str,
    where: str,
    viewport: dict[str, int],
    theme: str,
) -> None:
    """Goal: everybody can use the pages. Method: axe-core; nothing wider than the screen."""
    script = axe_script()
    start = "programmes" if where == "contract" else where
    page = open_page(f"{address}{start}", viewport=viewport, color_scheme=theme)
    if not where:
        ready(page)
    if where == "contract":
        follow(page, "#contracts tbody tr:first-child a")
    page.evaluate(script)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [f"{one['id']}: {one['help']}" for one in found["violations"]] == []
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) == 0
