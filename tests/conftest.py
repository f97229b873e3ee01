"""Settings of every test: the same examples on every run, on every machine.

A red test must be red for whoever looks next, so Hypothesis draws its examples from the test
itself. New examples are looked for by `pytest --hypothesis-profile=explore`; what that finds
becomes a case of its own.
"""

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
