"""A machine as a newcomer has it: a Python, and a folder with spaces in its name.

Used by the slow tests of installing; each of them leaves nothing behind but its temporary folder.
"""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)
# Colours and settings of the developer's shell are not a newcomer's.
KEPT_ENVIRONMENT = ("HOME", "LANG", "PATH", "TMPDIR")
KEPT_PREFIXES = ("PIP_", "SSL_", "REQUESTS_", "HTTP", "http", "NO_PROXY", "no_proxy")


FOREIGN = 'raise RuntimeError("this is the dashboards package of the user, not of tengesim")\n'


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can make environments."""

    version: tuple[int, ...]
    path: str


@cache
def interpreters() -> tuple[Interpreter, ...]:
    """Return the usable Pythons of this machine, one for each minor version, oldest first.

    They are looked for on PATH and where pyenv keeps them.
    """
    names = [getattr(sys, "_base_executable", sys.executable)]
    names += [f"python3.{minor}" for minor in range(OLDEST[1], 30)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names += sorted(str(path) for path in pyenv.glob("versions/*/bin/python3"))
    question = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    found: dict[tuple[int, ...], Interpreter] = {}
    for name in names:
        path = shutil.which(name)
        if path is None:
            continue
        done = subprocess.run([path, "-c", question], capture_output=True, text=True, check=False)
        version = tuple(int(part) for part in done.stdout.split())
        if done.returncode == 0 and version >= OLDEST:
            found.setdefault(version, Interpreter(version, path))
    return tuple(found[version] for version in sorted(found))


def environment(interpreter: Interpreter, folder: Path) -> dict[str, str]:
    """Return the environment of a newcomer whose `python3` is `interpreter`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT_ENVIRONMENT or name.startswith(KEPT_PREFIXES)
    }
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "python3"
    command.write_text(f'#!/bin/sh\nexec "{interpreter.path}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return {**kept, "PATH": f"{folder}{os.pathsep}{kept['PATH']}"}


def namesake(base: Path) -> Path:
    """Return a folder to work in that has a `dashboards` package of its own."""
    folder = base / "study"
    (folder / "dashboards").mkdir(parents=True)
    (folder / "dashboards" / "__init__.py").write_text(FOREIGN, encoding="utf-8")
    return folder


def run(command: list[str], cwd: Path, env: dict[str, str]) -> str:
    """Run a command to its end and return what it printed; a failure shows all of it."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"{command} in {cwd} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done.stdout


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int) -> int | None:
    """Return the HTTP status of the page at `port`, or None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def end(server: subprocess.Popen[bytes]) -> None:
    """Interrupt a server and everything it started, as Ctrl-C does, and insist when it stays."""
    for number, patience_s in ((signal.SIGINT, 15), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=patience_s)
            return


@contextlib.contextmanager
def served(
    command: list[str], cwd: Path, env: dict[str, str], *, port: int, within_s: int
) -> Iterator[int]:
    """Start a server, yield the status of its first answer, and end it.

    Raises:
        AssertionError: if it ends, or stays silent for `within_s` seconds; with what it printed.
    """
    cwd.mkdir(parents=True, exist_ok=True)
    printed = cwd / f"served-{port}.txt"
    with printed.open("wb") as stream:
        server = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        latest = time.monotonic() + within_s
        status = answer(port)
        while status is None:
            if server.poll() is not None or time.monotonic() > latest:
                message = f"{command}: no page\n{printed.read_text(encoding='utf-8')}"
                raise AssertionError(message)
            time.sleep(0.2)
            status = answer(port)
        yield status
    finally:
        end(server)
