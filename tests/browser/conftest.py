"""A real Chromium on a real server; whatever a test does, errors and foreign requests fail it."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import waitress

from dashboards.app import ArmsRun, create_app
from dashboards.study import Study
from tests.studies import Ready, stored_study

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        ViewportSize,
    )

CHROMIUM_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other host has an address: a foreign request fails, and is seen.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
DESKTOP: "ViewportSize" = {"width": 1400, "height": 900}
PHONE: "ViewportSize" = {"width": 390, "height": 844}


def chromium() -> str:
    """Return the program, or skip with a reason."""
    named = os.environ.get("TENGESIM_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed; put it on the path or name it in TENGESIM_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Return a Chromium without a window."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright comes with the extra `e2e`"
    )
    program = chromium()
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, headless=True, args=list(CHROMIUM_SWITCHES)
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def study(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """Return a small study; made only where there is a browser to show it."""
    made, _ = stored_study(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[[ArmsRun], str]]:
    """Return a way to put a page of some runs on a port and get its address."""
    servers: list[tuple[Any, threading.Thread]] = []

    def serve(jobs: ArmsRun) -> str:
        server = waitress.create_server(
            create_app(jobs).server, host="127.0.0.1", port=0, threads=8, ident=None
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}/"

    yield serve
    for server, thread in servers:
        server.close()
        thread.join(5)


@pytest.fixture(scope="session")
def address(study: Study, served: Callable[[ArmsRun], str]) -> str:
    """Return the address of the page of the small study."""
    return served(Ready(study))


@pytest.fixture(scope="session")
def everyday(browser: "Browser") -> "Iterator[BrowserContext]":
    """Return one profile for all pages without wishes of their own, so that scripts are cached."""
    context = browser.new_context(viewport=DESKTOP)
    yield context
    context.close()


class Watch:
    """Notes what a page must not do: errors, warnings, and requests to other hosts."""

    def __init__(self) -> None:
        """Start with nothing noted."""
        self.problems: list[str] = []

    def follow(self, page: "Page") -> None:
        """Note what `page` does from now on."""
        page.on("request", self._request)
        page.on("console", self._message)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def _request(self, request: "Request") -> None:
        target = urlsplit(request.url)
        if target.scheme not in {"data", "blob"} and target.hostname != "127.0.0.1":
            self.problems.append(f"request to {request.url}")

    def _message(self, message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text}")


@pytest.fixture
def open_page(browser: "Browser", everyday: "BrowserContext") -> "Iterator[Callable[..., Page]]":
    """Return a way to open an address; it fails the test for whatever `Watch` notes."""
    closed_after: list[BrowserContext | Page] = []
    watch = Watch()

    def opened(address: str, **settings: Any) -> "Page":  # noqa: ANN401 - playwright's settings
        context = everyday
        if settings:
            context = browser.new_context(**{"viewport": DESKTOP, **settings})
            closed_after.append(context)
        page = context.new_page()
        closed_after.append(page)
        page.set_default_timeout(30_000)
        watch.follow(page)
        page.goto(address)
        return page

    yield opened
    for each in reversed(closed_after):
        each.close()
    assert watch.problems == []


@pytest.fixture
def page(open_page: "Callable[..., Page]", address: str) -> "Page":
    """Return the page of the study, ready to be played."""
    return ready(open_page(address))


def ready(page: "Page") -> "Page":
    """Wait until the page has its numbers and its charts."""
    page.wait_for_selector("[data-drawn]")
    return page


def until(page: "Page", expression: str, seconds: float = 30) -> None:
    """Wait until an expression is true; the page's policy forbids playwright's own way."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not true after {seconds} s: {expression}"
        page.wait_for_timeout(50)


def axe_script() -> str:
    """Return axe-core, or skip with a reason."""
    root = Path(__file__).resolve().parents[2]
    place = Path(os.environ.get("TENGESIM_AXE", root / "node_modules" / "axe-core" / "axe.min.js"))
    if not place.is_file():
        pytest.skip(
            "axe-core is not there: `npm install --no-save axe-core`, or name it in TENGESIM_AXE"
        )
    return place.read_text(encoding="utf-8")
