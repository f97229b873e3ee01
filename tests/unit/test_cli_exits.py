"""How the program ends when the world outside it acts: signals, full disks, limits, terminals."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tengesim import errors
from tests.worlds import HEADCOUNT, MARKED, SMALL

TINY: Final = tuple(part for setting in SMALL for part in ("--set", setting))
PROGRAM: Final = (sys.executable, "-m", "tengesim")
SECONDS_MAX: Final = 60
ENDS_MAX_S: Final = 30
"""Of an interrupted run, on a machine that does much else."""
# The promise is 2 s on an idle machine; tests share theirs with others.
REFUSAL_CPU_S: Final = 2.0
REFUSAL_BYTES: Final = 300 * 2**20


def ended(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        (*prefix, *PROGRAM, *arguments),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def kept(folder: Path) -> list[str]:
    """Return the visible names in a folder, none when it is not there."""
    return sorted(p.name for p in folder.iterdir() if p.name[0] != ".") if folder.is_dir() else []


@pytest.mark.parametrize("day", [1, 30])
def test_an_interrupted_run_ends_with_130_and_leaves_no_run(day: int, tmp_path: Path) -> None:
    """Goal: R-16. Method: SIGINT at two simulated days; exit, time to end, folder, stderr."""
    with subprocess.Popen(
        (*PROGRAM, "run", MARKED, *TINY, "--json", "--progress-json"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if json.loads(line)["done"] >= day:
                break
        started = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=SECONDS_MAX)
    if running.returncode == 0:
        # It had finished before the signal came; then it is whole.
        assert ended("verify", kept(tmp_path / "runs")[0], cwd=tmp_path).returncode == 0
        return
    assert running.returncode == errors.EXIT_INTERRUPTED
    assert out == ""
    assert "Traceback" not in err
    assert "interrupted" in err
    assert time.monotonic() - started < ENDS_MAX_S
    assert kept(tmp_path / "runs") == []
    listed = ended("runs", "list", cwd=tmp_path)
    assert listed.stdout == "no runs in runs\n"


def is_root() -> bool:
    """Return whether permissions mean nothing to this program."""
    return os.geteuid() == 0


def test_a_folder_that_cannot_be_written_ends_with_74(tmp_path: Path) -> None:
    """Goal: read-only disk. Method: a folder that may not be written to."""
    prefix: tuple[str, ...] = ()
    if is_root():
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and setpriv is not there to give that up")
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    done = ended("run", HEADCOUNT, *TINY, "--out", "locked", "--json", cwd=tmp_path, prefix=prefix)
    assert done.returncode == errors.EXIT_DISK
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Permission denied" in done.stderr
    assert list(locked.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_a_place_that_is_no_folder_ends_with_74(place: str, tmp_path: Path) -> None:
    """Goal: disk faults are named. Method: a file, a path below it, a place without room."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = ended("run", HEADCOUNT, *TINY, "--out", place, "--json", cwd=tmp_path)
    assert done.returncode == errors.EXIT_DISK
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_disk_that_fills_up_ends_with_74_and_keeps_what_was_there(tmp_path: Path) -> None:
    """Goal: R-17. Method: files limited to 8 kB after a first run is stored; then room again."""
    first = json.loads(ended("run", HEADCOUNT, *TINY, "--json", cwd=tmp_path).stdout)
    limited = ("prlimit", "--fsize=8192") if shutil.which("prlimit") else ()
    if not limited:
        pytest.skip("prlimit is not there to limit the size of files")
    full = ended("run", MARKED, *TINY, "--json", cwd=tmp_path, prefix=limited)
    assert full.returncode == errors.EXIT_DISK
    assert len(full.stderr.splitlines()) == 1
    assert kept(tmp_path / "runs") == [Path(first["run"]).name]
    assert ended("verify", first["run"], cwd=tmp_path).returncode == 0
    assert ended("run", MARKED, *TINY, "--json", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("arguments", [("list",), ("run", HEADCOUNT, *TINY, "--json")])
def test_a_full_standard_output_ends_with_74(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Goal: an answer nobody got is no success. Method: write to a device that is full."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            (*PROGRAM, *arguments),
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    assert done.returncode == errors.EXIT_DISK
    assert "Traceback" not in done.stderr


def test_a_reader_that_went_away_is_no_crash(tmp_path: Path) -> None:
    """Goal: `tengesim schema | head`. Method: close the pipe unread; no traceback, no report."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            (*PROGRAM, "schema"),
            cwd=tmp_path,
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    assert done.returncode != errors.EXIT_INVARIANT
    assert "Traceback" not in done.stderr
    assert "crash" not in done.stderr


MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu_s, peak_bytes = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
print(json.dumps([done.returncode, done.stderr, cpu_s, peak_bytes]))
"""
"""A small Python between: a program inherits the peak memory of whoever starts it."""


def measured(arguments: list[str], folder: Path) -> tuple[int, str, float, int]:
    """Return how the program ended, what it said on stderr, and the time and memory it took."""
    told = subprocess.run(
        (sys.executable, "-c", MEASURE, *PROGRAM, *arguments),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    code, said, cpu_s, peak_bytes = json.loads(told.stdout)
    return code, said, cpu_s, peak_bytes


def huge(*names: str) -> list[str]:
    """Return settings that ask for 10⁹ of each."""
    settings = ["population.scale=1"]
    for name in names:
        for end, count in (("low", "1"), ("value", "1000000000"), ("high", "1000000000")):
            settings.append(f"population.{name}.{end}={count} {name}")
    return [part for setting in settings for part in ("--set", setting)]


@pytest.mark.parametrize(
    "names", [("pupils",), ("pupils", "schools"), ("pupils", "schools", "caterers")]
)
def test_a_world_too_large_is_refused_before_it_is_built(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    """Goal: R-30. Method: 10⁹ of each at scale 1; exit 3, one line, little time and memory."""
    code, said, cpu_s, peak_bytes = measured(["run", MARKED, *huge(*names), "--json"], tmp_path)
    assert code == errors.EXIT_SIZE, said
    assert len(said.splitlines()) == 1
    assert re.search(r"1,000,000,000 pupils need .*lower population\.scale to 0\.00\d+", said)
    assert cpu_s < REFUSAL_CPU_S
    assert peak_bytes < REFUSAL_BYTES
    assert kept(tmp_path / "runs") == []


def test_a_world_too_large_is_refused_under_a_limit_of_memory(tmp_path: Path) -> None:
    """Goal: R-30, refusal instead of the killer. Method: 10⁹ pupils with 1 GiB to live in."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not there to limit memory")
    limited = ("prlimit", f"--as={2**30}")
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = ended("run", MARKED, *huge("pupils"), cwd=tmp_path, prefix=limited, env=one_thread)
    assert done.returncode == errors.EXIT_SIZE, done.stderr


def in_terminal(*arguments: str, cwd: Path, env: dict[str, str]) -> str:
    """Return everything the program shows on a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        (*PROGRAM, *arguments),
        cwd=cwd,
        env={**os.environ, "TERM": "xterm-256color", **env},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        close_fds=True,
    ) as running:
        os.close(slave)
        shown = b""
        # Linux says EIO once the other end of a terminal is closed.
        with suppress(OSError):
            while piece := os.read(master, 4096):
                shown += piece
        running.wait(timeout=SECONDS_MAX)
    os.close(master)
    return shown.decode()


def colours(text: str) -> list[str]:
    """Return the colour codes in what a terminal was sent."""
    codes = [code for found in re.findall(r"\x1b\[([\d;]*)m", text) for code in found.split(";")]
    return [code for code in codes if code and 30 <= int(code) <= 107]


def test_no_color_is_honoured_on_a_terminal(tmp_path: Path) -> None:
    """Goal: NO_COLOR. Method: a run on a terminal, its bar in colour and without."""
    plain = in_terminal("run", HEADCOUNT, *TINY, cwd=tmp_path, env={"NO_COLOR": "1"})
    assert "simulated days" in plain
    assert colours(plain) == []
    bright = in_terminal("run", MARKED, *TINY, cwd=tmp_path, env={"COLORTERM": "truecolor"})
    assert colours(bright) != []


@pytest.mark.parametrize("arguments", [("run", HEADCOUNT, *TINY), ("run", "nothing"), ("--help",)])
def test_nothing_but_text_is_written_to_files(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Goal: logs are readable. Method: no escape codes when neither stream is a terminal."""
    done = ended(*arguments, cwd=tmp_path, env={"FORCE_COLOR": "", "TERM": "xterm-256color"})
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == done.stderr.lstrip()


def test_the_module_and_the_command_are_one_program(tmp_path: Path) -> None:
    """Goal: `python -m tengesim`. Method: the same list, also from a folder with traps in it."""
    (tmp_path / "simpy.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    (tmp_path / "dashboards").mkdir()
    script = Path(sys.executable).with_name("tengesim")
    by_script = subprocess.run(
        [script, "list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    by_module = ended("list", cwd=tmp_path)
    assert (by_script.returncode, by_module.returncode) == (0, 0)
    assert by_script.stdout == by_module.stdout
    assert MARKED in by_module.stdout
