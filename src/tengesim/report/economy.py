"""Logs of an economy to the tables and the prepared file of its page: payments, money, refusals.

It asks of a log no more than that there is one: what a world does not have is simply not in its
tables. Money is classed by form alone, with offline purses apart, so the tables hold for any
parties and institutions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from tengesim.report.playback import LAYOUT, ArmLog, Clock, in_tenge, sparse
from tengesim.scenario.model import Scenario

__all__ = [
    "BIN_DAY_US",
    "CREDITS",
    "ENDINGS",
    "FORMS",
    "PAYMENT_KINDS",
    "Band",
    "EconomyTables",
    "bands_of",
    "economy_playback",
    "economy_tables",
    "endings_by_day",
    "levels",
    "payments_by_day",
    "steps_a_day",
    "values_by_day",
]

FORMS: Final = (
    "digital_tenge",
    "offline",
    "bank_deposit",
    "cash",
    "treasury_single_account",
    "cash_control_account",
    "national_fund",
)
"""Forms of money in the order in which a chart stacks them; `offline` is what purses hold or pay.

Reserves of banks are the other side of deposits and are left out.
"""

ENDINGS: Final = ("refused", "unmet")
"""How a payment that somebody wanted can end without being paid."""

CREDITS: Final = ("wage", "benefit")

PAYMENT_KINDS: Final = ("payment", "offline_payment", "unmet", "delivery", "budget_payment")
"""Kinds of rows that end the wish to pay; the last attempt of an intent decides it."""

BIN_DAY_US: Final = 86_400_000_000
"""Length of a day of the clock, in µs."""

_OUTCOMES: Final = """
    SELECT (time_us - $start) // $bin AS bin,
           CASE WHEN kind = 'offline_payment' THEN 'offline' ELSE form END AS form,
           CASE WHEN kind = 'unmet' THEN 'unmet' WHEN status = 'refused' THEN 'refused'
                ELSE 'paid' END AS ending,
           reason, true_label IN ('honest', 'internal') AS is_honest,
           count(*)::BIGINT AS intents, sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM (
        SELECT time_us, kind, form, status, reason, true_label, amount_tiyn FROM events
        WHERE list_contains($kinds, kind)
        -- Of the rows of one posting the first has the payer's form of money.
        QUALIFY row_number() OVER (PARTITION BY intent ORDER BY attempt DESC, seq) = 1
    )
    GROUP BY ALL ORDER BY ALL
"""

# An issuer's own account is the other side of every balance.
_FLOWS: Final = """
    WITH legs AS (
        SELECT time_us, payer AS holder, keeper, form, -amount_tiyn AS delta
        FROM events WHERE status IN ('settled', 'posted')
        UNION ALL
        SELECT time_us, payee, keeper_to, form_to, amount_tiyn
        FROM events WHERE status IN ('settled', 'posted')
    )
    SELECT (time_us - $start) // $bin AS bin,
           CASE WHEN form = 'digital_tenge' AND holder LIKE 'purse-%' THEN 'offline'
                ELSE form END AS form,
           sum(delta)::BIGINT AS amount_tiyn
    FROM legs WHERE holder <> keeper AND form <> 'bank_reserve'
    GROUP BY ALL HAVING sum(delta) <> 0 ORDER BY ALL
"""

# Rows of persons bear their region; sums that move between payer and banks have none.
_CREDITS: Final = """
    SELECT (time_us - $start) // $bin AS bin, kind,
           count(DISTINCT (intent, payee))::BIGINT AS intents,
           sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM events
    WHERE kind IN ('wage', 'benefit') AND status = 'settled' AND region <> ''
    GROUP BY ALL ORDER BY ALL
