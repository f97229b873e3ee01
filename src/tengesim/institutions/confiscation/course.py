"""The course of one case, drawn when it is opened: how long each stage takes and how it ends.

Every draw of a case hangs on its name alone, so one more case leaves all others as they were, and
slower courts decide the same.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.clock import DAY_US
from tengesim.codes import Kind
from tengesim.institutions.assets import AUTHORISED_BODY, OWNER, VICTIMS
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.money import BP
from tengesim.parameter import Sourced
from tengesim.streams import Streams, Words, below, chance, further, key_of

__all__ = ["KIND_OF", "RECIPIENT_OF", "Course", "Ending", "case_words", "courses_of"]

_STAGES: Final = ("sanction", "verdict", "appeal", "handover")


class Ending(StrEnum):
    """What becomes of arrested assets."""

    FORFEITED = "forfeited"
    VICTIMS = "victims"
    RETURNED = "returned"


_ENDINGS: Final = (Ending.FORFEITED, Ending.VICTIMS, Ending.RETURNED)

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


def case_words(streams: Streams, cases: Sequence[str]) -> Words:
    """Return the random word of each case, from which all its draws are derived."""
    ids = np.array([key_of(case) for case in cases], dtype=np.uint64)
    return streams.words("confiscation.case", ids)


def courses_of(section: ConfiscationSection, words: Words, since_us: Sequence[int]) -> list[Course]:
    """Return the courses of cases that were opened at `since_us`."""

    def drawn(decision: str, rate: Sourced[int]) -> NDArray[np.bool_]:
        return chance(further(words, decision), rate.value)

    moments, times = np.array(since_us, dtype=np.int64), []
    for stage in _STAGES:
        mean_us = getattr(section, stage).value.value
        moments = moments + _lasts_us(mean_us, section.spread.value, further(words, stage))
        times.append(moments.tolist())
    is_forfeited = drawn("forfeited", section.forfeited)
    is_appealed = is_forfeited & drawn("appealed", section.appealed)
    is_overturned = is_appealed & drawn("overturned", section.overturned)
    verdict = np.where(is_forfeited, 0, np.where(drawn("victims", section.victims), 1, 2))
    final = np.where(is_overturned, 2, verdict)
    decided = zip(
        map(_ENDINGS.__getitem__, verdict.tolist()),
        is_appealed.tolist(),
        map(_ENDINGS.__getitem__, final.tolist()),
        drawn("sold", section.sold).tolist(),
        strict=True,
    )
    return [Course(*reached, *decision) for *reached, decision in zip(*times, decided, strict=True)]


def _lasts_us(mean_us: int, spread_bp: int, words: Words) -> NDArray[np.int64]:
    """Return whole days, uniform around the mean to both sides, as microseconds."""
    mean = mean_us // DAY_US
    aside = mean * spread_bp // BP
    return (mean - aside + below(words, 2 * aside + 1)) * DAY_US
