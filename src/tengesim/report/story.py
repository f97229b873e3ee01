"""The story of a payment, wallet, place or mark: what the log says, and why, rule by rule.

Every decision is made again by the readable evaluator, on facts taken from the log alone: the
evidence in the row, the payer's earlier payments, the scenario's rule book. If the decision
differs from the logged one, the story says so. What was true stands apart and is named as truth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from tengesim.clock import Calendar
from tengesim.codes import BASE_UNITS, Evidence, amount_text, column_text
from tengesim.institutions.wallets import book_of_evidence
from tengesim.money import format_amount
from tengesim.payment import Observation, Operation
from tengesim.report.contract_story import TRUTHS, funding_of, release_of
from tengesim.report.purchase_story import Asked, asked_of, is_as_paid
from tengesim.rules.effects import ShedsMark
from tengesim.rules.evaluate import Decision, decide, judge, may_shed
from tengesim.rules.model import RuleBook
from tengesim.rules.sentences import sentence, verdict_sentence
from tengesim.rules.usage import PeriodicUsage, periods_of
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IS_ABOUT", "RuleLine", "Story", "StoryStep", "UnknownIdError", "story_of"]

STEPS_MAX: Final = 200
"""A story longer than this is told from its beginning and says what it leaves out."""

_OPERATIONS: Final = {
    "payment": Operation.PAY,
    "delivery": Operation.PAY,
    "shed": Operation.SHED,
    "redeem": Operation.CONVERT,
    "distribute": Operation.DISTRIBUTE,
}
_MEAL_TRUTHS: Final = {
    "honest": "the pupil was there and the meal was due",
    "phantom": "the pupil was absent; the caterer claimed a meal that nobody ate",
    "double": "the pupil had been scanned already; the second scan was a mistake",
    "off_purpose": "the pupil tried to spend meal money on something else",
    "internal": "a step between institutions",
}
_TRUTHS: Final = {
    "honest": "what was due, or what the payer wanted to pay",
    "spent_twice": "the same offline money had been spent before",
    "fictitious_act": "the act speaks of work that was not done",
    "overpricing": "the price is above true cost and a normal margin",
    "diverted_advance": "the advance is spent on something else",
    "shell_subcontractor": "the subcontractor does nothing",
    "kickback": "a bribe",
    "split_contract": "one need, split into purchases below the threshold",
    "related_party": "the payee belongs to somebody at the buyer",
    "price_growth": "the price was raised after the award without need",
    "bid_rigging": "the bidders had agreed on the price",
    "tailored_specification": "the specification was written for one bidder",
    "captured_owner": "the owner of the funds was bribed for the conditions",
    "override_abuse": "there was no emergency behind the override",
    "colluding_supervisor": "the supervisor signed what is not there",
    "not_delivered": "the seller takes the money and hands nothing over",
    "loan_diverted": "the borrower spends the loan on something else",
    "sham_sale": "the sale is undone afterwards; nothing was bought",
    "meter_tampered": "the supplier has made the meter show more than is used",
    "internal": "a step between institutions, or of somebody with own money",
}
_RECORDED: Final = {
    "unmet": "{payer} wanted to pay {amount}{to} and lacked the means in every form of money",
    "offline_payment": "{amount} leaves the device of {payer}{to}, to be settled on contact",
    "obligation": "a contract of {amount} between {payer} and {payee} is registered",
    "acceptance": "{payer} accepts work of {amount} by {payee}",
    "arrears": "{amount} is due from {payer}{to} and stays unpaid for now",
    "lapse": "{amount} of {payer} lapses with the year",
    "freeze": "{payee} freezes an account of {payer}, with {amount} in it",
    "unfreeze": "{payee} lets an account of {payer} go, with {amount} in it",
    "price": "{amount} is worth {worth}",
    "arrest": "{amount} of {payer} is frozen on suspicion, worth {worth}",
    "revenue": "revenue that the state does without: {amount}",
    "mining_cost": "noted beside the bills of {payer}: {rule}, {amount}",
    "verdict": "a court decides about {amount} of {payer}: {rule}",
    "attestation": "an auditor attests {amount} held by {payer}",
    "mandate": "the mandate of {payer} demands: {rule}, about {amount}",
    "plan": "{payer} plans to buy for {amount}",
    "tender": "{payer} asks for bids, at most {amount}",
    "bid": "{payee} bids {amount}",
    "award": "{payer} awards {amount} to {payee}",
    "guarantee": "a guarantee of {amount} by {payee} is registered",
    "amendment": "the contract of {payee} becomes {amount}",
    "progress": "work worth {amount} is measured at {payee}",
    "subcontract": "{payer} hands work of {amount} to {payee}",
    "invoice": "{payee} invoices {amount} to {payer}",
    "approval": "signed for {amount} to {payee}: {rule}",
    "delivery_check": "delivery of {amount} by {payee} is confirmed: {rule}",
    "complaint": "a complaint about {amount} to {payee}: {rule}",
    "review": "somebody looks at {amount} to {payee}: {rule}",
    "flag": "a red flag on {payee}: {rule}",
    "termination": "the contract of {amount} with {payee} ends early: {rule}",
    "closing": "the contract of {amount} with {payee} is closed",
    "true_cost": "what the work costs with a normal margin, known to the simulator alone: {amount}",
    "true_use": "what was really used, known to the simulator alone: {amount}",
    "tax_claim": "{payer} claims {amount} of tax that it paid in prices",
    "owed": "{amount} is owed by {payer}{to}, because it was not there",
    "verified": "acts of {payee} worth {amount} are verified",
    "device_lock": "the device of {payer} is locked by {rule}, after a payment of {amount}",
    "agreement": "{payer} agrees to buy from {payee} for {amount}",
    "agreement_shared": "{payer} agrees to buy from {payee} for {amount}, of which {worth} is the"
    " programme's and the rest the buyer's own: {rule}",
    "reversal": "the register names {payee} again for what was bought for {amount}: {rule}",
    "stoppage": "{amount} to {payee} is not paid any more: {rule}",
    "connection": "{payee} supplies {payer} by the meter, and {amount} is there for it",
    "meter_reading": "the meter of {payer} shows {units} units by {payee}, {amount}: {rule}",
    "loss": "what the public loses here, known to the simulator alone: {amount}",
}
"""What was recorded and moved nothing, by kind of row."""
_SAID_BY_RULE: Final = {"agreement": "agreement_shared", "true_cost": "true_use"}
"""Rows that say something else where they name a rule or a meter."""
_ASSETS: Final = {column_text(form): form for form in BASE_UNITS}
_RETAIL: Final = "retail"


class Log(Protocol):
    """A run's log, asked in SQL."""

    def query(self, sql: str, parameters: Any = (), /) -> "pd.DataFrame":  # noqa: ANN401
        """Return the answer; `events` is the log."""
        ...


