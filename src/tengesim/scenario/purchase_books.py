"""What purchases cannot carry out of their rule books, and what the books leave open."""

from collections.abc import Iterator, Sequence
from typing import Final

from tengesim.codes import Evidence
from tengesim.errors import Finding
from tengesim.institutions.purchases import SELLER, PurchasesSection
from tengesim.rules.effects import SplitsAmong
from tengesim.rules.model import BookVersion, RuleBook
from tengesim.rules.nesting import Shown, leaves_of, unserved, unshown
from tengesim.rules.procedures import RefundsIfUnmet, Reserves
from tengesim.rules.terms import OperationName
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import carried_out

__all__ = ["SHARES", "check_book"]

Located = tuple[str, Finding]
_Editions = Sequence[tuple[str, RuleBook | BookVersion]]

SHARES: Final = frozenset({"splits_on_cap", "copays", "coupon"})
"""Effects by which a buyer pays a part of the price beside the money of a programme."""
_ASKED: Final = frozenset({OperationName.PAY})
_PROCEDURES: Final = frozenset({"refunds_if_unmet", "reserves"})
_DIVIDES: Final = SHARES | {"splits_among"}
# Of a purchase are told its parties, price, day, region, category, and what the register says.
_UNTOLD: Final = frozenset(
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
_SHOWN: Final = {
    OperationName.PAY: Shown(int(Evidence.REGISTER_CHANGED), _UNTOLD),
    OperationName.CONVERT: Shown(0, _UNTOLD | {"register_changed"}),
}


def check_book(
    scenario: Scenario, name: str, section: PurchasesSection, book: RuleBook
) -> Iterator[Located]:
    """Yield what purchases cannot carry out of their book, and what it leaves open."""
    is_marked, path = section.mark is not None, f"rule_books.{section.rule_book}"
    # Between banks and the Treasury no deposit moves in one posting; digital tenge does.
    effects = {"splits_among"} if section.form == "digital_tenge" else set()
    if is_marked:
        effects |= SHARES
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
    yield from carried_out(path, unshown(book, _SHOWN))
    editions: list[tuple[str, RuleBook | BookVersion]] = [(path, book)]
    editions += ((f"{path}.versions.{n}", one) for n, one in enumerate(book.versions))
    yield from _waits(name, section, editions)
    yield from _shares(name, section, editions)
    for place, edition in editions:
        yield from _payees(scenario, place, edition)
        yield from _registers(section, place, edition)


def _waits(name: str, section: PurchasesSection, editions: _Editions) -> Iterator[Located]:
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


def _registers(
    section: PurchasesSection, path: str, book: RuleBook | BookVersion
) -> Iterator[Located]:
    """Yield rules that ask a register in which nothing that is bought here stands."""
    for place, rule in enumerate(book.rules):
        for leaf in leaves_of(rule.condition):
            if leaf.kind == "register_changed" and leaf.of is not section.thing:
                yield (
                    f"{path}.rules.{place}.condition",
                    Finding(
                        "RULE_NEVER",
                        f"{rule.id!r} asks the register of {leaf.of}, which never shows what is"
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
        is_shared |= any(one.kind in SHARES for _, one in divides)
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
