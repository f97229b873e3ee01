"""The README's two commands do all the set-up in a fresh clone, whatever the folder is called.

Tried with the oldest and with the newest Python of the machine. A checkout with changes that are
not committed is tested as committed, because that is what a newcomer gets.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.fresh import ROOT, environment, free_port, interpreters, run, served
from tests.packaging.readme import play_command, suite_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOREIGN = 'raise RuntimeError("this is the dashboards package of the user, not of tengesim")\n'
# The whole suite is a stage of its own in CI; here only that the command starts it.
FEW_TESTS = "tests/architecture tests/packaging"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Clone the committed state into a folder with spaces in its name."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so there is nothing to clone")
    folder = tmp_path / "a folder with spaces" / "tengesim"
    subprocess.run([git, "clone", "-q", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("which", [0, -1], ids=["oldest", "newest"])
def test_both_readme_commands_work_in_a_fresh_clone(clone: Path, which: int) -> None:
    """Goal: one line from the README is enough. Method: run both, ask for the page."""
    found = interpreters()
    if which == -1 and len(found) == 1:
        pytest.skip("this machine has one suitable Python, which the first case tested")
    env = environment(found[which], clone.parent / "python")
    port = free_port()
    play = f"{play_command()} --no-browser --port {port}"
    with served(["bash", "-c", play], clone, env, port=port, within_s=400) as status:
        assert status == 200
    assert " passed" in run(["bash", "-c", f"{suite_command()} {FEW_TESTS}"], clone, env)


def test_a_checkout_plays_its_own_dashboard_from_any_folder(clone: Path, tmp_path: Path) -> None:
    """Goal: an editable install is not shadowed either. Method: start beside a namesake."""
    env = environment(interpreters()[0], clone.parent / "python")
    install = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e ."
    run(["bash", "-c", install], clone, env)
    folder = tmp_path / "study"
    (folder / "dashboards").mkdir(parents=True)
    (folder / "dashboards" / "__init__.py").write_text(FOREIGN, encoding="utf-8")
    port = free_port()
    command = [str(clone / ".venv" / "bin" / "python"), "-m", "tengesim", "play", "--no-browser"]
    with served([*command, "--port", str(port)], folder, env, port=port, within_s=60) as status:
        assert status == 200
