"""The course of one case, drawn when it is opened: how long each stage takes and how it ends.

Every draw of a case hangs on its name alone, so one more case leaves all others as they were, and
slower courts decide the same.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Kind
from tengesim.institutions.assets import AUTHORISED_BODY, OWNER, VICTIMS
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.money import BP
from tengesim.parameter import DurationValue, Sourced
from tengesim.streams import Streams, below_one, chance_one, further_one, key_of

__all__ = ["KIND_OF", "RECIPIENT_OF", "Course", "Ending", "case_words", "course_of"]


class Ending(StrEnum):
    """What becomes of arrested assets."""

    FORFEITED = "forfeited"
    VICTIMS = "victims"
    RETURNED = "returned"


KIND_OF = {
    Ending.FORFEITED: Kind.FORFEITURE,
    Ending.VICTIMS: Kind.COMPENSATION,
    Ending.RETURNED: Kind.ASSET_RETURN,
}
RECIPIENT_OF = {
    Ending.FORFEITED: AUTHORISED_BODY,
    Ending.VICTIMS: VICTIMS,
    Ending.RETURNED: OWNER,
}


class Course(NamedTuple):
    """When a case reaches each stage, and what the courts decide.

    `handover_us` says when a forfeited asset leaves the authorised body; it is `is_sold` or handed
    to the reserve.
    """

    arrest_us: int
    verdict_us: int
    final_us: int
    handover_us: int
    verdict: Ending
    is_appealed: bool
    final: Ending
    is_sold: bool


def case_words(streams: Streams, cases: Sequence[str]) -> list[int]:
    """Return the random word of each case, from which all its draws are derived."""
    ids = np.array([key_of(case) for case in cases], dtype=np.uint64)
    words: list[int] = streams.words("confiscation.case", ids).tolist()
    return words


def course_of(section: ConfiscationSection, word: int, since_us: int) -> Course:
    """Return the course of the case that was opened at `since_us`."""
    spread_bp = section.spread.value

    def lasts_us(stage: str, stated: Sourced[DurationValue]) -> int:
        return _days(stated.value.value, spread_bp, further_one(word, stage))

    arrest_us = since_us + lasts_us("sanction", section.sanction)
    verdict_us = arrest_us + lasts_us("verdict", section.verdict)
    final_us = verdict_us + lasts_us("appeal", section.appeal)
    verdict = _verdict(section, word)
    is_appealed = verdict is Ending.FORFEITED and chance_one(
        further_one(word, "appealed"), section.appealed.value
    )
    is_overturned = is_appealed and chance_one(
        further_one(word, "overturned"), section.overturned.value
    )
    return Course(
        arrest_us=arrest_us,
        verdict_us=verdict_us,
        final_us=final_us,
        handover_us=final_us + lasts_us("handover", section.handover),
        verdict=verdict,
        is_appealed=is_appealed,
        final=Ending.RETURNED if is_overturned else verdict,
        is_sold=chance_one(further_one(word, "sold"), section.sold.value),
    )


def _days(mean_us: int, spread_bp: int, word: int) -> int:
    """Return whole days, uniform around the mean to both sides, as microseconds."""
    mean = mean_us // DAY_US
    aside = mean * spread_bp // BP
    return (mean - aside + below_one(word, 2 * aside + 1)) * DAY_US


def _verdict(section: ConfiscationSection, word: int) -> Ending:
    if chance_one(further_one(word, "forfeited"), section.forfeited.value):
        return Ending.FORFEITED
    is_victims = chance_one(further_one(word, "victims"), section.victims.value)
    return Ending.VICTIMS if is_victims else Ending.RETURNED
