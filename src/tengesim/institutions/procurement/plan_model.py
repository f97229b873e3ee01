"""What a scenario says about who buys what: budget lines, large lots, small lots, listed lots.

Numbers of lots and amounts of both layers are those of the region times the scale of the run;
listed lots and budget lines without layers stand as they are written.
"""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tengesim.institutions.procurement.works import Category, Level, Method
from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    Day,
    Identifier,
    Number,
    Rate,
    Section,
    Sourced,
    refusal,
)

__all__ = [
    "AnnouncedSection",
    "DurationSection",
    "LargeSection",
    "LineSection",
    "LotSection",
    "PartSection",
    "PlanSection",
    "SectorSection",
    "SmallSection",
    "SortSection",
]

_MONTHS: Final = 12
_SKEW_MAX: Final = 100
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_LotName = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$")]
"""Ids of documents are a lot's name, a slash and more."""
_MethodName = Annotated[Method, Field(strict=False)]
_Months = Annotated[tuple[Rate, ...], Field(strict=False, min_length=_MONTHS, max_length=_MONTHS)]


def _check_whole(shares_bp: list[int], what: str, *at: str) -> None:
    """Refuse shares that do not add up to the whole."""
    total_bp = sum(shares_bp)
    if total_bp != BP:
        raise refusal(
            "SHARES",
            f"{what} add up to {total_bp // 100}.{total_bp % 100:02d} %",
            expected="100 %",
            at=at,
        )


class LineSection(Section):
    """One budget line: what it is for, at which level and in which region, and who spends it."""

    title: _Text
    level: Level
    cofog: Annotated[Identifier, Field(pattern=r"^(0[1-9]|10)(\.[1-9])?$")]
    region: Identifier = Field(description="Code of ISO 3166-2:KZ, or KZ for the whole country.")
    buyers: Sourced[Count]
    appropriation: Sourced[Amount] | None = Field(
        default=None, description="What the plan asks for and `room` more, if left out."
    )

    @model_validator(mode="after")
    def _is_spent_by_somebody(self) -> Self:
        if not self.buyers.value:
            raise refusal(
                "RANGE", "a line that nobody spends", expected="1 or more", at=("buyers",)
            )
        return self


class DurationSection(Section):
    """How many calendar days contracts of a kind take, between two bounds."""

    shortest: Sourced[Count]
    longest: Sourced[Count]

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        for name in ("shortest", "longest"):
            if getattr(self, name).value < 1:
                raise refusal(
                    "DURATION",
                    "a contract that takes no time",
                    expected="one day or more",
                    at=(name, "value"),
                )
        if self.longest.value < self.shortest.value:
            raise refusal(
                "BANDS", "the longest is shorter than the shortest", at=("longest", "value")
            )
        return self

    def days(self) -> tuple[int, int]:
        """Return both bounds in days."""
        return self.shortest.value, self.longest.value


def _check_skew(skew: Sourced[Number]) -> None:
    if not 1 <= skew.value <= _SKEW_MAX:
        raise refusal(
            "RANGE",
            f"a mean {skew.value} times the median",
            expected=f"1 to {_SKEW_MAX}",
            at=("skew", "value"),
        )


def _check_durations(
    durations: dict[Category, DurationSection], categories: list[Category]
) -> None:
    """Refuse lots of which nobody knows how long they take."""
    for category in categories:
        if category not in durations:
            raise refusal(
                "MISSING_KEY",
                f"nothing says how long {category} take",
                expected=f"durations.{category}",
                at=("durations",),
            )


class SectorSection(Section):
    """Large lots of one sector: how many, for how much together, and on which line."""

    title: _Text
    line: Identifier
    category: Category
    commodity: Identifier
    lots: Sourced[Count]
    amount: Sourced[Amount]
    unit_price: Sourced[Amount] | None = Field(
        default=None, description="Market price of one unit; a lot without it is one unit."
    )


class LargeSection(Section):
    """The layer of large lots: published totals, divided among sectors."""

    lots: Sourced[Count]
    total: Sourced[Amount]
    skew: Sourced[Number] = Field(description="Mean ÷ median of the amounts within a sector.")
    methods: dict[_MethodName, Sourced[Rate]]
    durations: dict[Category, DurationSection]
    sectors: dict[Identifier, SectorSection]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _check_whole([share.value for share in self.methods.values()], "the methods", "methods")
        lots = sum(sector.lots.value for sector in self.sectors.values())
        if lots != self.lots.value:
            raise refusal(
                "SHARES",
                f"the sectors have {lots} lots, and the layer has {self.lots.value}",
                expected="sectors that add up to the layer",
                at=("sectors",),
            )
        amount_tiyn = sum(sector.amount.value for sector in self.sectors.values())
        if amount_tiyn != self.total.value:
            raise refusal(
                "SHARES",
                f"the sectors add up to {amount_tiyn // 100} KZT, and the layer to"
                f" {self.total.value // 100} KZT",
                expected="sectors that add up to the layer",
                at=("sectors",),
            )
        _check_skew(self.skew)
        _check_durations(self.durations, [one.category for one in self.sectors.values()])
        return self


