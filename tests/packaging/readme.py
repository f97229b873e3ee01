"""The two commands of README.md, read from there so that what is tested is what people copy."""

import re

from tests.packaging.fresh import ROOT

FIRST_WORDS = "python3 -m venv .venv && "


def commands() -> list[str]:
    """Return the set-up commands of README.md, in order, with single spaces."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    squeezed = [re.sub(r"\s+", " ", line).strip() for line in lines]
    return [line for line in squeezed if line.startswith(FIRST_WORDS)]


def play_command() -> str:
    """Return the command that plays."""
    (found,) = (command for command in commands() if command.endswith("tengesim play"))
    return found


def suite_command() -> str:
    """Return the command that tests."""
    (found,) = (command for command in commands() if command.endswith("pytest -q"))
    return found
