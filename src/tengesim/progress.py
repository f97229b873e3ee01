"""How far a command has come: a bar for people, JSON lines for programs, nothing for pipes."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator

__all__ = ["progress_of"]


@contextlib.contextmanager
def progress_of(
    *, is_json: bool, what: str = "simulated days"
) -> Iterator[Callable[[int, int], None]]:
    """Give a function that reports how many of `what` are done: JSON lines, a bar, or nothing."""
    if is_json:
        yield _report_json
        return
    if not sys.stderr.isatty():
        yield _report_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _report_json(done: int, total: int) -> None:
    sys.stderr.write(json.dumps({"done": done, "total": total}) + "\n")
    sys.stderr.flush()


def _report_nothing(done: int, total: int) -> None:
    """Say nothing: nobody is looking."""
