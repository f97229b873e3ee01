"""The only place that touches the disk for runs: whole files, whole folders, or nothing.

What is written is flushed to the disk before it gets its name, so a reader meets either the old
state or the finished one. Every call to the operating system goes through `Disk`, one method per
call, so that tests can fail the n-th of them.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tengesim.errors import DiskError

__all__ = [
    "DISK",
    "Disk",
    "Fingerprint",
    "fingerprint",
    "is_folder",
    "is_present",
    "make_folder",
    "or_disk_error",
    "read_text",
    "remove_tree",
    "sync_folder",
    "write_all",
    "write_atomic",
    "write_by",
    "write_file",
]

_CHUNK_BYTES: Final = 1 << 20
_MEGABYTE: Final = 1_000_000
_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CAN_SYNC_FOLDERS: Final = os.name == "posix"


class Disk:
    """The operating system as far as runs need it; every method is one call and decides nothing."""

    def __init__(self) -> None:
        """Start without any lock held by this program."""
        self.held: set[str] = set()

    def open(self, path: Path, flags: int) -> int:
        """Open a file and return its descriptor."""
        return os.open(path, flags | _BINARY, 0o666)

    def write(self, descriptor: int, content: bytes) -> int:
        """Write what fits and return how many bytes that were."""
        return os.write(descriptor, content)

    def read(self, descriptor: int, count: int) -> bytes:
        """Read at most `count` bytes; none at the end of the file."""
        return os.read(descriptor, count)

    def fsync(self, descriptor: int) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def make_folder(self, path: Path) -> None:
        """Create one folder."""
        path.mkdir()

    def replace(self, source: Path, target: Path) -> None:
        """Give a file its final name, in place of any file that has it."""
        source.replace(target)

    def rename(self, source: Path, target: Path) -> None:
        """Give a folder its final name, which no other folder may have."""
        source.rename(target)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def status(self, path: Path, *, follow: bool = False) -> os.stat_result:
        """Return what the file system knows of a path, or of what a link there leads to."""
        return path.stat(follow_symlinks=follow)

    def write_elsewhere(self, write: Callable[[str], object], path: Path) -> None:
        """Let a library write the file at `path`; it reports trouble as OSError."""
        write(os.fspath(path))

    def free_bytes(self, folder: Path) -> int:
        """Return the bytes that are free where `folder` is."""
        return shutil.disk_usage(folder).free

    def sleep(self, seconds: float) -> None:
        """Wait for another program."""
        time.sleep(seconds)

    def is_running(self, pid: int) -> bool:
        """Return whether a program with this number runs on this machine."""
        if sys.platform == "win32":
            # Signal 0 would end the other program there, so nobody is ever declared dead.
            return True
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def started(self, pid: int) -> int:
        """Return when a program started, in clock ticks since boot; 0 where that is not known."""
        try:
            line = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return 0
        # The name in brackets may hold spaces and brackets itself; the 22nd field is the start.
        return int(line[line.rindex(b")") + 2 :].split()[19])


DISK: Final = Disk()


class Fingerprint(NamedTuple):
    """SHA-256 and size of a file."""

    sha256: str
    bytes: int


def write_file(path: Path, content: bytes, *, disk: Disk = DISK) -> None:
    """Write a file that must not exist yet, and wait until it is on the disk.

    A file that could not be finished is removed again as far as the disk allows.
    """
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with _closing(descriptor, path, disk):
            write_all(descriptor, content, path, disk)
            disk.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(path)
        raise


def write_atomic(path: Path, content: bytes, *, disk: Disk = DISK) -> None:
    """Write a file whole or not at all, in place of any file of that name."""
    unfinished = path.with_name(f".{path.name}~part~{os.getpid()}")
    try:
        if is_present(unfinished, disk=disk):
            disk.unlink(unfinished)
        write_file(unfinished, content, disk=disk)
        disk.replace(unfinished, path)
        sync_folder(path.parent, disk=disk)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(unfinished)
        raise


def write_by(write: Callable[[str], object], path: Path, *, disk: Disk = DISK) -> None:
    """Let a library write the file at `path`, and wait until it is on the disk."""
    disk.write_elsewhere(write, path)
    descriptor = disk.open(path, os.O_RDWR | _NO_FOLLOW)
    with _closing(descriptor, path, disk):
        disk.fsync(descriptor)


def fingerprint(path: Path, *, disk: Disk = DISK) -> Fingerprint:
    """Return SHA-256 and size of a regular file; a link or a folder raises OSError."""
    digest = hashlib.sha256()
    size = 0
    for chunk in _chunks(path, disk):
        digest.update(chunk)
        size += len(chunk)
    return Fingerprint(digest.hexdigest(), size)


def read_text(path: Path, *, bytes_max: int, disk: Disk = DISK) -> str:
    """Return a small file of UTF-8 text.

    Raises OSError when it cannot be read or is larger than `bytes_max`, ValueError when it is not
    UTF-8. Line ends are left as they are.
    """
    content = b""
    for chunk in _chunks(path, disk):
        content += chunk
        if len(content) > bytes_max:
            raise OSError(errno.EFBIG, f"is larger than {bytes_max} bytes", os.fspath(path))
    return content.decode("utf-8")


def make_folder(path: Path, *, disk: Disk = DISK) -> None:
    """Create a folder and those above it where they are missing."""
    if is_folder(path, disk=disk, follow=True):
        return
    if path.parent != path:
        make_folder(path.parent, disk=disk)
    with contextlib.suppress(FileExistsError):
        disk.make_folder(path)
    if not is_folder(path, disk=disk, follow=True):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(path))


def remove_tree(path: Path, *, disk: Disk = DISK) -> None:
    """Remove a file, or a folder with all it holds; links are removed and never followed."""
    if not is_folder(path, disk=disk):
        disk.unlink(path)
        return
    for name in disk.names(path):
        remove_tree(path / name, disk=disk)
    disk.remove_folder(path)


def sync_folder(path: Path, *, disk: Disk = DISK) -> None:
    """Wait until the names in a folder are on the disk."""
    if not _CAN_SYNC_FOLDERS:
        return
    descriptor = disk.open(path, os.O_RDONLY)
    with _closing(descriptor, path, disk):
        disk.fsync(descriptor)


def is_present(path: Path, *, disk: Disk = DISK) -> bool:
    """Return whether anything, even a broken link, has this path."""
    try:
        disk.status(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_folder(path: Path, *, disk: Disk = DISK, follow: bool = False) -> bool:
    """Return whether a folder has this path; a link to one counts only with `follow`."""
    try:
        mode = disk.status(path, follow=follow).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISDIR(mode)


@contextlib.contextmanager
def or_disk_error(
    act: str, folder: Path, *, needed_bytes: int = 0, disk: Disk = DISK
) -> Iterator[None]:
    """Turn any refusal of the disk into a DiskError that says what to do.

    `act` says what was being done; `needed_bytes` is an estimate of what it takes.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or os.fspath(folder)
        room = _room(folder, needed_bytes, disk)
        raise DiskError(
            f"{act}: {where}: {error.strerror or error}; {room}nothing that was there before is "
            "lost; make room or choose another folder, and repeat the command"
        ) from error


