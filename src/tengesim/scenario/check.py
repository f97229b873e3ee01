"""What no single section can know: references between sections, and rules in their context."""

import datetime
from collections.abc import Iterator

from tengesim.codes import Evidence
from tengesim.errors import Finding
from tengesim.institutions.purchases import Trade
from tengesim.institutions.social.model import MealsSection
from tengesim.market.check import check_market
from tengesim.money import BP, SUPPLY_MAX_TIYN, format_amount
from tengesim.population.model import scaled
from tengesim.population.people import caterer_count, caterer_names
from tengesim.retail.model import METHODS
from tengesim.rules.check import CheckContext
from tengesim.rules.check import check as check_rules
from tengesim.rules.nesting import Shown
from tengesim.rules.terms import Method, OperationName
from tengesim.scenario.freeze_references import check_freezes
from tengesim.scenario.model import Scenario
from tengesim.scenario.procurement_references import check_procurement
from tengesim.scenario.purchases import check_purchases
from tengesim.scenario.references import check_economy, compiled, known
from tengesim.scenario.reserve_references import check_reserve
from tengesim.scenario.supplies import check_supplies
from tengesim.scenario.vouchers import check_vouchers

__all__ = ["check"]

Located = tuple[str, Finding]

_CATERERS_MAX = 10_000
_ASKED = {
    "ordinary": frozenset({OperationName.PAY}),
    "marked": frozenset({OperationName.DISTRIBUTE, OperationName.PAY, OperationName.CONVERT}),
}
"""Uses of money about which a programme asks its rule book, by the money it pays with."""
_PRESENCE = sum(method.evidence for method in Method)
_SHOWN = {
    # Which proofs of presence are offered is a finding of its own.
    OperationName.PAY: Shown(
        _PRESENCE | Evidence.BENEFICIARY_ELIGIBLE | Evidence.PAYEE_CONTRACTED,
    ),
    OperationName.DISTRIBUTE: Shown(
        Evidence.BENEFICIARY_ELIGIBLE.value,
        untold=frozenset({"payee_in", "payee_not_listed"}),
    ),
    OperationName.SHED: Shown(Evidence.ACT_ACCEPTED | Evidence.INVOICE_MATCHED),
    OperationName.CONVERT: Shown(0),
}
"""What a programme shows of each use of money."""


def check(scenario: Scenario) -> list[Located]:
    """Return every finding about how the sections of `scenario` fit together, with its path."""
    found: list[Located] = []
    for programme, section in scenario.programmes.items():
        found += _programme(scenario, programme, section)
    for programme in scenario.behaviour:
        found += known("behaviour." + programme, programme, scenario.programmes, "programme")
    found += check_economy(scenario)
    if scenario.market is not None:
        found += ((f"market.{path}", finding) for path, finding in check_market(scenario.market))
    found += check_reserve(scenario)
    found += check_vouchers(scenario)
    found += check_purchases(scenario)
    found += check_supplies(scenario)
    found += check_procurement(scenario)
    found += check_freezes(scenario)
    found += check_rules(scenario.rule_books, scenario.marks, context=_context(scenario))
    return found


def _programme(scenario: Scenario, programme: str, section: MealsSection) -> Iterator[Located]:
    path = f"programmes.{programme}"
    yield from known(path, programme, scenario.behaviour, "section of `behaviour`")
    if section.money == "marked" and section.marked is not None:
        name = section.marked.mark
        yield from known(f"{path}.marked.mark", name, scenario.marks, "mark")
        mark = scenario.marks.get(name)
        if mark is not None and mark.programme != programme:
            yield (
                f"{path}.marked.mark",
                Finding(
                    "NAME_UNKNOWN",
                    f"mark {name!r} belongs to programme {mark.programme!r}",
                    expected=f"a mark whose programme is {programme!r}",
                ),
            )
        if mark is not None and mark.return_account != scenario.treasury.id:
            yield (
                f"marks.{name}.return_account",
                Finding(
                    "NAME_UNKNOWN",
                    f"unspent money cannot return to {mark.return_account!r}",
                    expected=f"the Treasury, {scenario.treasury.id!r}, whose budget it came from",
                ),
            )
        if mark is not None and not (
            mark.valid_from <= section.term.first and section.term.last <= mark.valid_until
        ):
            yield (
                f"marks.{name}.valid_until",
                Finding(
                    "MARK_TOO_SHORT",
                    f"the mark is valid from {mark.valid_from} to {mark.valid_until}, meals are"
                    f" served from {section.term.first} to {section.term.last}",
                    expected="a mark that is valid on every day of the term",
                    do="move the validity of the mark, or the term of the programme",
                ),
            )
    if section.money == "ordinary" and section.rule_book is not None:
        yield from known(f"{path}.rule_book", section.rule_book, scenario.rule_books, "rule book")
    yield from _rules(scenario, section)
    yield from _affordable(scenario, programme, section)
    first, last = section.term.first, section.term.last
    if first < scenario.clock.start or last >= scenario.clock.end:
        yield (
            f"{path}.term",
            Finding(
                "OUTSIDE_HORIZON",
                f"meals are served from {first} to {last}",
                expected=f"days from {scenario.clock.start} to before {scenario.clock.end}",
                do="move the term, or the horizon in `clock`",
            ),
        )


