"""Access: what outages and missing connections keep people from, and what goes offline instead.

An offline payment and all that becomes of it bear one serial number in the column `value`, so the
ends of every second spending can be counted from the log, each exactly once.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import Measure, defined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "OFFLINE_METRICS", "measure", "measure_offline", "measure_reports"]

_CUT_OFF_US: Final = 48 * HOUR_US
_DUE: Final = (Kind.WAGE, Kind.BENEFIT)
_SPENDING: Final = (Kind.PAYMENT, Kind.OFFLINE_PAYMENT, Kind.CASH_WITHDRAWAL)
_DONE: Final = (Status.SETTLED, Status.RECORDED)


_metric = partial(defined, group="access")


METRICS: Final = (
    _metric(
        "refused_by_outage",
        "Wishes to pay that met an outage",
        "intents",
        question="How many payments met a system or a till that nobody could reach?",
        formula="Intents of payments, withdrawals and credits with a refusal SYSTEM_UNAVAILABLE.",
        text="Most are paid at once in another form, and then count here too.",
        direction="down",
        scope="people",
        needs="full",
    ),
    _metric(
        "unpaid_after_outage",
        "Payments given up after an outage",
        "intents",
        question="How many of them were not paid in any form?",
        formula="Intents of payments and withdrawals with a refusal SYSTEM_UNAVAILABLE that never"
        " settled.",
        text="Whoever has cash, or an offline purse, is not among them.",
        direction="down",
        scope="people",
        needs="full",
    ),
    _metric(
        "credits_late",
        "Wages and benefits later than the next day",
        "share",
        question="Which share of what was due to people came after the end of the next day?",
        formula="Credits settled more than 24 hours after the first attempt, or never, ÷ credits"
        " due.",
        source="Payments not executed by T+1 ÷ due",
        text="Credits wait for a bank or platform that is down and are carried out when it is"
        " back.",
        direction="down",
        scope="people",
        needs="full",
    ),
    _metric(
        "people_cut_off",
        "People who could not pay for two days",
        "persons",
        question="How many people met an outage and then paid nothing in any form for 48 hours?",
        formula="Payers with a refusal SYSTEM_UNAVAILABLE and no settled payment, offline payment"
        " or withdrawal within the 48 hours after it.",
        text="Some of them would not have paid anything anyway; compare with the run without the"
        " outage.",
        direction="down",
        scope="people",
        needs="full",
    ),
)

OFFLINE_METRICS: Final = (
    _metric(
        "offline_payments",
        "Offline payments",
        "payments",
        question="How many payments were made from device to device?",
        formula="Rows OFFLINE_PAYMENT that were recorded.",
        text="Second spendings that the payee's device accepted are among them.",
        direction="neither",
        scope="offline",
    ),
    _metric(
        "offline_settled",
        "Offline payments settled",
        "share",
        question="Which share of offline payments reached the payee's wallet?",
        formula="Rows OFFLINE_SETTLEMENT settled ÷ offline payments.",
        text="The rest returned to the purse, or was money that had been spent before.",
        direction="up",
        scope="offline",
    ),
    _metric(
        "offline_returned",
        "Offline payments returned",
        "payments",
        question="How many payees waited in vain, because their device reached nobody in time?",
        formula="Rows OFFLINE_SETTLEMENT refused as OUTSIDE_VALIDITY.",
        text="The money stays with the payer, the goods are gone: the payee bears the loss.",
        direction="down",
        scope="offline",
    ),
    _metric(
        "copies_attempted",
        "Second spendings attempted",
        "payments",
        question="How often did somebody try to spend offline money twice?",
        formula="Rows OFFLINE_PAYMENT of second spendings, stopped ones included.",
        text="Known to the simulator only.",
        direction="down",
        scope="offline",
        uses_truth=True,
    ),
    _metric(
        "copies_prevented",
        "Second spendings prevented",
        "payments",
        question="How many did the secure element of the device stop?",
        formula="Rows OFFLINE_PAYMENT refused as SPENT_TWICE.",
        text="Attempted = prevented + detected + lost.",
        direction="up",
        scope="offline",
        uses_truth=True,
    ),
    _metric(
        "copies_detected",
        "Second spendings detected",
        "payments",
        question="How many did the ledger find when the second device came online?",
        formula="Serial numbers with a settlement refused as SPENT_TWICE.",
        text="Whoever comes online first is paid; the other payee bears the loss.",
        direction="up",
        scope="offline",
        uses_truth=True,
        needs="full",
    ),
    _metric(
        "copies_lost",
        "Second spendings never found",
        "payments",
        question="How many stayed hidden, because one of the two payees never came online?",
        formula="Serial numbers of second spendings that were accepted, of which one claim ran out"
        " and none was refused as SPENT_TWICE.",
        text="No money is made by them; a payee is not paid and does not learn why.",
        direction="down",
        scope="offline",
        uses_truth=True,
        needs="full",
    ),
    _metric(
        "copies_covered",
        "Second spendings paid by the purse",
        "KZT",
        question="How much of what was spent twice did the device that spent it pay after all?",
        formula="KZT of OFFLINE_COVER rows.",
        text="Paid by the rules of devices, from what is in the purse and not under way.",
        direction="up",
        scope="reports",
    ),
    _metric(
        "copies_owed",
        "Second spendings that are owed",
        "KZT",
        question="How much of it do holders of purses owe to those who were not paid?",
        formula="KZT of OWED rows of offline payments.",
        text="Noted as a debt; nobody collects it within the run.",
        direction="down",
        scope="reports",
    ),
    _metric(
        "devices_locked",
        "Devices locked",
        "devices",
        question="How many purses and tills were locked by what was reported?",
        formula="Rows DEVICE_LOCK.",
        text="A purse for what it does not cover, a till for a report that comes late.",
        direction="down",
        scope="reports",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield what outages kept people from."""
    if not readings.is_full:
        return
    log = readings.log
    met = is_one_of(log.reason, (Reason.SYSTEM_UNAVAILABLE,))
    spending = is_one_of(log.kind, _SPENDING)
    is_due = is_one_of(log.kind, _DUE)
    wishes = len(np.unique(log.intent[met & ~is_due]))
    yield Measure("refused_by_outage", wishes + len(np.unique(_credit(log, met & is_due))))
    done = spending & is_one_of(log.status, _DONE)
    tried = np.unique(log.intent[met & spending])
    yield Measure("unpaid_after_outage", len(np.setdiff1d(tried, log.intent[done])))
    late, due = _late_credits(log)
    yield Measure("credits_late", late, due, cases="credits were due")
    yield Measure("people_cut_off", _cut_off(log, met & spending, done))


