"""Claims about findings and errors: one line each, one argument each, every code explained."""

import ast
import pickle
import re
from pathlib import Path

import pytest

import tengesim
from tengesim import errors
from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES

SOURCES = sorted(Path(tengesim.__file__).parent.rglob("*.py"))
# What makes a finding; the code is its first or second argument.
MAKERS = {"Fact", "Finding", "_find", "located", "refusal"}
CODE = re.compile(r"[A-Z]{2,}(_[A-Z0-9]+)*")


def words(tree: ast.AST) -> set[str]:
    """Return every text constant of a module."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def codes_made(tree: ast.AST) -> set[str]:
    """Return the codes that a module gives to what makes a finding."""
    made = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in MAKERS:
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            made |= {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}
    return made


def trees() -> list[ast.AST]:
    """Return the modules of the package, the catalogue itself left out."""
    found = [path for path in SOURCES if path.parent.name != "findings"]
    return [ast.parse(path.read_text("utf-8")) for path in found]


def test_every_code_that_is_made_is_explained() -> None:
    """`tengesim explain` knows every code that can be met."""
    made = set().union(*(codes_made(tree) for tree in trees()))
    assert len(made) > 30
    assert made - FINDING_CODES.keys() == set()


def test_every_explained_code_can_be_met() -> None:
    """A page about something that never happens misleads."""
    assert FINDING_CODES.keys() - set().union(*(words(tree) for tree in trees())) == set()


@pytest.mark.parametrize("code", sorted(FINDING_CODES))
def test_a_page_says_what_is_expected_and_what_to_do(code: str) -> None:
    """Each page has its four parts, and the sentences are sentences."""
    page = FINDING_CODES[code]
    assert CODE.fullmatch(code)
    assert page.title[0].isupper()
    assert not page.title.endswith(".")
    assert page.what.endswith(".")
    assert page.expected
    assert page.do


def test_a_finding_is_one_line_from_the_place_to_the_code() -> None:
    """The order is the one that editors and terminals make clickable."""
    finding = Finding(
        "RANGE", "it is\nout of range", "a.yaml", 3, "seed", "zero or more", "correct it"
    )
    assert finding.render() == (
        "a.yaml:3: seed: it is out of range; expected zero or more; correct it  [RANGE]"
    )
    assert Finding("RANGE", "it is out of range").render() == "it is out of range  [RANGE]"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SizeError, 3),
        (errors.StoreError, 4),
        (errors.InvariantError, 70),
        (errors.DiskError, 74),
    ],
)
def test_errors_survive_a_worker_with_their_message(kind: type[Exception], code: int) -> None:
    """SimPy and worker pools make an error again from its single argument."""
    error = kind("told")
    assert str(type(error)(*error.args)) == "told"
    assert str(pickle.loads(pickle.dumps(error))) == "told"  # noqa: S301 (made two lines above)
    assert getattr(kind, "exit_code", None) == code


def test_a_scenario_error_keeps_its_findings_through_a_worker() -> None:
    """All findings reach the command line, wherever they were found."""
    error = ScenarioError([Finding("RANGE", "one"), Finding("RANGE", "two")])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (made one line above)
    assert again.findings == error.findings
    assert str(again) == "one  [RANGE]\ntwo  [RANGE]"
