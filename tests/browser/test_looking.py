"""From a number to a person: tables, payments, stories, the lesson, and access for everybody."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.app import ArmsRun
from dashboards.jobs import Arm, ArmProgress, Snapshot
from dashboards.study import Study, make_study
from tests.browser.conftest import DESKTOP, PHONE, axe_script, ready, until
from tests.studies import Ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def open_refused(page: "Page") -> None:
    """Show the refused honest meals of a day in the arm with marked money."""
    for name, value in (("status", "refused"), ("label", "honest"), ("arm", "marked")):
        page.select_option(f"[data-filter={name}]", value)
    page.select_option("[data-filter=day]", "2026-02-10")
    page.wait_for_selector(".ag-row [col-id=status]")


def open_story(page: "Page") -> None:
    """Click the first row until its story opens: rows of the last filter may just be going."""
    opened = page.locator("#story-dialog[open]")
    for _ in range(10):
        page.click(".ag-row [col-id=status] >> nth=0")
        for _ in range(30):
            if opened.count():
                return
            page.wait_for_timeout(100)
    raise AssertionError("no row opens its story")


def test_a_refused_payment_tells_its_reason(page: "Page") -> None:
    """Goal: from a day to a rule. Method: filter, click a row, read the drawer."""
    open_refused(page)
    reason = page.locator(".ag-row [col-id=reason]").first.inner_text()
    open_story(page)
    told = page.inner_text("#story")
    assert f"Reason: {reason}" in told
    assert page.locator("#story .deciding .rule-fail").count() >= 1
    assert "The pupil was there and the meal was due" in page.inner_text("#story .truth-box")
    page.keyboard.press("Escape")
    assert not page.is_visible("#story")


def test_a_payment_opens_by_keyboard_and_twice(page: "Page") -> None:
    """Goal: no mouse is needed. Method: walk into the grid, press Space; close; again."""
    open_refused(page)
    page.locator(".ag-row [col-id=time]").first.focus()
    # A row that comes into view stands there before it is filled, and cannot be chosen yet.
    until(page, "Boolean(document.querySelector('.ag-row [col-id=time]')?.innerText.trim())")
    for _ in range(2):
        page.keyboard.press(" ")
        page.wait_for_selector("#story-dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("#story-dialog:not([open])", state="attached")
        until(page, "!document.querySelector('.ag-row-selected')")
        page.locator(".ag-row [col-id=time]").first.focus()


def test_clicking_a_day_in_a_chart_shows_its_payments(page: "Page") -> None:
    """Goal: charts lead on. Method: click where the tenth day is drawn."""
    place = page.evaluate("""() => {
        const layer = document.querySelector('[data-layer=phantom-plot]');
        layer.scrollIntoView({block: 'center'});
        const box = layer.getBoundingClientRect();
        return [box.left + box.width * 9.5 / 42, box.top + box.height / 2];
    }""")
    page.mouse.click(*place)
    page.wait_for_selector(".ag-row [col-id=status]")
    assert page.input_value("[data-filter=day]") == "2026-02-10"
    assert "day=2026-02-10" in page.url


def test_the_table_behind_a_chart_has_its_numbers(page: "Page", study: Study) -> None:
    """Goal: nothing is shown in one way only. Method: last row against the prepared file."""
    page.click("#phantom-table-tab")
    cells = page.locator("#phantom-table tbody tr:last-child td").all_inner_texts()
    expected = [
        f"{sum(arm['meals']['phantom']['accepted']['by']):,}" for arm in study.prepared["arms"]
    ]
    assert cells == expected
    page.keyboard.press("ArrowLeft")
    assert page.is_visible("#phantom-chart")
    assert page.evaluate("document.activeElement.id") == "phantom-chart-tab"


@pytest.mark.parametrize("name", ["phantom", "blocked", "meals", "money", "refusals"])
def test_every_table_can_be_taken_along(page: "Page", name: str, tmp_path: Path) -> None:
    """Goal: the same numbers as a file. Method: download, read as CSV, compare with the table."""
    with page.expect_download() as download:
        page.click(f"[data-act=csv][data-table={name}]")
    target = tmp_path / "table.csv"
    download.value.save_as(target)
    rows = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    page.click(f"#{name}-table-tab")
    shown = page.locator(f"#{name}-table tbody tr").all()
    assert len(rows) - 1 == len(shown)
    first = shown[0].locator("th, td").all_inner_texts()
    assert rows[1] == [text.replace(",", "").replace("\u2212", "-") for text in first]


def test_text_in_a_file_is_never_a_formula(page: "Page") -> None:
    """Goal: opening a file runs nothing. Method: names that begin like formulas; numbers stay."""
    made = page.evaluate("""() => tengesim.csvOf({
        head: ['=cmd()', 'b'], rows: [['+1', -5], ['@x', 2], ['say "so"', 3], ['\\t=1', 4]]
    })""")
    assert made.splitlines() == [
        '"\'=cmd()","b"',
        '"\'+1",-5',
        '"\'@x",2',
        '"say ""so""",3',
        '"\'\t=1",4',
    ]


def test_no_chart_offers_to_share(page: "Page") -> None:
    """Goal: nothing can be uploaded by a slip. Method: the buttons of every chart."""
    titles = page.locator(".modebar-btn").evaluate_all(
        "buttons => buttons.map(b => b.getAttribute('data-title') || b.getAttribute('aria-label'))"
    )
    assert titles
    assert not [title for title in titles if "share" in title.lower() or "cloud" in title.lower()]


