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
)
