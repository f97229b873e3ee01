"""A report in a real browser: opened from the disk, on a desk, on a phone, and on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tengesim.engine.run import simulate
from tengesim.report.choose import report_text
from tengesim.store.write import write_run
from tests.browser.conftest import DESKTOP, PHONE, axe_script
from tests.campaigns import week
from tests.compared import stored_campaign

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1400", "390"])
KINDS = pytest.mark.parametrize("kind", ["campaign", "run", "note"])


@pytest.fixture(scope="module")
def reports(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the files of a campaign's report, a run's and a fiscal note."""
    folder = tmp_path_factory.mktemp("reports")
    names = {"headcount": "school_meals_headcount", "marked": "school_meals"}
    runs = {arm: simulate(week(name)) for arm, name in names.items()}
    paths = [write_run(run, folder, engine_name="reference") for run in runs.values()]
    campaign = str(stored_campaign(folder, runs).path)
    texts = {
        "campaign": report_text(campaign, str(folder)),
        "run": report_text(str(paths[1]), str(folder)),
        "note": report_text(campaign, str(folder), is_fiscal=True),
    }
    files = {kind: folder / f"{kind}.html" for kind in texts}
    for kind, text in texts.items():
        files[kind].write_text(text, encoding="utf-8")
    return files


@pytest.fixture
def opened(browser: "Browser") -> "Iterator[Any]":
    """Return a way to open a file; what the page asks for or complains about fails the test."""
    problems: list[str] = []
    contexts = []

    def open_file(path: Path, viewport: "ViewportSize", *, bypass_csp: bool = False) -> "Page":
        context = browser.new_context(
            viewport=viewport, java_script_enabled=bypass_csp, bypass_csp=bypass_csp
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: problems.append(request.url))
        page.on("console", lambda message: problems.append(message.text))
        page.goto(path.as_uri())
        problems.remove(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert problems == []


@KINDS
@SIZES
def test_a_report_needs_no_script_and_no_other_file(
    opened: Any,  # noqa: ANN401 - a fixture's function
    reports: dict[str, Path],
    kind: str,
    viewport: "ViewportSize",
) -> None:
    """Goal: it opens anywhere. Method: from the disk, scripts off, every request counted."""
    page = opened(reports[kind], viewport)
    assert page.locator("h1").is_visible()
    assert page.locator(".answer").is_visible()
    # The style is applied, so the policy did not refuse it.
    assert page.locator("main").bounding_box()["width"] <= 1024


@KINDS
@SIZES
def test_there_is_nothing_that_axe_objects_to(
    opened: Any,  # noqa: ANN401 - a fixture's function
    reports: dict[str, Path],
    kind: str,
    viewport: "ViewportSize",
) -> None:
    """Goal: everybody can read it. Method: axe-core, let past the policy for this test alone."""
    script = axe_script()
    page = opened(reports[kind], viewport, bypass_csp=True)
    page.evaluate(script)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [
        f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ] == []


@KINDS
def test_nothing_has_to_be_scrolled_sideways(
    opened: Any,  # noqa: ANN401 - a fixture's function
    reports: dict[str, Path],
    kind: str,
) -> None:
    """Goal: a phone is enough. Method: the width of the document."""
    page = opened(reports[kind], PHONE, bypass_csp=True)
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) == 0


def test_a_fiscal_note_is_one_page(
    opened: Any,  # noqa: ANN401 - a fixture's function
    reports: dict[str, Path],
) -> None:
    """Goal: one sheet of paper. Method: the pages of a printed PDF; the full report has more."""
    pages = {
        kind: opened(reports[kind], DESKTOP)
        .pdf(prefer_css_page_size=True, print_background=True)
        .count(b"/Type /Page\n")
        for kind in ("note", "campaign")
    }
    assert pages["note"] == 1
    assert pages["campaign"] > 3


def test_nothing_is_cut_off_on_paper(
    opened: Any,  # noqa: ANN401 - a fixture's function
    reports: dict[str, Path],
) -> None:
    """Goal: no column is lost in print. Method: the right edge of every cell at A4's width."""
    page = opened(reports["campaign"], {"width": 673, "height": 950}, bypass_csp=True)
    page.emulate_media(media="print")
    far = page.evaluate(
        "Math.max(...[...document.querySelectorAll('td, th, svg')]"
        ".map((one) => one.getBoundingClientRect().right))"
    )
    assert far <= 674
