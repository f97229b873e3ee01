"""The made part about the people of Kazakhstan: published figures against the people built."""

from collections.abc import Iterator
from typing import Final

from tengesim.population.validation import PublishedFigure, validation
from tests.nation import nation, section

__all__ = ["SCALE", "country_rows"]

SCALE: Final = "0.1"
"""Two million people take about two seconds and tell shares of few well enough."""


def country_rows(*, is_input: bool) -> Iterator[tuple[str, ...]]:
    """Yield the rows of figures that were put in, or of those that were left out."""
    for figure in validation(nation(SCALE), section()):
        if figure.is_input is is_input:
            yield (
                figure.name.replace("_", " "),
                f"[{figure.source.split('/')[2].removeprefix('www.')}]({figure.source.split()[0]})",
                _amount(figure, figure.published),
                _amount(figure, figure.modelled),
                _miss(figure.miss_bp),
            )


def _miss(miss_bp: int) -> str:
    text = f"{miss_bp / 100:+.1f} %".replace("-", "−")
    return "0.0 %" if text[1:] == "0.0 %" else text


def _amount(figure: PublishedFigure, value: int) -> str:
    return f"{value / 100:.1f} %" if figure.unit == "bp" else f"{value:,} {figure.unit}"
