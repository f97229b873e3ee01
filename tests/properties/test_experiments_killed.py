"""Campaigns that are killed, interrupted, crowded or out of room lose and repeat nothing.

The program is a real one, killed with its workers left behind, as a machine that runs out of
memory does it. What it must leave is compared byte by byte with a campaign nobody disturbed.
"""

import json
import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tengesim.errors import EXIT_DISK, EXIT_INTERRUPTED, EXIT_OK, EXIT_STORE
from tengesim.store.campaigns import open_campaign
from tengesim.store.replications import replications_folder
from tests.campaigns import arguments, environment, files_of, looks_of, started, wait_until
from tests.worlds import HEADCOUNT, MARKED

OPTIONS = ("--replications", "8", "--draws", "4", "--workers", "2", "--json")
KILLS_DEFAULT = 3
KILLS = 20


def finished(out: Path) -> dict[str, tuple[int, int]]:
    """Return the finished replications below a folder of runs, and when each was written."""
    return looks_of(replications_folder(out))


def answer_of(out: Path) -> dict[str, object]:
    """Return what an undisturbed campaign prints."""
    done = subprocess.run(
        arguments(HEADCOUNT, MARKED, out=out, options=OPTIONS),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXIT_OK, done.stderr
    return dict(json.loads(done.stdout))


def kill_and_repeat(out: Path, kills: int, seed: int) -> int:
    """Kill a campaign at random moments; return how many kills found it at work.

    After every kill what was finished before must still be the same file: had it been computed
    again, it would have been written again.
    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    seen: dict[str, tuple[int, int]] = {}
    struck = 0
    for _ in range(kills):
        program = started(arguments(HEADCOUNT, MARKED, out=out, options=OPTIONS))
        try:
            program.wait(chance.uniform(0.3, 3.0))
        except subprocess.TimeoutExpired:
            struck += 1
        program.kill()
        program.communicate()
        # Workers end with their parent; one may still finish the file it is writing.
        now = finished(out)
        assert seen.items() <= now.items()
        seen = now
    return struck


def check_killed(tmp_path: Path, kills: int) -> None:
    """Compare a campaign that was killed with one that was not."""
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    expected = answer_of(quiet)
    assert kill_and_repeat(disturbed, kills, seed=kills) > 0
    before = finished(disturbed)
    found = answer_of(disturbed)
    assert before.items() <= finished(disturbed).items()
    assert found["ensemble_digest"] == expected["ensemble_digest"]
    assert files_of(disturbed) == files_of(quiet)


def test_a_campaign_killed_at_random_moments_ends_with_the_same_files(tmp_path: Path) -> None:
    """Goal: nothing lost, nothing twice. Method: kill -9 a few times, then every byte."""
    check_killed(tmp_path, KILLS_DEFAULT)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_campaign_killed_twenty_times_ends_with_the_same_files(tmp_path: Path) -> None:
    """Goal: the same under many kills. Method: kill -9 twenty times, then every byte."""
    check_killed(tmp_path, KILLS)


def test_no_worker_outlives_a_killed_campaign(tmp_path: Path) -> None:
    """Goal: nothing runs on unseen. Method: kill -9 the parent, look for its workers."""
    program = started(arguments(HEADCOUNT, MARKED, out=tmp_path, options=OPTIONS))
    try:
        assert wait_until(lambda: len(finished(tmp_path)) > 0)
        workers = children_of(program.pid)
    finally:
        program.kill()
        program.communicate()
    assert workers
    assert wait_until(lambda: not any(map(is_running, workers)), seconds=30)


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path) -> None:
    """Goal: Ctrl-C costs nothing. Method: SIGINT, exit 130, no worker left, then go on."""
    program = started(arguments(HEADCOUNT, MARKED, out=tmp_path, options=OPTIONS))
    assert wait_until(lambda: len(finished(tmp_path)) > 2)
    workers = children_of(program.pid)
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert program.returncode == EXIT_INTERRUPTED
    assert "Traceback" not in said
    assert "interrupted" in said
    assert "finished replications are kept" in said
    assert wait_until(lambda: not any(map(is_running, workers)), seconds=30)
    before = finished(tmp_path)
    assert before
    answer_of(tmp_path)
    assert before.items() <= finished(tmp_path).items()


def test_a_second_campaign_waits_and_loses_nothing(tmp_path: Path) -> None:
    """Goal: two at once are safe. Method: start two; each replication is written once."""
    both = [started(arguments(HEADCOUNT, MARKED, out=tmp_path, options=OPTIONS)) for _ in range(2)]
    answers = [program.communicate(timeout=100) for program in both]
    codes = sorted(program.returncode for program in both)
    assert codes in ([EXIT_OK, EXIT_OK], [EXIT_OK, EXIT_STORE])
    printed = [json.loads(out) for out, _ in answers if out]
    assert len({one["ensemble_digest"] for one in printed}) == 1
    refused = [said for out, said in answers if not out]
    assert all("another campaign is being computed" in said for said in refused)
    open_campaign(Path(printed[0]["campaign"]))


@pytest.mark.skipif(os.name != "posix", reason="limits of files are those of POSIX")
def test_a_disk_without_room_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    """Goal: exit 74, then go on. Method: files may not grow beyond some kB, then they may."""
    out = tmp_path / "runs"
    limited = ["bash", "-c", 'ulimit -f 12; exec "$@"', "bash"]
    done = subprocess.run(
        [*limited, *arguments(HEADCOUNT, MARKED, out=out, options=OPTIONS)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXIT_DISK, done.stderr
    assert "Traceback" not in done.stderr
    assert "make room" in done.stderr
    assert not list(out.glob("campaigns/*/campaign.json"))
    before = finished(out)
    answer_of(out)
    assert before.items() <= finished(out).items()


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that waits for its parent's notice does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
