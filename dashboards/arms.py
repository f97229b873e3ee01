"""What to show for the words of the command line: the arms of a study, single scenarios, runs."""

from collections.abc import Sequence
from pathlib import Path

from dashboards.jobs import Arm
from tengesim.errors import StoreError
from tengesim.scenario.load import load_scenario, load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.read import folder_of, open_run

__all__ = ["arms_of"]


def arms_of(subjects: Sequence[str], out: Path) -> list[Arm]:
    """Return the arms that `subjects` (scenarios, files, or runs below `out`) stand for.

    One scenario that belongs to a study stands for all arms of the study. Raises ScenarioError
    with every finding when a subject is neither a scenario nor a run.
    """
    arms: list[Arm] = []
    for subject in subjects:
        run = _run_folder(subject, out)
        if run is not None:
            arms.append(_of_run(run))
            continue
        scenario = load_scenario(subject)
        is_alone = len(subjects) == 1
        arms += _of_study(subject, scenario) if is_alone else [_of_scenario(subject, scenario)]
    return _told_apart(arms)


def _run_folder(subject: str, out: Path) -> Path | None:
    if Path(subject).suffix in {".yaml", ".yml"}:
        return None
    try:
        return folder_of(subject, out)
    except StoreError:
        return None


def _of_run(folder: Path) -> Arm:
    with open_run(folder) as stored:
        scenario = load_upload(stored.scenario_text.encode(), name=f"{folder}/scenario.yaml")
        arm = _arm_of(scenario)
        label = arm[1] if arm else scenario.title
        return Arm(arm[0] if arm else scenario.name, label, scenario.name, folder=folder)


def _of_study(subject: str, scenario: Scenario) -> list[Arm]:
    """Return the arms of the scenario's study, with `subject` in the place of its own arm."""
    if _arm_of(scenario) is None or scenario.study is None:
        return [_of_scenario(subject, scenario)]
    return [
        Arm(arm.id, arm.label, subject if arm.scenario == scenario.name else arm.scenario)
        for arm in scenario.study.arms
    ]


def _of_scenario(subject: str, scenario: Scenario) -> Arm:
    arm = _arm_of(scenario)
    return Arm(arm[0], arm[1], subject) if arm else Arm(scenario.name, scenario.title, subject)


def _arm_of(scenario: Scenario) -> tuple[str, str] | None:
    if scenario.study is None:
        return None
    return next(
        ((arm.id, arm.label) for arm in scenario.study.arms if arm.scenario == scenario.name), None
    )


def _told_apart(arms: Sequence[Arm]) -> list[Arm]:
    """Give arms that bear one id numbers, so that two runs of one scenario can be compared."""
    seen: dict[str, int] = {}
    told: list[Arm] = []
    for arm in arms:
        number = seen[arm.id] = seen.get(arm.id, 0) + 1
        told.append(
            arm
            if number == 1
            else Arm(f"{arm.id}_{number}", f"{arm.label} ({number})", arm.scenario, arm.folder)
        )
    return told
