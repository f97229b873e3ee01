"""Effects of arms of procurement are steps between arms on the same pairs, and nothing else."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tengesim.experiments import answer
from tengesim.experiments.compare import Comparison, answer_object
from tengesim.experiments.effects import SHOWN, Effect, displaced, effects_of
from tengesim.metrics.differences import contracts_stopped
from tengesim.store.campaigns import CampaignManifest, LeverEntry
from tests.contract_log import ContractLog

ARMS = {
    "paper": "paper_ordinary",
    "digital": "evidence_ordinary",
    "account": "treasury_control",
    "marked": "evidence_marked",
}
SEEDS = range(1, 13)


def manifest(base: str, variants: Sequence[str]) -> CampaignManifest:
    """Return a manifest that says how arms differ from the base."""
    levers = {
        arm: (LeverEntry(path="procurement.money.arm", base=ARMS[base], variant=ARMS[arm]),)
        for arm in variants
    }
    fields: Mapping[str, Any] = {"base": base, "variants": tuple(variants), "levers": levers}
    return CampaignManifest.model_construct(**fields)


def value(arm: str, metric: str, seed: int) -> float:
    """Return a made-up value that moves by arm, metric and seed."""
    return float(list(ARMS).index(arm) * (1 + SHOWN.index(metric)) * 8 + seed % 3)


def pairs(base: str, variants: Sequence[str]) -> pd.DataFrame:
    """Return pairs of every variant with the base, for each metric and seed."""
    lines = [
        {
            "variant": arm,
            "metric": metric,
            "kind": kind,
            "draw": draw,
            "seed": seed,
            "base": value(base, metric, seed),
            "value": value(arm, metric, seed),
            "difference": value(arm, metric, seed) - value(base, metric, seed),
        }
        for arm in variants
        for metric in SHOWN
        for seed in SEEDS
        for kind, draw in (("chance", 0), ("assumption", seed))
    ]
    return pd.DataFrame(lines)


def differences(effect: Effect) -> dict[str, float]:
    """Return the mean difference of each metric."""
    frame = effect.summary
    return dict(zip(frame["metric"].tolist(), frame["difference"].tolist(), strict=True))


@pytest.mark.parametrize("base", ARMS)
def test_steps_add_up_whatever_is_the_base(base: str) -> None:
    """Goal: evidence + control + marking beyond control = everything. Method: four arms, any base.

    The values are whole, so sums are exact.
    """
    variants = [arm for arm in ARMS if arm != base]
    found = {one.what: one for one in effects_of(manifest(base, variants), pairs(base, variants))}
    assert list(found) == [
        "evidence",
        "control",
        "marking beyond control",
        "marking",
        "everything",
    ]
    by_step = {what: differences(effect) for what, effect in found.items()}
    for metric in SHOWN:
        steps = [by_step[what][metric] for what in ("evidence", "control")]
        beyond = by_step["marking beyond control"][metric]
        assert by_step["everything"][metric] == sum(steps) + beyond
        assert by_step["marking"][metric] == steps[1] + beyond
    assert (found["marking"].before, found["marking"].after) == ("digital", "marked")


def test_only_steps_between_arms_that_are_there() -> None:
    """Goal: nothing is made up. Method: two of four arms, and none."""
    some = effects_of(manifest("digital", ["marked"]), pairs("digital", ["marked"]))
    assert [one.what for one in some] == ["marking"]
    other = manifest("digital", ["marked"]).model_copy(update={"levers": {"marked": ()}})
    assert effects_of(other, pairs("digital", ["marked"])) == []


def test_displacement_is_a_ratio_of_means() -> None:
    """Goal: Δ others ÷ −Δ targeted, with both intervals. Method: a quarter flows elsewhere."""
    losses = [4.0, 8.0, 12.0, 16.0] * 3
    targeted = [(kind, -loss) for kind in ("chance", "assumption") for loss in losses]
    found = displaced(targeted, [loss / 4 for loss in losses] * 2)
    assert found.ratio == 0.25
    assert (found.chance.low, found.chance.high) == (0.25, 0.25)
    assert found.assumptions == (0.25, 0.25)


def test_displacement_may_exceed_one_and_needs_something_to_displace() -> None:
    """Goal: no bound at one, none without a loss. Method: twice as much elsewhere; no change."""
    kinds = ["chance"] * 4
    twice = displaced(list(zip(kinds, [-1.0, -2.0, -1.0, -2.0], strict=True)), [2, 4, 2, 4])
    assert twice.ratio == 2
    nothing = displaced(list(zip(kinds, [0.0] * 4, strict=True)), [0.0] * 4)
    assert nothing.ratio is None


def test_the_interval_of_displacement_is_that_of_a_ratio() -> None:
    """Goal: chance of a ratio of means. Method: residuals by hand, Student's t with three freedoms.

    Targeted −10 and −20 in turn, others 4 and 6: ratio 20/60, residuals u − r·t of ±2/3.
    """
    targeted = [("chance", loss) for loss in (-10.0, -20.0, -10.0, -20.0)]
    found = displaced(targeted, [4.0, 6.0, 4.0, 6.0])
    ratio, mean = 20 / 60, 15
    half = 3.182446305 * ((2 / 3) / mean * (4 / 3) ** 0.5) / 2
    assert found.ratio == pytest.approx(ratio)
    assert found.chance.low == pytest.approx(ratio - half)
    assert found.chance.high == pytest.approx(ratio + half)


def test_the_answer_tells_each_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: text and object say the same. Method: three arms, an answer for each of two readers."""
    variants = ["digital", "marked"]
    bare = manifest("paper", variants)
    fields: Mapping[str, Any] = {
        **{name: getattr(bare, name) for name in ("base", "variants", "levers")},
        "headline": "Leakage: lower.",
        "arms": {arm: SimpleNamespace(title=arm) for arm in ("paper", *variants)},
        "influence": {},
        "metric": "contract_leakage",
        "draws": 12,
        "assumptions": (),
        "replications": 12,
        "seed": 1,
        "notes": (),
        "ensemble_digest": "",
        "errors": (),
    }
    stored: Any = SimpleNamespace(
        manifest=CampaignManifest.model_construct(**fields),
        pairs=pairs("paper", variants),
        summary=pd.DataFrame({"variant": [], "metric": []}),
        path=Path("campaign"),
    )
    counted = contracts_stopped(
        ContractLog().events(), ContractLog().events(), terms=ContractLog().readings().terms
    )
    monkeypatch.setattr(answer, "stopped_between", lambda _, found: [counted] * len(found))
    text = answer.answer_text(stored)
    told = [line for line in text.splitlines() if line.startswith("Effect of ")]
    assert told == [
        "Effect of evidence, from paper to digital:",
        "Effect of marking, from digital to marked:",
        "Effect of everything, from paper to marked:",
    ]
    assert text.count("0 undue payments with a loss of 0 KZT are not made any more") == 3
    listed = json.loads(json.dumps(answer_object(Comparison(stored), 1.0)))["effects"]
    assert [one["effect"] for one in listed] == ["evidence", "marking", "everything"]
    assert {line["metric"] for line in listed[0]["summary"]} == set(SHOWN)
