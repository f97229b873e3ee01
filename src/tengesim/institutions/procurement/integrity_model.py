"""What a scenario says about those who cheat and those who look: schemes, beliefs, reviews.

How much the public loses by a typology over all contracts is what studies publish; how often it is
attempted is not. What a circle gains when it attempts one is the quotient of the two.
"""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US
from tengesim.institutions.procurement.typologies import SCHEMES, Channel
from tengesim.money import BP
from tengesim.parameter import (
    Count,
    DurationValue,
    Identifier,
    Number,
    Rate,
    Section,
    Sourced,
    refusal,
)

__all__ = [
    "AlternativeSection",
    "AuditSection",
    "ComplaintsSection",
    "ControlsSection",
    "DeskSection",
    "FlagsSection",
    "IntegritySection",
    "OverridesSection",
    "ReviewSection",
    "SensitivityLevel",
    "TypologySection",
]

SensitivityLevel = Literal["zero", "low", "base", "high", "infinite"]
_SENSITIVITY_MAX: Final = 1_000


class TypologySection(Section):
    """How often one way to cheat is chosen in the base arm, and what the public loses by it."""

    chosen: Sourced[Rate] = Field(description="Of the circles that would cheat, in the base arm.")
    loss: Sourced[Rate] = Field(
        description="Loss over all contracts, as a share of their value; low and high are the ends"
        " of what single schemes gain, in proportion."
    )

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        for end in ("low", "high"):
            if getattr(self.loss, end) is None:
                raise refusal(
                    "ASSUMPTION_RANGE",
                    f"a loss without {end}",
                    expected="`low` and `high`",
                    do="add how little and how much single schemes gain",
                    at=("loss", end),
                )
        return self


class AlternativeSection(Section):
    """How often circles that would cheat take a way outside the contract in the base arm."""

    chosen: Sourced[Rate]


class IntegritySection(Section):
    """Who would cheat, by which ways, and how they move when a way becomes dearer."""

    adaptive: bool = Field(description="Whether circles read the rules in force and what happened.")
    dishonest: Sourced[Rate] = Field(description="Circles that would cheat where it pays.")
    sensitivity: Sourced[Number] = Field(
        description="How strongly the choice follows utility, per 1 % of the contract's value."
    )
    sensitivity_at: SensitivityLevel = Field(
        default="base", description="Which end of its range is used, or none, or no chance at all."
    )
    fine: Sourced[Rate] = Field(description="If found, as a share of the contract's value.")
    forfeited: Sourced[Rate] = Field(description="Share of the gain that is lost when found.")
    switching_cost: Sourced[Rate] = Field(
        description="Of another way than the usual one, as a share of the contract's value."
    )
    capacity: Sourced[Count] = Field(
        description="Schemes of one way that one buyer's circle can run within the horizon."
    )
    belief_weight: Sourced[Count] = Field(description="Cases that the first belief is worth.")
    peer_weight: Sourced[Rate] = Field(description="A peer's case, as a share of an own one.")
    lag: Sourced[DurationValue] = Field(description="Until a case has become known.")
    collusion: Sourced[Rate] = Field(
        description="Fictitious acts that the supervisor signs as well."
    )
    digital_traces: Sourced[Rate] = Field(
        description="Traces that stand in digital records, where there are such."
    )
    paper_traces: Sourced[Rate] = Field(description="Traces that stand in paper.")
    typologies: dict[Identifier, TypologySection]
    cash: AlternativeSection
    unlicensed_crypto: AlternativeSection

    @model_validator(mode="after")
    def _names_typologies(self) -> Self:
        for name in self.typologies:
            if name not in {*SCHEMES}:
                raise refusal(
                    "NAME_UNKNOWN",
                    f"{name!r} is no typology",
                    expected="one of " + ", ".join(SCHEMES),
                    at=("typologies", name),
                )
        return self

    @model_validator(mode="after")
    def _divides_those_who_cheat(self) -> Self:
        total_bp = sum(self.chosen_bp().values())
        if total_bp >= BP:
            raise refusal(
                "SHARES",
                f"the ways to cheat add up to {total_bp // 100}.{total_bp % 100:02d} %",
                expected="less than 100 %; who is left stays honest",
                at=("typologies",),
            )
        return self

    @model_validator(mode="after")
    def _gains_no_more_than_the_contract(self) -> Self:
        for name, section in self.typologies.items():
            attempted = self.dishonest.value * section.chosen.value
            if not attempted or not section.loss.value:
                continue
            low, base, high = section.loss.low or 0, section.loss.value, section.loss.high or 0
            # The mean of the triangle is put at the base, see `gain_ppm`.
            if high * base * 3 * BP > (low + base + high) * attempted:
                raise refusal(
                    "RANGE",
                    f"{name} would gain more than the whole contract",
                    expected="a loss no more than how often it is attempted",
                    do="state more circles that choose it, or less loss",
                    at=("typologies", name, "loss", "value"),
                )
        return self

    @model_validator(mode="after")
    def _is_sensitive_within_reach(self) -> Self:
        if not 0 <= self.sensitivity.value <= _SENSITIVITY_MAX:
            raise refusal(
                "RANGE",
                f"a sensitivity of {self.sensitivity.value}",
                expected=f"0 to {_SENSITIVITY_MAX}",
                do="write sensitivity_at: infinite for no chance at all",
                at=("sensitivity", "value"),
            )
        _check_elapsed(self, "lag", least_us=0)
        return self

    def chosen_bp(self) -> dict[Channel, int]:
        """Return the shares of the ways that are not honest, in the base arm."""
        shares = {Channel(name): one.chosen.value for name, one in self.typologies.items()}
        shares[Channel.CASH] = self.cash.chosen.value
        shares[Channel.UNLICENSED_CRYPTO] = self.unlicensed_crypto.chosen.value
        return shares


