"""What sections of the reserve say about one another: assets with a price, dollars that suffice."""

from collections.abc import Iterable, Iterator

from tengesim.errors import Finding
from tengesim.institutions.assets import HOLDERS
from tengesim.institutions.mining.operator import PAYEES
from tengesim.institutions.reserve.model import ReserveSection, VehicleSection
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import known

__all__ = ["check_reserve"]

Located = tuple[str, Finding]

_FUND_UNIT = "fund_unit"
_DOLLAR = "us_dollar"


def check_reserve(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about who holds assets in this world, with its path."""
    section, market = scenario.reserve, scenario.market
    holders = {
        "reserve": section,
        "mining": scenario.mining,
        "confiscation": scenario.confiscation,
    }
    for name, stated in holders.items():
        if stated is not None and market is None:
            yield (
                name,
                Finding(
                    "WORLD_EMPTY",
                    f"{name!r} speaks of assets, and nothing says what they cost",
                    expected="a section `market`",
                    do=f"add `market`, or remove `{name}`",
                ),
            )
    if market is None:
        return
    yield from _named_once(scenario)
    for path, name in (*_mined(scenario), *_arrested(scenario)):
        yield from known(path, name, market.assets, "asset of `market`")
    if section is None:
        return
    for path, name in _named(section):
        if name != _FUND_UNIT:
            yield from known(f"reserve.{path}", name, market.assets, "asset of `market`")
    yield from _backed(section)
    if section.ring_fence and scenario.mining is not None and scenario.mining.is_paid_by_budget:
        yield (
            "mining.mode",
            Finding(
                "VALUE",
                "the budget pays for mining, and a ring fence keeps it from paying for the reserve",
                expected="`share_in_kind`, or `reserve.ring_fence: false`",
            ),
        )
    if section.fund_unit is not None and section.fund_unit.lag.value.unit != "us":
        yield (
            "reserve.fund_unit.lag.value",
            Finding(
                "DURATION",
                f"the value of a fund unit is {section.fund_unit.lag.value} old",
                expected="a time that passes on every day, such as 60 days",
            ),
        )


def _named_once(scenario: Scenario) -> Iterator[Located]:
    """Yield who bears the name of somebody else, so that both would share their accounts."""
    banks = scenario.banks
    taken = {banks.national_bank, *(bank.id for bank in banks.second_tier), scenario.treasury.id}
    taken |= HOLDERS | set(PAYEES.values())
    named = [] if scenario.mining is None else [("mining.operator", scenario.mining.operator)]
    if scenario.reserve is not None:
        vehicles = _vehicles(scenario.reserve)
        named += [(f"reserve.{path}.holder", vehicle.holder) for path, vehicle in vehicles]
    for path, name in named:
        if name in taken:
            yield (
                path,
                Finding(
                    "NAME_TWICE",
                    f"somebody else is called {name!r} already",
                    expected="a name that no bank, holder or payee of assets has",
                ),
            )
        taken.add(name)


def _mined(scenario: Scenario) -> Iterable[tuple[str, str]]:
    return () if scenario.mining is None else (("mining", "bitcoin"),)


def _arrested(scenario: Scenario) -> Iterator[tuple[str, str]]:
    if scenario.confiscation is not None:
        for number, seizure in enumerate(scenario.confiscation.seizures):
            yield f"confiscation.seizures.{number}.asset", seizure.asset


def _named(section: ReserveSection) -> Iterator[tuple[str, str]]:
    """Yield where an asset of the market is named, and its name."""
    for path, vehicle in _vehicles(section):
        for name in vehicle.capital:
            yield f"{path}.capital.{name}", name
        for name in vehicle.mandate.weights:
            yield f"{path}.mandate.weights.{name}", name
    for name in section.foreign_reserves:
        yield f"foreign_reserves.{name}", name
    if section.conversion is not None:
        for number, name in enumerate(section.conversion.assets):
            yield f"conversion.assets.{number}", name
    if section.fund_unit is not None:
        yield "fund_unit.follows", section.fund_unit.follows


def _vehicles(section: ReserveSection) -> Iterator[tuple[str, VehicleSection]]:
    yield "fund", section.fund
    if section.portfolio is not None:
        yield "portfolio", section.portfolio


def _backed(section: ReserveSection) -> Iterator[Located]:
    """Yield what the National Bank is to give and does not have."""
    for name, stated in section.foreign_reserves.items():
        asked = sum(
            vehicle.capital[name].value
            for _, vehicle in _vehicles(section)
            if name in vehicle.capital
        )
        if asked > stated.value:
            yield (
                f"reserve.foreign_reserves.{name}",
                Finding(
                    "RANGE",
                    f"the vehicles begin with {asked // 100:,} USD of {name}, more than there is",
                    expected=f"at least {asked // 100:,} USD",
                ),
            )
    if not section.ring_fence and _DOLLAR not in section.foreign_reserves:
        yield (
            "reserve.foreign_reserves",
            Finding(
                "MISSING_KEY",
                "the budget pays for the reserve, and the National Bank has no dollars to sell it",
                expected=f"`{_DOLLAR}` among them",
            ),
        )