"""

# What is accepted and due stays in arrears until it is paid.
_ARREARS: Final = """
    WITH late AS (
        SELECT intent, min(time_us) AS since_us, any_value(amount_tiyn) AS amount_tiyn
        FROM events WHERE kind = 'arrears' GROUP BY intent
    ), paid AS (
        SELECT intent, max(time_us) AS paid_us FROM events
        WHERE kind = 'budget_payment' AND status IN ('settled', 'posted') GROUP BY intent
    ), changes AS (
        SELECT since_us AS time_us, amount_tiyn FROM late
        UNION ALL
        SELECT greatest(since_us, paid_us), -amount_tiyn FROM late JOIN paid USING (intent)
    )
    SELECT (time_us - $start) // $bin AS bin, sum(amount_tiyn)::BIGINT AS amount_tiyn
    FROM changes GROUP BY ALL HAVING sum(amount_tiyn) <> 0 ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Band:
    """A span of time in which a system is down: its id, the system, and its ends in µs."""

    id: str
    system: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class EconomyTables:
    """What the logs of all arms say, summed by step (`bin`) and `arm`.

    `outcomes`: payments by form, ending, reason. `flows`: changes of the money in each form.
    `credits`: wages and benefits. `arrears`: changes of what is due and unpaid.
    """

    steps_a_day: int
    outcomes: pd.DataFrame
    flows: pd.DataFrame
    credits: pd.DataFrame
    arrears: pd.DataFrame


def steps_a_day(clock: Clock) -> int:
    """Return how finely a run is played: by the hour for months, by six hours for years."""
    return 24 if clock.days <= 93 else 4