class UnknownIdError(LookupError):
    """Nothing in the log bears the id that was asked for."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule's answer: `passed` is None where the rule did not apply."""

    rule: str
    passed: bool | None
    text: str
    reference: str
    is_deciding: bool


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One row of the log in words, with the rules that decided it."""

    seq: int
    moment: str
    kind: str
    status: str
    reason: str
    text: str
    evidence: tuple[str, ...]
    rules: tuple[RuleLine, ...]
    is_repeated: bool
    """Whether deciding again gave the logged decision; True where nothing was decided."""


IS_ABOUT: Final = """(intent = $id OR ref IN (
    SELECT ref FROM events
    WHERE kind IN ('wage', 'benefit', 'waterfall') AND concat(intent, '/', payee) = $id))"""
"""SQL of the rows about an intent; one credit of a pay-day is that of the day and who is paid."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one thing, and what was true about it."""

    id: str
    what: str
    steps: tuple[StoryStep, ...]
    truth: str
    left_out: int
    funding: tuple[str, ...] = ()
    """How the money of a payment came there, row by row, up to its budget line."""


def story_of(log: Log, scenario: Scenario, subject: str) -> Story:
    """Tell the story of `subject`: an intent, or a holder, place, mark or programme of the log.

    Raises UnknownIdError, naming ids that are close, when the log has nothing of that name.
    """
    for what, condition in (
        ("contract", "place = $id AND place IN (SELECT place FROM events WHERE kind = 'plan')"),
        ("payment", IS_ABOUT),
        ("holder", "payer = $id OR payee = $id"),
        ("mark", "(mark = $id OR mark_to = $id) AND kind NOT IN ('payment', 'distribute')"),
        ("place", "place = $id"),
        ("programme", "programme = $id AND kind NOT IN ('payment', 'distribute', 'delivery')"),
    ):
        # The conditions are the six above; the id travels as a parameter.
        counted = log.query(f"SELECT count(*) AS n FROM events WHERE {condition}", {"id": subject})  # noqa: S608
        total = int(counted["n"].iloc[0])
        if total:
            rows = log.query(
                f"SELECT * FROM events WHERE {condition} ORDER BY seq LIMIT {STEPS_MAX}",  # noqa: S608
                {"id": subject},
            )
            records = [{str(key): row[key] for key in row} for row in rows.to_dict("records")]
            left_out = total - len(records)
            known = [row for row in records if str(row["kind"]) not in TRUTHS]
            steps = tuple(map(_Teller(log, scenario).step, known))
            truth = _truth(scenario, records) if what in {"payment", "contract"} else ""
            settled = [int(row["seq"]) for row in known if row["status"] == "settled"]
            funding = tuple(funding_of(log, settled[-1])) if what == "payment" and settled else ()
            return Story(subject, what, steps, truth, left_out, funding)
    raise UnknownIdError(f"nothing in this run is called {subject!r}{_meant(log, subject)}")


