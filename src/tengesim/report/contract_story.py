"""What was known of a public contract when it was paid, and where money came from: the log alone.

Facts of a contract follow from rows that stand before the payment: its registered price and
amendments, what was paid and advanced, measured progress, guarantees. Only what an act pays back
of the advance is told by the payment of the act itself, whenever that was asked for.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from tengesim.clock import Calendar
from tengesim.codes import Evidence
from tengesim.metrics.origin import origins
from tengesim.money import BP, format_amount, mul_div
from tengesim.payment import Facts, Observation, Operation
from tengesim.rules.model import RuleBook
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FOLLOWED_MAX", "TRUTHS", "funding_of", "release_of"]

TRUTHS: Final = ("true_cost", "loss")
"""Kinds of rows that say what only the simulator knows."""
FOLLOWED_MAX: Final = 300_000
"""A longer log is not followed while somebody waits."""
_LINES_MAX: Final = 12
_KNOWN: Final = (Evidence.OBLIGATION_REGISTERED | Evidence.PAYEE_CONTRACTED).value

Row = Mapping[str, Any]


class Log(Protocol):
    """A run's log, asked in SQL."""

    def query(self, sql: str, parameters: Any = (), /) -> "pd.DataFrame":  # noqa: ANN401
        """Return the answer; `events` is the log."""
        ...


def release_of(
    log: Log, scenario: Scenario, calendar: Calendar, row: Row
) -> tuple[RuleBook, Observation] | None:
    """Return the rules on what the budget pays a supplier, and what they saw; None where none."""
    section = scenario.procurement
    if section is None or section.money is None or section.money.release is None:
        return None
    is_release = str(row["kind"]) in {"budget_payment", "advance"}
    if not is_release or str(row["form"]) != "cash_control_account" or not str(row["place"]):
        return None
    if str(row["status"]) == "recorded":
        # What of an act pays back the advance is a document, and no release.
        return None
    book = scenario.rule_books[section.money.release]
    decided = str(row["rule"])
    if decided and decided not in {rule.id for rule in book.rules}:
        # An override, a register or a closed firm decided, not the book.
        return None
    rows = [
        {str(key): value for key, value in one.items()}
        for one in log.query(
            "SELECT * FROM events WHERE place = $place ORDER BY seq", {"place": str(row["place"])}
        ).to_dict("records")
    ]
    retention_bp = 0 if section.contracts is None else section.contracts.retention.value
    contract = [one for one in rows if one["kind"] == "obligation"]
    if not contract:
        return None
    buyer, firm = str(contract[0]["payer"]), str(contract[0]["payee"])
    is_advance = str(row["kind"]) == "advance"
    time_us = int(row["time_us"])
    seen = Observation(
        operation=Operation.DISTRIBUTE if is_advance else Operation.PAY,
        time_us=time_us,
        day=calendar.day_number(time_us),
        time_of_day_us=time_us - calendar.at(calendar.date_of(time_us)),
        payer=buyer,
        payee=firm,
        purpose=str(row["programme"]),
        category="",
        amount_tiyn=int(row["amount_tiyn"]),
        evidence=int(row["evidence"]) | _KNOWN,
        facts=_facts(rows, row, retention_bp=retention_bp, is_advance=is_advance)._replace(
            issue_day=_issue_day(rows, row, calendar)
        ),
    )
    return book, seen


def _issue_day(rows: list[dict[str, Any]], row: Row, calendar: Calendar) -> int | None:
    """Return the local day of the first money of a contract, None before it was issued."""
    kinds = {"budget_payment", "advance", "retention"}
    issued_us = [
        int(one["time_us"])
        for one in rows
        if one["seq"] < row["seq"] and one["kind"] in kinds and one["status"] == "settled"
    ]
    return calendar.day_number(min(issued_us)) if issued_us else None


def _facts(rows: list[dict[str, Any]], row: Row, *, retention_bp: int, is_advance: bool) -> Facts:
    before = [one for one in rows if one["seq"] < row["seq"]]
    first = next(one for one in rows if one["kind"] == "obligation")
    buyer = str(first["payer"])
    paid = [
        one
        for one in before
        if one["status"] == "settled"
        and one["payer"] == buyer
        and one["kind"] in {"budget_payment", "advance", "retention"}
    ]
    prices = [one for one in before if one["kind"] in {"obligation", "amendment"}]
    accepted = {one["intent"]: one for one in before if one["kind"] == "acceptance"}
    progress = [int(one["value"]) for one in before if one["kind"] == "progress"]
    advances_tiyn = sum(int(one["amount_tiyn"]) for one in paid if one["kind"] == "advance")
    guarantees = [int(one["amount_tiyn"]) for one in before if one["kind"] == "guarantee"]
    asked = {
        one["intent"]: int(one["amount_tiyn"])
        for one in rows
        if one["kind"] == "budget_payment" and one["payer"] == buyer
    }
    by_book = [one for one in before if one["kind"] == "advance" and one["status"] == "recorded"]
    offset_tiyn = sum(int(one["amount_tiyn"]) for one in by_book)
    kept = {
        one["intent"]: int(one["amount_tiyn"])
        for one in before
        if one["kind"] == "retention" and one["status"] == "recorded"
    }
    if advances_tiyn and not by_book:
        for intent, act in accepted.items():
            whole_tiyn = int(act["amount_tiyn"])
            kept_tiyn = kept.get(intent, mul_div(whole_tiyn, retention_bp, BP))
            offset_tiyn += max(0, whole_tiyn - kept_tiyn - asked.get(intent, whole_tiyn))
    return Facts(
        region=str(row["region"]),
        contract_tiyn=int(prices[-1]["amount_tiyn"]) if prices else 0,
        paid_tiyn=sum(int(one["amount_tiyn"]) for one in paid),
        # Small purchases are not measured: what is accepted is done.
        progress_bp=max(progress, default=BP if accepted else 0),
        is_advance=is_advance,
        advances_tiyn=advances_tiyn,
        advances_left_tiyn=max(0, advances_tiyn - offset_tiyn),
        guarantee_tiyn=sum(guarantees),
        initiator=str(first["payee"]),
        approver=buyer,
    )


def funding_of(log: Log, seq: int) -> Iterator[str]:
    """Yield in words how the money of row `seq` came there, up to its budget line.

    In a log that is too long to be followed while somebody waits, nothing is said.
    """
    counted = log.query("SELECT count(*) AS n FROM events")
    if int(counted["n"].iloc[0]) > FOLLOWED_MAX:
        return
    chain = origins(log.query("SELECT * FROM events ORDER BY seq")).back(seq)
    for one in chain[:_LINES_MAX].to_dict("records"):
        yield (
            f"{format_amount(int(one['tiyn']))} of budget line {one['line']}: {one['kind']} from"
            f" {one['payer']} to {one['payee']} (row {int(one['seq']):,})"
        )
    if len(chain) > _LINES_MAX:
        yield f"and {len(chain) - _LINES_MAX:,} further rows"