def _rules(scenario: Scenario, section: MealsSection) -> Iterator[Located]:
    """Yield what a programme cannot carry out of its rule book."""
    if (book := _book_of(scenario, section)) is not None:
        is_marked = section.money == "marked"
        yield from compiled(
            f"rule_books.{book}",
            scenario.rule_books[book],
            asked=_ASKED[section.money],
            shown=_SHOWN,
            procedures=frozenset({"return_on_expiry"} if is_marked else ()),
            issued=section.issued(scenario.clock.calendar()) if is_marked else None,
        )


def _book_of(scenario: Scenario, section: MealsSection) -> str | None:
    """Return the rule book that meals are paid under, if it is one of the scenario."""
    name = section.rule_book if section.money == "ordinary" else None
    if section.money == "marked" and section.marked is not None:
        mark = scenario.marks.get(section.marked.mark)
        name = None if mark is None else mark.rule_book
    return name if name in scenario.rule_books else None


def _affordable(scenario: Scenario, programme: str, section: MealsSection) -> Iterator[Located]:
    """Bound all that can fall due, so that no sum of the run leaves 64 bits."""
    pupils = scaled(scenario.population.pupils.value, scenario.population.scale)
    days = (section.term.last - section.term.first).days + 1
    due_tiyn = pupils * days * section.price.value
    if due_tiyn + due_tiyn * scenario.treasury.appropriation_margin.value // BP > SUPPLY_MAX_TIYN:
        yield (
            f"programmes.{programme}.price",
            Finding(
                "RANGE",
                f"{pupils:,} pupils cost more than {format_amount(SUPPLY_MAX_TIYN)}",
                expected="a budget that can be counted in 64 bits",
                do="lower the price, the number of pupils or population.scale",
            ),
        )


def _context(scenario: Scenario) -> CheckContext:
    # Where a voucher is spent or a purchase is paid, nobody proves to be there.
    methods: dict[str, list[Method]] = {
        programme: (
            [Method.REPORT] if section.evidence == "report" else _digital(scenario, programme)
        )
        for programme, section in scenario.programmes.items()
    }
    trades: dict[str, Trade] = {**scenario.purchases, **scenario.supplies}
    return CheckContext(
        start=scenario.clock.start,
        end=scenario.clock.end,
        programmes=[*scenario.programmes, *scenario.vouchers, *trades],
        free_once_paid=[*scenario.vouchers, *trades],
        prices_tiyn={name: p.price.value for name, p in scenario.programmes.items()},
        methods=methods,
        categories={name: p.category for name, p in scenario.programmes.items()}
        | {name: p.category for name, p in trades.items()},
        holders=_holders(scenario),
        controls={
            name: p.rule_book
            for name, p in scenario.programmes.items()
            if p.money == "ordinary" and p.rule_book is not None
        }
        | {name: p.rule_book for name, p in trades.items() if p.mark is None},
        issued=_issued(scenario),
    )


def _issued(scenario: Scenario) -> dict[str, datetime.date]:
    """Return the first day on which money of each mark of everyday payments is issued."""
    calendar = scenario.clock.calendar()
    found = {
        section.marked.mark: min(section.issued(calendar), default=section.term.first)
        for section in scenario.programmes.values()
        if section.marked is not None
    }
    return found | {
        section.marked.mark: section.term.first
        for section in scenario.vouchers.values()
        if section.marked is not None
    }


def _holders(scenario: Scenario) -> list[str]:
    """Return everybody a rule or mark may name: institutions, owners of funds, caterers."""
    # A world too large to run is refused for its size, not for the names in it.
    caterers = min(caterer_count(scenario.population), _CATERERS_MAX)
    return [
        scenario.treasury.id,
        scenario.banks.national_bank,
        *(bank.id for bank in scenario.banks.second_tier),
        *dict.fromkeys(section.owner for section in scenario.programmes.values()),
        *caterer_names(caterers),
    ]


def _digital(scenario: Scenario, programme: str) -> list[Method]:
    behaviour = scenario.behaviour.get(programme)
    if behaviour is None:
        return [Method.MANUAL, *(Method(name) for name in METHODS)]
    used = [Method(name) for name in METHODS if behaviour.methods[name].share.value]
    return [*used, Method.MANUAL] if behaviour.manual_fallback.value else used
