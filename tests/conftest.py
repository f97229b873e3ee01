"""Settings of every test: the same examples on every run, on every machine.

A red test must be red for whoever looks next, so Hypothesis draws its examples from the test
itself. New examples are looked for by `pytest --hypothesis-profile=explore`; what that finds
becomes a case of its own.
"""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden results anew."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden/*.json anew; a changed result needs a higher RESULTS_VERSION",
    )


class Idle:
    """What stands for the garbage collector in a run: a program of many runs collects by itself."""

    collect = freeze = unfreeze = enable = disable = staticmethod(lambda: None)
    get_freeze_count = staticmethod(lambda: 0)
    isenabled = staticmethod(lambda: False)


@pytest.fixture(scope="session", autouse=True)
def _no_search_through_all_tests() -> Iterator[None]:
    """Let no run look for garbage among all that tests and libraries keep, as each one would.

    That takes longer than a small world. Programs that tests start do it as they are shipped.
    """
    from tengesim.engine import run

    with patch.object(run, "gc", Idle):
        yield
