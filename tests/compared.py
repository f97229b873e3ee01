"""A small campaign as `tengesim compare` would leave it: two stored runs and every verdict.

Endings, counts and examples are read off the two logs, so that an example leads to a payment that
is there; the differences are made up, one for each thing that can be said of one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tengesim.engine.run import Run
from tengesim.metrics.catalogue import METRICS
from tengesim.scenario.digest import scenario_digest
from tengesim.store.campaign_write import write_campaign
from tengesim.store.campaigns import (
    CHANGE_KEYS,
    ArmEntry,
    AssumptionEntry,
    CampaignManifest,
    ErrorEntry,
    InfluenceEntry,
    LeverEntry,
    StoredCampaign,
    campaign_digest,
    open_campaign,
    typed_table,
)
from tengesim.store.read import StoredRun, open_run

__all__ = ["QUESTION", "VERDICT_ROWS", "stored_campaign"]

QUESTION: Final = "Does a proof of presence stop phantom meals?"

VERDICT_ROWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "phantom_share": {
        "base": 0.0531, "value": 0.0112, "difference": -0.0419, "chance_low": -0.0431,
        "chance_high": -0.0407, "assumptions_low": -0.071, "assumptions_high": -0.0124,
        "verdict": "clear", "p_value": 1e-9, "p_holm": 2e-8, "method": "t",
        "correlation": 0.83, "variance_ratio": 5.9,
    },
    "leakage_amount": {
        "base": 1_234_567.4, "value": 312_456.2, "difference": -922_111.2,
        "chance_low": -990_000.0, "chance_high": -850_000.0, "assumptions_low": -1_600_000.0,
        "assumptions_high": 210_000.0, "verdict": "not_clear", "p_value": 1e-9, "p_holm": 2e-8,
        "method": "bootstrap", "bound": 1_600_000.0, "correlation": 0.4, "variance_ratio": 1.7,
    },
    "delay": {
        "base": 12.4, "value": 12.5, "difference": 0.1, "chance_low": -0.05, "chance_high": 0.25,
        "assumptions_low": -0.1, "assumptions_high": 0.31, "verdict": "bounded", "p_value": 0.18,
        "p_holm": 1.0, "method": "t", "bound": 0.31, "correlation": 0.2, "variance_ratio": 1.2,
    },
}  # fmt: skip
"""A row of the summary for each verdict that has something to draw."""

_LAST: Final = """
    SELECT intent, status, reason, rule, payer, payee, time_us, amount_tiyn, true_label
    FROM events WHERE kind IN ('payment', 'delivery')
    QUALIFY row_number() OVER (PARTITION BY intent ORDER BY attempt DESC, seq DESC) = 1
    ORDER BY intent