def measure_offline(readings: Readings) -> Iterator[Measure]:
    """Yield what became of offline payments, and of money spent twice."""
    cells = readings.cells
    made = is_one_of(cells.kind, (Kind.OFFLINE_PAYMENT,))
    ended = is_one_of(cells.kind, (Kind.OFFLINE_SETTLEMENT,))
    number = cells.number(made & is_one_of(cells.status, (Status.RECORDED,)))
    settled = cells.number(ended & is_one_of(cells.status, (Status.SETTLED,)))
    returned = ended & is_one_of(cells.reason, (Reason.OUTSIDE_VALIDITY,))
    yield Measure("offline_payments", number)
    yield Measure("offline_settled", settled, number, cases="payments were made offline")
    yield Measure("offline_returned", cells.number(returned))
    second = made & is_one_of(cells.true_label, (TrueLabel.SPENT_TWICE,))
    prevented = second & is_one_of(cells.reason, (Reason.SPENT_TWICE,))
    yield Measure("copies_attempted", cells.number(second))
    yield Measure("copies_prevented", cells.number(prevented))
    if readings.is_full:
        yield from _ends_of_copies(readings.log)


def measure_reports(readings: Readings) -> Iterator[Measure]:
    """Yield what the reports of devices came to under their rules."""
    cells = readings.cells
    owed = is_one_of(cells.kind, (Kind.OWED,)) & cells.is_retail
    covered = is_one_of(cells.kind, (Kind.OFFLINE_COVER,)) & ~is_one_of(
        cells.status, (Status.REFUSED,)
    )
    yield Measure("copies_covered", cells.amount(covered))
    yield Measure("copies_owed", cells.amount(owed))
    yield Measure("devices_locked", cells.number(is_one_of(cells.kind, (Kind.DEVICE_LOCK,))))