def _truth(scenario: Scenario, rows: Sequence[Mapping[str, Any]]) -> str:
    is_meal = str(rows[0]["programme"]) in scenario.programmes
    labels = [str(row["true_label"]) for row in rows]
    # A top-up before a payment bears its intent and is a step, not what the intent really was.
    label = next((label for label in labels if label not in {"internal", "honest"}), "")
    label = label or next((label for label in labels if label != "internal"), labels[0])
    truth = (_MEAL_TRUTHS if is_meal else _TRUTHS)[label]
    hidden = [_text(row) for row in rows if str(row["kind"]) in TRUTHS]
    truth = "; ".join([truth, *hidden])
    was_refunded = any(row["kind"] == "refund" for row in rows)
    return f"{truth}; it was paid but not served, and refunded" if was_refunded else truth


def _meant(log: Log, subject: str) -> str:
    import difflib

    names = log.query(
        "SELECT DISTINCT name FROM (SELECT payer AS name FROM events UNION ALL SELECT payee FROM"
        " events UNION ALL SELECT place FROM events UNION ALL SELECT mark_to FROM events)"
        " WHERE name <> '' ORDER BY name LIMIT 5000"
    )["name"]
    known = [str(name) for name in names]
    examples = ", ".join(difflib.get_close_matches(subject, known, n=3) or known[:3])
    return f"; did you mean one of: {examples}"


