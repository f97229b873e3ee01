"""Which report belongs to what was named: a run, a campaign or an ensemble, in full or as a note.

Everything is opened through the store, so a report is never made of files that do not match their
manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tengesim.errors import Finding, ScenarioError
from tengesim.report.fiscal import spending_of
from tengesim.report.fiscal_note import ArmCost, difference_ends, ends_of, fiscal_note
from tengesim.report.of_campaign import campaign_report
from tengesim.report.of_ensemble import ensemble_report
from tengesim.report.of_run import run_report
from tengesim.scenario.load import load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import StoredCampaign, is_campaign, open_campaign
from tengesim.store.ensembles import find_ensemble
from tengesim.store.read import StoredRun, open_run

__all__ = ["report_text"]


def report_text(subject: str, out: str, *, is_fiscal: bool = False) -> str:
    """Return the report of a run, a campaign or an ensemble, named by path or by name, as HTML.

    Names are those below `out`.

    Raises StoreError when there is none or it is damaged, ScenarioError when a fiscal note is
    asked for and no budget pays for anything.
    """
    if is_campaign(subject, out):
        campaign = open_campaign(subject, out)
        scenarios = {
            arm: _scenario(campaign.scenario_text(arm), f"{campaign.path}: {arm}")
            for arm in (campaign.manifest.base, *campaign.manifest.variants)
        }
        if is_fiscal:
            return _note_of_campaign(campaign, scenarios)
        return campaign_report(campaign, scenarios)
    ensemble = find_ensemble(subject, out)
    if ensemble is not None:
        if is_fiscal:
            raise ScenarioError([_nothing_spent(ensemble.name)])
        return ensemble_report(ensemble)
    with open_run(subject, out) as run:
        scenario = _scenario(run.scenario_text, f"{run.path}/scenario.yaml")
        if is_fiscal:
            return _note_of_run(run, scenario)
        run.need_full_log("a report")
        return run_report(run, scenario)


def _note_of_run(run: StoredRun, scenario: Scenario) -> str:
    arm = _cost(run, scenario, scenario.name)
    return fiscal_note([arm], digest=run.manifest.log_digest, digest_key="log_digest")


def _note_of_campaign(campaign: StoredCampaign, scenarios: Mapping[str, Scenario]) -> str:
    manifest, pairs = campaign.manifest, campaign.pairs
    arms = []
    for arm, scenario in scenarios.items():
        with open_run(campaign.run_path(arm)) as run:
            cost = _cost(run, scenario, arm)
        metrics = {piece.metric for piece in cost.spending}
        if len(metrics) == 1:
            # Ends of two metrics cannot be added: they need not fall on the same draw.
            (metric,) = metrics
            is_base = arm == manifest.base
            one = manifest.variants[0] if is_base else arm
            total = ends_of(pairs, "base" if is_base else "value", one, metric=metric)
            ends = None if is_base else difference_ends(campaign.summary, arm, metric=metric)
            cost = replace(cost, total=total, difference=ends)
        arms.append(cost)
    return fiscal_note(arms, digest=manifest.ensemble_digest, digest_key="ensemble_digest")


def _cost(run: StoredRun, scenario: Scenario, arm: str) -> ArmCost:
    spending = spending_of(run, scenario)
    if not spending:
        raise ScenarioError([_nothing_spent(arm)])
    return ArmCost(
        name=arm,
        title=scenario.title,
        scenario=scenario,
        run=run.path.name,
        spending=spending,
        total=None,
        difference=None,
    )


def _nothing_spent(arm: str) -> Finding:
    return Finding(
        "REPORT_EMPTY",
        f"nothing in {arm!r} spends money of a budget",
        expected="a run in which a programme or a budget line pays for something",
        do="leave out `--form fiscal_note`",
    )


def _scenario(text: str, name: str) -> Scenario:
    return load_upload(text.encode(), name=name)
