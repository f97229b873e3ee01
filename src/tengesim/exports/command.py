"""The command `tengesim export`: writes a run in a format of others.

Apart from the command line's own module, which parses for all commands and does no work.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ExportForm", "export"]


class ExportForm(StrEnum):
    """Formats a run can be written in."""

    OCDS = "ocds"


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or its name.")],
    form: Annotated[ExportForm, typer.Argument(help="What to write: OCDS packages.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write into.")],
    out: Annotated[Path, typer.Option("--out", help="Folder in which run folders are kept.")] = (
        Path("runs")
    ),
) -> None:
    """Write the public contracts of a run as OCDS release and record packages."""
    from tengesim.exports.ocds import export_ocds
    from tengesim.store.read import open_run

    with open_run(run, out) as stored:
        count = export_ocds(stored, output)
    typer.echo(f"written: {count} contracting processes as {form.value} in {output}")
