"""What a scenario says about people, households, merchants and employers of a whole country.

Everything is stated at full size, whatever the scale of the run. A mistake is refused where it
stands; that people of these ages can live in households of these sizes is checked too, since
children live with adults.
"""

import difflib
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.money import BP
from tengesim.parameter import Amount, Count, Identifier, Rate, Section, Sourced, refusal
from tengesim.population.regions import REGIONS

__all__ = [
    "ADULT_AGE",
    "AgeBand",
    "EmployersSection",
    "FamiliesSection",
    "HouseholdSize",
    "MerchantCategory",
    "MerchantsSection",
    "MoneySection",
    "PensionSection",
    "ProgrammeSection",
    "RegionSection",
    "SocietySection",
    "SpendingSection",
    "WagesSection",
]

ADULT_AGE: Final = 18
AGE_MAX: Final = 110
SIZE_MAX: Final = 12
PROGRAMMES_MAX: Final = 16
"""Memberships are bits of 16."""

_SourceText = Annotated[
    str,
    Field(
        max_length=1_000,
        pattern=r"^(https?://\S+( .*)?|assumption(, derived: .+)?)$",
        description="A link (https://…), or `assumption`, optionally with how it was derived.",
    ),
]
_Age = Annotated[Count, Field(le=AGE_MAX)]


class RegionSection(Section):
    """One region: how many people live there, and which share of them in towns."""

    population: Sourced[Count] = Field(
        description="People of the region; only its size relative to the others counts."
    )
    urban: Sourced[Rate]


class AgeBand(Section):
    """One row of the table of ages; ages within a band are even."""

    since: _Age = Field(alias="from", description="The youngest age of the band, in years.")
    until: _Age = Field(alias="to", description="The oldest age of the band, in years.")
    share: Rate = Field(description="Share of all people.")
    women: Rate = Field(description="Share of women and girls within the band.")
    employed: Rate = Field(default=0, description="Share of the band that works for a wage.")
    source: _SourceText


class HouseholdSize(Section):
    """One row of the table of households."""

    size: Annotated[Count, Field(ge=1, le=SIZE_MAX)]
    share: Rate = Field(description="Share of all households.")
    source: _SourceText


class FamiliesSection(Section):
    """Who lives with whom."""

    lone_parents: Sourced[Rate] = Field(description="Families with one parent.")
    women_among_lone_parents: Sourced[Rate]
    third_adults: Sourced[Rate] = Field(
        description="Families of four and more with two parents in which a third adult lives."
    )
    couples: Sourced[Rate] = Field(
        description="Households of two and more adults without children that hold a couple."
    )
    parent_youngest: Annotated[Count, Field(ge=14, le=30)] = Field(
        description="Years by which a parent is at least older than the oldest child at home."
    )
    parent_oldest: Annotated[Count, Field(ge=30, le=60)] = Field(
        description="Years by which the first parent is at most older than that child."
    )
    source: _SourceText


class WagesSection(Section):
    """Monthly wages: lognormal with this median and mean, raised to the minimum wage."""

    median: Sourced[Amount]
    mean: Sourced[Amount]
    minimum: Sourced[Amount]

    @model_validator(mode="after")
    def _is_skewed_to_the_right(self) -> Self:
        _check_skew(self.median.value, self.mean.value)
        return self


class MoneySection(Section):
    """What adults hold when the run starts: lognormal with this median and mean."""

    median: Sourced[Amount]
    mean: Sourced[Amount]

    @model_validator(mode="after")
    def _is_skewed_to_the_right(self) -> Self:
        _check_skew(self.median.value, self.mean.value)
        return self


def _check_skew(median_tiyn: int, mean_tiyn: int) -> None:
    if not 0 < median_tiyn <= mean_tiyn:
        raise refusal(
            "RANGE",
            "a lognormal amount has a mean below its median, or no median",
            expected="0 < median ≤ mean",
            at=("mean", "value"),
        )


class SpendingSection(Section):
    """How much people spend relative to one another."""

    child: Sourced[Count]
    employed: Sourced[Count]
    pensioner: Sourced[Count]
    other: Sourced[Count]
    median: Sourced[Count] = Field(
        description="What the median person of a role spends where the mean one spends 1,000."
    )
    follows_wage: Sourced[Rate] = Field(
        description="Chance that a person's rank in spending, and in deposits, is the rank in"
        " wages."
    )

    @model_validator(mode="after")
    def _somebody_spends(self) -> Self:
        if not 1 <= self.median.value <= 1_000:
            raise refusal(
                "RANGE",
                f"the median is {self.median.value} where the mean is 1,000",
                expected="1 to 1,000",
                at=("median", "value"),
            )
        if not any(getattr(self, role).value for role in ("employed", "pensioner", "other")):
            raise refusal(
                "RANGE",
                "no adult spends anything",
                expected="a positive number for somebody",
                at=("employed", "value"),
            )
        return self


