"""A wheel installed alone works, also in a folder that has a `dashboards` of its own.

The scenarios come out of the wheel, and the page is ours and not the one in the working folder.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.fresh import (
    ROOT,
    environment,
    free_port,
    interpreters,
    namesake,
    run,
    served,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that holds the wheel alone, and a folder to work in."""

    commands: Path
    folder: Path
    env: dict[str, str]

    def ways(self) -> list[list[str]]:
        """Return the two ways to call the program."""
        return [
            [str(self.commands / "tengesim")],
            [str(self.commands / "python"), "-m", "tengesim"],
        ]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel, install it with nothing else, and make a working folder with a namesake."""
    base = tmp_path_factory.mktemp("wheel") / "a folder with spaces"
    folder = namesake(base)
    env = environment(interpreters()[-1], base / "python")
    commands = base / "environment" / "bin"
    run(["python3", "-m", "venv", str(base / "environment")], base, env)
    pip = str(commands / "pip")
    run([pip, "wheel", "-q", "--no-deps", "-w", str(base / "wheels"), str(ROOT)], base, env)
    (wheel,) = (base / "wheels").glob("tengesim-*.whl")
    run([pip, "install", "-q", "-c", str(ROOT / "constraints.txt"), str(wheel)], base, env)
    return Installed(commands, folder, env)


def test_the_wheel_lists_the_scenarios_it_carries(installed: Installed) -> None:
    """Goal: the scenarios are inside. Method: `list` names every file of scenarios/."""
    shipped = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    for way in installed.ways():
        listed = run([*way, "list"], installed.folder, installed.env).splitlines()
        assert {line.split()[0] for line in listed} >= {"school_meals"}
        assert {line.split()[0] for line in listed} <= shipped


def test_the_wheel_runs_a_scenario(installed: Installed) -> None:
    """Goal: a run without a checkout. Method: a small run, then verify its folder."""
    command = installed.ways()[0]
    printed = run(
        [*command, "run", "school_meals", "--set", "population.scale=0.005", "--json"],
        installed.folder,
        installed.env,
    )
    done = json.loads(printed)
    assert done["payments"] > 0
    run([*command, "verify", done["run"]], installed.folder, installed.env)


@pytest.mark.parametrize("way", [0, 1], ids=["command", "module"])
def test_the_wheel_plays_its_own_dashboard(installed: Installed, way: int) -> None:
    """Goal: a folder named dashboards does not stand in for ours. Method: ask for the page."""
    port = free_port()
    command = [*installed.ways()[way], "play", "--no-browser", "--port", str(port)]
    with served(command, installed.folder, installed.env, port=port, within_s=60) as status:
        assert status == 200
