"""The README's two commands do all the set-up in a fresh clone, whatever the folder is called.

Tried with the oldest and with the newest Python of the machine. A checkout with changes that are
not committed is tested as committed, because that is what a newcomer gets.
"""

import shutil
import subprocess
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
from tests.packaging.readme import play_command, suite_command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# The whole suite is a stage of its own in CI; here only that the command starts it, and that
# tests of both kinds, of the checkout and of the simulator, find what they need.
FEW_TESTS = "tests/packaging tests/architecture/test_tracked_files.py tests/unit/test_money.py"


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
    """Goal: one line from the README is enough. Method: run both; also play beside a namesake."""
    found = interpreters()
    if which == -1 and len(found) == 1:
        pytest.skip("this machine has one suitable Python, which the first case tested")
    env = environment(found[which], clone.parent / "python")
    port = free_port()
    play = f"{play_command()} --no-browser --port {port}"
    with served(["bash", "-c", play], clone, env, port=port, within_s=400) as status:
        assert status == 200
    study = namesake(clone.parent)
    module = [str(clone / ".venv" / "bin" / "python"), "-m", "tengesim", "play", "--no-browser"]
    port = free_port()
    with served([*module, "--port", str(port)], study, env, port=port, within_s=60) as status:
        assert status == 200
    assert " passed" in run(["bash", "-c", f"{suite_command()} {FEW_TESTS}"], clone, env)
