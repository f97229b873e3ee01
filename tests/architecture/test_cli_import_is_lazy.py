"""`tengesim --help` answers at once: what only some commands need is imported by those commands.

Dash, pandas, Plotly and DuckDB take most of a second together, and three times that where no
bytecode may be written.
"""

import os
import re
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

HEAVY = {"dash", "dashboards", "duckdb", "pandas", "plotly", "scipy", "waitress"}


def imported_packages(*arguments: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter imports while it runs."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    names = re.findall(r"^import time:.*\|\s*([\w.]+)$", done.stderr, flags=re.MULTILINE)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [["-m", "tengesim", "--help"], ["-c", "import tengesim.cli"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Goal: a quick answer. Method: the interpreter's own list of imports."""
    packages = imported_packages(*arguments)
    assert "tengesim" in packages
    assert packages & HEAVY == set()


REFUSE = """
from tengesim.engine.size import check_size
from tengesim.errors import SizeError
from tengesim.scenario.load import load_scenario
try:
    check_size(load_scenario("nation_day", settings=["population.scale=50"]))
except SizeError:
    raise SystemExit(0)
raise SystemExit(1)
"""


def test_a_country_too_large_is_refused_before_anything_compiled_is_loaded() -> None:
    """Goal: a quick refusal. Method: load and refuse a thousand million people."""
    assert imported_packages("-c", REFUSE) & {*HEAVY, "llvmlite", "numba"} == set()


def test_a_heavy_import_would_be_seen() -> None:
    """Goal: the rule can fail. Method: import one heavy package on purpose."""
    assert "plotly" in imported_packages("-c", "import plotly")
