"""What purchases on instalments need: a register that is asked, parts that add up, and time."""

from collections.abc import Iterator, Sequence

from tengesim.errors import Finding
from tengesim.institutions.purchases import PurchasesSection
from tengesim.money import BP, format_amount
from tengesim.rules.conditions import Condition
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import PaysInstalments
from tengesim.scenario.model import Scenario
from tengesim.scenario.trades import in_time

__all__ = ["check_instalments"]

Located = tuple[str, Finding]


def check_instalments(
    scenario: Scenario,
    name: str,
    section: PurchasesSection,
    editions: Sequence[tuple[str, RuleBook]],
) -> Iterator[Located]:
    """Yield what does not fit together between a section of purchases and its instalments."""
    terms, path = section.instalments, f"purchases.{name}"
    found = [
        (f"{place}.procedures.{number}", one)
        for place, book in editions
        for number, one in enumerate(book.procedures)
        if isinstance(one, PaysInstalments)
    ]
    if terms is None:
        for place, procedure in found:
            yield (
                place,
                Finding(
                    "RULE_UNUSED",
                    f"{procedure.id!r} pays in instalments, and nothing says when they are due",
                    expected=f"`instalments` in `{path}`",
                    do="add `instalments` with `every` and `undone_after`",
                ),
            )
        return
    if not found:
        yield (
            f"{path}.instalments",
            Finding(
                "RULE_UNUSED",
                "no rule book has anything paid in instalments",
                expected="a procedure of kind `pays_instalments`",
                do="remove it, or add the procedure",
            ),
        )
    dearest_tiyn = section.price.value * (BP + section.price_spread.value) // BP
    for place, procedure in found:
        if procedure.amount * procedure.count < dearest_tiyn:
            yield (
                f"{place}.amount",
                Finding(
                    "RANGE",
                    f"{procedure.count} times {format_amount(procedure.amount)} do not pay the"
                    f" highest price, {format_amount(dearest_tiyn)}",
                    expected="instalments that pay every price",
                    do="raise `amount` or `count`; the last instalment is what is left",
                ),
            )
        if not _asks_register(procedure.condition):
            yield (
                f"{place}.condition",
                Finding(
                    "RULE_ALWAYS",
                    f"{procedure.id!r} would pay for what never came",
                    expected="`register_changed`, alone or as a part of `all_of`",
                    do="ask the register of the `thing` before each instalment",
                ),
            )
        days, every = terms.every.value.value * procedure.count, f"{path}.instalments.every"
        yield from in_time(scenario, section, every, days, "the last instalment of the last sale")


def _asks_register(condition: Condition) -> bool:
    """Return whether nothing passes `condition` unless the register has changed."""
    if condition.kind == "all_of":
        return any(_asks_register(one) for one in condition.conditions)
    return condition.kind == "register_changed"
