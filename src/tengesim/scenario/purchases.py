"""What purchases against a register need of the rest of a scenario: rules, marks, and a horizon."""

from collections.abc import Iterator

from tengesim.errors import Finding
from tengesim.money import BP
from tengesim.scenario.model import Scenario
from tengesim.scenario.purchase_books import check_book
from tengesim.scenario.trades import check_trade

__all__ = ["check_purchases"]

Located = tuple[str, Finding]


def check_purchases(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about purchases, with its path."""
    for name, section in scenario.purchases.items():
        own = section.own_money
        saved_tiyn = 0 if own is None else own.savings.value * (BP + own.spread.value) // BP
        path = f"purchases.{name}"
        yield from check_trade(scenario, path, name, section, saved_tiyn=saved_tiyn)
        if section.rule_book in scenario.rule_books:
            book = scenario.rule_books[section.rule_book]
            yield from check_book(scenario, name, section, book)
