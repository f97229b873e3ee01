"""The comparisons that can be shown: found below the folder of runs, opened when asked for.

A campaign and its runs are opened once and shared by all readers. One that is damaged is told as
such on its page and takes nothing else with it, because comparisons are shown beside runs that
have nothing to do with them.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tengesim.errors import ScenarioError, SizeError, StoreError
from tengesim.scenario.load import load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import (
    CAMPAIGN_FILE,
    StoredCampaign,
    campaigns_folder,
    list_campaigns,
    open_campaign,
)
from tengesim.store.layout import SCENARIO_FILE, is_folder_name
from tengesim.store.read import StoredRun, open_run

__all__ = ["ArmRun", "Campaigns", "campaign_at"]


@dataclass(frozen=True, slots=True)
class ArmRun:
    """The full run of one arm of a campaign, with the scenario it was run by."""

    run: StoredRun
    scenario: Scenario


class Campaigns:
    """The campaigns below a folder of runs, and those that were asked for by path."""

    def __init__(self, out: Path | None, paths: Sequence[Path] = ()) -> None:
        """Show the folders in `paths` and then what lies below the folder of runs `out`."""
        self._out = out
        self._paths = {path.name: path for path in paths}
        self._lock = threading.Lock()
        self._opened: dict[str, StoredCampaign] = {}
        self._runs: dict[tuple[str, str], ArmRun | None] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all campaigns, those that were asked for first."""
        return tuple(self._places())

    def find(self, name: str) -> StoredCampaign | None:
        """Return the campaign of that name, or None when there is none.

        Raises StoreError for one that is damaged.
        """
        place = self._places().get(name)
        if place is None:
            return None
        with self._lock:
            if name not in self._opened:
                self._opened[name] = open_campaign(place)
            return self._opened[name]

    def arm_run(self, campaign: StoredCampaign, arm: str) -> ArmRun | None:
        """Return the full run of an arm, or None when it is not there or cannot be read."""
        key = (campaign.path.name, arm)
        with self._lock:
            if key not in self._runs:
                self._runs[key] = _opened(campaign, arm)
            return self._runs[key]

    def _places(self) -> dict[str, Path]:
        found = [] if self._out is None else list_campaigns(self._out)
        return {**self._paths, **{p.name: p for p in found if p.name not in self._paths}}

    def close(self) -> None:
        """Let go of every run that was opened."""
        with self._lock:
            for each in self._runs.values():
                if each is not None:
                    each.run.close()
            self._runs.clear()


def campaign_at(subject: str, out: Path) -> Path | None:
    """Return the folder of the campaign that `subject` names, by path or by name below `out`."""
    places = [Path(subject)]
    if is_folder_name(subject):
        places.append(campaigns_folder(out) / subject)
    return next((place.resolve() for place in places if (place / CAMPAIGN_FILE).is_file()), None)


def _opened(campaign: StoredCampaign, arm: str) -> ArmRun | None:
    try:
        run = open_run(campaign.run_path(arm))
        scenario = load_upload(run.scenario_text.encode(), name=f"{run.path}/{SCENARIO_FILE}")
    except (StoreError, ScenarioError, SizeError, OSError):
        return None
    return ArmRun(run, scenario)
