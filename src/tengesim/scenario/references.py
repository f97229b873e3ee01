"""What sections of the economy say about one another: systems that exist, days that suffice.

Apart from the checks of programmes, because it knows nothing of marks and rules.
"""

import datetime
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from tengesim.clock import DAY_US
from tengesim.errors import Finding
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.outages import PLATFORM
from tengesim.retail.behaviour import TRANSFER, UTILITIES
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import Refusal, Shown, refusals, unserved, unshown
from tengesim.rules.procedures import ReconcilesOffline
from tengesim.rules.steps import procedure_of
from tengesim.rules.terms import OperationName
from tengesim.scenario.model import Scenario

__all__ = ["carried_out", "check_economy", "compiled", "known"]

Located = tuple[str, Finding]

_UNIT_US: Final = {"us": 1, "business_days": DAY_US}
"""The least that a unit of time lasts."""


def check_economy(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about people, wallets, purses and outages, with its path."""
    yield from _is_inhabited(scenario)
    yield from _outages(scenario)
    yield from _offline(scenario)
    yield from _income(scenario)
    yield from _budget(scenario)
    yield from _run_on_banks(scenario)
    yield from _purposes(scenario)


def known(path: str, name: str, names: Collection[str], what: str) -> Iterator[Located]:
    """Yield a finding unless `name` is one of `names`."""
    if name in names:
        return
    close = difflib.get_close_matches(name, names, n=1)
    yield (
        path,
        Finding(
            "NAME_UNKNOWN",
            f"there is no {what} {name!r}",
            expected=f"one of {', '.join(sorted(names)) or 'no such section'}",
            do=f"did you mean {close[0]!r}?" if close else None,
        ),
    )


def compiled(
    path: str,
    book: RuleBook,
    *,
    asked: frozenset[OperationName],
    shown: Mapping[OperationName, Shown],
    procedures: frozenset[str],
    issued: Sequence[datetime.date] | None,
) -> Iterator[Located]:
    """Yield a finding about each part of a book that retail payments would have to skip.

    `asked` are the uses of money about which they ask, `shown` is what is seen of each, and
    `procedures` are what the office of the mark does. What acts on a mark needs one: `issued` are
    the days on which its money is issued, None without a mark.
    """
    found = [
        Refusal(f"{prefix}{one.path}", one.text)
        for prefix, edition in book.editions()
        for one in refusals(edition)
    ]
    for refused in found:
        yield (
            f"{path}.{refused.path}",
            Finding(
                "RANGE",
                refused.text,
                expected="rules that compiled payments can carry out",
                do="leave it to a mark that institutions pay with, or write it in other kinds",
            ),
        )
    of_marks = frozenset(
        part.kind
        for _, edition in book.editions()
        for part in edition.effects
        if issued is not None
    )
    parts = unserved(
        book,
        effects=of_marks,
        procedures=procedures,
        holds=True,
        overrides=True,
        versions=issued is not None,
        asked=asked,
    )
    named = {one.path for one in found}
    unknown = (*parts, *unshown(book, shown))
    yield from carried_out(path, (one for one in unknown if one.path not in named))
    yield from _of_one_version(path, book, issued or ())


def _of_one_version(
    path: str, book: RuleBook, issued: Sequence[datetime.date]
) -> Iterator[Located]:
    """Yield versions that begin while money of one mark is issued: a purse is one sum."""
    if not issued:
        return
    first, last = min(issued), max(issued)
    for place, version in enumerate(book.versions):
        if first < version.issued_from <= last:
            yield (
                f"{path}.versions.{place}.issued_from",
                Finding(
                    "RANGE",
                    f"money of one mark is issued from {first} to {last}, and a purse, which is one"
                    " sum, cannot tell under which version",
                    expected="one version of the book for all money of a mark",
                    do="end the term before, and give the money of this version a mark of its own",
                ),
            )


def carried_out(path: str, parts: Iterable[Refusal]) -> Iterator[Located]:
    """Yield a finding about each part of a book that would be there and do nothing."""
    for part in parts:
        yield (
            f"{path}.{part.path}",
            Finding(
                "RULE_UNUSED",
                part.text,
                expected="rules, effects and procedures that those who use the book carry out",
                do="remove it, or use the book where it is carried out",
            ),
        )


def _is_inhabited(scenario: Scenario) -> Iterator[Located]:
    """Yield what is missing around sections that mean nothing by themselves."""
    happens = (
        scenario.programmes,
        scenario.purchases,
        scenario.supplies,
        scenario.has_people,
        scenario.has_budget,
        _is_replay(scenario),
    )
    optional = (scenario.reserve, scenario.mining, scenario.confiscation, scenario.procurement)
    if not any(happens) and all(section is None for section in optional):
        yield (
            "",
            Finding(
                "WORLD_EMPTY",
                "nothing happens in this world",
                expected="`programmes`, `population.people`, `treasury.budget`, `retail.import`,"
                " `reserve`, `mining`, `confiscation`, `procurement`, `purchases` or `supplies`",
            ),
        )
    needs = {
        "income": (scenario.income, scenario.has_people, "population.people"),
        "wallets": (scenario.wallets, scenario.has_people, "population.people"),
        "retail": (
            scenario.retail,
            scenario.has_people or _is_replay(scenario),
            "population.people",
        ),
        "offline": (scenario.offline, scenario.wallets is not None, "wallets"),
    }
    for name, (section, is_there, needed) in needs.items():
        if section is not None and not is_there:
            yield (
                name,
                Finding(
                    "WORLD_EMPTY",
                    f"{name!r} speaks of what this world does not have",
                    expected=f"a section `{needed}`",
                    do=f"add `{needed}`, or remove `{name}`",
                ),
            )


def _is_replay(scenario: Scenario) -> bool:
    return scenario.retail is not None and scenario.retail.imported is not None


def _outages(scenario: Scenario) -> Iterator[Located]:
    systems = [PLATFORM, *(bank.id for bank in scenario.banks.second_tier)]
    ids: set[str] = set()
    for number, outage in enumerate(scenario.outages):
        path = f"outages.{number}"
        yield from known(f"{path}.system", outage.system, systems, "system")
        if outage.id in ids:
            yield (
                f"{path}.id",
                Finding(
                    "NAME_TWICE",
                    f"the outage {outage.id!r} is dated twice",
                    expected="an id of its own for each outage",
                ),
            )
        ids.add(outage.id)
        if outage.lasts.value.unit != "us":
            yield (
                f"{path}.lasts.value",
                Finding(
                    "DURATION",
                    f"the outage lasts {outage.lasts.value}",
                    expected="a time that passes on every day, such as 24 h",
                ),
            )
        if not scenario.clock.start <= outage.day < scenario.clock.end:
            yield _outside(scenario, f"{path}.day", f"the outage begins on {outage.day}")


def _offline(scenario: Scenario) -> Iterator[Located]:
    section = scenario.offline
    if section is None:
        return
    if section.rule_book is not None:
        yield from known("offline.rule_book", section.rule_book, scenario.rule_books, "rule book")
        if section.rule_book in scenario.rule_books:
            book = scenario.rule_books[section.rule_book]
            yield from _reports(f"rule_books.{section.rule_book}", book, section)
    closed = section.last_day + datetime.timedelta(days=section.days_open())
    if section.last_day < scenario.clock.start or closed >= scenario.clock.end:
        yield _outside(
            scenario,
            "offline.last_day",
            f"offline payments of {section.last_day} may be on their way until {closed}",
        )


def _reports(path: str, book: RuleBook, section: OfflineSection) -> Iterator[Located]:
    """Yield what devices do not carry out of their rule book, and reports that are never late."""
    known_here = frozenset({"reconciles_offline"})
    parts = unserved(
        book, effects=frozenset(), procedures=known_here, holds=False, asked=frozenset()
    )
    yield from carried_out(path, parts)
    procedure = procedure_of(book, ReconcilesOffline)
    if procedure is None:
        yield (
            "offline.rule_book",
            Finding(
                "RULE_UNUSED",
                "the rules of devices do not say what a report comes to",
                expected="a procedure of kind `reconciles_offline`",
                do="write it, or remove `rule_book`",
            ),
        )
    elif (
        procedure.within.value * _UNIT_US[procedure.within.unit] >= section.sync_window.value.value
    ):
        yield (
            f"{path}.procedures.{book.procedures.index(procedure)}.within",
            Finding(
                "TIMES_OUT_OF_ORDER",
                f"a report is late after {procedure.within}, and what was not reported within"
                f" {section.sync_window.value} has returned to its purse",
                expected="within < offline.sync_window",
                do="shorten the one, or lengthen the other",
            ),
        )


def _income(scenario: Scenario) -> Iterator[Located]:
    section, people = scenario.income, scenario.population.people
    if section is None or people is None:
        return
    for programme in section.benefits:
        yield from known(
            f"income.benefits.{programme}", programme, people.programmes, "programme of people"
        )


def _budget(scenario: Scenario) -> Iterator[Located]:
    budget = scenario.treasury.budget
    if budget is None:
        return
    if budget.first_day() < scenario.clock.start:
        yield _outside(
            scenario, "treasury.budget.year", f"the budget year begins on {budget.first_day()}"
        )
        return
    last = datetime.date(budget.year + 1, 12, 31)
    if scenario.clock.end > last:
        yield (
            "clock.end",
            Finding(
                "OUTSIDE_HORIZON",
                f"the horizon ends on {scenario.clock.end}, long after the budget year",
                expected=f"at most {last}: the budget year and the one after it are played",
                do="end the horizon earlier",
            ),
        )


def _purposes(scenario: Scenario) -> Iterator[Located]:
    """Yield what people pay for and no merchant sells: nobody would be paid, and nobody told."""
    people = scenario.population.people
    everyday = scenario.retail.everyday if scenario.retail is not None else None
    if people is None or everyday is None or _is_replay(scenario):
        return
    sold = [row.category for row in people.merchants.categories]
    for purpose, section in everyday.purposes.items():
        if purpose != TRANSFER and section.share.value:
            path = f"retail.everyday.purposes.{purpose}"
            yield from known(path, purpose, [*sold, TRANSFER], "category of merchants")
    if everyday.utilities.households.value:
        path = "retail.everyday.utilities"
        yield from known(path, UTILITIES, sold, "category of merchants")


def _run_on_banks(scenario: Scenario) -> Iterator[Located]:
    run = scenario.wallets.run if scenario.wallets is not None else None
    if run is not None and not scenario.clock.start <= run.first < scenario.clock.end:
        yield _outside(scenario, "wallets.run.first", f"the run on the banks begins on {run.first}")


def _outside(scenario: Scenario, path: str, message: str) -> Located:
    return (
        path,
        Finding(
            "OUTSIDE_HORIZON",
            message,
            expected=f"days from {scenario.clock.start} to before {scenario.clock.end}",
            do="move the day, or the horizon in `clock`",
        ),
    )
