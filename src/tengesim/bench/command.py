"""The command `tengesim bench`: measures on this machine and prints what it found.

Apart from the command line's own module, which parses for all commands and does no work.
"""

from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from tengesim.bench.children import Measure

__all__ = ["bench"]

_WALLETS_MIN: Final = 1_000


def bench(
    wallets: Annotated[
        list[int] | None,
        typer.Option(
            min=_WALLETS_MIN,
            help="How many wallets; may be repeated. Otherwise 10,000, 100,000 and 1,000,000.",
        ),
    ] = None,
    *,
    full: Annotated[
        bool, typer.Option("--full", help="Go on to 10 and 20 million wallets.")
    ] = False,
    seconds: Annotated[
        float,
        typer.Option(
            min=0, help="How long each comparison is repeated; there is always one round, up to 5."
        ),
    ] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure payments a second, memory, and ratios to what else could do the same work."""
    import json

    from tengesim.bench.conduct import FULL_WALLETS, USUAL_WALLETS, Plan, conduct
    from tengesim.bench.text import lines

    sizes = tuple(wallets or (FULL_WALLETS if full else USUAL_WALLETS))
    plan = Plan(wallets=sizes, seconds=seconds, measure=_measure())
    found = conduct(plan, lambda said: typer.echo(f"bench: {said}", err=True))
    typer.echo(json.dumps(found) if as_json else "\n".join(lines(found)))


def _measure() -> "Measure":
    """Return what carries measures out."""
    from tengesim.bench.children import apart

    return apart
