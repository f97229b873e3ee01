"""Arms run in processes of their own, are watched, and never outlive the page."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dashboards.jobs import Arm, Jobs, Snapshot
from dashboards.shown import FinishedArm
from dashboards.study import Study

WAIT_S = 30.0


def waited(condition: Callable[[], bool], seconds: float = WAIT_S) -> bool:
    """Return whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return a maker of commands that do what is written instead of simulating."""

    def make(text: str) -> list[str]:
        script = tmp_path / "made_up.py"
        script.write_text(textwrap.dedent(text), encoding="utf-8")
        return [sys.executable, str(script)]

    return make


def jobs_of(
    command: Sequence[str],
    tmp_path: Path,
    *,
    names: Sequence[str] = ("one", "two"),
    build: Callable[[Sequence[FinishedArm]], Study] | None = None,
) -> Jobs:
    """Return jobs for arms of these names."""

    def refuse(finished: Sequence[FinishedArm]) -> Study:
        raise ValueError(f"made of {[arm.folder.name for arm in finished]}")

    arms = [Arm(name, f"Arm {name}", name) for name in names]
    return Jobs(arms, out=tmp_path, build=build or refuse, command=command)


def states(snapshot: Snapshot) -> list[str]:
    """Return the state of every arm."""
    return [one.state for one in snapshot.arms]


def test_arms_report_progress_and_hand_over_their_folders(
    command: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """Goal: the page follows the runs. Method: a command that reports and names a folder."""
    told = command("""
        import json, sys
        name = sys.argv[2]
        assert sys.argv[1] == "run" and "--progress-json" in sys.argv, sys.argv
        sys.stderr.write("a warning that is no progress\\n")
        for done in range(1, 4):
            sys.stderr.write(json.dumps({"done": done, "total": 3}) + "\\n")
        print(json.dumps({"run": "runs/" + name, "metrics": {}}))
    """)
    jobs = jobs_of(told, tmp_path)
    jobs.start()
    assert waited(lambda: bool(jobs.snapshot().failure))
    snapshot = jobs.snapshot()
    assert states(snapshot) == ["done", "done"]
    assert [(one.done, one.total) for one in snapshot.arms] == [(3, 3), (3, 3)]
    assert snapshot.failure == "made of ['one', 'two']"
    assert not snapshot.is_ready
    jobs.close()


def test_an_arm_that_fails_says_what_the_command_line_said(
    command: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """Goal: no silent failure. Method: one arm ends with findings, the other is done."""
    told = command("""
        import json, sys
        if sys.argv[2] == "one":
            sys.stderr.write('{"done": 1, "total": 9}\\nthe file says <b>no</b>\\n')
            sys.exit(1)
        print(json.dumps({"run": "runs/two"}))
    """)
    jobs = jobs_of(told, tmp_path)
    jobs.start()
    assert waited(lambda: states(jobs.snapshot()) == ["failed", "done"])
    assert jobs.snapshot().arms[0].message == "the file says <b>no</b>"
    assert jobs.study() is None
    jobs.close()


@pytest.mark.parametrize("answer", ["", "not json", "[]", '{"run": 3}', '{"run": ""}', "null"])
def test_an_answer_that_names_no_folder_is_a_failure(
    command: Callable[[str], list[str]], tmp_path: Path, answer: str
) -> None:
    """Goal: nothing is guessed. Method: answers that are none."""
    jobs = jobs_of(command(f"print({answer!r})"), tmp_path, names=["one"])
    jobs.start()
    assert waited(lambda: states(jobs.snapshot()) == ["failed"])
    assert jobs.snapshot().arms[0].message == "exit code 0"
    jobs.close()


@pytest.mark.parametrize(
    "line", ['{"done": 5, "total": 3}', '{"done": true, "total": 3}', '{"done": "1"}', "[1, 2]"]
)
def test_strange_progress_is_taken_for_text(
    command: Callable[[str], list[str]], tmp_path: Path, line: str
) -> None:
    """Goal: bars never lie. Method: lines that are almost progress."""
    jobs = jobs_of(
        command(f"import sys\nsys.stderr.write({line!r})\nsys.exit(3)"), tmp_path, names=["one"]
    )
    jobs.start()
    assert waited(lambda: states(jobs.snapshot()) == ["failed"])
    assert jobs.snapshot().arms[0].message == line
    jobs.close()


def test_a_command_that_does_not_exist_is_a_failure(tmp_path: Path) -> None:
    """Goal: no traceback in a thread nobody reads. Method: a name that is no program."""
    jobs = jobs_of([str(tmp_path / "missing")], tmp_path, names=["one"])
    jobs.start()
    assert waited(lambda: states(jobs.snapshot()) == ["failed"])
    assert "missing" in jobs.snapshot().arms[0].message
    jobs.close()


def test_stored_runs_are_shown_without_running_anything(tmp_path: Path) -> None:
    """Goal: what is there is used. Method: arms with folders and a command that cannot run."""
    seen: list[FinishedArm] = []

    def build(finished: Sequence[FinishedArm]) -> Study:
        seen.extend(finished)
        raise ValueError("seen")

    arms = [Arm("a", "A", "name", tmp_path / "stored")]
    jobs = Jobs(arms, out=tmp_path, build=build, command=["no such program"])
    jobs.start()
    assert waited(lambda: jobs.snapshot().failure == "seen")
    assert seen == [FinishedArm("a", "A", tmp_path / "stored")]
    jobs.close()


def is_alive(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        with Path(f"/proc/{pid}/stat").open(encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_closing_ends_children_that_will_not_end(
    command: Callable[[str], list[str]], tmp_path: Path
) -> None:
    """Goal: nothing is left running. Method: a child that ignores the polite signal."""
    stubborn = command(f"""
        import os, pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
        time.sleep(600)
    """)
    jobs = jobs_of(stubborn, tmp_path, names=["one"])
    jobs.start()
    pid_file = tmp_path / "pid"
    assert waited(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    assert is_alive(pid)
    jobs.close()
    assert waited(lambda: not is_alive(pid), 5)
    assert waited(lambda: states(jobs.snapshot()) == ["failed"], 5)


PARENT = """
import sys, time
from pathlib import Path
from dashboards.jobs import Arm, Jobs

def build(finished):
    raise ValueError("unused")

arm = Arm("big", "Big", "school_meals")
jobs = Jobs([arm], out=Path(sys.argv[1]), build=build)
jobs.start()
while jobs.snapshot().arms[0].total == 0:
    time.sleep(0.05)
print(jobs._children[0].pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_ends_with_the_page_however_that_ended(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Goal: no orphan simulates on. Method: kill the parent while its child runs a scenario."""
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(number)
        parent.wait(10)
        assert waited(lambda: not is_alive(child), 10)
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout is not None:
            parent.stdout.close()
    finished = [path for path in (tmp_path / "runs").glob("*") if (path / "manifest.json").exists()]
    assert finished == []