class PensionSection(Section):
    """Who receives a pension: all of pension age, then early pensioners until all are placed."""

    kind: Literal["pension"]
    recipients: Sourced[Count]
    age_men: Sourced[Count]
    age_women: Sourced[Count]
    early_years: Sourced[Count] = Field(
        description="Years before pension age within which the others are pensioners."
    )


class ProgrammeSection(Section):
    """Who receives a benefit: people of certain ages, or one adult for each of certain families."""

    kind: Literal["people", "families"]
    recipients: Sourced[Count] = Field(description="People, or families, in the whole country.")
    ages: tuple[_Age, _Age] = Field(
        default=(0, AGE_MAX), strict=False, description="Ages of people, first and last."
    )
    women_only: bool = False
    children: Annotated[Count, Field(ge=1)] = Field(
        default=1, description="Children that a family has at least."
    )
    youngest: _Age = Field(
        default=ADULT_AGE - 1, description="Age of a family's youngest child at most."
    )
    source: _SourceText = Field(description="Why these people: a link, or `assumption`.")

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        first, last = self.ages
        if first > last:
            raise refusal(
                "RANGE",
                f"nobody is {first} and more and {last} and less",
                expected="the first age, then the last",
                at=("ages",),
            )
        return self


class MerchantCategory(Section):
    """One row of the table of merchants, by category (ISO 18245)."""

    category: Annotated[Identifier, Field(pattern=r"^[0-9]{4}$")]
    label: Identifier
    share: Rate = Field(description="Share of all merchants.")
    source: _SourceText


class AcceptanceSection(Section):
    """Merchants of one kind of place: who takes digital tenge, and who of them also offline."""

    digital: Sourced[Rate]
    offline: Sourced[Rate] = Field(description="Of those that accept digital tenge.")


class MerchantsSection(Section):
    """Shops and others who are paid by people."""

    count: Sourced[Count]
    categories: Annotated[tuple[MerchantCategory, ...], Field(strict=False, min_length=1)]
    urban: AcceptanceSection
    rural: AcceptanceSection
    turnover_median: Sourced[Count] = Field(
        description="Payments that the median merchant takes where the mean one takes 1,000."
    )

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        _check_whole(
            "the shares of the categories", [row.share for row in self.categories], ("categories",)
        )
        codes = [row.category for row in self.categories]
        for number, code in enumerate(codes):
            if code in codes[:number]:
                raise refusal(
                    "RANGE",
                    f"the category {code} stands twice",
                    expected="each category once",
                    at=("categories", number, "category"),
                )
        if not 1 <= self.turnover_median.value <= 1_000:
            raise refusal(
                "RANGE",
                f"the median is {self.turnover_median.value} where the mean is 1,000",
                expected="1 to 1,000",
                at=("turnover_median", "value"),
            )
        return self


class EmployersSection(Section):
    """Who pays wages."""

    mean_employees: Sourced[Count]

    @model_validator(mode="after")
    def _employs(self) -> Self:
        if not self.mean_employees.value:
            raise refusal(
                "RANGE",
                "an employer employs nobody",
                expected="one or more",
                at=("mean_employees", "value"),
            )
        return self


def _check_whole(what: str, shares_bp: list[int], at: tuple[str | int, ...]) -> None:
    total_bp = sum(shares_bp)
    if total_bp != BP:
        percent = f"{total_bp // 100}.{total_bp % 100:02d}".rstrip("0").rstrip(".")
        raise refusal(
            "SHARES",
            f"{what} add up to {percent} %",
            expected="100 %",
            at=at,
        )


