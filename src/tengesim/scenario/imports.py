"""A scenario together with the tables that it names, read from where the scenario lies.

Apart from the reading of tables, which knows no scenario; and the scenario knows no disk.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tengesim.errors import Finding, ScenarioError
from tengesim.market.laws import BootstrapSection
from tengesim.scenario.model import Scenario
from tengesim.scenario.payment_table import digest_of, read_table
from tengesim.scenario.price_table import price_digest, read_prices
from tengesim.scenario.table_rules import Horizon
from tengesim.scenario.text import shorten

__all__ = ["folder_of", "same_folder", "with_tables"]

_PRICES: Final = "market.law.file"


def with_tables(scenario: Scenario, folder: Path) -> Scenario:
    """Return `scenario` with the tables that it names; `folder` is where its file lies.

    Raises ScenarioError with every mistake in a table.
    """
    return _with_prices(_with_payments(scenario, folder), folder)


def _with_payments(scenario: Scenario, folder: Path) -> Scenario:
    """Return `scenario` with the payments that it imports."""
    section = scenario.retail.imported if scenario.retail is not None else None
    if scenario.retail is None or section is None:
        return scenario
    names = tuple(filter(None, (section.file, section.opening.file)))
    digest = _digest(
        names, folder, section.sha256, "retail.import.file", lambda: digest_of(section, folder)
    )
    calendar = scenario.clock.calendar()
    horizon = Horizon(calendar.at(scenario.clock.start), calendar.at(scenario.clock.end))
    second_tier = [bank.id for bank in scenario.banks.second_tier]
    reserved = (scenario.banks.national_bank, scenario.treasury.id, *second_tier)
    table = read_table(section, folder, horizon=horizon, reserved=reserved)
    read = section.model_copy(update={"sha256": digest})
    read.attach(table, str(folder.resolve()))
    retail = scenario.retail.model_copy(update={"imported": read})
    return scenario.model_copy(update={"retail": retail})


def _with_prices(scenario: Scenario, folder: Path) -> Scenario:
    """Return `scenario` with the past prices that its market draws days from."""
    law = _bootstrap(scenario)
    if scenario.market is None or law is None:
        return scenario
    path = folder / law.file
    digest = _digest((law.file,), folder, law.sha256, _PRICES, lambda: price_digest(path))
    columns = law.columns
    where = "market.law.columns"
    table = read_prices(path, law.file, date=columns.date, columns=columns.prices, where=where)
    read = law.model_copy(update={"sha256": digest})
    read.attach(table, str(folder.resolve()))
    market = scenario.market.model_copy(update={"law": read})
    return scenario.model_copy(update={"market": market})


def _bootstrap(scenario: Scenario) -> BootstrapSection | None:
    law = scenario.market.law if scenario.market is not None else None
    return law if isinstance(law, BootstrapSection) else None


def folder_of(scenario: Scenario) -> str:
    """Return where the tables of `scenario` lie, or nothing where there is none."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    law = _bootstrap(scenario)
    folders = (imported.folder if imported is not None else "", law.folder if law else "")
    return next(filter(None, folders), "")


def same_folder(scenario: Scenario, other: Scenario) -> Scenario:
    """Return `scenario`, its tables lying where those of `other` lie; they are not read yet."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    if imported is not None:
        imported.attach(None, folder_of(other))
    law = _bootstrap(scenario)
    if law is not None:
        law.attach(None, folder_of(other))
    return scenario


def _digest(
    names: Sequence[str], folder: Path, stated: str, where: str, read: Callable[[], str]
) -> str:
    """Return the SHA-256 of files that lie beside the scenario and are those it was made with."""
    outside = [
        name for name in names if not (folder / name).resolve().is_relative_to(folder.resolve())
    ]
    if outside:
        raise ScenarioError(
            Finding(
                "PATH_OUTSIDE",
                f"{shorten(name)!r} leads out of the folder of the scenario",
                path=where,
                do="copy it there",
            )
            for name in outside
        )
    try:
        digest = read()
    except OSError as error:
        message = f"the table cannot be read: {error.strerror or error}"
        finding = Finding("UNREADABLE", message, names[0], None, where, do="check the path")
        raise ScenarioError([finding]) from error
    if stated and stated != digest:
        message = f"the table has SHA-256 {digest[:12]}…, the scenario states {stated[:12]}…"
        do = "put the file back, or remove `sha256`"
        raise ScenarioError([Finding("TABLE_CHANGED", message, names[0], None, where, do=do)])
    return digest
