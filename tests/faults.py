"""A disk whose n-th call fails, once or from then on, and folders compared by every byte.

Tables are not the store's own work: a library writes them. So the faulty disk writes each of them
from a copy made once, which makes hundreds of runs quick, and fails in the middle of it as well.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tengesim.store.files import Disk

__all__ = ["FaultyDisk", "contents", "visible"]

_NEVER: Final = 1 << 60


class FaultyDisk(Disk):
    """A disk that counts its calls and refuses the `fail_at`-th, or all from there on."""

    def __init__(
        self,
        fail_at: int = _NEVER,
        *,
        persistent: bool = False,
        number: int = errno.ENOSPC,
        ready: dict[str, bytes] | None = None,
    ) -> None:
        """Fail with the error of that `number`; `ready` keeps the bytes of tables by name."""
        super().__init__()
        self.calls: list[str] = []
        self.fail_at = fail_at
        self.persistent = persistent
        self.number = number
        self.ready = {} if ready is None else ready

    def open(self, path: Path, flags: int) -> int:
        """Open, or refuse."""
        self._count("open", path)
        return super().open(path, flags)

    def write(self, descriptor: int, content: bytes) -> int:
        """Write, or refuse after half of it."""
        try:
            self._count("write")
        except OSError:
            super().write(descriptor, content[: len(content) // 2])
            raise
        return super().write(descriptor, content)

    def read(self, descriptor: int, count: int) -> bytes:
        """Read, or refuse."""
        self._count("read")
        return super().read(descriptor, count)

    def fsync(self, descriptor: int) -> None:
        """Count, or refuse; a test need not wait for the true disk."""
        self._count("fsync")

    def close(self, descriptor: int) -> None:
        """Close in any case, then perhaps refuse."""
        super().close(descriptor)
        self._count("close")

    def make_folder(self, path: Path) -> None:
        """Create, or refuse."""
        self._count("make_folder", path)
        super().make_folder(path)

    def replace(self, source: Path, target: Path) -> None:
        """Rename, or refuse."""
        self._count("replace", source)
        super().replace(source, target)

    def rename(self, source: Path, target: Path) -> None:
        """Rename, or refuse."""
        self._count("rename", source)
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        """Remove, or refuse."""
        self._count("unlink", path)
        super().unlink(path)

    def remove_folder(self, path: Path) -> None:
        """Remove, or refuse."""
        self._count("remove_folder", path)
        super().remove_folder(path)

    def names(self, folder: Path) -> list[str]:
        """List, or refuse."""
        self._count("names", folder)
        return super().names(folder)

    def status(self, path: Path, *, follow: bool = False) -> os.stat_result:
        """Look, or refuse."""
        self._count("status", path)
        return super().status(path, follow=follow)

    def write_elsewhere(self, write: Callable[[str], object], path: Path) -> None:
        """Write the ready table, or refuse after half of it."""
        if path.name not in self.ready:
            write(os.fspath(path))
            self.ready[path.name] = path.read_bytes()
        content = self.ready[path.name]
        try:
            self._count("write_elsewhere", path)
        except OSError:
            path.write_bytes(content[: len(content) // 2])
            raise
        path.write_bytes(content)

    def free_bytes(self, folder: Path) -> int:
        """Say 3 MB, so that messages can be compared."""
        return 3_000_000

    def sleep(self, seconds: float) -> None:
        """Wait for nobody; what is tested is not patience."""

    @property
    def has_failed(self) -> bool:
        """Return whether the fault was reached."""
        return len(self.calls) >= self.fail_at

    def heal(self) -> None:
        """Never fail again."""
        self.fail_at = _NEVER

    def _count(self, call: str, path: Path | None = None) -> None:
        self.calls.append(call)
        place = len(self.calls)
        if place == self.fail_at or (self.persistent and place > self.fail_at):
            raise OSError(
                self.number, os.strerror(self.number), None if path is None else str(path)
            )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by relative path, but for what measures the machine."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timing.json"
    }


def visible(parent: Path) -> list[str]:
    """Return the names in a folder that are not hidden."""
    return sorted(path.name for path in parent.iterdir() if not path.name.startswith("."))
