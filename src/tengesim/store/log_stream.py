"""The log as a file of the store that grows while a run lasts, so that no row has to be kept.

Until a run is written its file is hidden beside the runs, under a lock of its own: nobody takes it
for a whole one, and what a program leaves there that was killed is swept by the next writer.
"""

import contextlib
import itertools
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tengesim.journal.events import Rows
from tengesim.journal.kept import Kept
from tengesim.journal.names import Names
from tengesim.store.files import DISK, Disk, make_folder, or_disk_error, remove_tree, write_all
from tengesim.store.lock import hidden_path, locked

if TYPE_CHECKING:
    from tengesim.store.log_back import ReadBack
    from tengesim.store.log_file import Paging

__all__ = ["LogStream", "log_beside"]

_ACT: Final = "the log cannot be written"
_NUMBERS: Final = itertools.count()


class LogStream:
    """A file of rows in the making, and then the whole one."""

    __slots__ = (
        "_back",
        "_descriptor",
        "_disk",
        "_is_whole",
        "_paging",
        "_turn",
        "is_own",
        "path",
        "row_count",
    )

    def __init__(self, path: Path, *, disk: Disk = DISK) -> None:
        """Stand for a file that does not exist yet."""
        self.path = path
        self.row_count = 0
        self.is_own = True
        """Whether the file still belongs to this object, and not to a run that was written."""
        self._disk = disk
        self._descriptor = -1
        self._is_whole = False
        self._back: ReadBack | None = None
        self._paging: Paging | None = None
        # Rows come from another thread than the one that ends it all.
        self._turn = threading.Lock()

    def begin(self, names: Names) -> "LogStream":
        """Make the file of rows over `names`; raise DiskError when the disk refuses."""
        # Whoever only reads files has nothing to compile.
        from tengesim.store.log_back import ReadBack
        from tengesim.store.log_file import LogFile, Paging

        with or_disk_error(_ACT, self.path.parent, disk=self._disk):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._descriptor = self._disk.open(self.path, flags)
            # It has no name, so there is nothing to clean up; `close` closes it.
            beside = tempfile.TemporaryFile(dir=self.path.parent)  # noqa: SIM115
            self._back = ReadBack(beside)
            self._paging = Paging(names, LogFile(self), self._back.remember)
        return self

    def add(self, rows: Rows) -> None:
        """Take further rows; raise DiskError when the disk takes no more."""
        with self._at_work() as paging:
            paging.add(rows)
            self.row_count += len(rows)

    def finish(self) -> None:
        """Write what is left and wait until all is on the disk; the file is whole after that."""
        if not self._is_whole:
            with self._at_work() as paging:
                paging.finish()
                self._disk.fsync(self._descriptor)
                self._let_go()
                self._is_whole = True

    def rows(self) -> Rows:
        """Return all rows, read back from the file; they lie on the disk where they are many."""
        self.finish()
        if self._back is None:
            raise ValueError(f"{self.path} was not begun, or is closed")
        kept = Kept()
        about = or_disk_error("the log cannot be read", self.path.parent, disk=self._disk)
        with about, self.path.open("rb") as file:
            for rows in self._back.rows(file):
                kept.add(rows)
        return kept.rows()

    def move_to(self, path: Path) -> None:
        """Give the whole file to a run as `path`; raise OSError when the disk refuses."""
        self.finish()
        self._disk.rename(self.path, path)
        self.path, self.is_own = path, False

    def write(self, content: bytes) -> int:
        """Append to the file."""
        write_all(self._descriptor, content, self.path, self._disk)
        return len(content)

    def close(self) -> None:
        """Take no more rows and give none back, whether the file is whole or not."""
        with self._turn, contextlib.suppress(OSError):
            back, self._back = self._back, None
            if back is not None:
                back.close()
            self._let_go()

    @contextlib.contextmanager
    def _at_work(self) -> "Iterator[Paging]":
        """Let one at a time work on the file; where that goes wrong it never becomes whole."""
        with self._turn, or_disk_error(_ACT, self.path.parent, disk=self._disk):
            if self._descriptor < 0 or self._paging is None:
                raise ValueError(f"{self.path} takes no rows")
            try:
                yield self._paging
            except BaseException:
                with contextlib.suppress(OSError):
                    self._let_go()
                raise

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            if self._paging is not None:
                self._paging.close()
            self._disk.close(descriptor)


@contextlib.contextmanager
def log_beside(parent: Path | str, key: str, *, disk: Disk = DISK) -> Iterator[LogStream]:
    """Yield a stream of the run `key` that is hidden below `parent` until the run is written.

    What was not given to a run is removed at the end. Raises DiskError when the disk refuses.
    """
    home = Path(parent).absolute()
    # Several programs, and several threads of one, may compute the same run at once.
    own = f"{key}.log{next(_NUMBERS)}"
    with contextlib.ExitStack() as stack:
        with or_disk_error(_ACT, home, disk=disk):
            make_folder(home, disk=disk)
            owner = stack.enter_context(locked(home, own, patience_s=0, disk=disk))
        stream = LogStream(hidden_path(home, own, "part", owner), disk=disk)
        try:
            yield stream
        finally:
            stream.close()
            if stream.is_own:
                with contextlib.suppress(OSError):
                    remove_tree(stream.path, disk=disk)
