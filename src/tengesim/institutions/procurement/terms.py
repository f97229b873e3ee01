"""What the rule books of an arm say about contracts beyond yes and no.

That is what acts pay back and leave behind, when it is let go, what is taken back on which ground,
and who may sign against a rule in an emergency. A part of a book stands in place of the same term
of the contract. Money keeps the version of the books of the day on which it was issued.
"""

from dataclasses import dataclass
from typing import NamedTuple

from tengesim.clock import Calendar
from tengesim.institutions.procurement.contract_model import ContractsSection
from tengesim.money import BP, mul_div
from tengesim.rules.apply import effect_of, offset_advance, retain
from tengesim.rules.effects import OffsetsAdvance, Retains
from tengesim.rules.model import Override, RuleBook
from tengesim.rules.procedures import ClawsBack, ReleasesRetention
from tengesim.rules.steps import Due, Step, procedure_of, retention_due

__all__ = ["BookTerms", "Said"]


class Said(NamedTuple):
    """An amount in tiyn, and the part of a book that says so; "" where the contract does."""

    tiyn: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class BookTerms:
    """The terms of contracts in one arm; `day` is the one on which their money was issued."""

    section: ContractsSection
    release: RuleBook
    """On what the budget pays."""
    account: RuleBook
    """On what leaves a controlled account, or marked money."""

    def offset(
        self, day: int, act_tiyn: int, *, left_tiyn: int, planned_tiyn: int, is_last: bool
    ) -> Said:
        """Return what an act pays back of the advance; `planned_tiyn` where no book says it."""
        effect = effect_of(self.release.issued_on(day), OffsetsAdvance)
        if effect is None:
            return Said(planned_tiyn)
        back_tiyn = offset_advance(effect, act_tiyn, left_tiyn, is_last=is_last).rest_tiyn
        return Said(back_tiyn, effect.id)

    def retained(self, day: int, act_tiyn: int, *, offset_tiyn: int, is_large_works: bool) -> Said:
        """Return what of an act is kept until the warranty is over.

        Contracts keep something of large works alone, a book of every act. What pays back the
        advance cannot be kept as well.
        """
        effect = effect_of(self.release.issued_on(day), Retains)
        if effect is None:
            share_bp = self.section.retention.value if is_large_works else 0
            return Said(mul_div(act_tiyn, share_bp, BP))
        kept_tiyn = retain(effect, act_tiyn).rest_tiyn
        return Said(min(kept_tiyn, act_tiyn - offset_tiyn), effect.id)

    def kept_until(
        self, day: int, calendar: Calendar, *, accepted_us: int, now_us: int, evidence: int
    ) -> tuple[Due, str]:
        """Return what becomes of what was kept, and by which part of a book."""
        procedure = procedure_of(self.release.issued_on(day), ReleasesRetention)
        if procedure is None:
            until_us = accepted_us + self.section.warranty.value.value
            return Due(Step.WAIT if now_us < until_us else Step.PAY, until_us), ""
        due = retention_due(
            procedure, calendar, accepted_us=accepted_us, now_us=now_us, evidence=evidence
        )
        return due, procedure.id

    def claws_back(self, day: int) -> ClawsBack | None:
        """Return on which grounds money is taken back, None where no book says it."""
        books = (self.release.issued_on(day), self.account.issued_on(day))
        found = (procedure_of(book, ClawsBack) for book in books)
        return next((one for one in found if one is not None), None)

    def override(self, day: int, rule: str) -> Override | None:
        """Return who may sign against a rule in an emergency, None where nobody may."""
        rules = self.release.issued_on(day).rules
        return next((one.override for one in rules if one.id == rule), None)
