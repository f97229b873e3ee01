"""The guards of these tests can fail: an error and a foreign request are noted."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_what_a_page_must_not_do_is_noted(browser: "Browser") -> None:
    """Goal: nothing is overlooked. Method: do each thing on purpose, on an empty page."""
    page = browser.new_page()
    watch = Watch()
    watch.follow(page)
    page.evaluate("console.error('on purpose')")
    page.evaluate("console.warn('a warning')")
    page.evaluate("fetch('http://elsewhere.example/x').catch(() => 0)")
    page.evaluate("setTimeout(() => { throw new Error('thrown'); }, 0)")
    page.wait_for_timeout(200)
    page.close()
    noted = "\n".join(watch.problems)
    for expected in ("on purpose", "a warning", "elsewhere.example", "thrown"):
        assert expected in noted
