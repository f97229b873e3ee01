"""Metrics of two arms together, which no single run has: what a variant stops."""

from typing import Final

from tengesim.metrics.metric import Metric

__all__ = ["PAIRED_METRICS"]

PAIRED_METRICS: Final = (
    Metric(
        name="stopped",
        title="Undue payments stopped",
        unit="intents",
        group="integrity",
        question="How many payments without anything due are made in the base arm and not here?",
        formula="Undue intents accepted and kept in the base arm and not in the variant, joined by"
        " intent.",
        source="Dishonest intent paid in the base arm and unpaid in the variant",
        direction="up",
        uses_truth=True,
        needs="full",
        text={"en": "An intent that is no longer tried because it does not pay is stopped too."},
    ),
    Metric(
        name="stopped_amount",
        title="Undue money stopped",
        unit="KZT",
        group="integrity",
        question="How much money goes to undue payments in the base arm and not here?",
        formula="KZT, in the base arm, of the intents that `stopped` counts.",
        source="As `stopped`, by money",
        direction="up",
        uses_truth=True,
        needs="full",
        text={"en": "At the simulated scale."},
    ),
    Metric(
        name="recall_of_base",
        title="Recall on the base cohort",
        unit="share",
        group="integrity",
        question="Of what was undue and tried in the base arm, which share is not paid here?",
        formula="Undue intents tried in the base arm and not paid and kept in the variant ÷ undue"
        " intents tried in the base arm.",
        source="Recall on the baseline cohort, so that deterrence does not shrink the denominator",
        direction="up",
        uses_truth=True,
        needs="full",
        text={"en": "Stopped in the base arm already, refused here, or no longer tried here."},
    ),
    Metric(
        name="contract_stopped",
        title="Undue contract payments stopped",
        unit="intents",
        group="integrity",
        question="How many dishonest payments of contracts are made in the base arm and not here?",
        formula="Dishonest intents paid in the base arm within 90 days of when they were due, and"
        " in the variant unpaid then or honest, joined by intent.",
        source="Dishonest intent paid in the base arm and unpaid in the variant at due + 90 days",
        direction="up",
        uses_truth=True,
        needs="full",
        scope="procurement",
        text={
            "en": "What is no longer tried is stopped too; what is paid later on another document"
            " is another intent, and shows in `leakage_untargeted`."
        },
    ),
    Metric(
        name="contract_stopped_amount",
        title="Undue contract money stopped",
        unit="KZT",
        group="integrity",
        question="How much is lost in the base arm by payments that are not made here?",
        formula="Σ LOSS, in the base arm, of the intents that `contract_stopped` counts.",
        source="As `contract_stopped`, by money",
        direction="up",
        uses_truth=True,
        needs="full",
        scope="procurement",
        text={"en": "At the simulated scale, before what is displaced."},
    ),
    Metric(
        name="contract_recall_of_base",
        title="Recall on the base cohort of contracts",
        unit="share",
        group="integrity",
        question="Of what was dishonest and tried in the base arm, which share is not paid here?",
        formula="Dishonest intents of the base arm that in the variant are unpaid 90 days after"
        " they were due, or honest ÷ dishonest intents of the base arm.",
        source="Recall on the baseline cohort, so that deterrence does not shrink the denominator",
        direction="up",
        uses_truth=True,
        needs="full",
        scope="procurement",
        text={"en": "Stopped in the base arm already, refused here, or no longer tried here."},
    ),
    Metric(
        name="contract_added_delay",
        title="Delay added to honest acts",
        unit="days",
        group="harm",
        question="How much longer do honest suppliers wait than in the base arm?",
        formula="Σ KZT × (days until the money of the act is free − the same act's days in the base"
        " arm) ÷ Σ KZT, over acts that are honest in both; each at most 180 days.",
        source="Days from accepted act to spendable money, minus the same intent's in the base arm",
        direction="down",
        uses_truth=True,
        needs="full",
        scope="procurement",
        text={"en": "Weighted by what the budget released for the act in the base arm."},
    ),
)
