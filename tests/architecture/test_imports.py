"""Imports point downwards through the layers, and nothing stands outside them.

The layers are written once, in the import-linter contract of pyproject.toml. What needs no linter
is tested from the source, so that it also holds where only the `test` extra is installed.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT, Module, hold, imported, modules, parsed

# The words everybody shares, and the packages whose results a page shows.
SHOWN_BY_DASHBOARDS = {
    "clock",
    "codes",
    "errors",
    "metrics",
    "money",
    "report",
    "scenario",
    "store",
}


def layers() -> list[list[str]]:
    """Return the names of each layer of the contract, highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["id"] == "layers")
    return [re.findall(r"\w+", layer) for layer in contract["layers"]]


def level_of_each_name() -> dict[str, int]:
    """Return the height of each package or module: the larger, the higher."""
    found = layers()
    return {name: len(found) - index for index, layer in enumerate(found) for name in layer}


def upward_imports(module: Module) -> Iterator[str]:
    """Yield imports from a higher layer, or from a sibling of the same layer."""
    levels = level_of_each_name()
    if len(module.parts) < 2 or module.parts[1] not in levels:
        return
    own = module.parts[1]
    parts = [(line, name.split(".")) for line, name in imported(module)]
    for line, other in sorted({(line, each[1]) for line, each in parts if each[0] == "tengesim"}):
        if other != own and other in levels and levels[other] >= levels[own]:
            yield f"{line}: {own} imports {other}, which is not below it"


def inner_imports(module: Module) -> Iterator[str]:
    """Yield what a dashboard module imports of the simulator beyond results and shared words."""
    for line, name in imported(module):
        parts = name.split(".")
        if parts[0] == "tengesim" and parts[1:] and parts[1] not in SHOWN_BY_DASHBOARDS:
            yield f"{line}: imports {name}; a page shows results, it does not make them"


def dashboard_imports(module: Module) -> Iterator[str]:
    """Yield imports of the dashboard by anything but the command line."""
    if module.parts[1] == "cli":
        return
    for line, name in imported(module):
        if name.split(".")[0] in {"dash", "dashboards"}:
            yield f"{line}: imports {name}; only the command line opens the dashboard"


def test_every_package_of_tengesim_has_a_layer() -> None:
    """Goal: no package escapes the contract. Method: the folder against the layers."""
    present = {
        path.stem if path.is_file() else path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    } - {"__init__"}
    assert present - set(level_of_each_name()) == set()


def test_imports_point_downwards() -> None:
    """Goal: the core knows nothing of its users. Method: each import against the layers."""
    hold(upward_imports, modules("src/tengesim"))


def test_the_dashboard_imports_results_and_shared_words_only() -> None:
    """Goal: pages cannot reach into the core. Method: their imports against a short list."""
    hold(inner_imports, modules("dashboards"))


def test_only_the_command_line_imports_the_dashboard() -> None:
    """Goal: the simulator runs without a browser. Method: every import below the command line."""
    hold(dashboard_imports, modules("src/tengesim"))


def test_planted_imports_are_found() -> None:
    """Goal: the rules can fail. Method: one violation of each kind."""
    upward = parsed("from tengesim.store import write", "src/tengesim/ledger/book.py")
    sideways = parsed("import tengesim.rules", "src/tengesim/ledger/book.py")
    downward = parsed("from tengesim import money", "src/tengesim/ledger/book.py")
    assert len(list(upward_imports(upward))) == 1
    assert len(list(upward_imports(sideways))) == 1
    assert list(upward_imports(downward)) == []
    inner = parsed("from tengesim.engine.world import World", "dashboards/app.py")
    assert len(list(inner_imports(inner))) == 1
    assert len(list(dashboard_imports(parsed("import dashboards.app")))) == 1


def test_the_import_contracts_hold() -> None:
    """Goal: chains of imports obey the layers too. Method: import-linter, as in CI."""
    pytest.importorskip("importlinter", reason="import-linter comes with the extra `dev`")
    command = Path(sys.executable).with_name("lint-imports")
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [str(command), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
