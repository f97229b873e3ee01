"""What a scenario says about the life of a contract, and about the money that it is paid in.

None of it names an outcome: how late an act is paid, how much of an advance is spent elsewhere and
what a control stops follow from work, documents, registers and rules.
"""

import operator
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.institutions.procurement.tax_model import TaxRefundSection
from tengesim.institutions.procurement.works import Category
from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Count,
    Dated,
    DurationValue,
    Identifier,
    Rate,
    Section,
    Sourced,
    refusal,
)

__all__ = [
    "SCOPE_DEPTH",
    "SUPPLIER",
    "AmendmentSection",
    "Arm",
    "AskingSection",
    "ChainSection",
    "ContractsSection",
    "DocumentsSection",
    "ExemptSection",
    "LinkSection",
    "MarkScope",
    "MarkTermsSection",
    "MilestoneSection",
    "MoneySection",
    "PaidBackSection",
    "PenaltySection",
    "StressSection",
    "SupervisionSection",
    "TermSection",
    "WorkSection",
]

Arm = Literal["paper_ordinary", "evidence_ordinary", "treasury_control", "evidence_marked"]
MarkScope = Literal[
    "none", "treasury_account", "first_payee", "depth_2", "depth_4", "depth_8", "propagated"
]

SCOPE_DEPTH: dict[MarkScope, int] = {
    "none": 0,
    "treasury_account": 0,
    "first_payee": 1,
    "depth_2": 2,
    "depth_4": 4,
    "depth_8": 8,
}
"""How many firms in a row hold marked money: the supplier is the first of them.

Under `propagated` the rule book of the mark says it.
"""

_STAGES_MAX: Final = 60
SUPPLIER: Final = "supplier"
"""What the list of subcontractors calls the firm that won the tender."""

_Text = Annotated[str, Field(min_length=1, max_length=500)]


class MilestoneSection(Section):
    """One stage of a contract, as a share of its price."""

    title: _Text
    weight: Rate


class WorkSection(Section):
    """How work goes, which no arm changes."""

    milestones: Annotated[tuple[MilestoneSection, ...], Field(strict=False)] = ()
    stage: Sourced[Count] = Field(
        description="Days of one stage, where no milestones are listed; each ends with an act."
    )
    overrun: Sourced[Rate] = Field(description="By how much of its days a stage is late at most.")
    weather: Sourced[Rate] = Field(description="Stages of works that bad weather interrupts.")
    weather_days: Sourced[Count] = Field(description="For how many days it does at most.")

    @model_validator(mode="after")
    def _stages_make_a_whole(self) -> Self:
        total_bp = sum(one.weight for one in self.milestones)
        if self.milestones and total_bp != BP:
            raise refusal(
                "SHARES",
                f"the milestones add up to {total_bp // 100}.{total_bp % 100:02d} %",
                expected="100 %",
                do="change the weights",
                at=("milestones",),
            )
        if len(self.milestones) > _STAGES_MAX or any(not one.weight for one in self.milestones):
            raise refusal(
                "RANGE",
                "a milestone weighs nothing, or there are too many",
                expected=f"up to {_STAGES_MAX} milestones, each with a weight above 0 %",
                at=("milestones",),
            )
        if not self.stage.value:
            raise refusal("RANGE", "a stage lasts no day", expected="1 or more", at=("stage",))
        return self


class SupervisionSection(Section):
    """The supervisor measures what was built, with an error."""

    inspection: Sourced[Count] = Field(description="Days from the end of a stage to its act.")
    error: Sourced[Rate] = Field(description="By how much of a stage a measure is off at most.")
    tolerance: Sourced[Rate] = Field(
        description="Of a stage: what may be missing by the measure and is signed all the same."
    )
    again_after: Sourced[Count] = Field(description="Days until a stage is measured again.")
    insists: Sourced[Count] = Field(
        description="Measures after which a supplier does what is missing."
    )


class DocumentsSection(Section):
    """How documents come about, on paper or digitally."""

    measured: Sourced[Rate] = Field(
        description="Acts that the supervisor signs after measuring; others are signed unseen."
    )
    late_signature: Sourced[Rate] = Field(description="Signatures that come late.")
    late_invoice: Sourced[Rate] = Field(description="Invoices that match nothing at first.")
    no_scan: Sourced[Rate] = Field(
        description="Acts whose weigh-bills or scans are missing at first; on paper there are none."
    )
    register_error: Sourced[Rate] = Field(
        description="Answers of registers that wrongly speak against a payee at first."
    )
    longest_wait: Sourced[Count] = Field(
        description="Days by which a document is late at most, at least one."
    )

    @model_validator(mode="after")
    def _late_is_later(self) -> Self:
        if not self.longest_wait.value:
            raise refusal(
                "RANGE",
                "a late document is late by no day",
                expected="1 or more",
                at=("longest_wait", "value"),
            )
        return self