def economy_tables(arms: Sequence[ArmLog], clock: Clock) -> EconomyTables:
    """Sum the log of every arm by step of the clock."""
    steps = steps_a_day(clock)
    span: dict[str, object] = {"start": clock.start_us, "bin": BIN_DAY_US // steps}
    return EconomyTables(
        steps_a_day=steps,
        outcomes=_of_arms(arms, _OUTCOMES, {**span, "kinds": list(PAYMENT_KINDS)}),
        flows=_of_arms(arms, _FLOWS, span),
        credits=_of_arms(arms, _CREDITS, span),
        arrears=_of_arms(arms, _ARREARS, span),
    )


def bands_of(scenario: Scenario) -> tuple[Band, ...]:
    """Return the outages of a scenario in the order of time."""
    calendar = scenario.clock.calendar()
    found = []
    for outage in scenario.outages:
        begins_us = calendar.at(outage.day, outage.at)
        ends_us = begins_us + outage.lasts.value.value
        found.append(Band(outage.id, outage.system, begins_us, ends_us))
    return tuple(sorted(found, key=lambda band: band.from_us))


def payments_by_day(tables: EconomyTables, clock: Clock) -> pd.DataFrame:
    """Return what was paid a day: columns arm, date, and a count for each of `FORMS` there is."""
    paid = tables.outcomes[tables.outcomes["ending"] == "paid"]
    return _by_day(tables, clock, paid, column="form", names=FORMS)


def values_by_day(tables: EconomyTables, clock: Clock) -> pd.DataFrame:
    """Return what was paid a day in tiyn: columns arm, date, and each of `FORMS` there is."""
    paid = tables.outcomes[tables.outcomes["ending"] == "paid"]
    return _by_day(tables, clock, paid, column="form", names=FORMS, counted="amount_tiyn")


def endings_by_day(tables: EconomyTables, clock: Clock) -> pd.DataFrame:
    """Return what was not paid a day: columns arm, date, refused, unmet."""
    other = tables.outcomes[tables.outcomes["ending"] != "paid"]
    return _by_day(tables, clock, other, column="ending", names=ENDINGS)


def levels(flows: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return changes of one balance as levels: columns arm, bin, total in tiyn."""
    rows = flows[flows["arm"].isin(list(arms))]
    summed = rows.groupby(["arm", "bin"], as_index=False)["amount_tiyn"].sum()
    summed["total"] = summed.groupby("arm")["amount_tiyn"].cumsum()
    return pd.DataFrame(summed[["arm", "bin", "total"]])


def economy_playback(
    arms: Sequence[ArmLog],
    tables: EconomyTables,
    clock: Clock,
    scenarios: Sequence[Scenario],
) -> dict[str, Any]:
    """Return the prepared file as plain lists and whole numbers."""
    calendar = scenarios[0].clock.calendar()
    days = [clock.day(number) for number in range(clock.days)]
    return {
        "layout": LAYOUT,
        "start": clock.start.isoformat(),
        "days": clock.days,
        "bins_a_day": tables.steps_a_day,
        "seeds": sorted({arm.seed for arm in arms}),
        "arms": [
            {"id": arm.id, "label": arm.label, "digest": arm.digest, **_series(tables, arm.id)}
            for arm in arms
        ],
        "markers": _markers(tables, arms, clock, scenarios),
        "working_days": [day.isoformat() for day in days if calendar.is_business_day(day)],
        "holidays": {
            holiday.day.isoformat(): holiday.name for holiday in scenarios[0].clock.holidays
        },
    }


def _series(tables: EconomyTables, arm: str) -> dict[str, Any]:
    outcomes = _rows_of(tables.outcomes, arm)
    paid = outcomes[outcomes["ending"] == "paid"]
    refused = outcomes[outcomes["ending"] == "refused"]
    flows = _rows_of(tables.flows, arm)
    return {
        "paid": {
            form: sparse(_pairs(paid[paid["form"] == form], "intents")) for form in _present(paid)
        },
        "totals": {
            "paid": sparse(_pairs(paid, "intents")),
            "paid_tenge": in_tenge(_pairs(paid, "amount_tiyn")),
            "refused": sparse(_pairs(refused, "intents")),
            "unmet": sparse(_pairs(outcomes[outcomes["ending"] == "unmet"], "intents")),
            "arrears_tenge": in_tenge(_pairs(_rows_of(tables.arrears, arm), "amount_tiyn")),
            "credits_tenge": in_tenge(_pairs(_rows_of(tables.credits, arm), "amount_tiyn")),
        },
        "refused": {
            reason: {
                "honest": sparse(_pairs(rows[rows["is_honest"]], "intents")),
                "undue": sparse(_pairs(rows[~rows["is_honest"]], "intents")),
            }
            for reason, rows in ((str(key), rows) for key, rows in refused.groupby("reason"))
        },
        "stocks": {
            form: in_tenge(_pairs(flows[flows["form"] == form], "amount_tiyn"))
            for form in _present(flows)
        },
    }


def _markers(
    tables: EconomyTables, arms: Sequence[ArmLog], clock: Clock, scenarios: Sequence[Scenario]
) -> list[dict[str, Any]]:
    """Return what a reader may jump to: the first wages and benefits, and every outage."""
    steps, found = tables.steps_a_day, []
    for arm, scenario in zip(arms, scenarios, strict=True):
        rows = _rows_of(tables.credits, arm.id)
        for kind in CREDITS:
            first = rows[rows["kind"] == kind]["bin"]
            if len(first):
                found.append({"arm": arm.id, "kind": kind, "bin": int(first.min()), "tenge": 0})
        for band in bands_of(scenario):
            at = (band.from_us - clock.start_us) * steps // BIN_DAY_US
            if 0 <= at < clock.days * steps:
                found.append({"arm": arm.id, "kind": "outage", "bin": at, "tenge": 0})
    return sorted(found, key=lambda one: (one["bin"], one["kind"]))


def _by_day(
    tables: EconomyTables,
    clock: Clock,
    rows: pd.DataFrame,
    *,
    column: str,
    names: Sequence[str],
    counted: str = "intents",
) -> pd.DataFrame:
    present = [name for name in names if (rows[column] == name).any()]
    sums: dict[tuple[str, int], dict[str, int]] = {}
    for arm, at, name, by in zip(
        rows["arm"].tolist(),
        rows["bin"].tolist(),
        rows[column].tolist(),
        rows[counted].tolist(),
        strict=True,
    ):
        if name in present:
            of_day = sums.setdefault((arm, at // tables.steps_a_day), dict.fromkeys(present, 0))
            of_day[name] += by
    made = [
        {"arm": arm, "date": (clock.start + timedelta(days=day)).isoformat(), **of_day}
        for (arm, day), of_day in sorted(sums.items())
    ]
    return pd.DataFrame(made, columns=["arm", "date", *present])


def _of_arms(arms: Sequence[ArmLog], sql: str, wanted: Mapping[str, object]) -> pd.DataFrame:
    frames = []
    for arm in arms:
        frame = arm.log.query(sql, wanted)
        frame.insert(0, "arm", arm.id)
        frames.append(frame)
    joined = pd.concat(frames, ignore_index=True)
    whole = joined.columns.intersection(["bin", "intents", "amount_tiyn"])
    flags = joined.columns.intersection(["is_honest"])
    return joined.astype({**dict.fromkeys(whole, "int64"), **dict.fromkeys(flags, "bool")})


def _rows_of(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    return frame[frame["arm"] == arm]


def _present(frame: pd.DataFrame) -> list[str]:
    there = set(frame["form"])
    return [form for form in FORMS if form in there]


def _pairs(rows: pd.DataFrame, column: str) -> list[tuple[int, int]]:
    return list(zip(rows["bin"].tolist(), rows[column].tolist(), strict=True))
