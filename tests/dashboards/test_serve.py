"""The server takes one port of this machine, answers at once, and takes everything down with it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.arms import arms_of
from dashboards.serve import _QUIET_SECONDS, check_host, serve
from tengesim.errors import DiskError, ScenarioError
from tests.studies import ARMS

SLOW_S = 15
"""Less than the server gives a client that says nothing."""
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    "HOST": "0.0.0.0",  # noqa: S104 - what the page must not obey
    "DASH_DEBUG": "true",
}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.kz", "", "::"])  # noqa: S104
def test_only_this_machine_is_served(host: str) -> None:
    """Goal: no page without a login on a network. Method: other addresses, and what is said."""
    with pytest.raises(ValueError, match=r"expected 127\.0\.0\.1"):
        check_host(host)


def test_a_port_in_use_is_said_before_anything_runs(tmp_path: Path) -> None:
    """Goal: no simulation for nothing. Method: take the port first."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DiskError, match=rf"port {port} .* --port"):
            serve([], out=tmp_path, port=port, open_browser=False)
    assert list(tmp_path.iterdir()) == []


def test_a_study_brings_all_its_arms_and_each_once(tmp_path: Path) -> None:
    """Goal: `play` shows the comparison. Method: name a scenario, then two of one study."""
    arms = arms_of(["school_meals"], tmp_path)
    assert [(arm.id, arm.scenario) for arm in arms] == list(ARMS.items())
    assert arms_of(["school_meals", "school_meals_headcount"], tmp_path) == arms


def test_an_unknown_scenario_is_a_finding(tmp_path: Path) -> None:
    """Goal: one clear message. Method: a name with a slip."""
    with pytest.raises(ScenarioError, match="school_meals"):
        arms_of(["school_meal"], tmp_path)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return `tengesim play` on a free port, stopped afterwards."""
    command = [sys.executable, "-m", "tengesim", "play", "--no-browser", "--port", "0"]
    started = subprocess.Popen(
        [*command, "--out", str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd=tmp_path,
    )
    yield started
    started.kill()
    started.communicate()


def address_of(player: subprocess.Popen[str]) -> str:
    """Return the address that the program prints."""
    assert player.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/", player.stdout.readline())
    assert found is not None
    return found[0]


def fetched(address: str) -> str:
    """Return what stands at an address."""
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - our own address
        text: str = answer.read().decode()
        return text


def test_the_page_is_there_at_once_and_ends_quietly(player: subprocess.Popen[str]) -> None:
    """Goal: a page before any run is done. Method: start, fetch, interrupt, look at the code."""
    address = address_of(player)
    page = fetched(address)
    assert 'data-waiting="true"' in page
    progress = json.loads(fetched(f"{address}progress.json"))
    assert len(progress["arms"]) == len(ARMS)
    assert not progress["is_ready"]
    player.send_signal(signal.SIGINT)
    _, said = player.communicate(timeout=60)
    assert player.returncode == 130
    assert "Traceback" not in said


def test_a_request_is_answered_while_others_are_slow(player: subprocess.Popen[str]) -> None:
    """Goal: slow clients cannot stop the page. Method: forty half requests, then a whole one."""
    address = address_of(player)
    port = int(address.rstrip("/").rpartition(":")[2])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    try:
        for one in slow:
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        started = time.monotonic()
        assert json.loads(fetched(f"{address}progress.json"))["failure"] == ""
        # Who waits for the slow ones waits until they are given up.
        assert SLOW_S < _QUIET_SECONDS
        assert time.monotonic() - started < SLOW_S
    finally:
        for one in slow:
            one.close()
