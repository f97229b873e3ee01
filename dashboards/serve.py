"""The server of the page: one port on this machine, from the first byte to the last child.

It binds before anything is run, so that a port in use costs no simulation, and it closes what it
started on every way out.
"""

import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import waitress

from dashboards.app import create_app
from dashboards.build import build_shown
from dashboards.campaigns import Campaigns
from dashboards.jobs import Arm, Jobs
from dashboards.security import BODY_BYTES_MAX, LOOPBACK
from tengesim.errors import DiskError

__all__ = ["check_host", "serve"]

_THREADS: Final = 8
_CONNECTIONS: Final = 1_000
_QUIET_SECONDS: Final = 20


def serve(
    arms: Sequence[Arm],
    *,
    out: Path,
    campaigns: Sequence[Path] = (),
    port: int = 8050,
    host: str = "127.0.0.1",
    open_browser: bool = True,
    announce: Callable[[str], None] = print,
) -> None:
    """Show `arms` at `host`:`port` until interrupted, running what is not yet run.

    The page opens at the comparison when `campaigns`, folders of comparisons, are given.
    `announce` gets the address once the page can be opened; port 0 takes any free one.

    Raises:
        ValueError: if `host` is not this machine alone.
        DiskError: if the port cannot be used.
        KeyboardInterrupt: when it was ended by Ctrl-C, after everything is closed.
    """
    check_host(host)
    bound = _bind(host, port)
    jobs = Jobs(arms, out=out, build=build_shown)
    compared = Campaigns(out, campaigns)
    address = _address(bound) + ("compare" if campaigns else "")
    try:
        _serve_until_interrupted(
            bound, jobs, compared, address, open_browser=open_browser, announce=announce
        )
    finally:
        jobs.close()
        compared.close()
        study = jobs.study()
        if study is not None:
            study.close()
        bound.close()


def check_host(host: str) -> None:
    """Raise ValueError unless `host` means this machine alone."""
    if host not in LOOPBACK:
        raise ValueError(
            f"--host {host} would show the page to other machines, and it has no access key yet;"
            " expected 127.0.0.1; to show it elsewhere, put a proxy with a login in front"
        )


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        # A page closed a moment ago leaves its port in TIME_WAIT; that is not "in use".
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # Two servers may both bind with SO_REUSEADDR, but only one may listen.
        bound.listen(_CONNECTIONS)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise DiskError(
            f"port {port} of {host} cannot be used ({reason}); expected a free port; close the"
            " other program, or choose another with --port"
        ) from error
    return bound


def _serve_until_interrupted(
    bound: socket.socket,
    jobs: Jobs,
    campaigns: Campaigns,
    address: str,
    *,
    open_browser: bool,
    announce: Callable[[str], None],
) -> None:
    application = create_app(jobs, campaigns).server
    server = waitress.create_server(
        application,
        sockets=[bound],
        threads=_THREADS,
        connection_limit=_CONNECTIONS,
        channel_timeout=_QUIET_SECONDS,
        max_request_body_size=BODY_BYTES_MAX,
        ident=None,
    )
    interrupted: list[int] = []

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        interrupted.append(number)
        # The server's loop ends on this one quietly, and with it the program.
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        jobs.start()
        announce(address)
        if open_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        server.run()
    finally:
        server.close()
        for number, act in before.items():
            signal.signal(number, act)
    if interrupted:
        raise KeyboardInterrupt


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()
    return f"http://{host}:{port}/"


def _has_screen() -> bool:
    """Return whether a browser would open a window rather than take over the terminal."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
