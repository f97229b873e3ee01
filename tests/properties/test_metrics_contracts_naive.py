"""Metrics of contracts against a plain reading of random logs, intent by intent.

The plain reading walks rows of dictionaries and shares no code with the metrics.
"""

from collections import defaultdict
from random import Random
from typing import Any, Final

import pytest

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Form, Kind, Reason, Status, TrueLabel
from tengesim.metrics import leakage, suppliers
from tests.contract_log import ContractLog

LABELS: Final = (TrueLabel.FICTITIOUS_ACT, TrueLabel.OVERPRICING, TrueLabel.SHELL_SUBCONTRACTOR)
PAID: Final = (
    Kind.ADVANCE,
    Kind.BUDGET_PAYMENT,
    Kind.SHED,
    Kind.REDEEM,
    Kind.SUBPAYMENT,
    Kind.WAGE,
    Kind.RETENTION,
)
DAYS: Final = 900


def random_log(seed: int) -> ContractLog:
    """Return a few contracts with acts and subpayments that go every way there is."""
    chance = Random(seed)  # noqa: S311 - rows for a test
    log = ContractLog(days=DAYS)
    for number in range(6):
        lot, firm = f"lot-{number}", f"firm-{number}"
        log.day = chance.randint(0, 50)
        log.lot(lot, supplier=firm, price=chance.randint(500, 2_000))
        if chance.random() < 0.6:
            log.pay(Kind.ADVANCE, lot, "buyer-1", firm, 50, by="budget", intent=f"{lot}/advance")
        for act in range(chance.randint(0, 7)):
            _act(log, chance, lot, firm, f"{lot}/act-{act}")
        if chance.random() < 0.5:
            _subpayment(log, chance, lot, firm)
        if chance.random() < 0.7:
            log.day = chance.randint(100, 600)
            log.record(Kind.CLOSING, lot, "buyer-1", firm)
        if chance.random() < 0.5:
            log.day = chance.randint(200, DAYS - 1)
            amount = chance.randint(1, 80)
            log.pay(
                Kind.CLAWBACK, lot, firm, "buyer-1", amount, by="back", intent=f"{lot}/clawback"
            )
    log.rows.sort(key=lambda row: row["time_us"])
    return log


