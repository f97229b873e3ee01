"""The fiscal note: what programmes cost the budget, by year, level of government and region.

Money is that of accepted intents less refunds, exactly the metric `paid_amount` cut into years,
programmes and regions; that the pieces add up to the metric is checked before anything is shown.
Amounts are brought from the simulated scale to the whole population.
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

__all__ = ["LEVELS", "PAID_METRIC", "Spending", "StoredTables", "spending_of", "total_bn"]

LEVELS: Final = ("republican", "local")
PAID_METRIC: Final = "paid_amount"
_TIYN_PER_BILLION: Final = 10**11

_ACCEPTED: Final = """
SELECT CAST(left(CAST(date AS VARCHAR), 4) AS BIGINT) AS year, CAST(region AS VARCHAR) AS region,
       CAST(programme AS VARCHAR) AS programme, sum(amount_tiyn)::HUGEINT::VARCHAR AS amount
FROM cube
WHERE kind IN ('payment', 'delivery') AND status IN ('settled', 'recorded')
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
    programme: str
    amount_tiyn: int


def spending_of(run: StoredTables, scenario: Scenario) -> tuple[Spending, ...]:
    """Return what the programmes of a run cost, by year, level, region and programme.

    Raises InvariantError when the pieces do not add up to the metric.
    """
    amounts: dict[tuple[int, str, str], int] = {}
    for sql, sign in ((_ACCEPTED, 1), (_UNDONE, -1)):
        answer = run.query(sql)
        for row in answer.to_dict("records"):
            key = (int(row["year"]), str(row["region"]), str(row["programme"]))
            amounts[key] = amounts.get(key, 0) + sign * int(row["amount"])
    chosen = {key: amount for key, amount in amounts.items() if key[2] in scenario.programmes}
    if chosen.keys() == amounts.keys():
        _check(sum(chosen.values()), run.metrics)
    return tuple(
        Spending(year, level_of(scenario, programme), region, programme, amount)
        for (year, region, programme), amount in sorted(chosen.items())
    )


def level_of(scenario: Scenario, programme: str) -> str:
    """Return which budget pays a programme."""
    return str(getattr(scenario.programmes[programme], "budget_level", "local"))


def total_bn(pieces: Iterable[Spending], scale: Fraction) -> Fraction:
    """Return the sum in billion KZT at full scale."""
    return Fraction(sum(piece.amount_tiyn for piece in pieces), _TIYN_PER_BILLION) / scale


def _check(total_tiyn: int, metrics: pd.DataFrame) -> None:
    rows: Sequence[Mapping[Any, Any]] = metrics[metrics["metric"] == PAID_METRIC].to_dict("records")
    if not rows:
        return
    due = int(rows[0]["numerator"])
    if due != total_tiyn:
        raise InvariantError(
            f"spending by year, region and programme adds up to {total_tiyn} tiyn; the metric"
            f" {PAID_METRIC} is {due} tiyn"
        )