def _check_elapsed(section: Section, *names: str, least_us: int) -> None:
    """Refuse durations in business days, and those that are too short."""
    for name in names:
        duration = getattr(section, name).value
        if duration.unit != "us" or duration.value < least_us:
            raise refusal(
                "DURATION",
                f"{name} takes {duration}",
                expected="elapsed time such as 30 days",
                at=(name, "value"),
            )


class ReviewSection(Section):
    """Those who look closer once something was seen: how surely, how long, how many at a time."""

    finds: Sourced[Rate] = Field(description="Traces that are there and are seen.")
    false_alarms: Sourced[Rate] = Field(description="Honest cases that look bad all the same.")
    wrongly_upheld: Sourced[Rate] = Field(description="False alarms that are upheld.")
    lasts: Sourced[DurationValue]
    capacity: Sourced[Count] = Field(description="Reviews at a time; others wait.")

    @model_validator(mode="after")
    def _has_somebody(self) -> Self:
        if not self.capacity.value:
            raise refusal("RANGE", "nobody reviews", expected="1 or more", at=("capacity", "value"))
        _check_elapsed(self, "lasts", least_us=0)
        return self


class DeskSection(ReviewSection):
    """Desk control of documents, before they have effect."""

    announcements: Sourced[Rate] = Field(description="Announcements and amendments looked at.")
    payments: Sourced[Rate] = Field(description="Payments looked at.")


class AuditSection(ReviewSection):
    """Audit of a sample of contracts on site and in books, each contract once."""

    sample: Sourced[Rate] = Field(description="Contracts drawn of those signed in a period.")
    every: Sourced[DurationValue]
    after: Sourced[DurationValue] = Field(description="From the end of a period to its audit.")

    @model_validator(mode="after")
    def _comes_again(self) -> Self:
        _check_elapsed(self, "every", least_us=DAY_US)
        _check_elapsed(self, "after", least_us=0)
        return self


class ComplaintsSection(ReviewSection):
    """Losing bidders and citizens who complain about a contract."""

    after: Sourced[DurationValue] = Field(description="From signing to the complaint.")

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        _check_elapsed(self, "after", least_us=0)
        return self


class FlagsSection(ReviewSection):
    """Audit where red flags of what can be seen add up."""

    single_bid: Sourced[Count]
    close_to_estimate: Sourced[Count]
    close_within: Sourced[Rate] = Field(description="Award below the estimate by less than this.")
    direct: Sourced[Count]
    repeated_winner: Sourced[Count]
    repeated_from: Sourced[Count] = Field(description="Contracts of one buyer with one firm.")
    raised_price: Sourced[Count]
    threshold: Sourced[Count] = Field(description="Points from which a contract is audited.")
    after: Sourced[DurationValue] = Field(description="From the flag to the audit.")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.threshold.value:
            raise refusal(
                "RANGE", "every contract is audited", expected="1 or more", at=("threshold",)
            )
        _check_elapsed(self, "after", least_us=0)
        return self


class OverridesSection(Section):
    """Emergencies, in which rules that say so yield to signatures; all of it is logged."""

    declared: Sourced[Rate] | None = Field(
        default=None,
        description="Acts that are due while there is an emergency in truth; none where nothing is"
        " said.",
        exclude_if=lambda one: one is None,
    )
    refused: Sourced[Rate] = Field(description="Emergencies that those who sign second refuse.")
    lasts: Sourced[DurationValue] = Field(description="How long signatures hold.")

    @model_validator(mode="after")
    def _takes_days(self) -> Self:
        _check_elapsed(self, "lasts", least_us=DAY_US)
        return self


class ControlsSection(Section):
    """Everybody who looks, and what follows when something is found."""

    desk: DeskSection | None = Field(default=None, exclude_if=lambda v: v is None)
    audit: AuditSection | None = Field(default=None, exclude_if=lambda v: v is None)
    complaints: ComplaintsSection | None = Field(default=None, exclude_if=lambda v: v is None)
    flags: FlagsSection | None = Field(default=None, exclude_if=lambda v: v is None)
    overrides: OverridesSection | None = Field(default=None, exclude_if=lambda v: v is None)
    rules_stop: Sourced[Rate] = Field(
        description="What those who cheat believe: attempts a rule stops where it can see them."
    )
    supervision_finds: Sourced[Rate] = Field(description="The same of technical supervision.")
    recovered: Sourced[Rate] = Field(description="Share of an established loss that comes back.")
    terminated: Sourced[Rate] = Field(description="Upheld reviews that end the contract.")