def _act(log: ContractLog, chance: Random, lot: str, firm: str, intent: str) -> None:
    log.day = chance.randint(60, 500)
    accepted, amount = log.day, chance.randint(10, 300)
    log.record(Kind.ACCEPTANCE, lot, "buyer-1", firm, amount, intent=intent, limit=log.due(30))
    if chance.random() < 0.4:
        lost = chance.randint(1, amount)
        log.record(
            Kind.LOSS, lot, "buyer-1", firm, lost, intent=intent, true_label=chance.choice(LABELS)
        )
    if chance.random() < 0.3:
        reason = chance.choice((Reason.MILESTONE_NOT_MET, Reason.DUPLICATE))
        log.record(
            Kind.BUDGET_PAYMENT,
            lot,
            "buyer-1",
            firm,
            amount,
            intent=intent,
            status=Status.REFUSED,
            reason=reason,
        )
    if chance.random() < 0.2:
        log.record(Kind.REVIEW, lot, "buyer-1", firm, amount, intent=intent)
    if chance.random() < 0.8:
        log.day = accepted + chance.randint(0, 200)
        by = chance.choice(("budget", "budget_marked", "into_control"))
        log.pay(Kind.BUDGET_PAYMENT, lot, "buyer-1", firm, amount, by=by, intent=intent)
        if by == "budget_marked" and chance.random() < 0.7:
            log.day += chance.randint(0, 60)
            log.pay(Kind.SHED, lot, firm, firm, amount // 2, by="shed", intent=intent)
        if by == "into_control" and chance.random() < 0.7:
            log.day += chance.randint(0, 60)
            log.pay(Kind.REDEEM, lot, firm, firm, amount // 2, by="control", intent=intent)


def _subpayment(log: ContractLog, chance: Random, lot: str, firm: str) -> None:
    log.day = chance.randint(60, 500)
    intent, by = f"{lot}/sub-1/act-1", chance.choice(("deposit", "mark", "shed"))
    if chance.random() < 0.5:
        label = TrueLabel.SHELL_SUBCONTRACTOR
        log.record(Kind.LOSS, lot, firm, "sub", 20, intent=intent, true_label=label)
    log.pay(Kind.SUBPAYMENT, lot, firm, "sub", 20, by=by, intent=intent)


class Plain:
    """The same log, read row by row."""

    def __init__(self, log: ContractLog) -> None:
        """Follow all rows once."""
        self.end_us = log.readings().terms.end_us
        self.rows = [self._named(log, row) for row in log.rows]
        self.intents: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows:
            if row["kind"] in (*PAID, Kind.ACCEPTANCE, Kind.LOSS):
                self.intents[row["intent"]].append(row)

    @staticmethod
    def _named(log: ContractLog, row: dict[str, Any]) -> dict[str, Any]:
        names = ("payer", "payee", "keeper", "keeper_to", "mark_to", "place")
        texts = {name: log.names.text(row[name]) for name in names}
        return {**row, **texts, "intent": log.names.text(row["intent"])}

    def until_us(self, lot: str) -> int:
        """Return how long a lot is followed."""
        closed = [
            row["time_us"]
            for row in self.rows
            if row["place"] == lot and row["kind"] == Kind.CLOSING
        ]
        return min(closed[0] + 365 * DAY_US, self.end_us) if closed else self.end_us

    def released(self, intent: str | None = None) -> int:
        """Return what left the buyer, within the time a contract is followed, or for an intent."""
        return sum(
            row["amount_tiyn"]
            for row in self.rows
            if row["kind"] in (Kind.ADVANCE, Kind.BUDGET_PAYMENT, Kind.RETENTION)
            and row["status"] == Status.SETTLED
            and row["payer"] == "buyer-1"
            and (
                row["time_us"] < self.until_us(row["place"])
                if intent is None
                else row["intent"] == intent
            )
        )

    def loss(self, intent: str) -> int:
        """Return the loss of an intent."""
        return sum(row["amount_tiyn"] for row in self.intents[intent] if row["kind"] == Kind.LOSS)

    def acceptance(self, intent: str) -> dict[str, Any] | None:
        """Return the acceptance of an act, None for other intents."""
        found = [row for row in self.intents[intent] if row["kind"] == Kind.ACCEPTANCE]
        return found[0] if found else None

    def paid_us(self, intent: str) -> int | None:
        """Return when somebody could first spend what an intent paid."""
        needs_freedom = self.acceptance(intent) is not None or self.loss(intent) > 0
        for row in self.intents[intent]:
            is_arrival = row["status"] == Status.SETTLED and row["payee"] != row["keeper_to"]
            if row["kind"] not in PAID or not is_arrival:
                continue
            is_free = not row["mark_to"] and row["form_to"] != Form.CASH_CONTROL_ACCOUNT
            if is_free or not needs_freedom:
                return int(row["time_us"])
        return None

    def due_us(self, intent: str) -> int:
        """Return when an intent is due."""
        act = self.acceptance(intent)
        if act is None:
            return int(self.intents[intent][0]["time_us"])
        return int((act["limit"] + 1) * DAY_US - 5 * HOUR_US)

    def is_unpaid(self, intent: str) -> bool:
        """Return whether an intent was not paid in time."""
        paid = self.paid_us(intent)
        return paid is None or paid > self.due_us(intent) + 90 * DAY_US

    def is_settled(self, intent: str) -> bool:
        """Return whether it is known whether an intent was paid in time."""
        return self.due_us(intent) + 90 * DAY_US <= self.end_us

    def is_refused(self, intent: str) -> bool:
        """Return whether an intent was refused for what it is."""
        return any(
            row["status"] == Status.REFUSED and row["reason"] != Reason.DUPLICATE
            for row in self.intents[intent]
        )

    def lost(self) -> dict[str, int]:
        """Return the loss of every intent that was paid while its contract was followed."""
        found = {}
        for intent, rows in self.intents.items():
            paid = self.paid_us(intent)
            if self.loss(intent) and paid is not None and paid < self.until_us(rows[0]["place"]):
                found[intent] = self.loss(intent)
        return found

    def recovered(self) -> int:
        """Return what came back of losses, no more than was lost in a lot."""
        back: dict[str, int] = defaultdict(int)
        lost: dict[str, int] = defaultdict(int)
        for row in self.rows:
            is_back = row["kind"] == Kind.CLAWBACK and row["payee"] == "buyer-1"
            if is_back and row["time_us"] < self.until_us(row["place"]):
                back[row["place"]] += row["amount_tiyn"]
        for intent, amount in self.lost().items():
            lost[self.intents[intent][0]["place"]] += amount
        return sum(min(back[lot], lost[lot]) for lot in lost)


@pytest.mark.parametrize("seed", range(25))
def test_leakage_is_what_a_plain_reading_finds(seed: int) -> None:
    """Goal: leakage and the quality of controls. Method: the same log read intent by intent."""
    log = random_log(seed)
    plain, found = Plain(log), ContractLog.exact(leakage.measure(log.readings()))
    lost, dishonest = plain.lost(), [one for one in plain.intents if plain.loss(one)]
    settled = [one for one in dishonest if plain.is_settled(one)]
    stopped = [one for one in settled if plain.is_unpaid(one)]
    kept = sum(lost.values()) - plain.recovered()
    assert found["contract_leakage"] == (kept, plain.released())
    assert found["leakage_attempted"] == (len(dishonest), None)
    assert found["leakage_succeeded"] == (len(lost), None)
    assert found["leakage_succeeded_amount"] == (sum(lost.values()), None)
    assert found["leakage_recovered_amount"] == (plain.recovered(), None)
    assert found["leakage_stopped"] == (len(stopped), None)
    assert found["contract_recall"] == (len(stopped), len(settled))
    by_label = [found[f"leaked_{label.name.lower()}"][0] or 0 for label in LABELS]
    assert sum(by_label) == kept
    honest = [one for one in plain.intents if not plain.loss(one)]
    refused = [one for one in honest if plain.is_refused(one)]
    assert found["contract_false_positive_rate"] == (len(refused), len(honest))
    reviewed = {row["intent"] for row in plain.rows if row["kind"] == Kind.REVIEW}
    met = [
        one
        for one in plain.intents
        if one in reviewed
        or (plain.is_settled(one) and plain.is_unpaid(one) and plain.is_refused(one))
    ]
    right = [one for one in met if plain.loss(one)]
    assert found["contract_precision"] == (len(right), len(met))


@pytest.mark.parametrize("seed", range(25))
def test_waiting_is_what_a_plain_reading_finds(seed: int) -> None:
    """Goal: delay, blocked money and its cost. Method: the same log read act by act."""
    log = random_log(seed)
    plain, found = Plain(log), ContractLog.exact(suppliers.measure(log.readings()))
    honest = [one for one in plain.intents if not plain.loss(one) and plain.is_settled(one)]
    blocked = [one for one in honest if plain.is_unpaid(one)]
    assert found["contract_blocked"] == (len(blocked), len(honest))
    waited = weight = interest = 0
    for intent in plain.intents:
        act = plain.acceptance(intent)
        if act is None or plain.loss(intent):
            continue
        amount = plain.released(intent) or act["amount_tiyn"]
        paid = plain.paid_us(intent)
        hours = ((plain.end_us if paid is None else paid) - act["time_us"]) // HOUR_US
        waited += amount * min(hours, 180 * 24)
        weight += amount * 24
        interest += amount * hours
    assert found["contract_delay"] == (waited, weight)
    cost = interest * (1_800 + 400) // (10_000 * 365 * 24)
    assert found["contract_financing_cost"] == (cost, None)


def test_random_logs_have_everything_in_them() -> None:
    """Goal: the comparison is worth something. Method: what occurs over all seeds."""
    total: dict[str, int] = defaultdict(int)
    for seed in range(25):
        found = ContractLog.exact(leakage.measure(random_log(seed).readings()))
        for name, (numerator, _) in found.items():
            total[name] += numerator or 0
    for name in (
        "leakage_stopped",
        "leakage_recovered_amount",
        "contract_precision",
        "contract_false_positive_rate",
        "leaked_shell_subcontractor",
    ):
        assert total[name] > 0
