"""From what somebody typed to the arms of a page: scenarios, studies, stored runs, comparisons.

A scenario that belongs to a study brings all its arms, because one arm alone says little; a
comparison brings the runs that it keeps. Nothing is run here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dashboards.campaigns import campaign_at
from dashboards.jobs import Arm
from tengesim.scenario.load import load_scenario, load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import StoredCampaign, open_campaign
from tengesim.store.layout import MANIFEST_FILE, is_folder_name
from tengesim.store.read import open_run

__all__ = ["arms_of", "campaigns_of"]


def arms_of(subjects: Sequence[str], out: Path) -> tuple[Arm, ...]:
    """Return the arms that `subjects` name, each once: scenarios by name or file, runs by folder.

    Raises ScenarioError for an unknown or faulty scenario, StoreError for a damaged run or
    comparison.
    """
    found: dict[tuple[str, str], Arm] = {}
    for subject in subjects:
        for arm in _arms(subject, out):
            found.setdefault((arm.scenario, str(arm.folder or "")), arm)
    return _named(tuple(found.values()))


def campaigns_of(subjects: Sequence[str], out: Path) -> tuple[Path, ...]:
    """Return the folders of the comparisons among `subjects`."""
    found = (campaign_at(subject, out) for subject in subjects)
    return tuple(dict.fromkeys(path for path in found if path is not None))


def _arms(subject: str, out: Path) -> Iterator[Arm]:
    compared = campaign_at(subject, out)
    if compared is not None:
        yield from _of_campaign(open_campaign(compared))
        return
    if _is_run(subject, out):
        with open_run(subject, out) as run:
            run.need_full_log("the dashboard")
            scenario = load_upload(run.scenario_text.encode(), name=f"{run.path}/scenario.yaml")
            yield _of_run(scenario, run.path, run.manifest.seed)
        return
    scenario = load_scenario(subject)
    if scenario.study is None:
        yield Arm(scenario.name, scenario.title, subject)
        return
    for arm in scenario.study.arms:
        # The one that was asked for is run as it was asked for, be it a file or a name.
        yield Arm(arm.id, arm.label, subject if arm.scenario == scenario.name else arm.scenario)


def _of_run(scenario: Scenario, folder: Path, seed: int) -> Arm:
    arms = scenario.study.arms if scenario.study is not None else ()
    known = next((arm for arm in arms if arm.scenario == scenario.name), None)
    if known is None:
        return Arm(f"{scenario.name}-s{seed}", scenario.title, scenario.name, folder)
    return Arm(known.id, known.label, scenario.name, folder)


def _named(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    """Return the arms with runs named by their scenario where no other arm is of it."""
    counts = Counter(arm.scenario for arm in arms)
    taken = {arm.id for arm in arms}
    return tuple(
        replace(arm, id=arm.scenario)
        if arm.folder is not None
        and counts[arm.scenario] == 1
        and arm.scenario not in taken
        and arm.id.startswith(f"{arm.scenario}-s")
        else arm
        for arm in arms
    )


def _of_campaign(campaign: StoredCampaign) -> Iterator[Arm]:
    """Yield the arms whose runs are still there; those that were removed are told on the page."""
    for name in (campaign.manifest.base, *campaign.manifest.variants):
        arm = campaign.manifest.arms[name]
        if arm.run is None or not (campaign.runs_folder / arm.run / MANIFEST_FILE).is_file():
            continue
        yield Arm(name, arm.title, arm.name, campaign.runs_folder / arm.run)


def _is_run(subject: str, out: Path) -> bool:
    places = [Path(subject)]
    if is_folder_name(subject):
        places.append(out / subject)
    return any((place / MANIFEST_FILE).is_file() for place in places)
