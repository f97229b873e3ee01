"""What a scenario says about finding a supplier: the steps of the law, and how bids come about."""

from typing import Self

from pydantic import Field, model_validator

from tengesim.institutions.procurement.works import Method
from tengesim.parameter import Count, Identifier, Rate, Section, Sourced, refusal

__all__ = ["ComplaintsSection", "EntrySection", "RegimeSection", "TenderSection"]


class RegimeSection(Section):
    """Working days that each step of a procedure takes under one law."""

    discussion: Sourced[Count] = Field(description="Suppliers discuss the documents of a tender.")
    bids: Sourced[Count] = Field(description="Bids are taken.")
    review: Sourced[Count] = Field(description="Bids are reviewed.")
    formalities: Sourced[Count] = Field(description="Everything else of the whole cycle.")
    scoring: Sourced[Count] = Field(description="A scoring tender, as a whole.")
    quotations: Sourced[Count] = Field(description="A request for quotations, as a whole.")
    e_store: Sourced[Count] = Field(description="An order in the e-store, as a whole.")
    direct: Sourced[Count] = Field(description="A direct contract, as a whole.")
    bids_needed: Sourced[Count] = Field(description="Qualified bids that make a tender valid.")

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        for name in ("bids", "scoring", "quotations", "bids_needed"):
            if not getattr(self, name).value:
                raise refusal(
                    "RANGE", f"{name} is nothing", expected="1 or more", at=(name, "value")
                )
        return self

    def days(self, method: Method) -> tuple[int, int]:
        """Return the working days until bids are closed, and from there to the award."""
        whole = {
            Method.SCORING_TENDER: self.scoring,
            Method.QUOTATIONS: self.quotations,
            Method.E_STORE: self.e_store,
            Method.DIRECT: self.direct,
            Method.SINGLE_SOURCE: self.direct,
        }
        if method in whole:
            return whole[method].value, 0
        return (
            self.discussion.value + self.bids.value,
            self.review.value + self.formalities.value,
        )


class EntrySection(Section):
    """Who considers a lot, and what bidding costs."""

    market: Sourced[Count] = Field(description="Suppliers who consider a large lot.")
    market_small: Sourced[Count] = Field(description="Suppliers who consider a small lot.")
    local: Sourced[Rate] = Field(description="Part of them that is of the lot's region.")
    interest: Sourced[Rate] = Field(
        description="Part of those who consider a lot that can do it at all."
    )
    cost_spread: Sourced[Rate] = Field(
        description="How far, at most, a supplier's cost of a lot lies off what it is for its"
        " usual lots."
    )
    bidding_cost: Sourced[Rate] = Field(description="Cost of a bid, of the estimate, at most.")
    inadmissible: Sourced[Rate] = Field(description="Honest bids that lack a document.")
    failing: Sourced[Rate] = Field(description="Bids of a scoring tender with too few points.")


class ComplaintsSection(Section):
    """Complaints to the organiser about a tender."""

    share: Sourced[Rate] = Field(description="Tenders with a loser who complains.")
    upheld: Sourced[Rate]
    suspension: Sourced[Count] = Field(description="Working days until a complaint is decided.")


class TenderSection(Section):
    """How suppliers are found: the law in force, entry, and what can go wrong."""

    regime: Identifier
    regimes: dict[Identifier, RegimeSection]
    entry: EntrySection
    complaints: ComplaintsSection
    guarantee_missing: Sourced[Rate] = Field(
        description="Winners who cannot give a performance guarantee."
    )
    domestic: Sourced[Rate] | None = Field(
        default=None,
        exclude_if=lambda stated: stated is None,
        description="Bids for goods of domestic makers; all other goods are imported.",
    )
    rule_book: Identifier | None = Field(
        default=None,
        exclude_if=lambda stated: stated is None,
        description="Rule book that is asked about every award.",
    )

    @model_validator(mode="after")
    def _knows_its_law(self) -> Self:
        if self.regime not in self.regimes:
            raise refusal(
                "NAME_UNKNOWN",
                f"there is no regime {self.regime!r}",
                expected=f"one of {', '.join(sorted(self.regimes)) or 'no such section'}",
                at=("regime",),
            )
        return self

    def law(self) -> RegimeSection:
        """Return the law in force."""
        return self.regimes[self.regime]