def _ends_of_copies(log: Log) -> Iterator[Measure]:
    """Yield which second spendings were found, serial number by serial number."""
    ended = is_one_of(log.kind, (Kind.OFFLINE_SETTLEMENT,))
    second = is_one_of(log.kind, (Kind.OFFLINE_PAYMENT,))
    second &= is_one_of(log.true_label, (TrueLabel.SPENT_TWICE,))
    accepted = np.unique(log.value[second & is_one_of(log.status, (Status.RECORDED,))])
    detected = np.unique(log.value[ended & is_one_of(log.reason, (Reason.SPENT_TWICE,))])
    ran_out = np.unique(log.value[ended & is_one_of(log.reason, (Reason.OUTSIDE_VALIDITY,))])
    lost = np.setdiff1d(np.intersect1d(accepted, ran_out), detected)
    yield Measure("copies_detected", len(detected))
    yield Measure("copies_lost", len(lost))


def _late_credits(log: Log) -> tuple[int, int]:
    """Return how many credits to people came late or never, and how many were due."""
    # Only the rows of single people are due to somebody; the others move sums between banks.
    is_credit = is_one_of(log.kind, _DUE) & is_one_of(log.true_label, (TrueLabel.HONEST,))
    rows = np.flatnonzero(is_credit)
    due, first = np.unique(_credit(log, is_credit), return_index=True)
    is_settled = is_one_of(log.status, (Status.SETTLED,))
    settled = np.flatnonzero(is_credit & is_settled)
    paid, last = np.unique(_credit(log, is_credit & is_settled), return_index=True)
    begun_us = log.time_us[rows[first]][np.searchsorted(due, paid)]
    in_time = int((log.time_us[settled[last]] - begun_us <= DAY_US).sum())
    return len(due) - in_time, len(due)


def _credit(log: Log, chosen: Flags) -> Whole:
    """Return a number for each of the chosen rows of credits: by the order, and who is paid."""
    people = 1 + int(log.payee.max(initial=0))
    return np.asarray(log.intent[chosen] * people + log.payee[chosen])


def _persons(log: Log) -> Whole:
    """Return who pays in each row, with the holder of a purse known by who loads it."""
    loads = np.flatnonzero(is_one_of(log.kind, (Kind.OFFLINE_LOAD,)))
    owner = np.arange(1 + max(log.payer.max(initial=0), log.payee.max(initial=0)))
    owner[log.payee[loads]] = log.payer[loads]
    return np.asarray(owner[log.payer])


def _cut_off(log: Log, met: Flags, done: Flags) -> int:
    """Return how many payers met an outage and paid nothing in the 48 hours after it."""
    payers: Whole = _persons(log)[done]
    times: Whole = log.time_us[done]
    order = np.lexsort((times, payers))
    payers, times = payers[order], times[order]
    first = np.searchsorted(payers, log.payer[met], side="left")
    last = np.searchsorted(payers, log.payer[met], side="right")
    cut: set[int] = set()
    for payer, moment, begin, end in zip(
        log.payer[met].tolist(),
        log.time_us[met].tolist(),
        first.tolist(),
        last.tolist(),
        strict=True,
    ):
        after = begin + int(np.searchsorted(times[begin:end], moment))
        if after == end or times[after] > moment + _CUT_OFF_US:
            cut.add(payer)
    return len(cut)
