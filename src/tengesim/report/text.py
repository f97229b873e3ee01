"""Runs in plain text for a terminal: the summary after a run, a story, a page of `explain`."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tengesim.report.story import Story, StoryStep

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOT_A_FORECAST", "kept_text", "story_text", "summary_text"]

NOT_A_FORECAST: Final = "A simulation of stated assumptions, not a forecast."
_WIDTH: Final = 100
_HEADLINE: Final = (
    "meals_due",
    "meals_eaten",
    "meals_paid",
    "phantom_meals",
    "leakage",
    "honest_refused",
    "false_positive_rate",
    "delay",
    "returned",
    "income_credited",
    "payments_per_person",
    "mean_ticket",
    "digital_share",
    "cash_share",
    "unmet_share",
    "refused_share",
    "voucher_given",
    "voucher_activation",
    "voucher_spent",
    "voucher_unspent_share",
    "voucher_infra_marginal_share",
    "deposit_displacement",
    "wallets_at_limit",
    "waterfall_amount",
    "liquidity_peak",
    "refused_by_outage",
    "unpaid_after_outage",
    "people_cut_off",
    "offline_payments",
    "offline_settled",
    "copies_attempted",
    "copies_prevented",
    "copies_detected",
    "copies_lost",
    "budget_execution",
    "december_excess",
    "arrears_mean",
    "arrears_year_end",
    "lapsed",
    "act_wait",
    "budget_digital_share",
    # Where a reserve came from says more of it than what it is worth.
    "provenance_public",
    "provenance_confiscated",
    "provenance_mined",
    "provenance_energy",
    "reserve_value",
    "reserve_liquidation",
    "reserve_drawdown",
    "reserve_value_at_risk",
    "reserve_shortfall",
    "attested",
    "disclosure_lag",
    "cash_exposure",
    "economic_exposure",
    "arrested",
    "forfeited",
    "compensated",
    "handed_back",
    "arrest_pending",
    "mined",
    "mining_break_even",
    "mined_against_bought",
    "mining_energy",
    "purchases_agreed",
    "purchases_paid",
    "purchases_lost",
    "purchases_loss_stopped",
    "money_at_risk",
    "sellers_wait",
    "sellers_unpaid",
    "purchases_released",
    "purchases_own_part",
    "purchases_unaffordable",
    "instalments_suspended",
    "purchases_stopped",
    "supplies_metered",
    "supplies_paid",
    "supplies_unpaid",
    "supplies_overpaid",
)
"""What a run is about, in the order in which it is told; a world has some of these."""


def kept_text(log_mode: str) -> str:
    """Return a line that says what a run kept of its log, nothing where that is all of it."""
    if log_mode == "full":
        return ""
    kept = {"summary": "the rows of institutions", "sampled": "a sample of payments"}[log_mode]
    return f"\n  the run keeps only {kept} of its log; run.log=full keeps every row"


def summary_text(metrics: "pd.DataFrame", titles: Mapping[str, str]) -> str:
    """Return the headline metrics of a run, one a line: leakage and harm to the honest together."""
    rows = {str(row["metric"]): row for row in metrics.to_dict("records")}
    chosen = [rows[name] for name in _HEADLINE if name in rows]
    width = max((len(titles[str(row["metric"])]) for row in chosen), default=0)
    lines = [
        f"  {titles[str(row['metric'])]:<{width}}  {_value(row['value'], str(row['unit']))}"
        for row in chosen
    ]
    return "\n".join([*lines, "", f"  {NOT_A_FORECAST}"])


def _value(value: object, unit: str) -> str:
    if not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN is not itself
        return "not defined here"
    if unit == "share":
        return f"{value * 100:,.2f} %"
    if float(value).is_integer():
        return f"{value:,.0f} {unit}"
    return f"{value:,.2f} {unit}"


def story_text(story: Story) -> str:
    """Return a story for a terminal, truth last and named as such."""
    head = f"{story.what} {story.id}"
    lines = [head, "=" * len(head)]
    for step in story.steps:
        lines += ["", *_step_lines(step)]
    if story.left_out:
        lines += ["", f"… and {story.left_out:,} further rows of the log."]
    if story.funding:
        lines += ["", "Where the money came from, first in, first out:"]
        lines += [f"  {line}" for line in story.funding]
    if story.truth:
        lines += ["", f"What was true (no control could see this): {story.truth}."]
    return "\n".join(lines)


def _step_lines(step: StoryStep) -> list[str]:
    outcome = step.status + (f", {step.reason}" if step.reason else "")
    lines = [f"{step.moment}  {step.kind}: {outcome}  (row {step.seq:,})", f"  {step.text}"]
    if step.evidence:
        lines.append(f"  evidence: {', '.join(step.evidence)}")
    marks = {True: "✓", False: "✗", None: "·"}
    for rule in step.rules:
        decides = "  ← decides" if rule.is_deciding else ""
        lines += _wrapped(f"{marks[rule.passed]} {rule.rule}: {rule.text}{decides}")
    if not step.is_repeated:
        lines.append("  ! deciding again on the log's facts gives another answer than the log")
    return lines


def _wrapped(text: str) -> Sequence[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")
