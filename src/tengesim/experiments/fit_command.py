"""The commands `tengesim fit`: read a table, write a scenario fragment, print how well it fits.

Apart from the command line's own module, which parses for all commands and does no work.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tengesim import errors
from tengesim.experiments.fit_market_command import fit_market_command

if TYPE_CHECKING:
    from tengesim.retail.imported import ImportSection

__all__ = ["fit_app", "fit_payments"]

_PAYMENTS = "payments"


class _PaymentsUnlessNamed(TyperGroup):
    """Take a table whose kind is not named for one of payments."""

    # The context is of a class that typer keeps to itself.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Put the command in front of its arguments where it is left out."""
        is_said = not args or args[0] in self.commands or args == ["--help"]
        return super().parse_args(ctx, args if is_said else [_PAYMENTS, *args])


fit_app = typer.Typer(
    cls=_PaymentsUnlessNamed,
    help="Fit behaviour to a table: of payments, or of a market's past prices.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
fit_app.command("market")(fit_market_command)


@fit_app.command(_PAYMENTS)
def fit_payments(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or Parquet of payments.")],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="WHAT=NAME",
            help="Which column holds time, payer, payee, amount, id or purpose; may be repeated."
            " Columns named so need no saying.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="NAME", help="A column to leave out.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Offset of local time from UTC, and of times written without one.")
    ] = "+05:00",
    unit: Annotated[str, typer.Option(help="Unit of the amounts: KZT or tiyn.")] = "KZT",
    *,
    base: Annotated[
        str, typer.Option(help="Scenario that the fragment extends.")
    ] = "household_month",
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="File for the fragment; else printed.")
    ] = None,
) -> None:
    """Fit everyday behaviour to payments: a scenario fragment and a fit report."""
    from tengesim.experiments.fitting import fit_table, fragment
    from tengesim.scenario.load import load_scenario
    from tengesim.scenario.payment_table import digest_of, read_table

    section = _section(table, columns or [], ignore or [], time_zone=time_zone, unit=unit)
    folder = table.parent
    known = load_scenario(base)
    everyday = known.retail.everyday if known.retail is not None else None
    if everyday is None:
        raise typer.BadParameter(f"{base} says nothing of everyday payments", param_hint="--base")
    payments = read_table(section, folder)
    try:
        found = fit_table(payments, section.offset_us())
    except ValueError as few:
        finding = errors.Finding("EMPTY_FILE", str(few), str(table))
        raise errors.ScenarioError([finding]) from few
    digest = digest_of(section, folder)[:12]
    source = f"assumption, derived: fitted to {table.name}, SHA-256 {digest}"
    text = fragment(found, base=base, name="fitted", source=source, known=everyday.purposes)
    if out is None:
        typer.echo(text, nl=False)
    else:
        from tengesim.store.files import write_atomic

        write_atomic(out, text.encode())
    for line in found.lines():
        typer.echo(line, err=out is None)
    people = known.population.people
    shops = {row.category for row in people.merchants.categories} if people is not None else set()
    for purpose in sorted({*found.purposes} - shops - {"transfer"}):
        typer.echo(f"nobody in {base} is paid for {purpose}: add its merchants", err=True)


def _section(
    table: Path, columns: list[str], ignore: list[str], *, time_zone: str, unit: str
) -> "ImportSection":
    """Return the description of a table, as a scenario would give it."""
    import csv
    import json

    from pydantic import ValidationError

    from tengesim.retail.imported import ImportSection

    named = {name: name for name in ("time", "payer", "payee", "amount")}
    stated = dict(pair.split("=", 1) for pair in columns if "=" in pair)
    if len(stated) < len(columns):
        raise typer.BadParameter("expected WHAT=NAME", param_hint="--column")
    if table.suffix != ".parquet" and table.is_file():
        with table.open(encoding="utf-8-sig", errors="replace") as file:
            header = next(csv.reader([file.readline()]), [])
        named |= {name: name for name in ("id", "purpose") if name in header}
    none = {"value": "0 KZT", "low": "0 KZT", "high": "0 KZT", "source": "assumption"}
    written = {
        "file": table.name,
        "columns": named | stated | {"ignore": ignore},
        "time_zone": time_zone,
        "amount_unit": unit,
        "opening": {"amount": none},
    }
    try:
        return ImportSection.model_validate_json(json.dumps(written))
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        raise typer.BadParameter(said) from error
