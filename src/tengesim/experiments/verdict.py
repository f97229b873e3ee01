"""What two intervals allow to be said: equal, clear, bounded, not clear, or unknown.

A difference is clear only when chance, judged over all metrics of the variant at once, and the
assumptions both leave it on the same side of zero. More replications can therefore never make a
difference clear whose sign rests on something that nobody has measured.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from tengesim.experiments.intervals import ChanceInterval

__all__ = ["NEGLIGIBLE_BP", "SIGNIFICANCE", "Judged", "Verdict", "holm", "judge"]

Verdict = Literal["equal", "clear", "not_clear", "bounded", "unknown"]

SIGNIFICANCE: Final = 0.05

NEGLIGIBLE_BP: Final = 500
"""Share of the larger arm below which a difference counts as small (assumption).

It is the precision to which `compare` brings the replications unless told otherwise.
"""


class Judged(NamedTuple):
    """A verdict, and the largest difference left open where the verdict is not clear."""

    verdict: Verdict
    bound: float | None


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted for having asked so many questions; None stays None.

    The smallest is multiplied by their number, the next by one less, and none may be below one
    before it (Holm 1979). Right for metrics that depend on one another, as ours do.
    """
    places = [place for place, p_value in enumerate(p_values) if p_value is not None]
    ordered = sorted(places, key=lambda place: p_values[place] or 0.0)
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, place in enumerate(ordered):
        least = max(least, min(1.0, (len(ordered) - rank) * (p_values[place] or 0.0)))
        adjusted[place] = least
    return adjusted


def judge(
    chance: ChanceInterval,
    assumptions: tuple[float, float] | None,
    *,
    p_holm: float | None,
    larger_arm: float,
    has_assumptions: bool,
) -> Judged:
    """Return what may be said about one difference.

    `assumptions` is the range over the draws, None when there are too few; `has_assumptions` says
    whether there is anything to draw. `larger_arm` is the larger mean of the two arms, without
    sign. A difference is bounded when all that the intervals leave open is small beside it.
    """
    if chance.low is None or chance.high is None or p_holm is None:
        return Judged("unknown", None)
    ends = [chance.low, chance.high, *(assumptions or ())]
    if not any(ends):
        return Judged("equal", 0.0)
    is_examined = assumptions is not None or not has_assumptions
    is_one_sided = min(ends) > 0 or max(ends) < 0
    if is_examined and is_one_sided and p_holm <= SIGNIFICANCE:
        return Judged("clear", None)
    bound = max(abs(end) for end in ends)
    is_small = bound * 10_000 <= NEGLIGIBLE_BP * larger_arm
    return Judged("bounded" if is_examined and is_small else "not_clear", bound)
