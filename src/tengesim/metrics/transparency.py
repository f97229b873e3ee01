"""Transparency: how far each observer can follow the money, and whether what it sees is true."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from tengesim.codes import Evidence, Kind, Status
from tengesim.metrics.exact import total
from tengesim.metrics.fiscal import released_tiyn, returned_tiyn
from tengesim.metrics.log import UNDUE, Flags, is_one_of
from tengesim.metrics.metric import Measure, Metric, undefined
from tengesim.metrics.readings import Readings
from tengesim.metrics.views import OBSERVER_TEXTS, OBSERVERS
from tengesim.metrics.waiting import releases

__all__ = ["METRICS", "measure"]

_DEVICE: Final = int(Evidence.PRESENCE_CARD | Evidence.PRESENCE_QR | Evidence.PRESENCE_PALM)
_SOURCES: Final = (_DEVICE, int(Evidence.BENEFICIARY_ELIGIBLE), int(Evidence.ACT_ACCEPTED))
_SOURCES_AT_LEAST: Final = 2
_CASES: Final = "meals were paid"

METRICS: Final = (
    *(
        Metric(
            name=f"traced_to_payee_{observer}",
            title=f"Money traced to the firm paid, {observer}",
            unit="share",
            group="transparency",
            question=f"Which share of the released money can the {observer} follow to a firm?",
            formula="KZT seen to become a named firm's own, net of refunds to purses, or to return"
            " to the budget ÷ KZT that left the single account.",
            source="Payee chain along the bank trail, which ordinary money keeps",
            direction="up",
            uses_truth=False,
            needs="full",
            text={"en": OBSERVER_TEXTS[observer]},
        )
        for observer in OBSERVERS
    ),
    *(
        Metric(
            name=f"traceable_share_{observer}",
            title=f"Money traced to its use, {observer}",
            unit="share",
            group="transparency",
            question=f"Which share of the released money can the {observer} follow to a meal?",
            formula="KZT tied, by rows this observer sees, to the record of one meal (marked: the"
            " payment itself; ordinary: a recorded delivery by a named pupil whose claim was paid)"
            " or returned to the budget ÷ KZT that left the single account.",
            source="Payee chain to a terminal use, rebuilt from the observer's fields alone",
            direction="up",
            uses_truth=False,
            needs="full",
            text={
                "en": f"{OBSERVER_TEXTS[observer]} A head-count says how many ate and not who, so"
                " its money ends at the firm. What is open at the end of the horizon is not"
                " traced."
            },
        )
        for observer in OBSERVERS
    ),
    Metric(
        name="traced_but_false",
        title="Traced money without a meal",
        unit="share",
        group="transparency",
        question="How much of what the auditor can trace is untrue?",
        formula="KZT traced to meals by the auditor for which nothing was due ÷ all KZT the"
        " auditor traces to meals or back to the budget.",
        source="Traced KZT with untrue delivery ÷ traced KZT",
        direction="down",
        uses_truth=True,
        needs="full",
        text={"en": "A complete trail can still tell of a meal that nobody ate."},
    ),
    Metric(
        name="verified_purpose",
        title="Money with verified purpose",
        unit="share",
        group="transparency",
        question="Which share of the money has evidence from two independent sources?",
        formula="KZT of kept meals with at least two of: presence shown to a device (card, code,"
        " palm); the register names the pupil; the school accepted the act before the money was"
        " unmarked ÷ KZT for accepted meals, net of refunds.",
        source="Evidence from at least two sources independent of payer and payee",
        direction="up",
        uses_truth=False,
        needs="full",
        text={
            "en": "Head-counts and entries by hand are the payee's own word, and so is the"
            " e-invoice it issues: none of them counts. Evidence can be forged; see"
            " `traced_but_false`."
        },
    ),
    Metric(
        name="audit_records",
        title="Records to audit",
        unit="records per million KZT",
        group="transparency",
        question="How many records must an auditor read to follow the money to its use?",
        formula="Rows of the log that moved or recorded something, opening left out ÷ million KZT"
        " that the auditor traces to meals or back to the budget.",
        source="Definition of this project",
        direction="down",
        uses_truth=False,
        needs="full",
        text={"en": "Refused attempts are left out, so it is the least there is to read."},
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of transparency, all of which follow single payments."""
    if not readings.is_full:
        return
    released, paid = released_tiyn(readings), readings.paid_number
    for observer in OBSERVERS:
        to_payee, to_use = _to_payee(readings, observer), _to_use(readings, observer)
        yield Measure(f"traced_to_payee_{observer}", to_payee, released, base=paid, cases=_CASES)
        yield Measure(f"traceable_share_{observer}", to_use, released, base=paid, cases=_CASES)
    yield from _audited(readings)
    yield _verified(readings)


def _to_payee(readings: Readings, observer: str) -> int:
    """Return the tiyn seen to become a firm's own and stay there, or to return to the budget."""
    log, refunds = readings.log, readings.refunds
    seen = readings.view(observer).is_seen
    # A refund out of released money undoes the release; to the budget, it is counted as returned.
    undone_tiyn = total(refunds.amount_tiyn[~refunds.is_before_release])
    return log.amount(releases(log) & seen) + returned_tiyn(readings) - undone_tiyn


def _traced(readings: Readings, observer: str) -> Flags:
    """Return the accepted wants whose money this observer can tie to the record of a meal."""
    accepted, view = readings.accepted, readings.view(observer)
    is_paid_claim = readings.waiting.released_row >= 0
    is_recorded = is_paid_claim & view.is_person_seen[accepted.row]
    linked = np.where(accepted.is_marked, view.is_seen[accepted.row], is_recorded)
    return accepted.is_kept & linked


def _to_use(readings: Readings, observer: str) -> int:
    traced = readings.accepted.amount(_traced(readings, observer))
    return traced + returned_tiyn(readings)


def _audited(readings: Readings) -> Iterator[Measure]:
    log, accepted = readings.log, readings.accepted
    traced = _traced(readings, "auditor")
    if not traced.any():
        why = "no money is traced to a meal"
        yield undefined("traced_but_false", why)
        yield undefined("audit_records", why)
        return
    traced_tiyn = accepted.amount(traced) + returned_tiyn(readings)
    false_tiyn = accepted.amount(traced & is_one_of(accepted.true_label, UNDUE))
    base, cases = int(traced.sum()), "meals were traced"
    yield Measure("traced_but_false", false_tiyn, traced_tiyn, base=base, cases=cases)
    told = (log.is_moved | (log.status == Status.RECORDED)) & (log.kind != Kind.OPENING)
    records = int((told & readings.view("auditor").is_seen).sum())
    yield Measure("audit_records", records, traced_tiyn, base=base, cases=cases)


def _verified(readings: Readings) -> Measure:
    accepted, row = readings.accepted, readings.waiting.released_row
    shown = accepted.evidence.copy()
    shed = (row >= 0) & (readings.log.kind[row] == Kind.SHED) if len(row) else row >= 0
    shown[shed] |= readings.log.evidence[row[shed]]
    number = sum(((shown & source) > 0).astype(np.int64) for source in _SOURCES)
    verified = accepted.is_kept & (number >= _SOURCES_AT_LEAST)
    return Measure(
        "verified_purpose",
        accepted.amount(verified),
        readings.paid_tiyn,
        base=readings.paid_number,
        cases=_CASES,
    )
