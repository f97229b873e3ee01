"""What was known of a purchase or a supply when it was to be paid: from the log alone.

The register shows what its last entry before says, the meter what was read and not yet paid, and
limits count what the buyer was paid for before.
"""

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tengesim.clock import Calendar
from tengesim.codes import Evidence, Reason
from tengesim.institutions.purchases import PurchasesSection, Trade
from tengesim.payment import Facts, Observation, Operation
from tengesim.rules.apply import effect_of, meter
from tengesim.rules.effects import Copays, Coupon, PaysByMeter, SplitsAmong, SplitsOnCap
from tengesim.rules.evaluate import Decision, verdict
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import PaysInstalments, Reserves
from tengesim.rules.sentences import sentence
from tengesim.rules.steps import procedure_of
from tengesim.rules.usage import PeriodicUsage, periods_of
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Asked", "PartLine", "asked_of", "is_as_paid"]

_PAYS: Final = ("payment", "budget_payment")
_PARTS: Final[tuple[type[SplitsOnCap | Copays | Coupon | SplitsAmong | PaysByMeter], ...]] = (
    SplitsOnCap,
    Copays,
    Coupon,
    SplitsAmong,
    PaysByMeter,
)
_BY_LEDGER: Final = ("insufficient_funds", "account_frozen")

Row = Mapping[str, Any]


class Log(Protocol):
    """A run's log, asked in SQL."""

    def query(self, sql: str, parameters: Any = (), /) -> "pd.DataFrame":  # noqa: ANN401
        """Return the answer; `events` is the log."""
        ...


class PartLine(NamedTuple):
    """What an effect or procedure of the book says of a payment beside its rules."""

    id: str
    reason: Reason
    text: str
    reference: str


class Asked(NamedTuple):
    """The rules that were asked about a payment, what they saw, and what else the book says."""

    book: RuleBook
    seen: Observation
    usage: PeriodicUsage
    part: PartLine | None


class _Deal(NamedTuple):
    """What the log says of an agreement."""

    section: Trade
    buyer: str
    seller: str
    amount_tiyn: int
    agreed_us: int


def asked_of(log: Log, scenario: Scenario, calendar: Calendar, row: Row) -> Asked | None:
    """Return what was asked about a row of a purchase; None where nothing was, or not with it."""
    operation = _operation(row)
    deal = _deal_of(log, scenario, row) if operation is not None else None
    if operation is None or deal is None or not _is_first(log, row, deal, operation):
        return None
    whole = scenario.rule_books[deal.section.rule_book]
    day = _issue_day(deal, calendar)
    book = whole.issued_on(day)
    reserves = procedure_of(book, Reserves)
    if reserves is not None and str(row["status"]) == "held":
        # What is set aside before it is due is not asked about.
        return None
    paid = _paid(log, row, deal)
    usage = PeriodicUsage(periods_of(whole))
    for time_us, tiyn, _ in paid:
        usage.add(deal.buyer, calendar.day_number(time_us), tiyn)
    seen = _observation(log, calendar, row, deal, operation)
    seen = seen._replace(facts=seen.facts._replace(issue_day=day))
    if operation is Operation.CONVERT:
        return Asked(whole, seen, PeriodicUsage(()), None)
    effect = effect_of(book, PaysByMeter)
    if effect is not None:
        units = _units(log, row, deal, effect, paid)
        seen = seen._replace(facts=seen.facts._replace(units=units))
    elif procedure_of(book, PaysInstalments) is None:
        seen = seen._replace(amount_tiyn=deal.amount_tiyn)
    return Asked(whole, seen, usage, _part(book, seen, usage))


def is_as_paid(asked: Asked, decision: Decision, row: Row) -> bool:
    """Return whether what the book says now is what the log says was done."""
    status, reason = str(row["status"]), str(row["reason"])
    part_reason = Reason.NONE if asked.part is None else asked.part.reason
    if status in {"settled", "posted"}:
        return not decision.reason and not part_reason
    if reason in _BY_LEDGER:
        return not part_reason and (not decision.reason or bool(decision.queue))
    if part_reason and asked.part is not None:
        return (reason, str(row["rule"])) == (part_reason.name.lower(), asked.part.id)
    logged = (str(row["rule"]), int(row["value"]), int(row["limit"]))
    said = (decision.rule, decision.value, decision.limit)
    if status == "held":
        return bool(decision.queue) and logged == said
    is_told = bool(decision.reason) and reason == decision.reason.name.lower()
    return is_told and logged == said


def _operation(row: Row) -> Operation | None:
    kind, status = str(row["kind"]), str(row["status"])
    if kind in _PAYS and status in {"settled", "held", "posted", "refused"}:
        return Operation.PAY
    is_diversion = (kind == "redeem" and status == "refused") or kind == "shed"
    return Operation.CONVERT if is_diversion else None


