"""The program as people call it, run in this process: what it printed, and how it ended."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tengesim import cli

__all__ = ["Command", "Ended", "program"]


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


def program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Command:
    """Return the program in `folder`, called with its arguments."""
    monkeypatch.chdir(folder)

    def command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tengesim", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Ended(int(str(ended.value.code)), printed.out, printed.err)

    return command
