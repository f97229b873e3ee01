"""What supplies by the meter need of the rest of a scenario: a rate, rules, sums, and time."""

from collections.abc import Iterator
from typing import Final

from tengesim.errors import Finding
from tengesim.institutions.purchases import SuppliesSection
from tengesim.money import BP, PAYMENT_MAX_TIYN, format_amount
from tengesim.rules.effects import PaysByMeter
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import Shown, unserved, unshown
from tengesim.rules.terms import OperationName
from tengesim.scenario.model import Scenario
from tengesim.scenario.purchase_books import UNTOLD
from tengesim.scenario.references import carried_out
from tengesim.scenario.trades import check_trade, in_time

__all__ = ["check_supplies"]

Located = tuple[str, Finding]

_PAY: Final = OperationName.PAY
# A meter says how many units were used; there is no register of owners.
_METERED: Final = (UNTOLD | {"register_changed"}) - {"metered"}
_SHOWN: Final = {
    _PAY: Shown(0, _METERED),
    OperationName.CONVERT: Shown(0, UNTOLD | {"register_changed"}),
}


def check_supplies(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about supplies, with its path."""
    for name, section in scenario.supplies.items():
        path = f"supplies.{name}"
        yield from check_trade(scenario, path, name, section)
        days = section.every.value.value * section.readings.value
        what = "the last reading of the last connection"
        yield from in_time(scenario, section, f"{path}.every", days, what)
        if section.rule_book in scenario.rule_books:
            yield from _asked(section, path, scenario.rule_books[section.rule_book])


def _asked(section: SuppliesSection, path: str, book: RuleBook) -> Iterator[Located]:
    """Yield what supplies cannot carry out of their book, and rates that cannot be paid."""
    is_marked, place = section.mark is not None, f"rule_books.{section.rule_book}"
    parts = unserved(
        book,
        effects=frozenset({"pays_by_meter"}),
        procedures=frozenset({"return_on_expiry"} if is_marked else ()),
        # What a rule does not let pass is due again at the next reading.
        holds=False,
        versions=True,
        asked=frozenset({_PAY, OperationName.CONVERT} if is_marked else {_PAY}),
    )
    yield from carried_out(place, parts)
    yield from carried_out(place, unshown(book, _SHOWN))
    for prefix, edition in book.editions():
        at = f"{place}.{prefix}effects"
        rates = [one for one in edition.effects if isinstance(one, PaysByMeter)]
        if not rates:
            yield (
                at,
                Finding(
                    "MISSING_KEY",
                    "nothing says what a unit costs",
                    expected="an effect of kind `pays_by_meter`",
                    do="add the effect with its `rate`",
                ),
            )
        for rate in rates:
            number = edition.effects.index(rate)
            yield from _payable(section, path, f"{at}.{number}.rate", rate)


def _payable(
    section: SuppliesSection, path: str, at: str, effect: PaysByMeter
) -> Iterator[Located]:
    """Yield a rate at which no unit is ever paid, or at which sums cannot be counted."""
    highest_tiyn = section.allotment.value * (BP + section.allotment_spread.value) // BP
    if effect.rate > highest_tiyn:
        yield (
            at,
            Finding(
                "RANGE",
                f"a unit costs {format_amount(effect.rate)}, and nobody has more than"
                f" {format_amount(highest_tiyn)}",
                expected="a rate that pays a unit at least",
                do="lower the rate, or raise `allotment`",
            ),
        )
    units = section.use.value * (BP + section.use_spread.value) // BP
    units = units * (BP + section.misread_by.value) // BP
    units = units * (BP + section.truth.tampered_by.value) // BP * section.readings.value
    if units * effect.rate > PAYMENT_MAX_TIYN:
        yield (
            f"{path}.use",
            Finding(
                "RANGE",
                f"{units:,} units of a connection cost {format_amount(units * effect.rate)}",
                expected=f"at most {format_amount(PAYMENT_MAX_TIYN)}",
                do="lower `use`, `readings` or the rate",
            ),
        )