def _deal_of(log: Log, scenario: Scenario, row: Row) -> _Deal | None:
    sections: dict[str, Trade] = {**scenario.purchases, **scenario.supplies}
    section = sections.get(str(row["programme"]))
    if section is None or not str(row["place"]):
        return None
    agreed = log.query(
        "SELECT payer, payee, amount_tiyn, time_us FROM events WHERE place = $place"
        " AND kind IN ('agreement', 'connection')",
        {"place": str(row["place"])},
    )
    if agreed.empty:
        return None
    one = agreed.iloc[0]
    amounts = int(one["amount_tiyn"]), int(one["time_us"])
    return _Deal(section, str(one["payer"]), str(one["payee"]), *amounts)


def _is_first(log: Log, row: Row, deal: _Deal, operation: Operation) -> bool:
    """Return whether a row is the first of a posting that pays the seller, or diverts a loan."""
    rows = log.query(
        "SELECT seq, payee FROM events WHERE ref = $ref AND status = $status ORDER BY seq",
        {"ref": int(row["ref"]), "status": str(row["status"])},
    )
    is_paid = deal.seller in set(rows["payee"].astype(str)) or str(row["status"]) == "refused"
    is_asked = is_paid or operation is Operation.CONVERT
    return is_asked and int(rows["seq"].iloc[0]) == int(row["seq"])


def _issue_day(deal: _Deal, calendar: Calendar) -> int:
    """Return the day whose rules the money keeps: of its issue, or of the agreement."""
    if deal.section.mark is None:
        return calendar.day_number(deal.agreed_us)
    first, last = deal.section.term.first, deal.section.term.last
    days = calendar.business_days(first, last + datetime.timedelta(days=1))
    return calendar.day_number(calendar.at(days[0]))


def _paid(log: Log, row: Row, deal: _Deal) -> list[tuple[int, int, int]]:
    """Return what was paid for the deal before: when, how much, and for how many units."""
    rows = log.query(
        "SELECT time_us, amount_tiyn, value FROM events WHERE place = $place AND seq < $seq"
        " AND payee = $seller AND status = 'settled' AND kind IN ('payment', 'budget_payment')"
        " ORDER BY seq",
        {"place": str(row["place"]), "seq": int(row["seq"]), "seller": deal.seller},
    )
    columns = (rows[name].tolist() for name in ("time_us", "amount_tiyn", "value"))
    return [(int(one), int(two), int(three)) for one, two, three in zip(*columns, strict=True)]


def _units(
    log: Log, row: Row, deal: _Deal, effect: PaysByMeter, paid: list[tuple[int, int, int]]
) -> int:
    """Return the units that were to be paid: those shown and not yet paid, as far as money goes."""
    shown = log.query(
        "SELECT coalesce(sum(value), 0) AS units FROM events WHERE place = $place"
        " AND seq < $seq AND kind = 'meter_reading'",
        {"place": str(row["place"]), "seq": int(row["seq"])},
    )
    due = int(shown["units"].iloc[0]) - sum(units for _, _, units in paid)
    left_tiyn = deal.amount_tiyn - sum(tiyn for _, tiyn, _ in paid)
    return meter(effect, due, left_tiyn).units


def _observation(
    log: Log, calendar: Calendar, row: Row, deal: _Deal, operation: Operation
) -> Observation:
    time_us, section = int(row["time_us"]), deal.section
    is_entered = operation is Operation.PAY and _is_entered(log, row)
    thing = section.thing.value if isinstance(section, PurchasesSection) else ""
    return Observation(
        operation=operation,
        time_us=time_us,
        day=calendar.day_number(time_us),
        time_of_day_us=time_us - calendar.at(calendar.date_of(time_us)),
        payer=deal.buyer,
        payee=deal.seller,
        purpose=str(row["programme"]),
        category=section.category,
        amount_tiyn=int(row["amount_tiyn"]) if operation is Operation.PAY else deal.amount_tiyn,
        evidence=int(Evidence.REGISTER_CHANGED) if is_entered else 0,
        facts=Facts(region=section.region, register=thing if is_entered else ""),
    )


def _is_entered(log: Log, row: Row) -> bool:
    """Return whether the register named the buyer when the row was written."""
    last = log.query(
        "SELECT kind FROM events WHERE place = $place AND seq < $seq"
        " AND kind IN ('delivery_check', 'reversal') ORDER BY seq DESC LIMIT 1",
        {"place": str(row["place"]), "seq": int(row["seq"])},
    )
    return not last.empty and str(last["kind"].iloc[0]) == "delivery_check"


def _part(book: RuleBook, seen: Observation, usage: PeriodicUsage) -> PartLine | None:
    """Return what an effect or a procedure says of the payment beside the rules."""
    procedure = procedure_of(book, PaysInstalments)
    if procedure is not None:
        reason = verdict(procedure.condition, seen, usage).reason
        text = f"{'not met' if reason else 'passed'}: {sentence(procedure)}"
        return PartLine(procedure.id, reason, text, procedure.reference)
    for kind in _PARTS:
        effect = effect_of(book, kind)
        if effect is not None:
            return PartLine(effect.id, Reason.NONE, sentence(effect), effect.reference)
    return None