def test_the_lesson_covers_what_it_asks_and_then_tells(page: "Page") -> None:
    """Goal: predict before looking. Method: go through the steps and read the answers."""
    page.click(".masthead [data-act=lesson]")
    assert not page.locator("#headline").is_visible()
    assert not page.locator("#errors .card").first.is_visible()
    page.click("[data-act=lesson-on]")
    page.fill("[data-guess=evidence]", "30")
    page.click("[data-act=lesson-on]")
    page.check("[data-guess=marking][value=fall_little]")
    page.click("[data-act=lesson-on]")
    page.click("[data-act=lesson-on]")
    told = page.inner_text("#lesson-reveal")
    assert "30" in told
    assert "fall a little" in told
    assert "not change" in told
    assert "no prediction" in told
    assert page.locator("#headline").is_visible()
    page.click("[data-act=lesson-on]")
    page.click("[data-act=lesson-on]")
    page.click("[data-act=lesson-find]")
    page.wait_for_selector(".ag-row [col-id=status]")
    open_story(page)
    page.keyboard.press("Escape")
    assert page.is_visible("#lesson-found")
    page.click(".lesson [data-act=lesson]")
    assert page.evaluate("document.activeElement.dataset.act") == "lesson"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1400", "390"])
def test_there_is_nothing_that_axe_objects_to(
    open_page: "Callable[..., Page]", address: str, theme: str, viewport: dict[str, int]
) -> None:
    """Goal: everybody can use the page. Method: axe-core on the page, tables, drawer, lesson."""
    script = axe_script()
    page = ready(open_page(address, viewport=viewport, color_scheme=theme))
    open_refused(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(script)

    def violations() -> list[str]:
        found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:3]]}"
            for one in found["violations"]
        ]

    assert violations() == []
    for name in ("phantom", "meals", "money", "refusals"):
        page.click(f"#{name}-table-tab")
    assert violations() == []
    page.click("[data-act=focus][data-arm='1']")
    open_story(page)
    assert violations() == []
    page.keyboard.press("Escape")
    page.click(".masthead [data-act=lesson]")
    assert violations() == []


def test_nothing_has_to_be_scrolled_sideways(
    open_page: "Callable[..., Page]", address: str
) -> None:
    """Goal: a phone is enough. Method: the width of the document with everything open."""
    page = ready(open_page(address, viewport=PHONE))
    open_refused(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name in ("phantom", "meals", "money", "refusals"):
        page.click(f"#{name}-table-tab")
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) == 0
    page.click(".masthead [data-act=lesson]")
    assert page.evaluate(excess) == 0


def test_nothing_moves_when_charts_arrive(open_page: "Callable[..., Page]", address: str) -> None:
    """Goal: what one reads stays where it is. Method: the browser's own layout shift."""
    page = ready(open_page(address))
    shift = page.evaluate("""() => new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 300);
    })""")
    assert shift < 0.1


def test_light_and_dark_are_remembered(open_page: "Callable[..., Page]", address: str) -> None:
    """Goal: a choice holds. Method: switch, load again."""
    page = open_page(address, color_scheme="dark")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.click("[data-act=theme]")
    assert page.get_attribute("html", "data-theme") == "light"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "light"


class Running(Ready):
    """Runs that become ready when a test says so."""

    def __init__(self, study: Study) -> None:
        """Begin half-way."""
        super().__init__(None)
        self.finished = study
        self.progress = ArmProgress(Arm("a", "Arm <b>a</b>", "school_meals"), "running", 21, 42)

    def snapshot(self) -> Snapshot:
        """Return one arm under way."""
        return Snapshot((self.progress,), self.study() is not None)

    def finish(self) -> None:
        """Let the study be there."""
        self._study = self.finished


def test_the_page_opens_by_itself_when_the_runs_are_done(
    open_page: "Callable[..., Page]", served: Callable[[ArmsRun], str], study: Study
) -> None:
    """Goal: progress, then the study. Method: runs that move, fail to, and finish."""
    running = Running(study)
    page = open_page(served(running))
    assert "day 21 of 42" in page.inner_text("main")
    assert page.locator("progress").evaluate("bar => bar.value / bar.max") == 0.5
    running.progress = replace(running.progress, done=42)
    until(page, "document.querySelector('main').innerText.includes('day 42 of 42')")
    running.progress = replace(running.progress, state="failed", message="said <b>no</b>")
    page.wait_for_selector("text=said <b>no</b>")
    running.finish()
    page.wait_for_selector("[data-started]")


def test_a_single_run_can_be_played(
    open_page: "Callable[..., Page]", served: Callable[[ArmsRun], str], study: Study
) -> None:
    """Goal: a run by itself is a page too. Method: one arm; play, and look at its payments."""
    alone = make_study(
        study.arms[2:], study.scenarios[2:], metrics=study.metrics[2:], run_names=("run",)
    )
    page = ready(open_page(served(Ready(alone))))
    assert page.locator(".small-multiple").count() == 2
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    until(page, "tengesim.clock.step > 10")
    page.select_option("[data-filter=day]", "2026-02-10")
    page.wait_for_selector(".ag-row [col-id=status]")


def test_hostile_names_run_nothing(
    open_page: "Callable[..., Page]", served: Callable[[ArmsRun], str], study: Study
) -> None:
    """Goal: runs from strangers are only shown. Method: script in every name, then look around."""
    text = "<img src=x onerror=window.__xss=1><script>window.__xss=1</script>"
    arms = tuple(replace(arm, label=text) for arm in study.arms)
    words = replace(study.text, title=text, question=text, name="x")
    page = ready(open_page(served(Ready(replace(study, arms=arms, text=words)))))
    assert text in page.inner_text("h1")
    open_refused(page)
    open_story(page)
    assert text in page.inner_text("#story")
    assert page.evaluate("window.__xss") is None
