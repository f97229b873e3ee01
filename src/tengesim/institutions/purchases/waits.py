"""How long the money of a purchase waits for the register, and when it goes back.

The rule book says so, by `refunds_if_unmet` about payments that its rules put on hold, or by
`reserves` about the price that is set aside before it is due. Where it says neither, the section
says after which time honest sellers give back what they got and did not earn.
"""

from typing import NamedTuple

from tengesim.clock import Calendar, Duration
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import RefundsIfUnmet, Reserves
from tengesim.rules.steps import Due, Step, later_us, procedure_of, reservation, unmet_due

__all__ = ["Wait"]


class Wait(NamedTuple):
    """What becomes of money that is not yet earned."""

    terms: RefundsIfUnmet | Reserves | Duration
    calendar: Calendar

    @classmethod
    def of(cls, book: RuleBook, otherwise: Duration | None, calendar: Calendar) -> "Wait":
        """Return what `book` says, `otherwise` where it says nothing."""
        terms = procedure_of(book, Reserves) or procedure_of(book, RefundsIfUnmet) or otherwise
        if terms is None:
            raise ValueError("nothing says when money goes back that was not earned")
        return cls(terms, calendar)

    @property
    def reserves(self) -> Reserves | None:
        """What sets the price aside before it is due, if anything does."""
        return self.terms if isinstance(self.terms, Reserves) else None

    def due(self, held_us: int, now_us: int, *, is_met: bool) -> Due:
        """Return what is next for money that waits since `held_us`: paid, waiting, or going back.

        `is_met` says whether the rules let it be paid now.
        """
        terms, calendar = self.terms, self.calendar
        if isinstance(terms, RefundsIfUnmet):
            return unmet_due(terms, calendar, held_us=held_us, now_us=now_us, is_met=is_met)
        if isinstance(terms, Reserves):
            held = reservation(terms, calendar, held_us=held_us, now_us=now_us)
            if held.step is Step.END:
                return Due(Step.REFUND, held.at_us)
            return Due(Step.PAY, now_us) if is_met else held
        until_us = later_us(calendar, held_us, terms)
        return Due(Step.WAIT if now_us < until_us else Step.REFUND, until_us)

    def back_us(self, held_us: int) -> int:
        """Return when money goes back that is never earned."""
        due = self.due(held_us, held_us, is_met=False)
        while due.step is Step.WAIT:
            due = self.due(held_us, due.at_us, is_met=False)
        return due.at_us
