"""The payments of one day, filtered and paged: a bounded question to the stored runs.

Every argument comes from a browser and is taken for hostile: it is looked up in a short list or
bounded, never put into the query text.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.numbers import tiyn_text
from dashboards.shown import Shown, short_name
from dashboards.texts import Texts
from tengesim.clock import DAY_US, MINUTE_US
from tengesim.codes import Form, Reason, Status, TrueLabel, amount_text, is_asset
from tengesim.report.story import IS_ABOUT

__all__ = [
    "KINDS",
    "PAGE_ROWS_MAX",
    "Choice",
    "Page",
    "choice_of",
    "find_payment",
    "kinds",
    "page_of",
    "places",
]

PAGE_ROWS_MAX: Final = 200
# Shares, issues and the like are one row a pupil; a payment is what somebody asked for.
KINDS: Final = (
    "payment",
    "delivery",
    "claim",
    "shed",
    "redeem",
    "refund",
    "wage",
    "benefit",
    "funding",
    "defunding",
    "waterfall",
    "cash_withdrawal",
    "cash_deposit",
    "delegation",
    "offline_load",
    "offline_payment",
    "offline_settlement",
    "offline_cover",
    "owed",
    "device_lock",
    "verified",
    "offline_unload",
    "unmet",
    "obligation",
    "acceptance",
    "budget_payment",
    "arrears",
    "lapse",
    "revenue",
    "financing",
    "arrest",
    "verdict",
    "forfeiture",
    "compensation",
    "asset_return",
    "reserve_inflow",
    "mined",
    "trade",
    "custody_loss",
    "mandate",
)

_STATES: Final = tuple(status.name.lower() for status in Status)
_REASONS: Final = tuple(reason.name.lower() for reason in Reason if reason)
_LABELS: Final = tuple(label.name.lower() for label in TrueLabel)

_COUNTED: Final = """
    SELECT time_us, seq, kind, status, reason, payee, form, amount_tiyn, intent, true_label,
           place, rule,
           -- Between two banks a payment is several rows; its payer stands in the first.
           first_value(payer) OVER (PARTITION BY kind, intent, attempt ORDER BY seq) AS payer,
           count(DISTINCT attempt) OVER (PARTITION BY kind, intent)::BIGINT AS attempts
    FROM (
        -- One order pays many people; each of them is due something of its own.
        SELECT * REPLACE (
            CASE WHEN kind IN ('wage', 'benefit') AND true_label = 'honest'
                 THEN concat(intent, '/', payee) ELSE intent END AS intent)
        FROM events
        WHERE time_us >= $from AND time_us < $until AND list_contains($kinds, kind)
    )
    -- Acts of the reserve answer no intent; each stands for itself.
    QUALIFY intent = '' OR row_number() OVER (
        PARTITION BY kind, intent ORDER BY attempt DESC, seq DESC) = 1
"""
_FILTER: Final = """
    WHERE ($status = '' OR status = $status) AND ($reason = '' OR reason = $reason)
      AND ($place = '' OR place = $place) AND ($label = '' OR true_label = $label)
      AND ($kind = '' OR kind = $kind)
"""
_HOW_MANY: Final = f"SELECT count(*)::BIGINT AS n FROM ({_COUNTED}) {_FILTER}"  # noqa: S608
_PAGE: Final = f"""
    SELECT * FROM ({_COUNTED}) {_FILTER} ORDER BY time_us, seq LIMIT $rows OFFSET $skipped
"""  # noqa: S608
_KNOWN: Final = f"SELECT count(*)::BIGINT AS n FROM events WHERE {IS_ABOUT}"  # noqa: S608
_KINDS: Final = "SELECT DISTINCT kind FROM events"
_PLACES: Final = "SELECT DISTINCT place FROM events WHERE place <> '' ORDER BY place"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which payments are wanted: a day and what they must have in common."""

    day: int
    arm: str = ""
    status: str = ""
    reason: str = ""
    place: str = ""
    label: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows for the grid, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int


def places(study: Shown) -> list[str]:
    """Return the places of the study, such as schools or purposes."""
    found = {str(each) for arm in study.arms for each in arm.log.query(_PLACES, {})["place"]}
    return sorted(found)


