"""What purchases against a register need of the rest of a scenario: rules, marks, and a horizon."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from tengesim.errors import Finding
from tengesim.institutions.purchases import SELLER, PurchasesSection
from tengesim.money import BP, SUPPLY_MAX_TIYN, format_amount
from tengesim.rules.effects import SplitsAmong
from tengesim.rules.model import BookVersion, MarkSection, RuleBook
from tengesim.rules.nesting import unserved
from tengesim.rules.procedures import RefundsIfUnmet, Reserves
from tengesim.rules.terms import OperationName
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import carried_out, known

__all__ = ["check_purchases"]

Located = tuple[str, Finding]

_ASKED: Final = frozenset({OperationName.PAY})
_PROCEDURES: Final = frozenset({"refunds_if_unmet", "reserves"})


def check_purchases(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about purchases, with its path."""
    taken = {*scenario.programmes, *scenario.vouchers}
    for name, section in scenario.purchases.items():
        path = f"purchases.{name}"
        if name in taken:
            message = f"{name!r} is the name of another programme"
            yield path, Finding("NAME_TWICE", message, expected="a name of its own")
        book, books = section.rule_book, scenario.rule_books
        yield from known(f"{path}.rule_book", book, books, "rule book")
        if book in books:
            yield from _asked(scenario, name, section, books[book])
        yield from _term(scenario, section, path)
        yield from _affordable(scenario, section, path)
        if section.mark is not None:
            yield from known(f"{path}.mark", section.mark, scenario.marks, "mark")
            mark = scenario.marks.get(section.mark)
            if mark is not None:
                yield from _marked(scenario, name, section, mark)


def _asked(
    scenario: Scenario, name: str, section: PurchasesSection, book: RuleBook
) -> Iterator[Located]:
    """Yield what purchases cannot carry out of their book, and what it leaves open."""
    is_marked, path = section.mark is not None, f"rule_books.{section.rule_book}"
    # Between banks and the Treasury no deposit moves in one posting; digital tenge does.
    effects = {"splits_among"} if section.form == "digital_tenge" else set()
    procedures = _PROCEDURES | ({"return_on_expiry"} if is_marked else set())
    parts = unserved(
        book,
        effects=frozenset(effects),
        procedures=procedures,
        holds=True,
        versions=True,
        asked=_ASKED | ({OperationName.CONVERT} if is_marked else set()),
    )
    yield from carried_out(path, parts)
    editions: list[tuple[str, RuleBook | BookVersion]] = [(path, book)]
    editions += ((f"{path}.versions.{n}", one) for n, one in enumerate(book.versions))
    yield from _waits(name, section, editions)
    for place, edition in editions:
        yield from _payees(scenario, place, edition)


def _waits(
    name: str, section: PurchasesSection, editions: Sequence[tuple[str, RuleBook | BookVersion]]
) -> Iterator[Located]:
    """Yield editions in which money would wait for ever, for two times, or not at all."""
    are_said, is_left_open = True, False
    for path, book in editions:
        said = [
            (f"{path}.procedures.{place}", one)
            for place, one in enumerate(book.procedures)
            if isinstance(one, RefundsIfUnmet | Reserves)
        ]
        is_held = any(rule.queue is not None for rule in book.rules)
        are_said &= bool(said)
        is_left_open |= not (said or is_held)
        if is_held and not said:
            yield (
                f"{path}.procedures",
                Finding(
                    "MARK_STRANDS",
                    "money that the rules put on hold would stay there",
                    expected="a procedure of kind `refunds_if_unmet`",
                    do="say how long it is held, and when it goes back",
                ),
            )
        for place, one in said:
            length = one.held if isinstance(one, RefundsIfUnmet) else one.expires_after
            if not length.value:
                message = f"{one.id!r} holds money for no time"
                yield place, Finding("DURATION", message, expected="a time above zero")
            if isinstance(one, RefundsIfUnmet) and not is_held:
                message = f"{one.id!r} refunds what no rule holds"
                expected = "a rule that is `on_failure: hold`"
                yield place, Finding("RULE_UNUSED", message, expected=expected, do="remove it")
        for place, one in said[1:]:
            yield (
                place,
                _twice(
                    f"{one.id!r} says again how long money waits",
                    "`refunds_if_unmet` or `reserves`, not both",
                ),
            )
    if is_left_open and section.refund_after is None:
        yield (
            f"purchases.{name}",
            Finding(
                "MISSING_KEY",
                "nothing says when a seller who cannot deliver gives the money back",
                expected="`refund_after`, or a procedure of the rule book",
                do="add `refund_after`",
            ),
        )
    if are_said and section.refund_after is not None:
        yield (
            f"purchases.{name}.refund_after",
            _twice(
                "the rule book says when money goes back",
                "`refund_after`, or `refunds_if_unmet` or `reserves` in the rule book",
            ),
        )


def _payees(scenario: Scenario, path: str, book: RuleBook | BookVersion) -> Iterator[Located]:
    """Yield whom a price is split among and who has no part in a purchase."""
    known = (SELLER, scenario.treasury.id)
    for number, effect in enumerate(book.effects):
        if not isinstance(effect, SplitsAmong):
            continue
        place = f"{path}.effects.{number}"
        for at, one in enumerate(effect.shares):
            if one.payee not in known:
                yield (
                    f"{place}.shares.{at}.payee",
                    Finding(
                        "NAME_UNKNOWN",
                        f"{effect.id!r} pays {one.payee!r}, who has no part in a purchase",
                        expected=" or ".join(f"`{name}`" for name in known),
                        do="pay the fee of the register to the Treasury",
                    ),
                )
        if not any(one.payee == SELLER and one.share for one in effect.shares):
            yield (
                f"{place}.shares",
                Finding(
                    "SHARES",
                    f"{effect.id!r} leaves nothing to the seller",
                    expected=f"a share of `{SELLER}`",
                    do="say what of the price is the seller's",
                ),
            )


def _twice(message: str, expected: str) -> Finding:
    return Finding("STATED_TWICE", message, expected=expected, do="keep one of the two")


def _term(scenario: Scenario, section: PurchasesSection, path: str) -> Iterator[Located]:
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


def _affordable(scenario: Scenario, section: PurchasesSection, path: str) -> Iterator[Located]:
    """Bound what can fall due, so that no sum of the run leaves 64 bits."""
    dearest_tiyn = section.price.value * (BP + section.price_spread.value) // BP
    due_tiyn = section.deals.value * dearest_tiyn
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
    scenario: Scenario, name: str, section: PurchasesSection, mark: MarkSection
) -> Iterator[Located]:
    path = f"purchases.{name}"
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
