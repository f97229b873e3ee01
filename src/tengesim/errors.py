"""What can go wrong, told to a person: findings about an input, and the errors that end a command.

A finding always has a code out of `findings.FINDING_CODES`, so that every code can be explained by
`tengesim explain CODE`. Every exception here takes exactly one argument: SimPy and worker pools
rebuild an exception from its single argument, and lose it when there are more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "EXIT_DISK",
    "EXIT_FINDINGS",
    "EXIT_INTERRUPTED",
    "EXIT_INVARIANT",
    "EXIT_OK",
    "EXIT_SIZE",
    "EXIT_STORE",
    "EXIT_USAGE",
    "DiskError",
    "Finding",
    "InvariantError",
    "ScenarioError",
    "SizeError",
    "StoreError",
]

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_SIZE = 3
EXIT_STORE = 4
EXIT_INVARIANT = 70
EXIT_DISK = 74
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what is wrong with an input, where, what was expected and what to do."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    path: str | None = None
    expected: str | None = None
    do: str | None = None

    def render(self) -> str:
        """Return the finding as one line, the place first and the code last.

        >>> Finding("UNKNOWN_KEY", "unknown key 'sede'", file="a.yaml", line=3).render()
        "a.yaml:3: unknown key 'sede'  [UNKNOWN_KEY]"
        """
        place = self.file or ""
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        head = ": ".join(part for part in (place, self.path, self.message) if part)
        expected = f"; expected {self.expected}" if self.expected else ""
        do = f"; {self.do}" if self.do else ""
        return " ".join(f"{head}{expected}{do}".split()) + f"  [{self.code}]"


class ScenarioError(Exception):
    """Report every finding about an input at once."""

    exit_code: ClassVar[int] = EXIT_FINDINGS

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings in the order in which a reader meets them."""
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        """Return one line per finding."""
        return "\n".join(finding.render() for finding in self.findings)


class SizeError(Exception):
    """Refuse a run that cannot fit into this machine."""

    exit_code: ClassVar[int] = EXIT_SIZE


class StoreError(Exception):
    """Report a run folder that is damaged, in use or of an unknown layout."""

    exit_code: ClassVar[int] = EXIT_STORE


class InvariantError(Exception):
    """Report that the simulator itself is wrong; the results of the run are void."""

    exit_code: ClassVar[int] = EXIT_INVARIANT


class DiskError(Exception):
    """Report a disk or a network port that refused to work."""

    exit_code: ClassVar[int] = EXIT_DISK
