"""The core decides with integers and touches neither clock, chance, screen nor disk.

Below the edge a run depends on nothing but the scenario and the seed; that is what makes one seed
give one log on every machine. The edge is short and written down here.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from tests.architecture.source import (
    ROOT,
    Module,
    Rule,
    dotted,
    functions,
    hold,
    imported,
    parsed,
    product,
    walk,
)

# Decisions and the log are made here: whole numbers only.
INTEGER_ONLY = (
    "src/tengesim/clock.py",
    "src/tengesim/engine/*",
    "src/tengesim/institutions/*",
    "src/tengesim/journal/*",
    "src/tengesim/ledger/*",
    "src/tengesim/money.py",
    "src/tengesim/payment.py",
    "src/tengesim/population/*",
    "src/tengesim/retail/*",
    "src/tengesim/rules/*",
)
# Floats that decide nothing: (path, a piece of the line) -> reason.
HARMLESS_FLOATS = {
    ("src/tengesim/engine/environment.py", "def timeout(self, delay: float"): "SimPy's signature",
    ("src/tengesim/engine/run.py", "phases: dict[str, float]"): "wall seconds, told and not read",
    ("src/tengesim/engine/run.py", "started: float"): "the same",
    ("src/tengesim/institutions/banks/model.py", "/ 100:g} %"): "percent in a message",
    ("src/tengesim/retail/model.py", "/ 100:g} %"): "percent in a message",
    ("src/tengesim/engine/size.py", ""): "a share in a message, after whole bytes have decided",
}
# Wall clocks that only measure: they reach timing.json, which stands outside every hash.
MEASURING = {("src/tengesim/engine/run.py", "time")}
# The edge, where files, screens and wall clocks are the work itself.
EDGE = (
    "dashboards/*",
    "src/tengesim/__main__.py",
    "src/tengesim/cli.py",
    "src/tengesim/bench/*",
    "src/tengesim/cli/*",
    # Where compiled functions are kept; what they compute does not depend on it.
    "src/tengesim/compiled.py",
    "src/tengesim/experiments/campaign.py",
    "src/tengesim/experiments/compare.py",
    "src/tengesim/experiments/conduct.py",
    "src/tengesim/experiments/ensemble.py",
    "src/tengesim/experiments/executors.py",
    "src/tengesim/experiments/fit_command.py",
    "src/tengesim/experiments/fit_market_command.py",
    "src/tengesim/experiments/replicate_command.py",
    "src/tengesim/experiments/replication.py",
    "src/tengesim/exports/*",
    "src/tengesim/installation.py",
    # What is kept of a long log waits on the disk; nothing that decides reads it.
    "src/tengesim/journal/kept.py",
    "src/tengesim/scenario/imports.py",
    "src/tengesim/scenario/load.py",
    "src/tengesim/scenario/payment_table.py",
    "src/tengesim/scenario/price_table.py",
    "src/tengesim/scenario/shipped.py",
    "src/tengesim/store/*",
)
# Where generators are made: the streams, and a model that runs are only timed against.
CHANCE = ("src/tengesim/bench/plain_simpy.py", "src/tengesim/streams.py")
IMPURE_MODULES = {
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "uuid",
}
IMPURE_CALLS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "input",
    "open",
    "os.environ.get",
    "os.getenv",
    "os.urandom",
    "print",
}
UNSAFE_MODULES = {"dill", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "os.popen", "os.system", "yaml.load"}
FOREIGN_ADDRESS = re.compile(
    r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE
)


def within(patterns: tuple[str, ...], module: Module) -> bool:
    """Return whether the module's path matches one of the patterns."""
    return any(fnmatch(module.path, pattern) for pattern in patterns)


def annotations(module: Module) -> Iterator[ast.expr]:
    """Yield every annotation of a parameter, a result or a variable."""
    for node in walk(module):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
    for function in functions(module):
        if function.returns is not None:
            yield function.returns


def floats(module: Module) -> Iterator[str]:
    """Yield annotations, numbers and divisions that let a float into a decision."""
    lines = module.text.splitlines()
    for number, what in sorted(every_float(module)):
        pieces = [piece for path, piece in HARMLESS_FLOATS if path == module.path]
        if not any(piece in lines[number - 1] for piece in pieces):
            yield f"{number}: {what}"


