"""A scenario together with the table that it imports, read from where the scenario lies.

Apart from the reading of tables, which knows no scenario; and the scenario knows no disk.
"""

from collections.abc import Iterator
from pathlib import Path

from tengesim.errors import Finding, ScenarioError
from tengesim.retail.imported import ImportSection
from tengesim.scenario.model import Scenario
from tengesim.scenario.payment_table import digest_of, read_table
from tengesim.scenario.table_rules import Horizon
from tengesim.scenario.text import shorten

__all__ = ["folder_of", "same_folder", "with_payments"]


def with_payments(scenario: Scenario, folder: Path) -> Scenario:
    """Return `scenario` with the table that it imports; `folder` is where its file lies.

    Raises ScenarioError with every mistake in the table.
    """
    section = scenario.retail.imported if scenario.retail is not None else None
    if scenario.retail is None or section is None:
        return scenario
    findings = list(_unsafe(section, folder))
    if findings:
        raise ScenarioError(findings)
    try:
        digest = digest_of(section, folder)
    except OSError as error:
        message = f"the table cannot be read: {error.strerror or error}"
        raise ScenarioError([_at_file(section, "UNREADABLE", message, "check the path")]) from error
    if section.sha256 and section.sha256 != digest:
        message = (
            f"the table has SHA-256 {digest[:12]}…, the scenario states {section.sha256[:12]}…"
        )
        do = "put the file back, or remove `sha256`"
        raise ScenarioError([_at_file(section, "TABLE_CHANGED", message, do)])
    calendar = scenario.clock.calendar()
    horizon = Horizon(calendar.at(scenario.clock.start), calendar.at(scenario.clock.end))
    second_tier = [bank.id for bank in scenario.banks.second_tier]
    reserved = (scenario.banks.national_bank, scenario.treasury.id, *second_tier)
    table = read_table(section, folder, horizon=horizon, reserved=reserved)
    read = section.model_copy(update={"sha256": digest})
    read.attach(table, str(folder.resolve()))
    retail = scenario.retail.model_copy(update={"imported": read})
    return scenario.model_copy(update={"retail": retail})


def folder_of(scenario: Scenario) -> str:
    """Return where the imported table of `scenario` lies, or nothing where there is none."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    return "" if imported is None else imported.folder


def same_folder(scenario: Scenario, other: Scenario) -> Scenario:
    """Return `scenario`, its table lying where that of `other` lies; it is not read yet."""
    imported = scenario.retail.imported if scenario.retail is not None else None
    if imported is not None:
        imported.attach(None, folder_of(other))
    return scenario


def _unsafe(section: ImportSection, folder: Path) -> Iterator[Finding]:
    """Yield files that lie neither beside the scenario nor below it."""
    for name in filter(None, (section.file, section.opening.file)):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            message = f"{shorten(name)!r} leads out of the folder of the scenario"
            yield Finding("PATH_OUTSIDE", message, path="retail.import.file", do="copy it there")


def _at_file(section: ImportSection, code: str, message: str, do: str) -> Finding:
    return Finding(code, message, section.file, None, "retail.import.file", do=do)
