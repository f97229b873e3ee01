"""Full buffers of rows go to one reader in order, beside whoever writes the next ones.

Nothing here decides anything: who reads sees the same rows in the same order, whether it reads them
beside the writer or when the writer asks for it. A few buffers are used again and again, so memory
does not grow with the log, and a writer that is faster than the reader waits.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from tengesim.journal.events import BLOCK_ROWS, ROW, Rows

__all__ = ["BUFFER_ROWS", "Relay", "beside"]

BUFFER_ROWS: Final = BLOCK_ROWS
"""Rows of one buffer: all buffers together stay in the last cache between writer and reader."""
_WAITING_MAX: Final = 2
"""Full buffers that may wait to be read; one more is being read and one is being written."""


@contextmanager
def beside(task: Callable[[], None]) -> Iterator[None]:
    """Carry out `task` beside what stands within; what went wrong with either is raised.

    Both may only read what they share.
    """
    failures: list[BaseException] = []

    def carry_out() -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits
            failures.append(error)

    thread = threading.Thread(target=carry_out, name="digest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]


class Relay:
    """Buffers on their way from a writer to a reader, and what went wrong on the way."""

    __slots__ = ("_failure", "_free", "_is_reading", "_read", "_read_full", "_turn", "_waiting")

    def __init__(self, read: Callable[[Rows], None], read_full: Callable[[Rows], None]) -> None:
        """Hand buffers to `read_full`, the rest to `read`; both copy what they keep."""
        self._read = read
        self._read_full = read_full
        self._turn = threading.Condition()
        self._waiting: deque[tuple[Rows, int]] = deque()
        self._free: list[Rows] = []
        self._is_reading = False
        self._failure: BaseException | None = None

    def check(self) -> None:
        """Raise again what the reader raised, if it did."""
        if self._failure is not None:
            raise self._failure

    def buffer(self) -> Rows:
        """Return a buffer to write to."""
        with self._turn:
            return self._free.pop() if self._free else np.empty(BUFFER_ROWS, dtype=ROW)

    def hand(self, buffer: Rows, used: int) -> None:
        """Have the `used` rows of a buffer read beside the caller, who gives the buffer away.

        Wait first where too many buffers do.
        """
        with self._turn:
            self._turn.wait_for(lambda: len(self._waiting) < _WAITING_MAX)
            self.check()
            self._waiting.append((buffer, used))
            if self._is_reading:
                return
            self._is_reading = True
        # A thread costs little beside a buffer, and one that ends by itself needs no closing.
        threading.Thread(target=self._read_on, name="log", daemon=True).start()

    def read(self, rows: Rows) -> None:
        """Read `rows` at once, after everything that was handed over."""
        self.wait()
        try:
            self._read(rows)
        except BaseException as error:
            self._failure = error
            raise

    def wait(self) -> None:
        """Wait until everything that was handed over has been read."""
        with self._turn:
            self._turn.wait_for(lambda: not self._is_reading)
        self.check()

    def _read_on(self) -> None:
        """Read buffers until none is left."""
        while True:
            with self._turn:
                if not self._waiting:
                    self._is_reading = False
                    self._turn.notify_all()
                    return
                buffer, used = self._waiting.popleft()
                self._turn.notify_all()
            if self._failure is None:
                try:
                    self._read_full(buffer[:used])
                except BaseException as error:  # noqa: BLE001 - it is raised again in the writer
                    self._failure = error
            with self._turn:
                self._free.append(buffer)