def kinds(study: Shown) -> list[str]:
    """Return the kinds of rows that can be looked at and occur in any arm."""
    found = {str(each) for arm in study.arms for each in arm.log.query(_KINDS, {})["kind"]}
    return [kind for kind in KINDS if kind in found]


def choice_of(study: Shown, wanted: object) -> Choice | None:
    """Return what a browser asked for, with everything unknown left out; None without a day."""
    if not isinstance(wanted, Mapping):
        return None
    day = _day_number(study, wanted.get("day"))
    if day is None:
        return None
    return Choice(
        day=day,
        arm=_known(wanted.get("arm"), study.ids),
        status=_known(wanted.get("status"), _STATES),
        reason=_known(wanted.get("reason"), _REASONS),
        place=_known(wanted.get("place"), places(study)),
        label=_known(wanted.get("label"), _LABELS),
        kind=_known(wanted.get("kind"), KINDS),
    )


def page_of(study: Shown, choice: Choice, first: int, rows: int, t: Texts) -> Page:
    """Return rows `first` … of the chosen payments, arm by arm in the order of time."""
    skipped = max(first, 0)
    wanted = min(max(rows, 0), PAGE_ROWS_MAX)
    shown: list[dict[str, Any]] = []
    total = 0
    for number, arm in enumerate(study.arms):
        if choice.arm and choice.arm != arm.id:
            continue
        count = int(arm.log.query(_HOW_MANY, _parameters(study, choice))["n"].iloc[0])
        ahead = max(skipped - total, 0)
        if ahead < count and len(shown) < wanted:
            parameters = {
                **_parameters(study, choice),
                "rows": wanted - len(shown),
                "skipped": ahead,
            }
            frame = arm.log.query(_PAGE, parameters)
            shown.extend(_row(study, number, each, t) for each in frame.to_dict("records"))
        total += count
    return Page(shown, total)


def find_payment(study: Shown, wanted: object) -> tuple[int, str] | None:
    """Return arm number and intent of a row that a browser names, if the log knows it."""
    if not isinstance(wanted, Mapping):
        return None
    number, intent = wanted.get("arm_number"), wanted.get("intent")
    if type(number) is not int or not 0 <= number < len(study.arms):
        return None
    if not isinstance(intent, str) or not 0 < len(intent) <= 200:
        return None
    known = study.arms[number].log.query(_KNOWN, {"id": intent})
    return (number, intent) if int(known["n"].iloc[0]) else None


def _parameters(study: Shown, choice: Choice) -> dict[str, object]:
    start = study.clock.start_us + choice.day * DAY_US
    return {
        "from": start,
        "until": start + DAY_US,
        "kinds": list(KINDS),
        "status": choice.status,
        "reason": choice.reason,
        "place": choice.place,
        "label": choice.label,
        "kind": choice.kind,
    }


def _row(study: Shown, number: int, found: Mapping[Any, Any], t: Texts) -> dict[str, Any]:
    minutes = (int(found["time_us"]) - study.clock.start_us) % DAY_US // MINUTE_US
    reason = str(found["reason"])
    return {
        "id": f"{number}/{found['kind']}/{found['intent'] or found['seq']}",
        "arm_number": number,
        "intent": str(found["intent"]),
        "arm": short_name(study.arms[number], t),
        "time": f"{minutes // 60:02d}:{minutes % 60:02d}",
        "kind": t(f"kind.{found['kind']}"),
        "place": str(found["place"]),
        "payer": str(found["payer"]),
        "payee": str(found["payee"]),
        "amount": _amount(str(found["form"]), int(found["amount_tiyn"]), t),
        "attempts": int(found["attempts"]),
        "status": t(f"status.{found['status']}"),
        "reason": t(f"reason.{reason}") if reason else "",
        "truth": t(f"label.{found['true_label']}"),
    }


def _amount(form: str, amount: int, t: Texts) -> str:
    code = Form[form.upper()]
    return amount_text(code, amount) if is_asset(code) else tiyn_text(amount, t)


def _known(value: object, allowed: Sequence[str]) -> str:
    return value if isinstance(value, str) and value in allowed else ""


def _day_number(study: Shown, value: object) -> int | None:
    if not isinstance(value, str) or len(value) > 10:
        return None
    try:
        number = (dt.date.fromisoformat(value) - study.clock.start).days
    except ValueError:
        return None
    return number if 0 <= number < study.clock.days else None
