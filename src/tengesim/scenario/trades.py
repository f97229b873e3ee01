"""What all who buy and sell need of the rest of a scenario: names, days, sums, and their mark."""

import datetime
from collections.abc import Iterator

from tengesim.errors import Finding
from tengesim.institutions.purchases import Trade
from tengesim.money import BP, SUPPLY_MAX_TIYN, format_amount
from tengesim.rules.model import MarkSection
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import known

__all__ = ["check_trade", "in_time"]

Located = tuple[str, Finding]


def check_trade(
    scenario: Scenario, path: str, name: str, section: Trade, *, saved_tiyn: int = 0
) -> Iterator[Located]:
    """Yield what any section of deals lacks; buyers have `saved_tiyn` beside the money of it."""
    taken = [*scenario.programmes, *scenario.vouchers, *scenario.purchases, *scenario.supplies]
    if taken.count(name) > 1:
        message = f"{name!r} is the name of another programme"
        yield path, Finding("NAME_TWICE", message, expected="a name of its own")
    yield from known(f"{path}.rule_book", section.rule_book, scenario.rule_books, "rule book")
    yield from _term(scenario, section, path)
    yield from _affordable(scenario, section, path, saved_tiyn)
    if section.mark is not None:
        yield from known(f"{path}.mark", section.mark, scenario.marks, "mark")
        mark = scenario.marks.get(section.mark)
        if mark is not None:
            yield from _marked(scenario, path, name, section, mark)


def in_time(
    scenario: Scenario, section: Trade, path: str, days: int, what: str
) -> Iterator[Located]:
    """Yield a finding where `what` falls so many days after the last deal, and the run is over."""
    end = scenario.clock.end - datetime.timedelta(days=1)
    last = scenario.clock.calendar().add_business_days(section.term.last, days)
    if last > end:
        yield (
            path,
            Finding(
                "OUTSIDE_HORIZON",
                f"{what} is due on {last}",
                expected=f"days up to {end}, the last of the run",
                do="shorten the times or the term, or lengthen the horizon",
            ),
        )


def _term(scenario: Scenario, section: Trade, path: str) -> Iterator[Located]:
    clock, term = scenario.clock, section.term
    if term.first < clock.start or term.last >= clock.end:
        yield (
            f"{path}.term",
            Finding(
                "OUTSIDE_HORIZON",
                f"purchases are agreed upon from {term.first} to {term.last}",
                expected=f"days from {clock.start} to before {clock.end}",
                do="move the term, or the horizon in `clock`",
            ),
        )
    elif not clock.calendar().business_days(term.first, term.last + datetime.timedelta(days=1)):
        yield (
            f"{path}.term",
            Finding(
                "OUTSIDE_HORIZON",
                f"no office is open from {term.first} to {term.last}",
                expected="a term with a business day",
                do="make the term longer",
            ),
        )


def _affordable(
    scenario: Scenario, section: Trade, path: str, saved_tiyn: int
) -> Iterator[Located]:
    """Bound what can fall due, so that no sum of the run leaves 64 bits."""
    dearest_tiyn = section.price.value * (BP + section.price_spread.value) // BP
    due_tiyn = section.deals.value * (dearest_tiyn + saved_tiyn)
    if due_tiyn + due_tiyn * scenario.treasury.appropriation_margin.value // BP > SUPPLY_MAX_TIYN:
        yield (
            f"{path}.deals",
            Finding(
                "RANGE",
                f"{section.deals.value:,} purchases cost more than"
                f" {format_amount(SUPPLY_MAX_TIYN)}",
                expected="sums that can be counted in 64 bits",
                do="lower the price or the number of deals",
            ),
        )


def _marked(
    scenario: Scenario, path: str, name: str, section: Trade, mark: MarkSection
) -> Iterator[Located]:
    """Yield what does not fit between a section and the mark of its money."""
    if mark.programme != name:
        yield (
            f"{path}.mark",
            Finding(
                "NAME_UNKNOWN",
                f"mark {section.mark!r} belongs to programme {mark.programme!r}",
                expected=f"a mark whose programme is {name!r}",
            ),
        )
    if mark.rule_book != section.rule_book:
        yield (
            f"{path}.rule_book",
            Finding(
                "NAME_UNKNOWN",
                f"the purchases follow {section.rule_book!r}, their mark {mark.rule_book!r}",
                expected="one rule book for the mark",
                do="name the rule book of the mark",
            ),
        )
    if mark.return_account != scenario.treasury.id:
        yield (
            f"marks.{section.mark}.return_account",
            Finding(
                "NAME_UNKNOWN",
                f"unspent money cannot return to {mark.return_account!r}",
                expected=f"the Treasury, {scenario.treasury.id!r}, whose budget it came from",
            ),
        )
    if mark.valid_from > section.term.first or mark.valid_until < section.term.last:
        yield (
            f"marks.{section.mark}.valid_until",
            Finding(
                "MARK_TOO_SHORT",
                f"the mark is valid from {mark.valid_from} to {mark.valid_until}, loans are given"
                f" from {section.term.first} to {section.term.last}",
                expected="a mark that is valid on every day of the term",
                do="move the validity of the mark, or the term",
            ),
        )