class _Teller:
    """Puts rows into words, deciding again what was decided."""

    def __init__(self, log: Log, scenario: Scenario) -> None:
        self._log = log
        self._scenario = scenario
        self._calendar: Calendar = scenario.clock.calendar()

    def step(self, row: Mapping[str, Any]) -> StoryStep:
        """Return the story of one row."""
        lines, repeated = self._decisions(row)
        return StoryStep(
            seq=int(row["seq"]),
            moment=self._moment(int(row["time_us"])),
            kind=str(row["kind"]),
            status=str(row["status"]),
            reason=str(row["reason"]),
            text=_text(self._whole(row)),
            evidence=tuple(_evidence(int(row["evidence"]))),
            rules=tuple(lines),
            is_repeated=repeated,
        )

    def _whole(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `row` with the ends of its posting: between two banks a payment is three rows."""
        leaves = row["payee"] == row["keeper_to"] and row["form"] == "bank_deposit"
        arrives = row["payer"] == row["keeper"] and row["form"] == "bank_deposit"
        if row["kind"] != "payment" or row["status"] != "settled" or leaves == arrives:
            return row
        legs = self._log.query(
            "SELECT payer, payee FROM events WHERE ref = $ref AND form = 'bank_deposit'"
            " ORDER BY seq",
            {"ref": int(row["ref"])},
        )
        column, end = ("payee", -1) if leaves else ("payer", 0)
        return {**row, column: str(legs[column].iloc[end])}

    def _moment(self, time_us: int) -> str:
        midnight_us = self._calendar.at(self._calendar.date_of(time_us))
        of_day = timedelta(microseconds=time_us - midnight_us)
        clock = str(timedelta(seconds=int(of_day.total_seconds()))).rjust(8, "0")
        return f"{self._calendar.date_of(time_us)} {clock}"

    def _decisions(self, row: Mapping[str, Any]) -> tuple[list[RuleLine], bool]:
        kind = str(row["kind"])
        release = release_of(self._log, self._scenario, self._calendar, row)
        if release is not None:
            return self._judged(*release, PeriodicUsage(()), row)
        asked = asked_of(self._log, self._scenario, self._calendar, row)
        if asked is not None:
            return self._of_purchase(asked, row)
        is_decided = kind in {"payment", "delivery", "shed"} or (
            kind == "redeem" and row["status"] == "refused"
        )
        book = self._book(row) if is_decided else None
        if book is None:
            return [], True
        seen = self._observation(row)
        if seen.operation is Operation.SHED:
            return self._shedding(book, seen, row)
        return self._judged(book, seen, self._usage(book, row), row)

    def _of_purchase(self, asked: Asked, row: Mapping[str, Any]) -> tuple[list[RuleLine], bool]:
        """Return the answer of every rule about a purchase, and of what divides its price."""
        lines, _ = self._judged(asked.book, asked.seen, asked.usage, row)
        if asked.part is not None:
            name, reason, text, reference = asked.part
            lines.append(RuleLine(name, not reason, text, reference, is_deciding=bool(reason)))
        decision = decide(asked.book, asked.seen, asked.usage)
        return lines, is_as_paid(asked, decision, row)

    def _judged(
        self, book: RuleBook, seen: Observation, usage: PeriodicUsage, row: Mapping[str, Any]
    ) -> tuple[list[RuleLine], bool]:
        """Return the answer of every rule, and whether the decision is the logged one."""
        decision = decide(book, seen, usage)
        lines = [
            RuleLine(
                rule=rule.id,
                passed=None if verdict is None else not verdict.reason,
                text=verdict_sentence(rule, verdict),
                reference=rule.reference,
                is_deciding=rule.id == decision.rule,
            )
            for rule, verdict in judge(book, seen, usage)
        ]
        return lines, _is_as_logged(decision, row)

    def _book(self, row: Mapping[str, Any]) -> RuleBook | None:
        """Return the rules that decided about a row: of its programme, or of the payer's wallet."""
        programme, wallets = str(row["programme"]), self._scenario.wallets
        if programme in self._scenario.programmes:
            return self._scenario.book_of(programme)
        # What could not be reached, or had no room at the payee, was not asked of the rules.
        was_asked = str(row["reason"]) not in {"system_unavailable", "limit_holding"}
        if programme != _RETAIL or wallets is None or not was_asked:
            return None
        return book_of_evidence(wallets, int(row["evidence"]))

    def _shedding(
        self, book: RuleBook, seen: Observation, row: Mapping[str, Any]
    ) -> tuple[list[RuleLine], bool]:
        effect = book.shed()
        decision = may_shed(book, seen, PeriodicUsage(()))
        if not isinstance(effect, ShedsMark):
            return [], _is_as_logged(decision, row)
        said = "passed" if not decision.reason else "not yet met, the money stays marked"
        line = RuleLine(
            rule=effect.id,
            passed=not decision.reason,
            text=f"{said}: {sentence(effect.condition)}",
            reference=effect.reference,
            is_deciding=bool(decision.reason),
        )
        return [line], _is_as_logged(decision, row)

    def _observation(self, row: Mapping[str, Any]) -> Observation:
        time_us, programme = int(row["time_us"]), str(row["programme"])
        date = self._calendar.date_of(time_us)
        return Observation(
            operation=_OPERATIONS[str(row["kind"])],
            time_us=time_us,
            day=self._calendar.day_number(time_us),
            time_of_day_us=time_us - self._calendar.at(date),
            payer=str(row["payer"]),
            payee=str(row["payee"]),
            purpose=programme,
            category=self._scenario.category_of(programme, str(row["payee"])),
            amount_tiyn=int(row["amount_tiyn"]),
            evidence=int(row["evidence"]),
        )

    def _usage(self, book: RuleBook, row: Mapping[str, Any]) -> PeriodicUsage:
        usage = PeriodicUsage(periods_of(book))
        earlier = self._log.query(
            "SELECT time_us, amount_tiyn FROM events WHERE payer = $payer AND programme ="
            " $programme AND kind IN ('payment', 'delivery') AND status IN ('settled', 'recorded')"
            " AND form = $form AND seq < $seq ORDER BY seq",
            {
                "payer": str(row["payer"]),
                "programme": str(row["programme"]),
                "form": str(row["form"]),
                "seq": int(row["seq"]),
            },
        )
        for time_us, amount_tiyn in zip(
            earlier["time_us"].tolist(), earlier["amount_tiyn"].tolist(), strict=True
        ):
            usage.add(str(row["payer"]), self._calendar.day_number(time_us), amount_tiyn)
        return usage


def _is_as_logged(decision: Decision, row: Mapping[str, Any]) -> bool:
    reason = "" if not decision.reason else decision.reason.name.lower()
    if row["kind"] == "advance" and row["status"] == "settled":
        # The value of its row is the share that was agreed.
        return not reason
    if str(row["reason"]) == "insufficient_funds":
        # The ledger refused what the rules had allowed.
        return not reason
    logged = (str(row["reason"]), str(row["rule"]), int(row["value"]), int(row["limit"]))
    return logged == (reason, decision.rule, decision.value, decision.limit)


def _evidence(flags: int) -> Iterator[str]:
    for flag in Evidence:
        if flags & flag.value:
            yield str(flag.name).lower().replace("_", " ")


def _text(row: Mapping[str, Any]) -> str:
    form = str(row["form"]).replace("_", " ")
    asset = _ASSETS.get(str(row["form"]))
    amount = format_amount(int(row["amount_tiyn"]))
    if asset is not None:
        amount = amount_text(asset, int(row["amount_tiyn"]))
    payer, payee = str(row["payer"]), str(row["payee"])
    to = f" to {payee}" if payee != payer else ""
    mark, mark_to = str(row["mark"]), str(row["mark_to"])
    change = ""
    if mark != mark_to:
        change = f", {f'marked {mark_to}' if mark_to else f'free of the mark {mark}'}"
    elif mark:
        change = f" marked {mark}"
    if row["status"] == "recorded" and str(row["kind"]) in _RECORDED:
        kind = str(row["kind"])
        sentence_of = _RECORDED[_SAID_BY_RULE.get(kind, kind) if row["rule"] else kind]
        rule, worth = str(row["rule"]), format_amount(int(row["value"]))
        return sentence_of.format(
            amount=amount,
            payer=payer,
            payee=payee,
            to=to,
            rule=rule,
            worth=worth,
            units=f"{int(row['value']):,}",
        )
    verb = {"recorded": "is recorded as owed by", "refused": "is refused from"}.get(
        str(row["status"]), "moves from"
    )
    if row["status"] in {"held", "voided"}:
        verb = "is reserved with" if row["status"] == "held" else "is released with"
    what = amount if asset is not None else f"{amount} of {form}"
    return f"{what}{change} {verb} {payer}{to}"
