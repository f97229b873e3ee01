"""What a scenario says about arrested assets: the cases, how long courts take, how they decide."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US
from tengesim.codes import BASE_UNITS, Form
from tengesim.institutions.assets import ASSETS
from tengesim.parameter import (
    Count,
    Day,
    DurationValue,
    Identifier,
    Number,
    Rate,
    Section,
    Sourced,
    TimeOfDay,
    refusal,
)

__all__ = ["ConfiscationSection", "SeizureSection"]

_STAGES = ("sanction", "verdict", "appeal", "handover")


class SeizureSection(Section):
    """Cases of one origin within some days, each with an equal part of the units."""

    id: Identifier
    asset: Identifier = Field(description="`usdt`, `bitcoin`, … as prices name them.")
    units: Sourced[Number] = Field(description="Whole units of all cases together.")
    cases: Sourced[Count]
    since: Day = Field(alias="from")
    until: Day = Field(description="The last day; cases lie anywhere between.")
    origin: Identifier = Field(description="What the suspects did, such as `exchanger`.")
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _is_a_series(self) -> Self:
        if self.asset not in ASSETS:
            raise refusal(
                "NAME_UNKNOWN",
                f"there is no asset {self.asset!r}",
                expected="one of " + ", ".join(ASSETS),
                at=("asset",),
            )
        if self.until < self.since:
            raise refusal(
                "END_BEFORE_START",
                f"the last day is {self.until}, before {self.since}",
                expected="from ≤ until",
                at=("until",),
            )
        if self.base_units() < max(self.cases.value, 1):
            raise refusal(
                "RANGE",
                f"{self.units.value} units do not give each of {self.cases.value} cases any",
                expected="at least one base unit for each case",
                at=("units", "value"),
            )
        if not self.cases.value:
            raise refusal("RANGE", "there is no case", expected="1 or more", at=("cases", "value"))
        return self

    @property
    def form(self) -> Form:
        """Return the asset."""
        return ASSETS[self.asset]

    def base_units(self) -> int:
        """Return all units in base units."""
        return int(self.units.value * BASE_UNITS[self.form])


class ConfiscationSection(Section):
    """The way of arrested assets through the courts.

    Suspected, arrested once a court sanctions it, kept as evidence, decided upon, appealed, and
    then returned, given to victims or forfeited; what is forfeited is handed over or sold.
    """

    seizures: Annotated[tuple[SeizureSection, ...], Field(strict=False)] = ()
    opens_at: TimeOfDay
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]
    sanction: Sourced[DurationValue] = Field(description="Suspicion to arrest.")
    verdict: Sourced[DurationValue] = Field(description="Arrest to verdict.")
    appeal: Sourced[DurationValue] = Field(description="Verdict to the end of appeals.")
    handover: Sourced[DurationValue] = Field(
        description="Forfeiture to the transfer to the reserve, or to the sale."
    )
    spread: Sourced[Rate] = Field(
        description="How far the time of a case may lie from these, to both sides."
    )
    forfeited: Sourced[Rate] = Field(description="Verdicts that give the assets to the state.")
    victims: Sourced[Rate] = Field(
        description="Of the other verdicts, those that give them to victims; the rest returns them."
    )
    appealed: Sourced[Rate] = Field(description="Verdicts of forfeiture that are appealed.")
    overturned: Sourced[Rate] = Field(description="Appeals after which the assets are returned.")
    sold: Sourced[Rate] = Field(
        description="Forfeited cases that are sold for the budget instead of handed over."
    )
    sale_cost: Sourced[Rate] = Field(description="What a sale costs, as a share of its worth.")

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        for name in _STAGES:
            duration = getattr(self, name).value
            if duration.unit != "us" or duration.value < DAY_US:
                raise refusal(
                    "DURATION",
                    f"{name} takes {duration}",
                    expected="a day or more, such as 274 days",
                    at=(name, "value"),
                )
        return self

    @model_validator(mode="after")
    def _names_each_series_once(self) -> Self:
        names = [series.id for series in self.seizures]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise refusal(
                    "NAME_TWICE",
                    f"two series of seizures are called {name!r}",
                    expected="a name for each",
                    at=("seizures", number, "id"),
                )
        return self
