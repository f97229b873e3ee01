"""Which way of paying somebody tries first, and which then: a pure function of want and habit.

Whether a try succeeds is not known here; the order is. What a payer reaches for does not depend on
what other people do, so two arms of a study differ only where the money differs.
"""

from typing import Final

from tengesim.codes import Form
from tengesim.money import BP
from tengesim.payment import RetailWant
from tengesim.streams import chance_one, further_one

__all__ = ["CASH", "DEPOSIT", "DIGITAL", "MARKED", "OFFLINE", "Habits", "order"]

MARKED: Final = "marked"
"""Digital tenge under a mark, with the platform; it comes first, as it can buy less than others."""
DIGITAL: Final = "digital"
"""Digital tenge, with the platform."""
OFFLINE: Final = "offline"
"""Digital tenge from device to device."""
DEPOSIT: Final = "deposit"
CASH: Final = "cash"

_PRESCRIBED: Final = {
    Form.DIGITAL_TENGE: (MARKED, DIGITAL, OFFLINE),
    Form.BANK_DEPOSIT: (DEPOSIT,),
    Form.CASH: (CASH,),
}
_REMOTE: Final = {True: (MARKED, DIGITAL, DEPOSIT), False: (MARKED, DEPOSIT, DIGITAL)}
_AT_COUNTER: Final = {
    DIGITAL: (MARKED, DIGITAL, OFFLINE, DEPOSIT, CASH),
    DEPOSIT: (MARKED, DEPOSIT, DIGITAL, OFFLINE, CASH),
    CASH: (MARKED, CASH, DEPOSIT, DIGITAL, OFFLINE),
}
_CASH_CHANCE: Final = "reaches for cash"


class Habits:
    """What people reach for by habit, by their number as a party."""

    __slots__ = ("_cash_bp", "_digital")

    def __init__(self, cash_bp: int, digital: bytes) -> None:
        """Take the share of counter payments in cash, and 1 for each person who goes digital."""
        if not 0 <= cash_bp <= BP:
            message = f"a share lies in 0..{BP} basis points, not {cash_bp}"
            raise ValueError(message)
        self._cash_bp = cash_bp
        self._digital = digital

    def order(self, want: RetailWant) -> tuple[str, ...]:
        """Return the ways to pay that the payer of `want` tries, in order."""
        is_digital = want.payer < len(self._digital) and bool(self._digital[want.payer])
        reaches_for_cash = not want.is_remote and chance_one(
            further_one(want.spare, _CASH_CHANCE), self._cash_bp
        )
        return order(want, is_digital=is_digital, reaches_for_cash=reaches_for_cash)


def order(want: RetailWant, *, is_digital: bool, reaches_for_cash: bool) -> tuple[str, ...]:
    """Return the ways to pay to try one after another.

    A prescribed form is the only one. Cash needs a counter, and so does a device without platform.
    Money under a mark comes first; who reaches for cash does so before thinking of anything else.
    """
    if want.form:
        return _PRESCRIBED.get(Form(want.form), ())
    if want.is_remote:
        return _REMOTE[is_digital]
    if reaches_for_cash:
        return _AT_COUNTER[CASH]
    return _AT_COUNTER[DIGITAL if is_digital else DEPOSIT]
