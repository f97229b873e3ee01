"""What purchases cannot carry out of their rule books, and what the books leave open."""

from collections.abc import Iterator, Sequence
from typing import Final

from tengesim.codes import Evidence
from tengesim.errors import Finding
from tengesim.institutions.purchases import SELLER, PurchasesSection
from tengesim.rules.effects import SplitsAmong
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import Refusal, Shown, leaves_of, unserved, unshown
from tengesim.rules.procedures import PaysInstalments, RefundsIfUnmet, Reserves
from tengesim.rules.steps import procedure_of
from tengesim.rules.terms import OperationName
from tengesim.scenario.instalments import check_instalments
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import carried_out

__all__ = ["UNTOLD", "check_book"]

Located = tuple[str, Finding]
_Editions = Sequence[tuple[str, RuleBook]]

_SHARES: Final = frozenset({"splits_on_cap", "copays", "coupon"})
"""Effects by which a buyer pays a part of the price beside the money of a programme."""
_ASKED: Final = frozenset({OperationName.PAY})
_WAITS: Final = frozenset({"refunds_if_unmet", "reserves"})
_PARTS: Final = frozenset({"pays_instalments"})
_DIVIDES: Final = _SHARES | {"splits_among"}
# Of a purchase are told its parties, price, day, region, category, and what the register says.
UNTOLD: Final = frozenset(
    {
        "advance_at_most",
        "awards_at_most",
        "depth_at_most",
        "domestic_at_least",
        "duties_separated",
        "guarantee_at_least",
        "holding_at_most",
        "in_estimate",
        "metered",
        "offline_at_most",
        "payee_in_good_standing",
        "price_within",
        "risk_at_most",
        "subcontract_registered",
        "subcontracted_at_most",
        "within_allowance",
        "within_progress",
    }
)
"""Conditions that read what is never told of a purchase."""
_SHOWN: Final = {
    OperationName.PAY: Shown(int(Evidence.REGISTER_CHANGED), UNTOLD),
    OperationName.CONVERT: Shown(0, UNTOLD | {"register_changed"}),
}


def check_book(
    scenario: Scenario, name: str, section: PurchasesSection, book: RuleBook
) -> Iterator[Located]:
    """Yield what purchases cannot carry out of their book, and what it leaves open."""
    path = f"rule_books.{section.rule_book}"
    editions = [(f"{path}.{prefix}".rstrip("."), one) for prefix, one in book.editions()]
    yield from carried_out(path, unshown(book, _SHOWN))
    for prefix, edition in book.editions():
        parts = _unserved(section, edition)
        yield from carried_out(path, (Refusal(f"{prefix}{one.path}", one.text) for one in parts))
    yield from _waits(name, section, [one for one in editions if not _by_parts(section, one[1])])
    yield from _shares(name, section, editions)
    yield from check_instalments(scenario, name, section, editions)
    for place, edition in editions:
        yield from _payees(scenario, place, edition)
        yield from _registers(section, place, edition)


def _by_parts(section: PurchasesSection, book: RuleBook) -> bool:
    """Return whether a price is paid part by part under an edition of the book."""
    return section.instalments is not None and procedure_of(book, PaysInstalments) is not None


def _unserved(section: PurchasesSection, book: RuleBook) -> Iterator[Refusal]:
    """Yield what purchases do not carry out of an edition of their book."""
    is_marked, is_by_parts = section.mark is not None, _by_parts(section, book)
    # Between banks and the Treasury no deposit moves in one posting; digital tenge does.
    effects = {"splits_among"} if section.form == "digital_tenge" else set()
    if is_marked:
        effects |= _SHARES
    # Without dates nothing is paid part by part, which `check_instalments` says by name.
    procedures = _PARTS if is_by_parts else _WAITS | _PARTS
    return unserved(
        book,
        # A part of a price is paid in one way, and what fails is due again at the next date.
        effects=frozenset() if is_by_parts else frozenset(effects),
        procedures=procedures | ({"return_on_expiry"} if is_marked else set()),
        holds=not is_by_parts,
        versions=True,
        asked=_ASKED | ({OperationName.CONVERT} if is_marked else set()),
    )


def _waits(name: str, section: PurchasesSection, editions: _Editions) -> Iterator[Located]:
    """Yield editions in which money would wait for ever, for two times, or not at all."""
    are_said, is_left_open = bool(editions), False
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


def _registers(section: PurchasesSection, path: str, book: RuleBook) -> Iterator[Located]:
    """Yield what asks a register in which nothing that is bought here stands."""
    asked = [(f"rules.{place}", one.id, one.condition) for place, one in enumerate(book.rules)]
    asked += (
        (f"procedures.{place}", one.id, one.condition)
        for place, one in enumerate(book.procedures)
        if isinstance(one, PaysInstalments)
    )
    for place, name, condition in asked:
        for leaf in leaves_of(condition):
            if leaf.kind == "register_changed" and leaf.of is not section.thing:
                yield (
                    f"{path}.{place}.condition",
                    Finding(
                        "RULE_NEVER",
                        f"{name!r} asks the register of {leaf.of}, which never shows what is"
                        " bought here",
                        expected=f"`of: {section.thing}`",
                        do="name the register of the `thing` of these purchases",
                    ),
                )


def _shares(name: str, section: PurchasesSection, editions: _Editions) -> Iterator[Located]:
    """Yield a price that is divided in two ways, and own money of buyers that is not known."""
    is_shared = False
    for path, book in editions:
        divides = [
            (f"{path}.effects.{place}", one)
            for place, one in enumerate(book.effects)
            if one.kind in _DIVIDES
        ]
        is_shared |= any(one.kind in _SHARES for _, one in divides)
        for place, one in divides[1:]:
            expected = f"one of {', '.join(f'`{kind}`' for kind in sorted(_DIVIDES))}"
            yield place, _twice(f"{one.id!r} divides the price again", expected)
    if section.mark is None:
        # Refused by name already: only marked money is shared with the buyer's own.
        is_shared = False
    if is_shared and section.own_money is None:
        yield (
            f"purchases.{name}",
            Finding(
                "MISSING_KEY",
                "buyers pay a part of the price, and nothing says what they have of their own",
                expected="`own_money`",
                do="add `own_money` with `savings` and `spread`",
            ),
        )
    if section.own_money is not None and not is_shared:
        yield (
            f"purchases.{name}.own_money",
            Finding(
                "RULE_UNUSED",
                "nobody pays a part of the price beside the money of a programme",
                expected="a mark whose rule book has `copays`, `coupon` or `splits_on_cap`",
                do="remove it, or add the effect",
            ),
        )


def _payees(scenario: Scenario, path: str, book: RuleBook) -> Iterator[Located]:
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