"""


def stored_campaign(folder: Path, runs: Mapping[str, Run]) -> StoredCampaign:
    """Write the campaign of two stored runs below `folder`, the base first, and open it."""
    arms = {run.scenario.name: _arm(run) for run in runs.values()}
    base, variant = arms
    opened = [open_run(folder / str(arms[name].run)) for name in (base, variant)]
    changes, examples = _changes(opened, variant)
    texts = [each.scenario_text for each in opened]
    for each in opened:
        each.close()
    manifest = _manifest(arms, base, variant)
    tables = {
        "summary": _summary(variant),
        "pairs": typed_table("pairs", pd.DataFrame(columns=_PAIR_COLUMNS)),
        "changes": changes,
        "examples": examples,
    }
    path = write_campaign(manifest, tables, scenario_texts=texts, timing={}, out=folder)
    return open_campaign(path)


_PAIR_COLUMNS: Final = (
    "variant", "metric", "kind", "draw", "seed", "base", "value", "difference",
)  # fmt: skip


def _arm(run: Run) -> ArmEntry:
    scenario = run.scenario
    digest = scenario_digest(scenario)
    folder = f"{scenario.name}-{digest[:12]}-s{run.seed}"
    return ArmEntry(name=scenario.name, title=scenario.title, scenario_digest=digest, run=folder)


def _manifest(arms: dict[str, ArmEntry], base: str, variant: str) -> CampaignManifest:
    digest = campaign_digest({"arms": list(arms)})
    return CampaignManifest(
        name=base,
        base=base,
        variants=(variant,),
        arms=arms,
        question=QUESTION,
        seed=1,
        replications=20,
        draws=30,
        redraws=2,
        metric="phantom_share",
        headline="Phantom meals paid for: 4.19 percentage points lower, which is better. Clear.",
        levers={
            variant: (
                LeverEntry(path="behaviour.school_meals.proof", base=None, variant="card, palm"),
                LeverEntry(path="programmes.school_meals.rules[1]", base="headcount", variant="p"),
            )
        },
        assumptions=(
            AssumptionEntry(
                path="behaviour.school_meals.absence",
                low="5 %",
                value="8 %",
                high="12 %",
                source="assumption",
                note="From class registers of one city.",
            ),
        ),
        errors=(
            ErrorEntry(
                arm=variant,
                draw=0,
                seed=7,
                kind="MemoryError",
                message="the worker was killed",
                command=f"tengesim run {variant} --seed 7",
            ),
        ),
        ensemble_digest=digest,
        variance_reduction={variant: 5.9},
        influence={
            variant: {
                "leakage_amount": InfluenceEntry(
                    path="behaviour.school_meals.absence",
                    share_of_variance=0.61,
                    break_even="10.4 %",
                    swing_low=-1_500_000.0,
                    swing_high=180_000.0,
                    text="Above 10.4 % absence the sign of the difference changes.",
                )
            }
        },
        notes=("2 of 32 draws were refused by the scenario and drawn again.",),
        campaign_digest=digest,
    )


def _summary(variant: str) -> pd.DataFrame:
    rows = [_summary_row(variant, metric.name) for metric in METRICS]
    return typed_table("summary", pd.DataFrame(rows))


def _summary_row(variant: str, name: str) -> dict[str, Any]:
    metric = next(each for each in METRICS if each.name == name)
    is_unknown = metric.group == "privacy"
    row: dict[str, Any] = {
        "variant": variant,
        "metric": name,
        "unit": metric.unit,
        "direction": metric.direction,
        "n": 20,
        "n_assumptions": 30,
        "method": "exact",
        "verdict": "unknown" if is_unknown else "equal",
        "words": f"{metric.title}: said in words.",
        **dict.fromkeys(("p_value", "p_holm", "correlation", "variance_ratio", "bound"), None),
    }
    numbers = ("base", "value", "difference", "chance_low", "chance_high")
    row |= dict.fromkeys((*numbers, "assumptions_low", "assumptions_high"), None)
    if not is_unknown:
        row |= {"base": 0.5, "value": 0.5, **dict.fromkeys(numbers[2:], 0.0)}
    return {**row, **VERDICT_ROWS.get(name, {})}


def _changes(runs: list[StoredRun], variant: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what became of every intent of both runs, and up to three examples of each ending."""
    joined = (
        runs[0]
        .query(_LAST)
        .merge(runs[1].query(_LAST), on="intent", how="outer", suffixes=("_base", "_variant"))
    )
    rows = []
    for each in joined.to_dict("records"):
        row = {"variant": variant, "intent": each["intent"]}
        for arm, other in (("base", "variant"), ("variant", "base")):
            is_there = isinstance(each[f"status_{arm}"], str)
            status = each[f"status_{arm}"] if is_there else "absent"
            row[f"outcome_{arm}"] = "paid" if status == "settled" else status
            for name in ("rule", "reason"):
                row[f"{name}_{arm}"] = each[f"{name}_{arm}"] if is_there else ""
            row[f"amount_{arm}_tiyn"] = int(each[f"amount_tiyn_{arm}"]) if is_there else None
            for name in ("payer", "payee", "time_us", "true_label"):
                row[name] = each[f"{name}_{arm}"] if is_there else each[f"{name}_{other}"]
        row["amount_tiyn"] = row["amount_variant_tiyn"] or row["amount_base_tiyn"] or 0
        rows.append(row)
    every = pd.DataFrame(rows)
    counted = every.groupby(list(CHANGE_KEYS), as_index=False).agg(
        count=("intent", "size"), amount_tiyn=("amount_tiyn", "sum")
    )
    some = every.groupby(list(CHANGE_KEYS)).head(3)
    return typed_table("changes", counted), typed_table("examples", some)
