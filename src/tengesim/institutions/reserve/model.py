"""The sections of the scenario about the state's reserve: vehicles, mandate, custody, budget."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    Dollars,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    refusal,
)

__all__ = [
    "ASSET_NAMES",
    "AssetName",
    "AttestationSection",
    "BudgetSupportSection",
    "CadenceName",
    "ConversionSection",
    "CustodySection",
    "FundUnitSection",
    "GuardSection",
    "InsuranceSection",
    "MandateSection",
    "ReserveSection",
    "SpendingSection",
    "VehicleSection",
    "WeightSection",
]

AssetName = Literal["bitcoin", "ether", "bnb", "usdt", "gold", "us_dollar", "fund_unit"]
ASSET_NAMES: Final[tuple[AssetName, ...]] = (
    "bitcoin",
    "ether",
    "bnb",
    "usdt",
    "gold",
    "us_dollar",
    "fund_unit",
)
CadenceName = Literal["month", "quarter", "year"]


class WeightSection(Section):
    """What part of a vehicle an asset should be, and between which bounds it is left alone."""

    share: Sourced[Rate]
    floor: Sourced[Rate]
    ceiling: Sourced[Rate]

    @model_validator(mode="after")
    def _encloses_its_share(self) -> Self:
        floor_bp, share_bp, ceiling_bp = self.floor.value, self.share.value, self.ceiling.value
        if not floor_bp <= share_bp <= ceiling_bp:
            raise refusal(
                "BANDS",
                f"the band from {floor_bp} bp to {ceiling_bp} bp does not enclose the weight of"
                f" {share_bp} bp",
                expected="floor ≤ share ≤ ceiling",
                at=("floor",),
            )
        return self


class GuardSection(Section):
    """What happens when a vehicle has fallen far: a part of what fluctuates becomes dollars."""

    fall: Sourced[Rate] = Field(description="Fall from the highest value since the last release.")
    part: Sourced[Rate] = Field(description="Part of every other asset that is sold for dollars.")
    release: Sourced[Rate] = Field(description="Fall at which the mandate holds again.")

    @model_validator(mode="after")
    def _releases_after_it_shuts(self) -> Self:
        if self.release.value >= self.fall.value or not self.fall.value:
            raise refusal(
                "BANDS",
                f"the guard shuts at a fall of {self.fall.value} bp and opens at"
                f" {self.release.value} bp",
                expected="release below fall",
                at=("release",),
            )
        return self


class SpendingSection(Section):
    """What a vehicle pays to the budget: a rate a year of its mean value, quarter by quarter."""

    rate: Sourced[Rate]
    quarters: Sourced[Count] = Field(description="Quarter ends whose values are averaged.")
    waits: Sourced[DurationValue] = Field(description="Time from the start to the first payment.")

    @model_validator(mode="after")
    def _averages_something(self) -> Self:
        if not self.quarters.value:
            raise refusal(
                "RANGE", "an average of no quarter", expected="1 or more", at=("quarters",)
            )
        return self


class MandateSection(Section):
    """What a vehicle should hold, how it gets there, and what trading costs."""

    weights: dict[AssetName, WeightSection]
    every: CadenceName
    pace: Sourced[Rate] = Field(
        description="Part of the vehicle's value that may be bought at one time."
    )
    spread: Sourced[Rate] = Field(description="What a trade costs of its amount.")
    slippage: Sourced[Rate] = Field(
        description="What it costs more for each million dollars traded at once, at most 10 %."
    )
    guard: GuardSection | None = None
    spending: SpendingSection | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        whole_bp = sum(weight.share.value for weight in self.weights.values())
        if self.weights and whole_bp != BP:
            raise refusal(
                "SHARES",
                f"the weights add up to {whole_bp // 100}.{whole_bp % 100:02d} %",
                expected="weights that add up to 100 %, or none",
                at=("weights",),
            )
        if not self.pace.value:
            raise refusal("RANGE", "a mandate that never trades", expected="a pace", at=("pace",))
        return self


class VehicleSection(Section):
    """One vehicle of the reserve: who holds what, at first, and under which mandate."""

    holder: Identifier
    capital: dict[AssetName, Sourced[Dollars]] = Field(
        description="What it begins with, of public money, worth at the first fixing."
    )
    mandate: MandateSection


class FundUnitSection(Section):
    """Units of hedge and venture funds, which follow an asset from afar and are valued late."""

    follows: AssetName
    beta: Sourced[Rate] = Field(description="Part of the asset's daily change that a unit makes.")
    every: CadenceName = Field(description="How often the funds state a value.")
    lag: Sourced[DurationValue] = Field(description="Age of the value when it is stated.")
    lock_up: Sourced[DurationValue] = Field(description="Time before bought units may be sold.")
    fee: Sourced[Rate] = Field(description="What the funds keep of the value a year.")


class InsuranceSection(Section):
    """Insurance against losses in custody."""

    cover: Sourced[Rate]
    deductible: Sourced[Dollars]
    premium: Sourced[Rate] = Field(description="A year, of the value of all coins.")
    pays_after: Sourced[DurationValue]


class CustodySection(Section):
    """How coins are kept: most cold, under several signatures; what gets lost; who pays for it."""

    hot: Sourced[Rate] = Field(description="Part of the coins that stays at hand.")
    delay: Sourced[DurationValue] = Field(
        description="Time to collect the signatures for coins that are kept cold."
    )
    hot_incidents: Sourced[Rate] = Field(description="Incidents to be expected in a year.")
    hot_loss: Sourced[Rate] = Field(description="Part of the coins lost in an incident.")
    cold_incidents: Sourced[Rate]
    cold_loss: Sourced[Rate]
    fee: Sourced[Rate] = Field(description="A year, of the value of all coins.")
    insurance: InsuranceSection | None = None


class ConversionSection(Section):
    """Confiscated assets that are changed into dollars some time after they come in."""

    assets: Annotated[tuple[AssetName, ...], Field(strict=False, min_length=1)]
    after: Sourced[DurationValue]

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        for number, name in enumerate(self.assets):
            if name in {"us_dollar", "fund_unit"}:
                raise refusal(
                    "CHOICE",
                    f"{name} is not changed into dollars",
                    expected="coins or gold",
                    at=("assets", number),
                )
        return self


class BudgetSupportSection(Section):
    """What the budget pays for the reserve where no ring fence stands between them."""

    ceiling: Sourced[Amount] = Field(description="All that the budget may pay in the horizon.")
    purchases: Sourced[Amount] = Field(description="Appropriated a year, quarter by quarter.")
    guarantee: Sourced[Rate] = Field(
        description="Part of what custody loses, and no insurance pays, that the budget makes good."
    )


class AttestationSection(Section):
    """How often an auditor looks, how late it says what it saw, and of how much."""

    every: CadenceName
    lag: Sourced[DurationValue]
    coverage: Sourced[Rate]


class ReserveSection(Section):
    """The reserve: a fund of coins, and beside it, or not, a portfolio of the National Bank."""

    ring_fence: bool = Field(
        description="Whether the budget pays nothing in: the reserve bears its costs and losses."
    )
    fund: VehicleSection
    portfolio: VehicleSection | None = None
    fund_unit: FundUnitSection | None = None
    custody: CustodySection
    conversion: ConversionSection | None = None
    running: Sourced[Dollars] = Field(description="Managers, auditors and systems, a year.")
    foreign_reserves: dict[AssetName, Sourced[Dollars]] = Field(
        description="What the National Bank holds, which capital and dollars for the budget come"
        " from."
    )
    budget: BudgetSupportSection
    attestation: AttestationSection

    @model_validator(mode="after")
    def _knows_its_units(self) -> Self:
        vehicles = {"fund": self.fund, "portfolio": self.portfolio}
        for name, vehicle in vehicles.items():
            if vehicle is None or self.fund_unit is not None:
                continue
            for key in ("capital", "mandate.weights"):
                held = vehicle.capital if key == "capital" else vehicle.mandate.weights
                if "fund_unit" in held:
                    raise refusal(
                        "MISSING_KEY",
                        f"{name} holds fund units, and nothing says what they are worth",
                        expected="a section `fund_unit`",
                        at=(name, *key.split("."), "fund_unit"),
                    )
        if self.portfolio is not None and self.portfolio.holder == self.fund.holder:
            raise refusal(
                "NAME_TWICE",
                f"both vehicles are called {self.fund.holder!r}",
                expected="a holder of its own for each",
                at=("portfolio", "holder"),
            )
        return self

    def vehicles(self) -> tuple[VehicleSection, ...]:
        """Return the vehicles there are, the fund of coins first."""
        return (self.fund,) if self.portfolio is None else (self.fund, self.portfolio)