def _room(folder: Path, needed_bytes: int, disk: Disk) -> str:
    """Say how much is free and how much is needed, as far as the disk still answers."""
    needed = f"about {needed_bytes // _MEGABYTE + 1} MB are needed" if needed_bytes else ""
    free = ""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            free = f"{disk.free_bytes(place) // _MEGABYTE} MB are free"
            break
    said = " and ".join(part for part in (free, needed) if part)
    return f"{said}; " if said else ""


def _chunks(path: Path, disk: Disk) -> Iterator[bytes]:
    mode = disk.status(path).st_mode
    if not stat.S_ISREG(mode):
        # A pipe would block for ever and a link may lead anywhere.
        raise OSError(errno.EINVAL, "is not a regular file", os.fspath(path))
    descriptor = disk.open(path, os.O_RDONLY | _NO_FOLLOW)
    with _closing(descriptor, path, disk):
        while chunk := disk.read(descriptor, _CHUNK_BYTES):
            yield chunk


def write_all(descriptor: int, content: bytes, path: Path, disk: Disk) -> None:
    """Write all of `content` to an open file, in as many parts as the disk takes it."""
    left = memoryview(content)
    while left:
        # A disk that is nearly full takes a part and reports no error.
        count = disk.write(descriptor, bytes(left[:_CHUNK_BYTES]))
        if count <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))
        left = left[count:]


@contextlib.contextmanager
def _closing(descriptor: int, path: Path, disk: Disk) -> Iterator[None]:
    """Close a descriptor at the end and let every error of it name the file.

    Trouble with closing counts only if all else went well.
    """
    try:
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                disk.close(descriptor)
            raise
        disk.close(descriptor)
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise
