"""Run tables to the one prepared file that a browser plays: every number, by quarter of an hour.

All arms of a study stand on one clock. Numbers are sums over the log's own rows and exact at every
step; money leaves here in whole tenge, rounded once per balance, because a browser holds integers
only up to 2^53. Apart from the dashboard, so that a report can show the same numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Protocol

import pandas as pd

from tengesim.money import TIYN_PER_TENGE

__all__ = [
    "BINS_A_DAY",
    "BIN_US",
    "LAYOUT",
    "STOCKS",
    "ArmLog",
    "Clock",
    "Log",
    "StudyTables",
    "in_tenge",
    "meals_by_day",
    "playback",
    "school_days",
    "sparse",
    "study_tables",
]

LAYOUT: Final = 1
BIN_US: Final = 15 * 60 * 1_000_000
BINS_A_DAY: Final = 96

# From the budget to the caterer's own money: the order in which a chart stacks them.
STOCKS: Final = (
    "treasury",
    "on_hold",
    "treasury_marked",
    "purses",
    "caterers_marked",
    "caterers_free",
    "returned",
)

_MEAL_COLUMNS: Final = ("eaten_paid", "paid_not_eaten", "present_refused", "returned")
_UNDUE: Final = ("phantom", "double")
_MARKER_KINDS: Final = ("issue", "shed", "claim", "return")

# The last row of an intent decides it: the first attempt that is accepted ends the intent.
_OUTCOMES: Final = """
    SELECT (time_us - $start) // $bin AS bin, true_label, status = 'refused' AS is_refused, reason,
           count(*)::BIGINT AS intents, sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM (
        SELECT time_us, true_label, status, reason, amount_tiyn FROM events
        WHERE kind IN ('payment', 'delivery')
        QUALIFY row_number() OVER (PARTITION BY intent ORDER BY attempt DESC, seq DESC) = 1
    )
    GROUP BY ALL ORDER BY ALL
"""

# Whose money an account holds, as a reader would say it; NULL for accounts of the issuer and of
# the banks among themselves, which are the other side of every balance shown.
_FLOWS: Final = """
    WITH legs AS (
        SELECT time_us, payer AS holder, keeper, form, mark,
               CASE status WHEN 'voided' THEN amount_tiyn ELSE -amount_tiyn END AS delta
        FROM events WHERE status IN ('settled', 'held', 'voided')
        UNION ALL
        SELECT time_us, payee, keeper_to, form_to, mark_to, amount_tiyn
        FROM events WHERE status IN ('settled', 'posted')
    ), flows AS (
        SELECT time_us, delta,
               CASE WHEN holder = keeper THEN NULL
                    WHEN form = 'treasury_single_account' THEN 'treasury'
                    WHEN form = 'digital_tenge' AND holder LIKE 'pupil-%' THEN 'purses'
                    WHEN form = 'digital_tenge' AND holder LIKE 'caterer-%' AND mark <> ''
                        THEN 'caterers_marked'
                    WHEN form IN ('digital_tenge', 'bank_deposit') AND holder LIKE 'caterer-%'
                        THEN 'caterers_free'
                    WHEN form = 'digital_tenge' AND mark <> '' THEN 'treasury_marked'
                    WHEN form = 'digital_tenge' THEN 'treasury'
               END AS stock
        FROM legs
        UNION ALL
        SELECT time_us, CASE status WHEN 'held' THEN amount_tiyn ELSE -amount_tiyn END, 'on_hold'
        FROM events WHERE status IN ('held', 'posted', 'voided')
        UNION ALL
        -- What came back is shown apart from what was never spent.
        SELECT time_us, unnest([-amount_tiyn, amount_tiyn]), unnest(['treasury', 'returned'])
        FROM events WHERE kind = 'return' AND status = 'settled'
    )
    SELECT (time_us - $start) // $bin AS bin, stock, sum(delta)::BIGINT AS amount_tiyn
    FROM flows WHERE stock IS NOT NULL
    GROUP BY ALL HAVING sum(delta) <> 0 ORDER BY ALL
"""

_MARKERS: Final = """
    SELECT (time_us - $start) // $bin AS bin, kind, count(*)::BIGINT AS intents,
           sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM events WHERE status = 'settled' AND (
        kind IN ('shed', 'return') OR (kind = 'issue' AND mark_to <> '')
        -- Of a claim's three rows, the one that puts money into the caterer's account.
        OR (kind = 'claim' AND form_to = 'bank_deposit'))
    GROUP BY ALL ORDER BY ALL
"""

# The rows of one refund share `ref` and its amount.
_REFUNDS: Final = """
    SELECT bin, true_label, count(*)::BIGINT AS intents, sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM (
        SELECT any_value((time_us - $start) // $bin) AS bin, any_value(true_label) AS true_label,
               max(amount_tiyn) AS amount_tiyn
        FROM events WHERE kind = 'refund' AND status IN ('settled', 'recorded') GROUP BY ref
    )
    GROUP BY ALL ORDER BY ALL
"""


class Log(Protocol):
    """A run that answers SQL over its table `events`."""

    def query(self, sql: str, parameters: Any = (), /) -> pd.DataFrame:  # noqa: ANN401
        """Return the result of one SELECT, whole numbers exact."""
        ...

    def close(self) -> None:
        """Let go of what the log is read from."""
        ...


@dataclass(frozen=True, slots=True)
class ArmLog:
    """One finished run of a study and its log."""

    id: str
    label: str
    seed: int
    digest: str
    log: Log


@dataclass(frozen=True, slots=True)
class Clock:
    """The simulated span that all arms share: local midnight of `start`, in µs, and its days."""

    start: date
    start_us: int
    days: int

    @property
    def bins(self) -> int:
        """Return the number of steps of the clock."""
        return self.days * BINS_A_DAY

    def day(self, number: int) -> date:
        """Return the local date of a day of the span, counted from 0."""
        return self.start + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class StudyTables:
    """What the logs of all arms say, summed by quarter of an hour (`bin`) and `arm`.

    `outcomes`: meal intents by true label, whether refused, reason of the last refusal.
    `flows`: changes of each of `STOCKS`. `refunds` and `markers`: counts and amounts.
    """

    outcomes: pd.DataFrame
    flows: pd.DataFrame
    refunds: pd.DataFrame
    markers: pd.DataFrame


def study_tables(arms: Sequence[ArmLog], clock: Clock) -> StudyTables:
    """Sum the log of every arm by quarter of an hour."""
    return StudyTables(
        outcomes=_of_arms(arms, _OUTCOMES, clock),
        flows=_of_arms(arms, _FLOWS, clock),
        refunds=_of_arms(arms, _REFUNDS, clock),
        markers=_of_arms(arms, _MARKERS, clock),
    )


def playback(arms: Sequence[ArmLog], tables: StudyTables, clock: Clock) -> dict[str, Any]:
    """Return the prepared file as plain lists and whole numbers."""
    return {
        "layout": LAYOUT,
        "start": clock.start.isoformat(),
        "days": clock.days,
        "bins_a_day": BINS_A_DAY,
        "seeds": sorted({arm.seed for arm in arms}),
        "arms": [
            {
                "id": arm.id,
                "label": arm.label,
                "digest": arm.digest,
                "meals": _meal_series(_rows_of(tables.outcomes, arm)),
                "refused": _refusal_series(_rows_of(tables.outcomes, arm)),
                "stocks": _stock_series(_rows_of(tables.flows, arm)),
                "owed": _owed_series(tables, arm),
            }
            for arm in arms
        ],
        "meals_by_day": _records(meals_by_day(tables, clock)),
        "markers": _markers(tables.markers, [arm.id for arm in arms]),
        "school_days": school_days(tables, clock),
    }


def meals_by_day(tables: StudyTables, clock: Clock) -> pd.DataFrame:
    """Return, per arm and day with meals, what was paid for against what was eaten.

    Columns: `eaten_paid`; `paid_not_eaten` (phantom meals and second scans that passed);
    `present_refused` (the pupil was there and entitled, the payment was refused); `returned`
    (paid, not served, and given back).
    """
    counts: dict[tuple[str, int], dict[str, int]] = {}
    outcomes = tables.outcomes
    for arm, at, label, is_refused, intents in zip(
        outcomes["arm"].tolist(),
        outcomes["bin"].tolist(),
        outcomes["true_label"].tolist(),
        outcomes["is_refused"].tolist(),
        outcomes["intents"].tolist(),
        strict=True,
    ):
        of_day = counts.setdefault((arm, at // BINS_A_DAY), dict.fromkeys(_MEAL_COLUMNS, 0))
        if label == "honest":
            of_day["present_refused" if is_refused else "eaten_paid"] += intents
        elif label in _UNDUE and not is_refused:
            of_day["paid_not_eaten"] += intents
    refunds = tables.refunds
    for arm, at, intents in zip(
        refunds["arm"].tolist(), refunds["bin"].tolist(), refunds["intents"].tolist(), strict=True
    ):
        of_day = counts.setdefault((arm, at // BINS_A_DAY), dict.fromkeys(_MEAL_COLUMNS, 0))
        of_day["returned"] += intents
        of_day["eaten_paid"] -= intents
    rows = [
        {"arm": arm, "date": clock.day(day).isoformat(), **of_day}
        for (arm, day), of_day in sorted(counts.items())
    ]
    return pd.DataFrame(rows, columns=["arm", "date", *_MEAL_COLUMNS])


def school_days(tables: StudyTables, clock: Clock) -> list[str]:
    """Return the dates on which any meal was asked for, in order."""
    numbers = sorted({int(each) // BINS_A_DAY for each in tables.outcomes["bin"]})
    return [clock.day(number).isoformat() for number in numbers]


def _of_arms(arms: Sequence[ArmLog], sql: str, clock: Clock) -> pd.DataFrame:
    wanted = {"start": clock.start_us, "bin": BIN_US}
    frames = []
    for arm in arms:
        frame = arm.log.query(sql, wanted)
        frame.insert(0, "arm", arm.id)
        frames.append(frame)
    joined = pd.concat(frames, ignore_index=True)
    # Whole numbers stay whole: a frame with a float column would round a national total.
    whole = joined.columns.intersection(["bin", "intents", "amount_tiyn"])
    return joined.astype(dict.fromkeys(whole, "int64"))


def _rows_of(frame: pd.DataFrame, arm: ArmLog) -> pd.DataFrame:
    return frame[frame["arm"] == arm.id]


def sparse(pairs: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    """Return increments as two lists, the steps and by how much; equal steps are joined."""
    joined: dict[int, int] = {}
    for at, by in pairs:
        joined[at] = joined.get(at, 0) + by
    steps = sorted(at for at, by in joined.items() if by)
    return {"at": steps, "by": [joined[at] for at in steps]}


def in_tenge(pairs: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    """Return increments of a balance in whole tenge, each balance rounded once."""
    level, shown = 0, 0
    rounded: list[tuple[int, int]] = []
    for at, by in sorted(pairs):
        level += by
        tenge = (level + TIYN_PER_TENGE // 2) // TIYN_PER_TENGE
        rounded.append((at, tenge - shown))
        shown = tenge
    return sparse(rounded)


def _meal_series(outcomes: pd.DataFrame) -> dict[str, dict[str, dict[str, list[int]]]]:
    series: dict[str, dict[str, dict[str, list[int]]]] = {}
    for label in ("honest", "phantom", "double", "off_purpose"):
        series[label] = {}
        for name, is_refused in (("accepted", False), ("refused", True)):
            some = (outcomes["true_label"] == label) & (outcomes["is_refused"] == is_refused)
            rows = outcomes[some]
            series[label][name] = sparse(_pairs(rows, "intents"))
    undue = outcomes["true_label"].isin(list(_UNDUE)) & ~outcomes["is_refused"]
    series["undue_tenge"] = {"accepted": in_tenge(_pairs(outcomes[undue], "amount_tiyn"))}
    return series


def _refusal_series(outcomes: pd.DataFrame) -> dict[str, dict[str, dict[str, list[int]]]]:
    """Return final refusals by reason, those of honest intents apart from all others."""
    refused = outcomes[outcomes["is_refused"]]
    series: dict[str, dict[str, dict[str, list[int]]]] = {}
    for reason in sorted(set(refused["reason"])):
        rows = refused[refused["reason"] == reason]
        honest = rows["true_label"] == "honest"
        series[str(reason)] = {
            "honest": sparse(_pairs(rows[honest], "intents")),
            "undue": sparse(_pairs(rows[~honest], "intents")),
        }
    return series


def _stock_series(flows: pd.DataFrame) -> dict[str, dict[str, list[int]]]:
    return {
        stock: in_tenge(_pairs(flows[flows["stock"] == stock], "amount_tiyn"))
        for stock in STOCKS
        if (flows["stock"] == stock).any()
    }


def _owed_series(tables: StudyTables, arm: ArmLog) -> dict[str, list[int]]:
    """Return what accepted meals earned, less refunds, less what became the caterers' own."""
    outcomes = _rows_of(tables.outcomes, arm)
    accepted = outcomes[~outcomes["is_refused"] & (outcomes["true_label"] != "off_purpose")]
    flows = _rows_of(tables.flows, arm)
    freed = flows[flows["stock"] == "caterers_free"]
    refunded = _rows_of(tables.refunds, arm)
    owed = _pairs(accepted, "amount_tiyn")
    owed += [(at, -by) for at, by in _pairs(refunded, "amount_tiyn")]
    owed += [(at, -by) for at, by in _pairs(freed, "amount_tiyn")]
    return in_tenge(owed)


def _markers(markers: pd.DataFrame, order: Sequence[str]) -> list[dict[str, Any]]:
    """Return what a reader may jump to: each issue, and the first of everything else, per arm."""
    found: list[dict[str, Any]] = []
    for arm in order:
        for kind in _MARKER_KINDS:
            rows = markers[(markers["arm"] == arm) & (markers["kind"] == kind)]
            pairs = _pairs(rows, "amount_tiyn")
            found.extend(
                {"arm": arm, "kind": kind, "bin": at, "tenge": _tenge(amount_tiyn)}
                for at, amount_tiyn in (pairs if kind == "issue" else pairs[:1])
            )
    return sorted(found, key=lambda one: (one["bin"], _MARKER_KINDS.index(one["kind"])))


def _tenge(amount_tiyn: int) -> int:
    return (amount_tiyn + TIYN_PER_TENGE // 2) // TIYN_PER_TENGE


def _pairs(rows: pd.DataFrame, column: str) -> list[tuple[int, int]]:
    return list(zip(rows["bin"].tolist(), rows[column].tolist(), strict=True))


def _records(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    return [
        {str(key): (value if isinstance(value, str) else int(value)) for key, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]
