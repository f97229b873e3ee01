"""Which lines of modules are reached, of functions that are compiled where nothing watches them.

Machine code cannot be watched line by line; the same functions in plain Python can.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Final, Self

__all__ = ["LinesReached"]

_IS_FUNCTION: Final = 1
"""CO_OPTIMIZED, which bodies of modules and classes do not have."""


class LinesReached:
    """Notes the lines of functions in `paths` that run while it is entered."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Watch the functions of the modules at `paths`."""
        self._lines = {str(path): set(_lines_of(path)) for path in paths}
        self._reached: dict[str, set[int]] = {path: set() for path in self._lines}

    def __enter__(self) -> Self:
        """Begin to watch."""
        sys.settrace(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Stop watching."""
        sys.settrace(None)

    def missed(self) -> dict[str, list[int]]:
        """Return by file the lines that were never reached."""
        return {
            Path(path).name: sorted(lines - self._reached[path])
            for path, lines in self._lines.items()
            if lines - self._reached[path]
        }

    def count(self) -> int:
        """Return how many lines there are."""
        return sum(map(len, self._lines.values()))

    def _enter(self, frame: FrameType, _event: str, _value: object) -> Any:  # noqa: ANN401
        reached = self._reached.get(frame.f_code.co_filename)
        if reached is None:
            return None

        def note(inner: FrameType, _event: str, _value: object) -> Any:  # noqa: ANN401
            reached.add(inner.f_lineno)
            return note

        return note


def _lines_of(path: Path) -> Iterator[int]:
    """Yield the lines of the functions of a module that do something."""
    waiting = [compile(path.read_text(encoding="utf-8"), str(path), "exec")]
    while waiting:
        code = waiting.pop()
        waiting += [value for value in code.co_consts if isinstance(value, CodeType)]
        if code.co_flags & _IS_FUNCTION:
            # The first line is that of the decorator or of `def`.
            body = {line for _, _, line in code.co_lines() if line is not None}
            yield from body - {code.co_firstlineno, *_heading(code)}


def _heading(code: CodeType) -> set[int]:
    """Return the lines on which a function begins, where nothing of it runs."""
    return {line for start, _, line in code.co_lines() if start == 0 and line is not None}
