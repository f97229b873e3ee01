"""What metrics need to know of a scenario: its horizon, its rates, and what its world contains."""

from typing import Final

from tengesim.institutions.mining.model import PowerSection
from tengesim.institutions.treasury.terms import budget_terms
from tengesim.metrics.metric import Scope
from tengesim.metrics.terms import MetricTerms
from tengesim.population.society import person_count
from tengesim.rules.procedures import MintsReward, Schedules
from tengesim.rules.steps import procedure_of
from tengesim.scenario.model import Scenario

__all__ = ["metric_terms"]

_DAY_HOURS: Final = 16
"""Hours in which imported power costs what it does by day, 07:00 to 23:00."""


def metric_terms(scenario: Scenario) -> MetricTerms:
    """Return the terms under which runs of `scenario` are measured."""
    clock, finance = scenario.clock, scenario.finance
    calendar = clock.calendar()
    limit = scenario.wallets.holding_limit if scenario.wallets is not None else None
    mandate = scenario.reserve.fund.mandate if scenario.reserve is not None else None
    power = scenario.mining.power if scenario.mining is not None else None
    year, people = scenario.treasury.budget, scenario.population.people
    return MetricTerms(
        start_us=calendar.at(clock.start),
        end_us=calendar.at(clock.end),
        base_rate_bp=finance.base_rate.value,
        spread_bp=finance.spread.value,
        holding_limit_tiyn=None if limit is None else limit.value,
        budget=None if year is None else budget_terms(year, calendar, scenario.population.scale),
        trade_spread_bp=0 if mandate is None else mandate.spread.value,
        trade_slippage_bp=0 if mandate is None else mandate.slippage.value,
        imported_power_tiyn=0 if power is None else _imported_tiyn(power),
        people=0 if people is None else person_count(people, scenario.population.scale),
        vouchers=tuple(scenario.vouchers),
        purchases=(*scenario.purchases, *scenario.supplies),
        scopes=_scopes(scenario),
    )


def _imported_tiyn(power: PowerSection) -> int:
    """Return the mean price of a kWh of imported power over a day."""
    by_day, by_night = power.import_by_day.value, power.import_by_night.value
    return (by_day * _DAY_HOURS + by_night * (24 - _DAY_HOURS)) // 24


def _has(scenario: Scenario, procedure: type[object]) -> bool:
    """Return whether the rules of some voucher have a procedure of a kind."""
    books = map(scenario.book_of_voucher, scenario.vouchers)
    return any(book is not None and procedure_of(book, procedure) is not None for book in books)


def _splits_tax(scenario: Scenario) -> bool:
    """Return whether tax is refunded that rules split off prices of contracts."""
    section = scenario.procurement
    contracts = None if section is None else section.contracts
    return contracts is not None and contracts.refunds is not None


def _scopes(scenario: Scenario) -> frozenset[Scope]:
    contents: dict[Scope, bool] = {
        "any": True,
        "meals": bool(scenario.programmes),
        "people": scenario.has_people or scenario.retail is not None,
        "wallets": scenario.wallets is not None,
        "vouchers": bool(scenario.vouchers),
        "schedules": _has(scenario, Schedules),
        "rewards": _has(scenario, MintsReward),
        "offline": scenario.offline is not None,
        "reports": scenario.offline is not None and scenario.offline.rule_book is not None,
        "budget": scenario.has_budget,
        "reserve": scenario.reserve is not None,
        "confiscation": scenario.confiscation is not None,
        "mining": scenario.mining is not None,
        "procurement": scenario.procurement is not None,
        "purchases": bool(scenario.purchases),
        "supplies": bool(scenario.supplies),
        "instalments": any(one.instalments is not None for one in scenario.purchases.values()),
        "copayments": any(one.own_money is not None for one in scenario.purchases.values()),
        "taxes": _splits_tax(scenario),
    }
    return frozenset(scope for scope, is_there in contents.items() if is_there)
