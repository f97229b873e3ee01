"""From finished runs to what a page shows: their folders opened, and the page that fits them.

A study of meals has a page of its own, and so has a reserve. Any other world has the page of an
economy, which asks of a run no more than that it has a log.
"""

from collections.abc import Sequence

from dashboards.economy import make_economy
from dashboards.reserve import make_reserve
from dashboards.shown import FinishedArm, Shown
from dashboards.study import make_study
from tengesim.report.playback import ArmLog
from tengesim.report.reserve import is_of_reserve
from tengesim.scenario.load import load_upload
from tengesim.store.layout import SCENARIO_FILE
from tengesim.store.read import open_run

__all__ = ["build_shown"]


def build_shown(finished: Sequence[FinishedArm]) -> Shown:
    """Open the runs of `finished` and prepare what is shown of them.

    Raises StoreError for a damaged run, ScenarioError for one without its full log, ValueError
    when the runs do not share one clock.
    """
    runs = [open_run(arm.folder) for arm in finished]
    for run in runs:
        run.need_full_log("the dashboard")
    scenarios = [
        load_upload(run.scenario_text.encode(), name=f"{run.path}/{SCENARIO_FILE}") for run in runs
    ]
    logs = [
        ArmLog(arm.id, arm.label, run.manifest.seed, run.manifest.log_digest, run)
        for arm, run in zip(finished, runs, strict=True)
    ]
    metrics, names = [run.metrics for run in runs], [run.path.name for run in runs]
    if all(map(is_of_reserve, scenarios)):
        out = runs[0].path.parent
        return make_reserve(logs, scenarios, metrics=metrics, run_names=names, out=out)
    has_meals = all(scenario.programmes for scenario in scenarios)
    make = make_study if has_meals else make_economy
    return make(logs, scenarios, metrics=metrics, run_names=names)
