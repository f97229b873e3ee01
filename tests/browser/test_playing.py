"""Playing, moving and looking: by mouse, by keyboard, and without asking the server."""

from typing import TYPE_CHECKING

import pytest

from dashboards.study import Study
from tests.browser.conftest import DESKTOP, PHONE, ready, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def step(page: "Page") -> int:
    """Return where the clock is."""
    return int(page.evaluate("tengesim.clock.step"))


def shown(page: "Page", series: str, arm: int) -> int:
    """Return the number that the page shows for a series of an arm."""
    text = page.locator(f'[data-count="{series}"][data-arm="{arm}"]').first.inner_text()
    return int("".join(filter(str.isdigit, text)))


def moment(page: "Page") -> str:
    """Return the day that the dock shows."""
    return f"{page.inner_text('#dock-weekday')} {page.inner_text('#dock-date')}"


def final(study: Study, arm: int, label: str, outcome: str) -> int:
    """Return what the prepared file says at the end."""
    return sum(study.prepared["arms"][arm]["meals"][label][outcome]["by"])


def test_it_plays_to_the_end_and_shows_the_numbers_of_the_file(page: "Page", study: Study) -> None:
    """Goal: the month runs. Method: play at the highest speed, wait, compare; count requests."""
    requests: list[str] = []
    page.select_option("#speed", "96")
    page.on("request", lambda request: requests.append(request.url))
    page.click("[data-act=play]")
    until(page, "tengesim.clock.step > 100 && tengesim.clock.isPlaying")
    assert shown(page, "meals.phantom.accepted", 0) < final(study, 0, "phantom", "accepted")
    until(page, "!tengesim.clock.isPlaying", 90)
    assert step(page) == study.clock.bins
    for arm in range(3):
        assert shown(page, "meals.phantom.accepted", arm) == final(
            study, arm, "phantom", "accepted"
        )
        assert shown(page, "meals.honest.refused", arm) == final(study, arm, "honest", "refused")
    assert requests == []
    # The machine that tests may be busy; redrawing charts at every step would reach ten.
    assert page.evaluate("tengesim.clock.rate()") > 15


def test_every_step_shows_the_sum_up_to_it(page: "Page", study: Study) -> None:
    """Goal: no payment is dropped, wherever one looks. Method: midnights of ten days."""
    for day in range(0, study.clock.days, 4):
        until = day * 96
        page.evaluate("step => tengesim.clock.set(step)", until)
        for arm in range(3):
            series = study.prepared["arms"][arm]["meals"]["phantom"]["accepted"]
            pairs = zip(series["at"], series["by"], strict=True)
            expected = sum(by for at, by in pairs if at < until)
            assert shown(page, "meals.phantom.accepted", arm) == expected


def test_keys_move_the_clock(page: "Page", study: Study) -> None:
    """Goal: no mouse is needed. Method: each key, and what the dock says."""
    page.keyboard.press("Home")
    assert step(page) == 0
    assert moment(page) == "Sunday 1 February 2026"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert step(page) == 2 * 96
    assert moment(page) == "Tuesday 3 February 2026"
    assert page.inner_text("#dock-day") == "School day 2 of 20"
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("#dock-time") == "01:00"
    # Within a day, a step back leads to its midnight or the one before.
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#dock-time") == "00:00"
    page.keyboard.press("PageDown")
    page.keyboard.press("End")
    assert step(page) == study.clock.bins
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    until(page, "tengesim.clock.step > 0")
    page.keyboard.press(" ")
    assert not page.evaluate("tengesim.clock.isPlaying")


def test_the_slider_has_a_name_and_the_same_keys(page: "Page") -> None:
    """Goal: screen readers can move it. Method: focus it, press keys, read what it says."""
    slider = page.get_by_role("slider", name="Moment of the simulation")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert step(page) == 96
    assert slider.get_attribute("aria-valuetext") == "Monday 2 February 2026, 00:00"


