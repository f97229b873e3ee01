"""The words of a report for what tables hold as names: metrics, verdicts, outcomes, truth.

They are for people who decide and do not compute: no sign of a test, no name of a column.
"""

from collections.abc import Mapping
from typing import Final

from tengesim.codes import column_text
from tengesim.metrics.catalogue import METRICS_BY_NAME, PAIRED_METRICS
from tengesim.metrics.metric import GROUPS, Group, Metric
from tengesim.reasons import REASON_TEXTS

__all__ = [
    "ASSUMPTIONS_TEXT",
    "CHANCE_TEXT",
    "ERROR_PAIRS",
    "GROUP_TITLES",
    "KEY_METRICS",
    "VERDICTS",
    "direction_word",
    "group_of",
    "label_word",
    "metric_of",
    "outcome_word",
    "reason_title",
    "title_of",
]

GROUP_TITLES: Final[Mapping[str, str]] = {
    "reach": "Reach",
    "integrity": "Integrity",
    "harm": "Harm to the honest",
    "access": "Access to money",
    "payments": "Payments",
    "transparency": "Transparency",
    "fiscal": "Budget",
    "procurement": "Public procurement",
    "money": "Money",
    "reserve": "Reserve",
    "privacy": "Privacy",
}

ERROR_PAIRS: Final = (
    ("phantom_meals", "honest_refused"),
    ("leakage_amount", "honest_refused"),
    ("leakage", "false_positive_rate"),
    ("purchases_lost", "sellers_unpaid"),
    ("contract_leakage", "contract_blocked"),
)
"""Paid and not due, due and refused: the first pair that a report has is drawn side by side."""

KEY_METRICS: Final = (
    "leakage",
    "honest_refused",
    "leakage_amount",
    "phantom_meals",
    "false_positive_rate",
    "stopped_amount",
    "delay",
    "financing_cost",
    "paid_amount",
    "traceable_share_treasury",
    "verified_purpose",
    "exclusion_error",
    "deposit_displacement",
    "persons_identified_auditor",
    "people_cut_off",
    "unpaid_after_outage",
    "copies_attempted",
    "copies_lost",
    "offline_returned",
    "deposit_outflow_peak",
    "wallets_at_limit",
    "refused_by_limit",
    "voucher_unspent_share",
    "voucher_infra_marginal_share",
    "digital_share",
    "income_credited",
    "budget_paid",
    "budget_execution",
    "december_excess",
    "arrears_mean",
    "lapsed",
    "act_wait",
    "late_interest",
    "provenance_public",
    "provenance_confiscated",
    "provenance_mined",
    "reserve_value",
    "reserve_shortfall",
    "attested",
    "present_value",
    "economic_exposure",
    "mined_against_bought",
    "cash_exposure",
    "purchases_lost",
    "purchases_loss_stopped",
    "sellers_wait",
    "sellers_unpaid",
    "money_at_risk",
    "purchases_unaffordable",
    "supplies_overpaid",
    "supplies_unpaid",
    "contract_leakage",
    "leakage_targeted",
    "leakage_untargeted",
    "contract_delay",
    "contract_financing_cost",
    "contract_traceable_share_treasury",
    "contract_verified_purpose",
)
"""What a report draws first, as far as the scenario has it; both kinds of error lead."""

VERDICTS: Final[Mapping[str, str]] = {
    "equal": "exactly equal",
    "clear": "clear",
    "not_clear": "not clear",
    "bounded": "none that matters",
    "unknown": "cannot be compared",
}

CHANCE_TEXT: Final = (
    "says how far the difference moves because chance falls otherwise: other people come,"
    " other machines fail. It shrinks as more seeds are run."
)
ASSUMPTIONS_TEXT: Final = (
    "says how far the difference moves when every number without a source takes another value"
    " of its range, all of them at once and the same in all arms. More runs do not shrink it;"
    " better sources do."
)

_LABELS: Final[Mapping[str, str]] = {
    "honest": "due",
    "phantom": "not due: nobody ate",
    "double": "not due: second payment for one meal",
    "off_purpose": "not due: spent on something else",
    "spent_twice": "not due: money spent before",
    "fictitious_act": "not due: work not done",
    "overpricing": "partly not due: price above true cost",
    "diverted_advance": "not due: advance spent elsewhere",
    "shell_subcontractor": "not due: the subcontractor does nothing",
    "kickback": "not due: a bribe",
    "split_contract": "due, but split below a threshold",
    "related_party": "due, but a contract for a relative",
    "price_growth": "partly not due: price raised after award",
    "bid_rigging": "partly not due: bids agreed beforehand",
    "tailored_specification": "partly not due: specification for one bidder",
    "captured_owner": "not due: conditions written by a bribed owner",
    "override_abuse": "not due: override without emergency",
    "colluding_supervisor": "not due: signed by a colluding supervisor",
    "not_delivered": "not due: never delivered",
    "loan_diverted": "not due: loan spent elsewhere",
    "sham_sale": "not due: a sale that is undone afterwards",
    "meter_tampered": "not due in part: a meter that shows more than is used",
    "internal": "step between institutions",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "": "not tried",
    "absent": "not tried",
    "unmet": "not met",
    "recorded": "accepted for a claim",
}
_DIRECTIONS: Final[Mapping[str, str]] = {
    "up": "more is better",
    "down": "less is better",
    "neither": "neither is better",
}
_REASONS: Final[Mapping[str, str]] = {
    column_text(reason): text.title for reason, text in REASON_TEXTS.items()
}
_PAIRED: Final[Mapping[str, Metric]] = {metric.name: metric for metric in PAIRED_METRICS}


def metric_of(name: str) -> Metric | None:
    """Return the definition of a metric; None when this version does not know it."""
    return METRICS_BY_NAME.get(name) or _PAIRED.get(name)


def title_of(name: str) -> str:
    """Return the title of a metric; its name when this version does not know it."""
    metric = metric_of(name)
    return metric.title if metric is not None else name


def group_of(name: str) -> Group:
    """Return the group under which a metric is shown."""
    metric = metric_of(name)
    return metric.group if metric is not None else GROUPS[0]


def direction_word(direction: str) -> str:
    """Return in words which way is better."""
    return _DIRECTIONS.get(direction, "")


def label_word(label: str) -> str:
    """Return what a payment really was, in words."""
    return _LABELS.get(label, label.replace("_", " "))


def outcome_word(outcome: str) -> str:
    """Return how an intent ended, in words."""
    return _OUTCOMES.get(outcome, outcome.replace("_", " "))


def reason_title(reason: str) -> str:
    """Return the title of a reason of refusal as it stands in a column."""
    return _REASONS.get(reason, reason.replace("_", " "))
