"""The commands that people and CI type are one text, and install what was tested."""

import tomllib

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.fresh import ROOT
from tests.packaging.readme import play_command, suite_command

PYTHONS = ("3.11", "3.12", "3.13")


def declared() -> dict[str, Requirement]:
    """Return every requirement of pyproject.toml, extras too, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        texts += extra
    return {canonicalize_name(one.name): one for one in map(Requirement, texts)}


def pinned(python: str) -> dict[str, str]:
    """Return the version of each package in constraints.txt for one Python on Linux."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    system = {"python_full_version": f"{python}.0", "python_version": python}
    system |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    found: dict[str, str] = {}
    for requirement in (Requirement(line) for line in lines if line and line[0] != "#"):
        marker: Marker | None = requirement.marker
        if marker is None or marker.evaluate(system):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            name = canonicalize_name(requirement.name)
            assert name not in found
            found[name] = pin.version
    return found


def test_the_readme_holds_the_two_promised_commands() -> None:
    """Goal: one line is enough. Method: the lines of README.md against the promise."""
    install = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e"
    assert play_command() == f"{install} . && .venv/bin/tengesim play"
    assert suite_command() == f"{install} '.[test]' && .venv/bin/python -m pytest -q"


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """Goal: CI proves what people type. Method: the command stands in .ci/run as it is."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert suite_command() in (line.strip() for line in lines)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_within_its_bounds(python: str) -> None:
    """Goal: constraints fit pyproject. Method: each requirement contains its pinned version."""
    versions = pinned(python)
    wrong = {
        name: versions.get(name)
        for name, requirement in declared().items()
        if versions.get(name) is None or not requirement.specifier.contains(versions[name])
    }
    assert wrong == {}


def test_every_dependency_has_a_floor_and_stops_before_a_major_version() -> None:
    """Goal: no untested version is let in. Method: one `>=` and one `<` for each."""
    bounds = {
        name: sorted(one.operator for one in requirement.specifier)
        for name, requirement in declared().items()
    }
    assert {name: found for name, found in bounds.items() if found != ["<", ">="]} == {}


def test_the_header_of_the_constraints_says_how_they_were_made() -> None:
    """Goal: anyone can make them anew. Method: the command stands in the first lines."""
    header = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[:4]
    assert any("uv pip compile pyproject.toml --universal --all-extras" in line for line in header)