def test_dragging_the_slider_pauses_and_moves(page: "Page", study: Study) -> None:
    """Goal: scrub by mouse. Method: press in the middle of the slider while it plays."""
    page.click("[data-act=play]")
    box = page.locator("#slider").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert not page.evaluate("tengesim.clock.isPlaying")
    assert abs(step(page) - study.clock.bins // 2) < 96


def test_keys_are_left_to_what_needs_them(page: "Page") -> None:
    """Goal: Space presses the button that has the focus. Method: a tab, a filter."""
    page.keyboard.press("Home")
    page.focus("#phantom-table-tab")
    page.keyboard.press(" ")
    assert page.is_visible("#phantom-table table")
    assert not page.evaluate("tengesim.clock.isPlaying")
    page.focus("[data-filter=arm]")
    page.keyboard.press("ArrowDown")
    assert step(page) == 0


def test_pressing_an_event_goes_there(page: "Page", study: Study) -> None:
    """Goal: events can be reached. Method: the day on which the first claims are paid."""
    page.get_by_role("button", name="First claims are paid").first.click()
    claim = next(one for one in study.prepared["markers"] if one["kind"] == "claim")
    assert step(page) == claim["bin"] + 1
    assert moment(page) == "Friday 13 February 2026"


def test_the_cursor_stands_at_the_same_moment_in_every_chart(page: "Page") -> None:
    """Goal: one clock. Method: the place of each cursor in its plot, in two widths."""
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        page.evaluate("tengesim.clock.set(tengesim.clock.steps / 4)")
        page.wait_for_timeout(300)
        shares = page.evaluate("""() => [...document.querySelectorAll('.plot-layer')].map(layer => {
            const plot = layer.getBoundingClientRect();
            const cursor = layer.querySelector('.cursor').getBoundingClientRect();
            return (cursor.left + cursor.width / 2 - plot.left) / plot.width;
        })""")
        assert len(shares) == 8
        assert all(abs(share - 0.25) < 0.01 for share in shares)


def test_the_layer_lies_over_the_plot_area(page: "Page") -> None:
    """Goal: the cursor tells the truth. Method: Plotly's own plot area against the layer."""
    offsets = page.evaluate("""() => [...document.querySelectorAll('.plot')].map(plot => {
        const area = plot.querySelector('.nsewdrag').getBoundingClientRect();
        const layer = plot.querySelector('.plot-layer').getBoundingClientRect();
        return [area.left - layer.left, area.right - layer.right];
    })""")
    assert all(abs(offset) <= 1 for pair in offsets for offset in pair)


def test_reduced_motion_moves_by_whole_days(open_page: "Callable[..., Page]", address: str) -> None:
    """Goal: no motion for those who asked for none. Method: the steps that are shown."""
    page = ready(open_page(address, reduced_motion="reduce"))
    page.evaluate("""() => {
        window.steps = [];
        tengesim.clock.hoursASecond = 96;
        tengesim.clock.onChange((clock) => window.steps.push(clock.step));
    }""")
    page.click("[data-act=play]")
    until(page, "window.steps.length > 5")
    page.click("[data-act=play]")
    assert page.evaluate("window.steps.every((step) => step % 96 === 0)")


def test_the_address_says_what_is_looked_at(
    open_page: "Callable[..., Page]", address: str, page: "Page"
) -> None:
    """Goal: a link reproduces the view. Method: look at something, open its address again."""
    page.evaluate("tengesim.clock.set(10 * 96 + 48)")
    page.click("[data-act=focus][data-arm='2']")
    until(page, "location.search.includes('at=2026-02-11T12-00')")
    assert "arm=marked" in page.url
    again = ready(open_page(page.url))
    assert step(again) == 10 * 96 + 48
    assert again.get_attribute("[data-act=focus][data-arm='2']", "aria-pressed") == "true"


@pytest.mark.parametrize(
    "query",
    ["?at=x", "?at=2030-01-01T00-00", "?arm=<script>", "?day=2026-02-31", "?at=" + "9" * 999],
)
def test_a_strange_address_shows_the_whole_run(
    open_page: "Callable[..., Page]", address: str, study: Study, query: str
) -> None:
    """Goal: old or broken links still open. Method: values that are none."""
    page = open_page(address + query)
    page.wait_for_selector("[data-started]")
    assert step(page) == study.clock.bins
