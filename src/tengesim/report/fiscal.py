"""What programmes and budget lines cost, by year, level of government and region.

The money is that of two metrics, cut into years, lines and regions: `paid_amount`, accepted intents
of programmes less refunds, and `budget_paid`, what left the cash-control accounts. That the pieces
add up to the metrics is checked before anything is shown. Amounts are brought from the simulated
scale to the whole population.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Protocol

from tengesim.errors import InvariantError
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BUDGET_METRIC",
    "LEVELS",
    "PAID_METRIC",
    "Spending",
    "StoredTables",
    "spending_of",
    "total_bn",
]

LEVELS: Final = ("republican", "local")
PAID_METRIC: Final = "paid_amount"
BUDGET_METRIC: Final = "budget_paid"
_TIYN_PER_BILLION: Final = 10**11

_ACCEPTED: Final = """
SELECT CAST(left(CAST(date AS VARCHAR), 4) AS BIGINT) AS year, CAST(region AS VARCHAR) AS region,
       CAST(programme AS VARCHAR) AS programme, sum(amount_tiyn)::HUGEINT::VARCHAR AS amount
FROM cube
WHERE kind IN ('payment', 'delivery') AND status IN ('settled', 'recorded')
GROUP BY ALL ORDER BY ALL
"""
_PAID: Final = """
SELECT CAST(left(CAST(date AS VARCHAR), 4) AS BIGINT) AS year, CAST(region AS VARCHAR) AS region,
       CAST(programme AS VARCHAR) AS programme, sum(amount_tiyn)::HUGEINT::VARCHAR AS amount
FROM cube
WHERE kind = 'budget_payment' AND status = 'settled' AND form = 'cash_control_account'
GROUP BY ALL ORDER BY ALL
"""
# A refund takes several rows where money moves back; the first of its intent has the amount.
_UNDONE: Final = """
WITH undone AS (
    SELECT intent, arg_min(amount_tiyn, seq) AS amount_tiyn, arg_min(region, seq) AS region,
           arg_min(programme, seq) AS programme, arg_min(date, seq) AS date
    FROM dated_events
    WHERE status IN ('settled', 'recorded')
      AND (kind = 'refund' OR (kind = 'return' AND place <> ''))
    GROUP BY intent
)
SELECT CAST(left(CAST(date AS VARCHAR), 4) AS BIGINT) AS year, CAST(region AS VARCHAR) AS region,
       CAST(programme AS VARCHAR) AS programme, sum(amount_tiyn)::HUGEINT::VARCHAR AS amount
FROM undone
GROUP BY ALL ORDER BY ALL
"""

_QUERIES: Final[Mapping[str, Sequence[tuple[str, int]]]] = {
    PAID_METRIC: ((_ACCEPTED, 1), (_UNDONE, -1)),
    BUDGET_METRIC: ((_PAID, 1),),
}


class StoredTables(Protocol):
    """What a fiscal note reads of a run."""

    @property
    def metrics(self) -> pd.DataFrame:
        """The metrics of the run."""
        ...

    def query(self, sql: str, parameters: Any = (), /) -> pd.DataFrame:  # noqa: ANN401
        """Return the answer to a query of the run's tables."""
        ...


@dataclass(frozen=True, slots=True)
class Spending:
    """Money for what was accepted, less refunds, at the simulated scale."""

    year: int
    level: str
    region: str
    line: str
    """The programme or budget line."""
    amount_tiyn: int
    metric: str = PAID_METRIC
    """The metric that this is a piece of."""


def spending_of(run: StoredTables, scenario: Scenario) -> tuple[Spending, ...]:
    """Return what programmes and budget lines cost, by year, level, region and line.

    Raises InvariantError when the pieces do not add up to their metric.
    """
    levels = _levels(scenario)
    metrics = run.metrics
    pieces = []
    for metric, queries in _QUERIES.items():
        amounts: dict[tuple[int, str, str], int] = {}
        for sql, sign in queries:
            for row in run.query(sql).to_dict("records"):
                key = (int(row["year"]), str(row["region"]), str(row["programme"]))
                amounts[key] = amounts.get(key, 0) + sign * int(row["amount"])
        # What people buy for themselves is in the log too, and no budget pays for it.
        chosen = {key: amount for key, amount in amounts.items() if key[2] in levels}
        if chosen:
            _check(metric, sum(chosen.values()), metrics)
        pieces += [
            Spending(year, levels[line], region, line, amount, metric)
            for (year, region, line), amount in sorted(chosen.items())
        ]
    return tuple(pieces)


def _levels(scenario: Scenario) -> dict[str, str]:
    """Return which budget pays each programme and each line."""
    levels = {name: str(one.budget_level) for name, one in scenario.programmes.items()}
    budget = scenario.treasury.budget
    if budget is not None:
        levels |= {name: str(line.level) for name, line in budget.lines.items()}
    return levels


def total_bn(pieces: Iterable[Spending], scale: Fraction) -> Fraction:
    """Return the sum in billion KZT at full scale."""
    return Fraction(sum(piece.amount_tiyn for piece in pieces), _TIYN_PER_BILLION) / scale


def _check(metric: str, total_tiyn: int, metrics: pd.DataFrame) -> None:
    rows: Sequence[Mapping[Any, Any]] = metrics[metrics["metric"] == metric].to_dict("records")
    due = int(rows[0]["numerator"]) if rows else 0
    if due != total_tiyn:
        raise InvariantError(
            f"spending by year, region and line adds up to {total_tiyn} tiyn; the metric {metric}"
            f" is {due} tiyn"
        )