def every_float(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the line of each float, and what it is."""
    for annotation in annotations(module):
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id == "float":
                yield node.lineno, "an annotation says float; money, time and rates are int"
    for node in walk(module):
        match node:
            case ast.Constant(value=float(number)):
                yield node.lineno, f"{number} is a float; use whole units"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "`/` makes a float; use `//` or mul_div"
            case ast.Call(func=ast.Name(id="float")):
                yield node.lineno, "float(); use whole units"


def impurities(module: Module) -> Iterator[str]:
    """Yield clocks, global chance, screens and files."""
    for line, name in imported(module):
        top = name.split(".")[0]
        if top in IMPURE_MODULES and (module.path, top) not in MEASURING:
            yield f"{line}: imports {name}; a run depends on scenario and seed alone"
    for node in walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name in IMPURE_CALLS or ".".join(name.split(".")[-2:]) in IMPURE_CALLS:
            yield f"{node.lineno}: calls {name}; that belongs to the edge"
        elif name.startswith(("np.random.", "numpy.random.")) and not within(CHANCE, module):
            yield f"{node.lineno}: calls {name}; chance comes from tengesim.streams"


def assertions(module: Module) -> Iterator[str]:
    """Yield `assert`, which vanishes under `python -O`."""
    for node in walk(module):
        if isinstance(node, ast.Assert):
            yield f"{node.lineno}: assert vanishes under -O; raise InvariantError"


def dangers(module: Module) -> Iterator[str]:
    """Yield ways in which text from outside could be run, or markup be taken as it comes."""
    for line, name in imported(module):
        if name.split(".")[0] in UNSAFE_MODULES:
            yield f"{line}: imports {name}, which can run what it reads"
    for node in walk(module):
        if isinstance(node, ast.Call):
            if dotted(node.func) in UNSAFE_CALLS:
                yield f"{node.lineno}: calls {dotted(node.func)}"
            for keyword in node.keywords:
                if keyword.arg == "shell" and getattr(keyword.value, "value", True):
                    yield f"{node.lineno}: shell=True"
        if isinstance(node, ast.keyword) and (node.arg or "").startswith("dangerously_"):
            yield f"{node.value.lineno}: {node.arg}"


def foreign_addresses(text: str) -> list[str]:
    """Return addresses of other hosts in an asset; SVG's own name spaces are no requests."""
    return FOREIGN_ADDRESS.findall(text)


def test_no_float_reaches_a_decision() -> None:
    """Goal: equal results everywhere. Method: annotations, numbers and `/` in the core."""
    core = tuple(module for module in product() if within(INTEGER_ONLY, module))
    hold(floats, core)


def test_the_core_touches_neither_clock_nor_chance_nor_disk() -> None:
    """Goal: a run is a function of scenario and seed. Method: imports and calls by `ast`."""
    core = tuple(module for module in product() if not within(EDGE, module))
    hold(impurities, core)


def test_checks_survive_an_optimised_run() -> None:
    """Goal: invariants hold under `python -O`. Method: no `assert` in what is installed."""
    hold(assertions, product())


def test_nothing_runs_text_from_outside() -> None:
    """Goal: a scenario or a run from a stranger is only read. Method: imports and calls."""
    hold(dangers, product())


def test_no_asset_names_another_host() -> None:
    """Goal: the page works offline and tells nobody. Method: addresses in every text asset."""
    found = {}
    for path in sorted((ROOT / "dashboards" / "assets").rglob("*")):
        if path.suffix in {".css", ".html", ".js", ".json", ".mjs", ".svg"}:
            addresses = foreign_addresses(path.read_text(encoding="utf-8"))
            if addresses:
                found[path.name] = addresses
    assert found == {}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (floats, "x: dict[str, float]"),
        (floats, "def f() -> float: ..."),
        (floats, "x = a / b"),
        (floats, "x = 0.5"),
        (impurities, "import random"),
        (impurities, "from time import monotonic"),
        (impurities, "x = datetime.datetime.now()"),
        (impurities, "print('x')"),
        (impurities, "from pathlib import Path"),
        (impurities, "open('x')"),
        (impurities, "x = np.random.normal()"),
        (assertions, "assert x"),
        (dangers, "import pickle"),
        (dangers, "eval('1')"),
        (dangers, "run('ls', shell=True)"),
        (dangers, "Markdown(dangerously_allow_html=True)"),
    ],
)
def test_a_planted_impurity_is_found(rule: Rule, text: str) -> None:
    """Goal: the rules can fail. Method: one violation of each kind."""
    assert len(list(rule(parsed(text)))) == 1


def test_an_address_in_an_asset_is_found_and_a_name_space_is_not() -> None:
    """Goal: the rule can fail. Method: a font from elsewhere, and the SVG name space."""
    assert foreign_addresses("@import url(//fonts.example.com/x.css)")
    assert foreign_addresses("fetch('https://example.com/a')")
    assert not foreign_addresses('xmlns="http://www.w3.org/2000/svg" // a comment')
