"""The market as a scenario describes it: assets, how they move together, and stress laid over them.

Prices are in US dollars, that of the dollar in tenge. Nothing here is drawn; sections say what is
known and assumed, and `market.check` says where they contradict one another.
"""

from typing import Annotated, Final

from pydantic import Field, model_validator

from tengesim.codes import Form, column_text
from tengesim.market.laws import Law
from tengesim.parameter import Count, Day, Identifier, Number, Rate, Section, Sourced

__all__ = ["PRICED", "AssetSection", "DepegSection", "MarketSection", "StressSection", "floating"]

PRICED: Final = {
    column_text(form): form
    for form in (Form.BITCOIN, Form.ETHER, Form.BNB, Form.USDT, Form.GOLD, Form.US_DOLLAR)
}
"""Assets that a market can price, in the order in which they are drawn."""

NO_DRIFT: Final = Sourced[Number].model_validate(
    {"value": 0, "low": -0.3, "high": 0.3, "source": "assumption"}
)
_NEVER: Final = {"value": 0, "low": 0, "high": 0, "source": "assumption, derived: it is pegged"}


class DepegSection(Section):
    """How a coin that stands for a dollar falls below it, and comes back."""

    yearly: Sourced[Rate] = Field(description="Chance of a fall within a year.")
    least: Sourced[Rate] = Field(description="Part of the price that a small fall takes.")
    most: Sourced[Rate] = Field(description="Part of the price that a large fall takes.")
    half_life: Sourced[Annotated[Count, Field(ge=1, le=3_650)]] = Field(
        description="Days in which half of a fall is made up for."
    )


class AssetSection(Section):
    """One asset: what a whole unit costs on the first day, and how its price moves."""

    price: Sourced[Number] = Field(
        description="US dollars a coin, a gram of gold, or tenge a US dollar."
    )
    volatility: Sourced[Number] = Field(
        description="Standard deviation of a year's logarithmic returns: 0.42 for 42 %."
    )
    drift: Sourced[Number] = Field(
        default=NO_DRIFT,
        description="Logarithm by which the expected price grows in a year; no source knows it.",
    )
    depeg: DepegSection | None = Field(
        default=None,
        description="States that the asset is pegged: its price stays around the first one.",
    )

    @model_validator(mode="before")
    @classmethod
    def _pegged_has_no_drift(cls, stated: object) -> object:
        # A default range would be drawn from, and every draw of it refused.
        if isinstance(stated, dict) and stated.get("depeg") is not None:
            return {"drift": _NEVER, **stated}
        return stated


class StressSection(Section):
    """A path laid over whatever the law draws: a fall or a rise, and the way back."""

    first: Day = Field(description="The day before the price begins to leave its path.")
    changes: dict[Identifier, Sourced[Number]] = Field(
        description="Asset: change at the worst, -0.83 for a fall by 83 %."
    )
    falls: Sourced[Annotated[Count, Field(ge=1, le=10_000)]] = Field(
        description="Days until the worst."
    )
    recovers: Sourced[Annotated[Count, Field(ge=1, le=10_000)]] | None = Field(
        default=None, description="Days from the worst until all is made up for; never if absent."
    )


class MarketSection(Section):
    """Prices of a reserve's assets as one system."""

    fixing: Sourced[Annotated[Count, Field(ge=1, le=90)]] = Field(
        description="Days from one fixing to the next; a price holds until then."
    )
    assets: dict[Identifier, AssetSection]
    correlation: dict[Identifier, dict[Identifier, Sourced[Number]]] = Field(
        default_factory=dict,
        description="Correlation of each two assets that are not pegged, stated once.",
    )
    law: Law
    stresses: dict[Identifier, StressSection] = Field(
        default_factory=dict, description="Paths that can be laid over the law."
    )
    laid: Annotated[tuple[Identifier, ...], Field(strict=False)] = Field(
        default=(), description="Which of the stresses come to pass."
    )


def floating(section: MarketSection) -> dict[str, AssetSection]:
    """Return the assets that are not pegged, in the order in which they are drawn."""
    found = {name: section.assets[name] for name in PRICED if name in section.assets}
    return {name: asset for name, asset in found.items() if asset.depeg is None}