class AskingSection(Section):
    """When a supplier asks for money, and how soon again where it gets none."""

    advance_after: Sourced[Count] = Field(description="Days from the signature to the advance.")
    advance_tries: Sourced[Count] = Field(description="How often an advance is asked for at most.")
    advance_again: Sourced[Count] = Field(description="Days until a refused advance is asked for.")
    act_again: Sourced[Count] = Field(
        description="Days until a refused act is handed in again, where no paper of it is to come."
    )

    @model_validator(mode="after")
    def _takes_days(self) -> Self:
        for name in ("advance_tries", "advance_again", "act_again"):
            if not getattr(self, name).value:
                raise refusal(
                    "RANGE",
                    f"{name} is nought",
                    expected="1 or more",
                    at=(name, "value"),
                )
        return self


class TermSection(Section):
    """Days from an accepted act to the day on which it is due."""

    shortest: Sourced[Count]
    mean: Sourced[Count]
    longest: Sourced[Count]

    @model_validator(mode="after")
    def _mean_is_between(self) -> Self:
        if not self.shortest.value < self.mean.value < self.longest.value:
            raise refusal(
                "RANGE",
                "the mean term is not between the shortest and the longest",
                expected="shortest < mean < longest",
                at=("mean", "value"),
            )
        return self


class AmendmentSection(Section):
    """Prices of contracts that rise for honest reasons."""

    share: Sourced[Rate] = Field(description="Contracts whose price is raised.")
    growth: Sourced[Rate] = Field(description="By how much at most.")


class PenaltySection(Section):
    """What a supplier owes for being late."""

    a_day: Sourced[Rate]
    cap: Sourced[Rate]


class StressSection(Section):
    """What waiting for money does to a supplier."""

    patience: Sourced[Count] = Field(
        description="Days after an act was due after which its supplier stops work."
    )
    insolvent: Sourced[Rate] = Field(
        description="Suppliers who fail in a spell in which they wait for money and do not work."
    )
    spell: Sourced[Count] = Field(description="Days of such a spell.")


class LinkSection(Section):
    """One subcontractor by name, and who passes work on to it."""

    firm: Identifier
    parent: Identifier = SUPPLIER
    share: Rate = Field(description="Of the parent's contract.")


class PaidBackSection(Section):
    """What subcontractors give back of what they were paid, as when less was done than invoiced."""

    share: Sourced[Rate] = Field(description="Payments to subcontractors that are corrected.")
    part: Sourced[Rate] = Field(description="Of such a payment: what comes back.")
    after: Sourced[Count] = Field(description="Days after the payment.")


class ChainSection(Section):
    """What a firm does with the money of a contract, tier by tier."""

    tiers: Sourced[Count] = Field(description="Tiers of subcontractors below the supplier.")
    subcontractors: Sourced[Count] = Field(description="Subcontractors of one firm.")
    passed_on: Sourced[Rate] = Field(description="Share of its contract that a firm passes on.")
    materials: Sourced[Rate] = Field(description="Of what it keeps: spent on materials.")
    wages: Sourced[Rate] = Field(description="Of what it keeps: wages before payroll taxes.")
    payroll_tax: Sourced[Rate] = Field(description="Taxes on wages.")
    price_swing: Sourced[Rate] = Field(
        description="By how much prices of materials differ from plan at most, up or down."
    )
    lag: Sourced[Count] = Field(description="Days until a firm pays the next after it was paid.")
    listed: Annotated[tuple[LinkSection, ...], Field(strict=False)] = ()
    small: bool = Field(
        default=False,
        description="Whether suppliers of small contracts pass work on too.",
        exclude_if=operator.not_,
    )
    paid_back: PaidBackSection | None = Field(default=None, exclude_if=lambda one: one is None)

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        wages_bp = self.wages.value * (BP + self.payroll_tax.value) // BP
        spent_bp = self.materials.value * (BP + self.price_swing.value) // BP + wages_bp
        if spent_bp > BP:
            raise refusal(
                "SHARES",
                "materials, wages and taxes may cost more than a firm keeps",
                expected="together at most 100 %, at the highest price of materials",
                at=("materials", "value"),
            )
        return self

    @model_validator(mode="after")
    def _ends_somewhere(self) -> Self:
        parents: dict[str, str] = {}
        for number, link in enumerate(self.listed):
            if link.firm in parents or link.firm == SUPPLIER:
                raise refusal(
                    "NAME_TWICE",
                    f"{link.firm!r} has more than one place in the chain",
                    expected="each subcontractor once",
                    at=("listed", number, "firm"),
                )
            parents[link.firm] = link.parent
        for number, link in enumerate(self.listed):
            self._check_chain(link, parents, number)
        return self

    def _check_chain(self, link: LinkSection, parents: dict[str, str], number: int) -> None:
        above, seen = link.parent, {link.firm}
        while above != SUPPLIER:
            if above in seen:
                raise refusal(
                    "SUBCONTRACT_CYCLE",
                    f"work that is passed on to {link.firm!r} comes back to it",
                    expected=f"a chain that begins with `{SUPPLIER}`",
                    do="pass the work on to somebody who is not above in the chain",
                    at=("listed", number, "parent"),
                )
            if above not in parents:
                raise refusal(
                    "NAME_UNKNOWN",
                    f"nobody in the chain is called {above!r}",
                    expected=f"`{SUPPLIER}` or a `firm` of the list",
                    at=("listed", number, "parent"),
                )
            seen.add(above)
            above = parents[above]
        passed_bp = sum(one.share for one in self.listed if one.parent == link.parent)
        if passed_bp > BP:
            raise refusal(
                "SHARES",
                f"{link.parent!r} passes on {passed_bp // 100}.{passed_bp % 100:02d} %",
                expected="at most 100 %",
                at=("listed", number, "share"),
            )