class SortSection(Section):
    """One sort of small contracts: how they are bought, which part of all, and how large."""

    method: _MethodName
    category: Category
    commodity: Identifier
    share: Sourced[Rate] = Field(description="Part of the small contracts, by number.")
    mean: Sourced[Amount]
    skew: Sourced[Number] = Field(description="Mean ÷ median of the amounts.")
    unit_price: Sourced[Amount] | None = None

    @model_validator(mode="after")
    def _is_small(self) -> Self:
        _check_skew(self.skew)
        if not self.mean.value:
            raise refusal("RANGE", "contracts of nothing", expected="more", at=("mean", "value"))
        if self.method not in _SMALL_METHODS:
            raise refusal(
                "CHOICE",
                f"small contracts are not bought by {self.method.value}",
                expected=", ".join(_SMALL_METHODS),
                at=("method",),
            )
        return self


_SMALL_METHODS: Final = (Method.QUOTATIONS, Method.E_STORE, Method.DIRECT)


class PartSection(Section):
    """Which part of the small contracts is paid from a line, by number."""

    share: Sourced[Rate]


class SmallSection(Section):
    """The layer of small contracts: their number, sorts, and the lines they are paid from."""

    lots: Sourced[Count]
    sorts: dict[Identifier, SortSection]
    durations: dict[Category, DurationSection]
    lines: dict[Identifier, PartSection]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _check_whole([sort.share.value for sort in self.sorts.values()], "the sorts", "sorts")
        _check_whole([part.share.value for part in self.lines.values()], "the lines", "lines")
        _check_durations(self.durations, [one.category for one in self.sorts.values()])
        return self

    def mean_tiyn(self) -> int:
        """Return the mean amount of a small contract."""
        return sum(sort.mean.value * sort.share.value for sort in self.sorts.values()) // BP


class LotSection(Section):
    """One lot that is known by name."""

    title: _Text
    line: Identifier
    category: Category
    commodity: Identifier
    amount: Sourced[Amount]
    method: _MethodName
    planned_on: Day
    duration: Sourced[Count] = Field(description="Calendar days from signing to the last act.")
    units: Sourced[Count] | None = None

    @model_validator(mode="after")
    def _can_be_bought(self) -> Self:
        if self.duration.value < 1:
            raise refusal(
                "DURATION",
                "a contract that takes no time",
                expected="one day or more",
                at=("duration", "value"),
            )
        for name in ("amount", "units"):
            stated = getattr(self, name)
            if stated is not None and not stated.value:
                raise refusal("RANGE", "a lot of nothing", expected="more", at=(name, "value"))
        if self.method is Method.SINGLE_SOURCE:
            raise refusal(
                "CHOICE",
                "single source follows a tender that failed and is not planned",
                expected="another method",
                at=("method",),
            )
        return self


class AnnouncedSection(Section):
    """When lots are announced, as shares of the year by month."""

    months: _Months
    source: _Text

    @model_validator(mode="after")
    def _months_make_a_year(self) -> Self:
        _check_whole(list(self.months), "the months", "months")
        return self


class PlanSection(Section):
    """The annual plan of procurement: lines, both layers, and listed lots."""

    lines: dict[Identifier, LineSection]
    room: Sourced[Rate] | None = Field(
        default=None, description="What lines without an appropriation have above their plan."
    )
    efficient: Sourced[Rate] = Field(
        description="Part of the estimate that efficient work with a normal margin costs, on"
        " average."
    )
    estimate_error: Sourced[Rate] = Field(
        description="How far, at most, that part lies above or below the average."
    )
    reference_error: Sourced[Rate] = Field(
        description="How far, at most, a reference price lies off the true one."
    )
    announced: AnnouncedSection
    large: LargeSection | None = None
    small: SmallSection | None = None
    lots: dict[_LotName, LotSection] = Field(
        default_factory=dict, description="Lots known by name; the name is the contract's too."
    )

    @model_validator(mode="after")
    def _buys_something(self) -> Self:
        for name, line in self.lines.items():
            if line.appropriation is None and self.room is None:
                raise refusal(
                    "MISSING_KEY",
                    f"nothing says what may be spent on the line {name!r}",
                    expected="its `appropriation`, or `room` in the plan",
                    at=("lines", name),
                )
        if self.large is None and self.small is None and not self.lots:
            raise refusal("WORLD_EMPTY", "a plan to buy nothing", expected="large, small or lots")
        return self
