"""A comparison as people read it: figure and table, examples that open twice, access for all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import waitress

from dashboards.app import create_app
from dashboards.campaigns import Campaigns
from tengesim.store.campaigns import StoredCampaign
from tests.browser.conftest import DESKTOP, PHONE, axe_script
from tests.compared import stored_campaign
from tests.studies import Ready, stored_study

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stored(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> StoredCampaign:
    """Return a campaign; made only where there is a browser to show it."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("compared")
    study, runs = stored_study(folder, arms=("headcount", "social_wallet"))
    study.close()
    return stored_campaign(folder, runs)


@pytest.fixture(scope="module")
def compared(stored: StoredCampaign) -> Iterator[str]:
    """Return the address of its page."""
    import threading

    campaigns = Campaigns(stored.runs_folder)
    application = create_app(Ready(None), campaigns).server
    server = waitress.create_server(application, host="127.0.0.1", port=0, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/compare"
    server.close()
    thread.join(5)
    campaigns.close()


def open_example(page: "Page") -> None:
    """Open the first example of a payment that B refused."""
    cause = page.locator(".cause", has=page.locator(".ending-refused")).first
    cause.locator("summary").click()
    cause.locator("button.example").first.click()
    page.wait_for_selector("#stories-dialog[open] .story-column")


def test_an_example_opens_both_stories_and_closes(
    open_page: "Callable[..., Page]", compared: str
) -> None:
    """Goal: from a difference to two decisions. Method: mouse, Escape, keyboard."""
    page = open_page(compared)
    open_example(page)
    assert page.locator("#stories .story-column").count() == 2
    assert "Reason: Presence not proven" in page.inner_text("#stories")
    page.keyboard.press("Escape")
    assert not page.is_visible("#stories")
    page.locator("button.example").locator("visible=true").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#stories-dialog[open]")
    page.click("[data-act=close-stories]")
    assert not page.is_visible("#stories")


def test_the_table_has_every_measure_and_can_be_taken_along(
    open_page: "Callable[..., Page]", compared: str, stored: StoredCampaign, tmp_path: Path
) -> None:
    """Goal: numbers behind the picture, exact in the file. Method: tab, download, compare."""
    import csv
    import io

    page = open_page(compared)
    page.click("#outcomes-table-tab")
    assert page.locator("#outcomes-table tbody tr").count() == len(stored.summary)
    with page.expect_download() as download:
        page.click("[data-act=csv][data-table=outcomes]")
    target = tmp_path / "table.csv"
    download.value.save_as(target)
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    found = {row["Measure"]: row for row in rows}
    assert float(found["Share of phantom meals"]["B − A"]) == -0.0419
    page.keyboard.press("Shift+Tab")
    with page.expect_download() as second:
        page.click("[data-act=csv][data-table=changes]")
    second.value.save_as(target)
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert sum(int(row["Payments"]) for row in rows) == int(stored.changes["count"].sum())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1400", "390"])
def test_there_is_nothing_that_axe_objects_to(
    open_page: "Callable[..., Page]", compared: str, theme: str, viewport: dict[str, int]
) -> None:
    """Goal: everybody can use the page. Method: axe-core: all open, tables, drawer."""
    script = axe_script()
    page = open_page(compared, viewport=viewport, color_scheme=theme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(script)

    def violations() -> list[str]:
        found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:3]]}"
            for one in found["violations"]
        ]

    assert violations() == []
    for name in ("outcomes", "changes"):
        page.click(f"#{name}-table-tab")
    assert violations() == []
    page.click("#changes-chart-tab")
    page.locator("button.example").first.click()
    page.wait_for_selector("#stories-dialog[open] .story-column")
    assert violations() == []


def test_nothing_has_to_be_scrolled_sideways(
    open_page: "Callable[..., Page]", compared: str
) -> None:
    """Goal: a phone is enough. Method: the width of the document with everything open."""
    page = open_page(compared, viewport=PHONE)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) == 0
    for name in ("outcomes", "changes"):
        page.click(f"#{name}-table-tab")
    assert page.evaluate(excess) == 0
