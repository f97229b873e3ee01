"""Who is writing which run: locks that name their holder, and what dead writers left behind.

A lock saves work, it does not carry the correctness of the store: every writer has a hidden folder
of its own and publishes it by one rename, so two of them that slip past a lock still cannot mix
their files. Whatever is hidden carries the machine, number and start of the program that made it,
and is swept when that program is gone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tengesim.errors import StoreError
from tengesim.store.files import (
    DISK,
    Disk,
    is_folder,
    is_present,
    read_text,
    remove_tree,
    write_file,
)

__all__ = ["Owner", "Purpose", "hidden_path", "is_locked", "locked", "owner_here", "sweep"]

_POLL_S: Final = 0.05
_UNREADABLE_S: Final = 2.0
_LOCK_BYTES_MAX: Final = 4_096
_HOST_MAX: Final = 60

Purpose = Literal["part", "old", "gone"]
"""Being written; moved aside for a better one; being removed."""


class Owner(NamedTuple):
    """A program: the machine it runs on, its number there, and its start in ticks since boot."""

    host: str
    pid: int
    started: int


class _HeldError(Exception):
    """Say who holds a lock and does not let go."""


class _Hidden(NamedTuple):
    key: str
    purpose: str
    owner: Owner


def owner_here(disk: Disk = DISK) -> Owner:
    """Return the program that calls this."""
    letters = (one if one.isascii() and one.isalnum() else "." for one in platform.node())
    host = "".join(letters)[:_HOST_MAX] or "unknown"
    return Owner(host, os.getpid(), disk.started(os.getpid()))


def hidden_path(parent: Path, key: str, purpose: Purpose, owner: Owner) -> Path:
    """Return the hidden path beside the run `key` that `owner` alone uses for `purpose`."""
    return parent / f".{key}~{purpose}~{owner.host}~{owner.pid}~{owner.started}"


@contextlib.contextmanager
def locked(
    parent: Path,
    key: str,
    *,
    patience_s: float,
    what: str = "the run is being written",
    disk: Disk = DISK,
) -> Iterator[Owner]:
    """Hold the lock of the run `key`, waiting for another holder at most `patience_s` seconds.

    `what` says what a holder is doing. Raises StoreError naming the holder when it does not let
    go, OSError when the disk refuses.
    """
    path = _lock_path(parent, key)
    owner = owner_here(disk)
    try:
        _acquire(path, owner, patience_s, disk)
    except _HeldError as held:
        raise StoreError(f"{path.parent}: {what} by {held}") from None
    disk.held.add(os.fspath(path))
    try:
        yield owner
    finally:
        disk.held.discard(os.fspath(path))
        with contextlib.suppress(OSError, ValueError):
            if _holder(path, disk) == owner:
                disk.unlink(path)


def is_locked(parent: Path, key: str, *, disk: Disk = DISK) -> bool:
    """Return whether a living program holds the lock of the run `key`."""
    path = _lock_path(parent, key)
    try:
        holder = _holder(path, disk)
    except ValueError:
        return True
    except FileNotFoundError:
        return False
    return not _is_gone(holder, path, owner_here(disk), disk)


def sweep(parent: Path, key: str, *, disk: Disk = DISK) -> None:
    """Remove what writers that are gone left in `parent`; the caller holds the lock of `key`.

    A run that was moved aside and never replaced gets its place back. What cannot be removed
    stays: it is hidden, and sweeping is not what the caller came for.
    """
    here = owner_here(disk)
    with contextlib.suppress(OSError):
        for name in disk.names(parent):
            with contextlib.suppress(OSError, ValueError):
                _sweep_one(parent, name, key, here, disk)


def _sweep_one(parent: Path, name: str, key: str, here: Owner, disk: Disk) -> None:
    path = parent / name
    if name.startswith(".") and name.endswith("~lock"):
        if path != _lock_path(parent, key) and _is_gone(_holder(path, disk), path, here, disk):
            disk.unlink(path)
        return
    hidden = _parse_hidden(name)
    if hidden is None:
        return
    mine = hidden.key == key and hidden.owner == here
    if not mine and not _is_gone(hidden.owner, _lock_path(parent, hidden.key), here, disk):
        return
    run = parent / hidden.key
    if hidden.purpose == "old" and is_folder(path, disk=disk) and not is_present(run, disk=disk):
        disk.rename(path, run)
        return
    remove_tree(path, disk=disk)


def _parse_hidden(name: str) -> _Hidden | None:
    parts = name.removeprefix(".").split("~")
    if not name.startswith(".") or len(parts) != 5 or parts[1] not in ("part", "old", "gone"):
        return None
    key, purpose, host, pid, started = parts
    return _Hidden(key, purpose, Owner(host, int(pid), int(started)))


def _lock_path(parent: Path, key: str) -> Path:
    return parent / f".{key}~lock"


def _acquire(path: Path, owner: Owner, patience_s: float, disk: Disk) -> None:
    since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    content = (json.dumps({**owner._asdict(), "since": since}) + "\n").encode()
    waited_s = 0.0
    while True:
        try:
            write_file(path, content, disk=disk)
            return
        except FileExistsError:
            pass
        if _break_if_dead(path, owner, disk, unreadable_is_dead=waited_s >= _UNREADABLE_S):
            continue
        if waited_s >= max(patience_s, 0.0):
            _refuse(path, disk)
        disk.sleep(_POLL_S)
        waited_s += _POLL_S


def _break_if_dead(path: Path, here: Owner, disk: Disk, *, unreadable_is_dead: bool) -> bool:
    """Remove the lock if its holder is gone, and return whether it is worth trying again.

    Between creating a lock and writing its holder into it a program may be killed; such a lock is
    given a while to become readable.
    """
    try:
        if not _is_gone(_holder(path, disk), path, here, disk):
            return False
    except FileNotFoundError:
        return True
    except ValueError:
        if not unreadable_is_dead:
            return False
    with contextlib.suppress(FileNotFoundError):
        disk.unlink(path)
    return True


def _refuse(path: Path, disk: Disk) -> None:
    try:
        said = json.loads(read_text(path, bytes_max=_LOCK_BYTES_MAX, disk=disk))
        holder = f"program {said['pid']} on {said['host']} since {said['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        holder = "another program"
    raise _HeldError(
        f"{holder}; wait until it has finished, or end it. If no such program exists any more, "
        f"remove {path}"
    )


def _holder(path: Path, disk: Disk) -> Owner:
    """Return who holds a lock; FileNotFoundError if nobody, ValueError if it does not say."""
    said = json.loads(read_text(path, bytes_max=_LOCK_BYTES_MAX, disk=disk))
    match said:
        case {"host": str(host), "pid": int(pid), "started": int(started)}:
            return Owner(host, pid, started)
        case _:
            raise ValueError(errno.EINVAL, "names no holder", os.fspath(path))


def _is_gone(owner: Owner, lock: Path, here: Owner, disk: Disk) -> bool:
    """Return whether the program that made something hidden can no longer finish it.

    Programs on other machines are beyond knowing and count as alive. This program itself is done
    with everything whose lock it does not hold.
    """
    if owner.host != here.host:
        return False
    if owner == here:
        return os.fspath(lock) not in disk.held
    if not disk.is_running(owner.pid):
        return True
    started = disk.started(owner.pid)
    return 0 not in (started, owner.started) and started != owner.started
