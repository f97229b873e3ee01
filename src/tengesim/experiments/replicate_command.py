"""The command `tengesim replicate`: many seeds of one scenario, and how far apart they end.

Apart from the command line's own module, which parses for all commands and does no work.
"""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Protocol

import typer

from tengesim import errors

if TYPE_CHECKING:
    from tengesim.experiments.campaign import Progress
    from tengesim.experiments.ensemble import Ensemble
    from tengesim.store.ensembles import SpreadEntry

__all__ = ["Reporting", "replicate_command"]


class Reporting(Protocol):
    """How far a command has come: gives a function to call with replications done and all."""

    def __call__(self, *, is_json: bool, what: str) -> "AbstractContextManager[Progress]":
        """Begin to report on `what`."""
        ...


_OUT: Final = Path("runs")

_HEADS: Final = ("measure", "mean", "5 %", "median", "95 %", "lowest and highest twentieth")
_PLAIN: Final = 1_000


def replicate_command(reporting: "Reporting") -> Callable[..., None]:
    """Return the command; `reporting` says how far it has come, JSON lines to programs."""

    def replicate(  # noqa: PLR0917 - options of a command line are named
        scenario: Annotated[
            str, typer.Argument(metavar="SCENARIO", help="A file, or a shipped scenario.")
        ],
        replications: Annotated[
            int | None, typer.Option(min=1, help="Runs at one seed each; 100 unless given.")
        ] = None,
        seed: Annotated[
            int | None, typer.Option(min=0, max=2**62, help="First seed; else the scenario's.")
        ] = None,
        workers: Annotated[
            int | None, typer.Option(min=1, help="Processes; as many as fit unless given.")
        ] = None,
        settings: Annotated[
            list[str] | None,
            typer.Option("--set", metavar="PATH=VALUE", help="Overrule a value; may be repeated."),
        ] = None,
        out: Annotated[Path, typer.Option("--out", help="Folder in which runs are kept.")] = _OUT,
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
        progress_json: Annotated[
            bool, typer.Option("--progress-json", help="Report progress as JSON lines on stderr.")
        ] = False,
    ) -> None:
        """Run one scenario at many seeds; its page then shows how far apart they end."""
        from tengesim.experiments.ensemble import replicate as replicated
        from tengesim.scenario.load import load_scenario

        started = time.perf_counter()
        loaded = load_scenario(scenario, settings=settings or [])
        with reporting(is_json=progress_json, what="replications") as progress:
            found = replicated(
                loaded,
                replications=replications,
                seed=seed,
                workers=workers,
                out=out,
                progress=progress,
            )
        _tell(found, time.perf_counter() - started, as_json=as_json)

    return replicate


def _tell(found: "Ensemble", wall_s: float, *, as_json: bool) -> None:
    """Print the answer, and leave with the code of what has no result."""
    from tengesim.experiments.answer import errors_text
    from tengesim.experiments.ensemble import ensemble_object

    if as_json:
        answer = ensemble_object(found, wall_s)
        typer.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo(_text(found))
    if found.made.errors:
        is_size = all(one.kind == "too large" for one in found.made.errors)
        typer.echo(errors_text(found.made.errors), err=True)
        raise typer.Exit(errors.EXIT_SIZE if is_size else errors.EXIT_INVARIANT)


def _text(ensemble: "Ensemble") -> str:
    made = ensemble.made
    rows = [_HEADS, *(_cells(one) for one in made.spread if one.n)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = [made.title, f"{made.replications} replications from seed {made.seed}.", ""]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    lines += ["", "A simulation of stated assumptions, not a forecast.", f"  {ensemble.path}"]
    return "\n".join(lines)


def _cells(one: "SpreadEntry") -> tuple[str, ...]:
    low, _, median, _, high = one.quantiles
    shown = [_number(each, one.unit) for each in (one.mean, low, median, high)]
    outer = f"{_number(one.lowest, one.unit)} … {_number(one.highest, one.unit)}"
    return (one.metric, *shown, outer)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{value * 100:,.2f} %"
    return f"{value:,.0f}" if abs(value) >= _PLAIN or unit == "KZT" else f"{value:,.4g}"