class SocietySection(Section):
    """Everybody of a country at full size: people in households, merchants, employers."""

    count: Sourced[Count] = Field(description="People of the whole country.")
    regions: Annotated[dict[Identifier, RegionSection], Field(min_length=1)]
    only: Identifier | None = Field(
        default=None,
        exclude_if=lambda region: region is None,
        description="The one region whose people, merchants and employers take part; everybody"
        " where none is named. All that is stated of the country stays the country's.",
    )
    ages: Annotated[tuple[AgeBand, ...], Field(strict=False, min_length=2)]
    households: Annotated[tuple[HouseholdSize, ...], Field(strict=False, min_length=1)]
    families: FamiliesSection
    wages: WagesSection
    deposits: MoneySection
    cash: MoneySection
    spending: SpendingSection
    programmes: Annotated[
        dict[
            Identifier,
            Annotated[PensionSection | ProgrammeSection, Field(discriminator="kind")],
        ],
        Field(max_length=PROGRAMMES_MAX),
    ]
    merchants: MerchantsSection
    employers: EmployersSection

    @property
    def played(self) -> Fraction:
        """Return the share of the country's people who take part."""
        if self.only is None:
            return Fraction(1)
        return Fraction(self.regions[self.only].population.value, self.count.value)

    def people_of(self, region: str) -> int:
        """Return how many people of `region` take part, at full size."""
        takes_part = self.only in {None, region}
        return self.regions[region].population.value if takes_part else 0

    @model_validator(mode="after")
    def _people_live_somewhere(self) -> Self:
        if not self.count.value:
            raise refusal(
                "RANGE",
                "there are regions but no people",
                expected="one person or more",
                do="state how many, or leave the section `people` out",
                at=("count", "value"),
            )
        for code in self.regions:
            if code not in REGIONS:
                raise refusal(
                    "REGION",
                    f"there is no region {code!r}",
                    expected=f"codes of ISO 3166-2:KZ: {', '.join(REGIONS)}",
                    do=_nearest_region(code),
                    at=("regions", code),
                )
        if self.only is not None and self.only not in self.regions:
            raise refusal(
                "REGION",
                f"nothing is stated of the region {self.only!r}",
                expected=f"one of {', '.join(self.regions)}",
                at=("only",),
            )
        total = sum(region.population.value for region in self.regions.values())
        # Regions may be estimates that are drawn one by one, so they need not add up exactly.
        if 20 * abs(total - self.count.value) > self.count.value:
            raise refusal(
                "SHARES",
                f"the regions have {total:,} people together, the country {self.count.value:,}",
                expected="regions that add up to the country within 5 %",
                at=("regions",),
            )
        return self

    @model_validator(mode="after")
    def _there_is_one_pension(self) -> Self:
        pensions = [name for name, one in self.programmes.items() if one.kind == "pension"]
        if len(pensions) > 1:
            raise refusal(
                "NAME_TWICE",
                f"{' and '.join(pensions)} are both pensions",
                expected="one programme of the kind `pension`",
                at=("programmes", pensions[1], "kind"),
            )
        return self

    @model_validator(mode="after")
    def _ages_are_a_table(self) -> Self:
        due = 0
        for number, band in enumerate(self.ages):
            if band.since != due or band.until < band.since:
                raise refusal(
                    "AGES",
                    f"a band reaches from {band.since} to {band.until} where {due} is due",
                    expected="bands that ascend from 0 without a gap or an overlap",
                    at=("ages", number, "from"),
                )
            due = band.until + 1
            if band.employed and band.since < ADULT_AGE:
                raise refusal(
                    "RANGE",
                    f"children of {band.since} to {band.until} years are employed",
                    expected=f"work from {ADULT_AGE} years on",
                    at=("ages", number, "employed"),
                )
        if ADULT_AGE not in {band.since for band in self.ages}:
            raise refusal(
                "AGES",
                f"no band starts at {ADULT_AGE}",
                expected=f"children to {ADULT_AGE - 1}, adults from {ADULT_AGE}",
                at=("ages",),
            )
        _check_whole("the shares of the ages", [band.share for band in self.ages], ("ages",))
        return self

    @model_validator(mode="after")
    def _households_are_a_table(self) -> Self:
        sizes = [row.size for row in self.households]
        for number, (smaller, larger) in enumerate(pairwise(sizes), start=1):
            if smaller >= larger:
                raise refusal(
                    "RANGE",
                    f"a household of {larger} stands after one of {smaller}",
                    expected="sizes that ascend, each once",
                    at=("households", number, "size"),
                )
        _check_whole(
            "the shares of household sizes", [row.share for row in self.households], ("households",)
        )
        return self


def _nearest_region(code: str) -> str | None:
    names = {name.en: known for known, name in REGIONS.items()}
    names |= {name.ru: known for known, name in REGIONS.items()}
    names |= {known: known for known in REGIONS}
    close = difflib.get_close_matches(code, names, n=1)
    return f"did you mean {names[close[0]]!r}?" if close else None
