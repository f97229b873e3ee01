"""What a metric is: its definition for people, and the exact result that a run gives for it.

A result is a numerator and a denominator in whole numbers, so that every value can be computed
again from them and money is never rounded on the way; the value is their quotient in the unit of
the metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from tengesim.codes import BASE_UNITS, Form
from tengesim.money import TIYN_PER_TENGE

__all__ = [
    "GROUPS",
    "SMALLEST_BASE",
    "Group",
    "Measure",
    "Metric",
    "Scope",
    "defined",
    "undefined",
]

Group = Literal[
    "reach",
    "integrity",
    "harm",
    "access",
    "payments",
    "transparency",
    "fiscal",
    "procurement",
    "money",
    "reserve",
    "privacy",
]

Scope = Literal[
    "any",
    "meals",
    "people",
    "wallets",
    "vouchers",
    "schedules",
    "rewards",
    "offline",
    "reports",
    "budget",
    "reserve",
    "confiscation",
    "mining",
    "procurement",
    "purchases",
    "copayments",
    "supplies",
    "instalments",
    "taxes",
]

GROUPS: Final[tuple[Group, ...]] = (
    "reach",
    "integrity",
    "harm",
    "access",
    "payments",
    "transparency",
    "fiscal",
    "procurement",
    "money",
    "reserve",
    "privacy",
)

SMALLEST_BASE: Final = 30
"""A ratio over fewer cases than this says more about chance than about policy, so it is null."""

_FACTORS: Final[Mapping[str, Fraction]] = {
    "KZT": Fraction(1, TIYN_PER_TENGE),
    "records per million KZT": Fraction(TIYN_PER_TENGE * 1_000_000),
    "KZT per BTC": Fraction(BASE_UNITS[Form.BITCOIN], TIYN_PER_TENGE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Definition of one metric.

    `uses_truth` says that it needs to know what payments really were, which no authority does.
    `needs` is `cube` when it can be computed in every log mode: from the cube, the rows of
    institutions, and `Moments`, which are folded while rows pass. It is `full` when it needs every
    row, and then it is missing in the other modes; a sample is never taken for the whole.
    """

    name: str
    title: str
    unit: str
    group: Group
    question: str
    formula: str
    source: str
    direction: Literal["up", "down", "neither"]
    """Which way is better."""
    uses_truth: bool
    needs: Literal["cube", "full"]
    scope: Scope = "meals"
    """In which worlds the question can be asked; a run has the metrics of its scopes."""
    text: Mapping[str, str]
    """What a reader should know, by language."""

    @property
    def factor(self) -> Fraction:
        """Return what numerator ÷ denominator is multiplied by to give the value in `unit`."""
        return _FACTORS.get(self.unit, Fraction(1))


def defined(
    name: str,
    title: str,
    unit: str,
    question: str,
    formula: str,
    *,
    group: Group,
    scope: Scope,
    text: str,
    direction: Literal["up", "down", "neither"] = "neither",
    source: str = "Definition of this project",
    uses_truth: bool = False,
    needs: Literal["cube", "full"] = "cube",
) -> Metric:
    """Return a metric; most are defined by this project, see no truth and need no wants."""
    return Metric(
        name=name,
        title=title,
        unit=unit,
        group=group,
        question=question,
        formula=formula,
        source=source,
        direction=direction,
        uses_truth=uses_truth,
        needs=needs,
        scope=scope,
        text={"en": text},
    )


class Measure(NamedTuple):
    """Result of one metric: exact whole numbers, or why there is none.

    `base` is the number of cases behind a ratio when its denominator counts something else, such
    as tiyn.
    """

    metric: str
    numerator: int | None = None
    denominator: int | None = None
    base: int | None = None
    cases: str = ""
    """What `base`, or else the denominator, counts."""
    why: str = ""

    def checked(self) -> "Measure":
        """Return this measure, or why it is none when it rests on too few cases."""
        if self.numerator is None or self.denominator is None:
            return self
        base = self.denominator if self.base is None else self.base
        if base < SMALLEST_BASE:
            why = f"{base} {self.cases}; a ratio needs at least {SMALLEST_BASE}"
            return undefined(self.metric, why)
        if self.denominator <= 0:
            return undefined(self.metric, f"the denominator is {self.denominator}")
        return self

    def value(self, factor: Fraction) -> float | None:
        """Return numerator ÷ denominator × factor, rounded once."""
        if self.numerator is None:
            return None
        return float(Fraction(self.numerator, self.denominator or 1) * factor)


def undefined(metric: str, why: str) -> Measure:
    """Return a measure without a value."""
    return Measure(metric, why=why)
