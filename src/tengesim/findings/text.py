"""The page of one finding code: four short parts for people."""

from dataclasses import dataclass

__all__ = ["FindingText"]


@dataclass(frozen=True, slots=True)
class FindingText:
    """Explain one finding code on its own page: what it means and the way out."""

    title: str
    what: str
    expected: str
    do: str
