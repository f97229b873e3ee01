"""Who can see what of the log: the rows and fields that an observer has, and nothing else.

Transparency and privacy are two readings of the same views, so nobody can be shown money without
counting the persons who are shown with it. What an authority may see is the same in every arm;
what differs between arms is what there is to see.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tengesim.codes import Evidence, Form, Kind
from tengesim.metrics.log import Flags, Log, is_one_of
from tengesim.metrics.waiting import releases

__all__ = ["OBSERVERS", "OBSERVER_TEXTS", "View", "view_of"]

OBSERVERS: Final = ("public", "treasury", "auditor")

OBSERVER_TEXTS: Final = {
    "public": "The public sees what is published in every arm: money leaving the single account,"
    " the day, the amount and the firm of every payment for finished work, and what came back. It"
    " sees no pupil, no single meal and no document.",
    "treasury": "The Treasury also sees claims, every use of money that it marked, and the"
    " documents behind them. Of the person who pays it sees nothing, not even a number that"
    " stands for the person. Records of meals that ordinary money will pay stay with the Social"
    " Wallet.",
    "auditor": "The auditor sees every row and joins meals, claims and bank accounts. A head-count"
    " names no pupils, so there the auditor sees none.",
}

_PUBLISHED: Final = (Kind.OPENING, Kind.ISSUE, Kind.RETURN)
_BUDGET: Final = (Kind.OPENING, Kind.ISSUE, Kind.CLAIM, Kind.RETURN, Kind.REDEEM)


@dataclass(frozen=True)
class View:
    """Rows that an observer sees, and where it sees who paid."""

    is_seen: Flags
    is_person_seen: Flags


def view_of(log: Log, observer: str) -> View:
    """Return the view of `observer`, one of OBSERVERS."""
    nobody = np.zeros(len(log.kind), dtype=np.bool_)
    if observer == "public":
        back = (log.kind == Kind.REFUND) & (log.form == Form.TREASURY_SINGLE_ACCOUNT)
        return View(is_one_of(log.kind, _PUBLISHED) | releases(log) | back, nobody)
    if observer == "treasury":
        own = is_one_of(log.kind, _BUDGET) | (log.form == Form.TREASURY_SINGLE_ACCOUNT)
        return View(own | (log.mark > 0) | (log.mark_to > 0), nobody)
    if observer == "auditor":
        everything = np.ones(len(log.kind), dtype=np.bool_)
        is_reported = log.evidence & int(Evidence.PRESENCE_REPORT) > 0
        return View(everything, log.is_want & ~is_reported)
    raise ValueError(f"{observer!r} is no observer; expected one of {', '.join(OBSERVERS)}")
