"""What the sections of public procurement say about one another: lines, regions, money, days."""

import datetime
from collections.abc import Iterator, Mapping

from tengesim.errors import Finding
from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.procurement.plan_model import PlanSection
from tengesim.money import BP
from tengesim.population.regions import REGIONS
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import leaves_of, unserved
from tengesim.rules.terms import OperationName
from tengesim.scenario.chain_references import books_down, check_chain
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import carried_out, known
from tengesim.scenario.release_references import check_release
from tengesim.scenario.tax_references import check_taxes

__all__ = ["check_procurement"]

Located = tuple[str, Finding]

_COUNTRY = "KZ"
_PLAN = "procurement.plan"


def check_procurement(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about public procurement, with its path."""
    section = scenario.procurement
    if section is None:
        return
    plan = section.plan
    for name, line in plan.lines.items():
        if line.region != _COUNTRY and line.region not in REGIONS:
            yield (
                f"{_PLAN}.lines.{name}.region",
                Finding(
                    "REGION",
                    f"there is no region {line.region!r}",
                    expected=f"codes of ISO 3166-2:KZ: {', '.join(REGIONS)}; or {_COUNTRY}",
                ),
            )
    for path, name in _lines_named(plan):
        yield from known(path, name, plan.lines, "budget line")
    for path, book in _books_named(section):
        yield from known(f"procurement.{path}", book, scenario.rule_books, "rule book")
        if path == "tender.rule_book" and book in scenario.rule_books:
            asked, nothing = scenario.rule_books[book], frozenset[str]()
            awards = frozenset({OperationName.AWARD})
            is_paid = section.contracts is not None and section.money is not None
            procedures = frozenset({"reserves"} if is_paid else ())
            parts = unserved(
                asked, effects=nothing, procedures=procedures, holds=False, asked=awards
            )
            yield from carried_out(f"rule_books.{book}", parts)
            yield from _knows_makers(section, book, asked)
    if section.money is not None:
        yield from check_chain(section.money, section.contracts, scenario.rule_books)
        if section.contracts is not None:
            asked_of = _asked(section.money, scenario.rule_books)
            yield from check_taxes(section.contracts, asked_of, scenario.clock.start)
    yield from check_release(section, scenario.rule_books)
    yield from _is_paid_for(plan)
    yield from _is_in_time(scenario, plan)


def _knows_makers(section: ProcurementSection, name: str, book: RuleBook) -> Iterator[Located]:
    """Yield rules on domestic makers where nothing says who delivers their goods."""
    if section.tender.domestic is not None:
        return
    for place, rule in enumerate(book.rules):
        if any(leaf.kind == "domestic_at_least" for leaf in leaves_of(rule.condition)):
            yield (
                f"rule_books.{name}.rules.{place}.condition",
                Finding(
                    "RULE_NEVER",
                    f"rule {rule.id} asks for domestic makers, and nobody delivers their goods",
                    expected="`tender.domestic` in procurement",
                    do="state which share of bids for goods is of domestic makers",
                ),
            )


def _lines_named(plan: PlanSection) -> Iterator[tuple[str, str]]:
    """Yield every budget line that lots are planned on, with the path that names it."""
    if plan.large is not None:
        for name, sector in plan.large.sectors.items():
            yield f"{_PLAN}.large.sectors.{name}.line", sector.line
    if plan.small is not None:
        for name in plan.small.lines:
            yield f"{_PLAN}.small.lines.{name}", name
    for name, lot in plan.lots.items():
        yield f"{_PLAN}.lots.{name}.line", lot.line


def _books_named(section: ProcurementSection) -> Iterator[tuple[str, str]]:
    """Yield every rule book that decides about public contracts, with the path that names it."""
    named = {"tender.rule_book": section.tender.rule_book}
    if section.money is not None:
        named |= {"money.release": section.money.release, "money.account": section.money.account}
    for path, book in named.items():
        if book is not None:
            yield path, book


def _asked(money: MoneySection, books: Mapping[str, RuleBook]) -> dict[str, RuleBook]:
    """Return every rule book that is asked about money of contracts."""
    names = [] if money.release is None else [money.release]
    names += [] if money.account is None else books_down(money.account, books)
    return {name: books[name] for name in names if name in books}


def _is_paid_for(plan: PlanSection) -> Iterator[Located]:
    """Yield the lines on which more is planned than they have."""
    planned = dict.fromkeys(plan.lines, 0)
    wanted: list[tuple[str, str, int]] = []
    if plan.large is not None:
        wanted += [
            (f"large.sectors.{name}.amount.value", sector.line, sector.amount.value)
            for name, sector in plan.large.sectors.items()
        ]
    if plan.small is not None:
        whole_tiyn = plan.small.lots.value * plan.small.mean_tiyn()
        wanted += [
            (f"small.lines.{name}.share.value", name, whole_tiyn * part.share.value // BP)
            for name, part in plan.small.lines.items()
        ]
    wanted += [
        (f"lots.{name}.amount.value", lot.line, lot.amount.value) for name, lot in plan.lots.items()
    ]
    for path, line, amount_tiyn in wanted:
        appropriation = plan.lines[line].appropriation if line in planned else None
        if appropriation is None:
            continue
        planned[line] += amount_tiyn
        room_tiyn = appropriation.value
        if planned[line] > room_tiyn >= planned[line] - amount_tiyn:
            yield (
                f"{_PLAN}.{path}",
                Finding(
                    "RANGE",
                    f"with this {planned[line] // 100} KZT are planned on the line {line!r}, which"
                    f" has {room_tiyn // 100} KZT",
                    expected="no more than the appropriation of the line",
                    do="plan less, or appropriate more",
                ),
            )


def _is_in_time(scenario: Scenario, plan: PlanSection) -> Iterator[Located]:
    start, end = scenario.clock.start, scenario.clock.end
    for name, lot in plan.lots.items():
        if not start <= lot.planned_on < end:
            yield (
                f"{_PLAN}.lots.{name}.planned_on",
                Finding(
                    "OUTSIDE_HORIZON",
                    f"the lot is announced on {lot.planned_on}",
                    expected=f"a day from {start} to before {end}",
                ),
            )
    whole = datetime.date(start.year, 1, 1), datetime.date(start.year + 1, 1, 1)
    has_layers = plan.large is not None or plan.small is not None
    if has_layers and not (start == whole[0] and end >= whole[1]):
        yield (
            "clock.start",
            Finding(
                "OUTSIDE_HORIZON",
                f"the plan of a year begins on {whole[0]} and ends before {whole[1]}",
                expected="a horizon with the whole year",
            ),
        )