class ContractsSection(Section):
    """The life of a contract from its signature to its closing."""

    advance: dict[Category, Sourced[Rate]] = Field(
        description="Advance of a contract as a share of its price, by what is bought; none where"
        " nothing is said."
    )
    guarantee: Sourced[Rate] = Field(description="Performance guarantee, of the price.")
    retention: Sourced[Rate] = Field(description="Kept back from every act of works.")
    warranty: Sourced[DurationValue] = Field(description="After which the retention is released.")
    defects: Sourced[Rate] | None = Field(
        default=None,
        description="Contracts whose work shows defects in its warranty; read where a rule book"
        " asks before it releases what was kept.",
        exclude_if=lambda one: one is None,
    )
    work: WorkSection
    supervision: SupervisionSection
    paper: DocumentsSection
    digital: DocumentsSection
    asking: AskingSection
    payment_term: TermSection
    amendments: AmendmentSection
    penalty: PenaltySection
    stress: StressSection
    chain: ChainSection
    vat: Dated[Rate] = Field(description="By the date of turnover.")
    refunds: TaxRefundSection | None = Field(
        default=None,
        description="How tax that was split off is claimed, where rules split it.",
        exclude_if=lambda one: one is None,
    )
    deposit_rate: Sourced[Rate] = Field(
        description="Interest a year on ordinary advances that are not yet spent."
    )
    open_after: Sourced[Count] = Field(
        description="Days after it was due after which nobody tries to have an act paid."
    )

    @model_validator(mode="after")
    def _pays_something(self) -> Self:
        if self.warranty.value.unit != "us":
            raise refusal(
                "DURATION",
                "a warranty runs by calendar days",
                expected="a length in days, such as 730 days",
                at=("warranty", "value"),
            )
        for name in self.advance:
            if self.advance_bp(name) + self.retention.value > BP:
                raise refusal(
                    "SHARES",
                    f"advance and retention of {name} are more than the price",
                    expected="together at most 100 %",
                    at=("retention", "value"),
                )
        return self

    def advance_bp(self, category: Category) -> int:
        """Return the advance for what is bought, as a share of the price."""
        stated = self.advance.get(category)
        return 0 if stated is None else stated.value


class MarkTermsSection(Section):
    """The mark that the money of a contract carries."""

    owner: Identifier
    return_account: Identifier = Field(
        description="Holder of the cash-control account that unspent money goes back to."
    )
    valid_after: Sourced[Count] = Field(
        description="Days after the planned end of a contract on which its mark expires."
    )


class ExemptSection(Section):
    """Payments out of marked money that no rule of the mark is asked about."""

    wages: bool = False
    taxes: bool = False
    below: Sourced[Amount] | None = Field(
        default=None, description="Payments smaller than this.", exclude_if=lambda one: one is None
    )


class MoneySection(Section):
    """In which money contracts are paid, and by which rules.

    `release` are the rules on what the budget pays a supplier; `account` those on what leaves a
    supplier's controlled account, or its marked money. Without a book no rule is asked.
    """

    arm: Arm
    release: Identifier | None = None
    account: Identifier | None = None
    national_fund: Identifier | None = Field(
        default=None,
        description="Holder of the National Fund, where the budget lines are paid from it.",
        exclude_if=lambda one: one is None,
    )
    mark_scope: MarkScope = "none"
    mark: MarkTermsSection | None = None
    exempt: ExemptSection = ExemptSection()

    @property
    def is_marked(self) -> bool:
        """Return whether contracts are paid in marked money."""
        return self.arm == "evidence_marked" and self.mark_scope != "none"

    @property
    def is_digital(self) -> bool:
        """Return whether documents are digital."""
        return self.arm != "paper_ordinary"

    @model_validator(mode="after")
    def _says_what_the_arm_needs(self) -> Self:
        if (self.arm == "evidence_marked") != (self.mark is not None):
            raise refusal(
                "ARM",
                f"the arm {self.arm} "
                + ("lacks the terms of its mark" if self.mark is None else "bears no mark"),
                expected="a section `mark` in the arm evidence_marked, and nowhere else",
                do="state owner, return account and validity of the mark, or leave it out",
                at=("mark",),
            )
        if self.mark_scope != "none" and self.mark is None:
            raise refusal(
                "ARM",
                f"money of the arm {self.arm} carries no mark",
                expected="mark_scope: none",
                at=("mark_scope",),
            )
        has_account = self.is_marked or self.arm == "treasury_control"
        if self.account is not None and not has_account:
            raise refusal(
                "ARM",
                f"nobody asks a rule book about what leaves a supplier in the arm {self.arm}",
                expected="no `account`",
                at=("account",),
            )
        return self
