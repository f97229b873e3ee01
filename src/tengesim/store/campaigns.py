"""Campaign folders: what a comparison found, sealed, and the tables that pages and reports show.

A campaign is everything that one `compare` needs. Its folder lies in `campaigns` below the folder
of runs and is written whole or not at all, like a run. Nothing in it depends on the machine, the
path or the time, so a campaign that was killed and resumed has the files of one that was not.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tengesim.errors import StoreError
from tengesim.journal.sql import frame_of
from tengesim.store.files import DISK, Disk, fingerprint, is_folder, is_present, read_text
from tengesim.store.layout import (
    RESULTS_VERSION,
    FileEntry,
    Natural,
    Sha256,
    checked_name,
    is_folder_name,
    sealed,
    unsealed,
)
from tengesim.store.parquet import open_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CAMPAIGNS_FOLDER",
    "CAMPAIGN_FILE",
    "CAMPAIGN_LAYOUT",
    "CHANGES",
    "CHANGE_KEYS",
    "EXAMPLES",
    "PAIRS",
    "SUMMARY",
    "TABLE_COLUMNS",
    "TABLE_FILES",
    "ArmEntry",
    "AssumptionEntry",
    "CampaignManifest",
    "ErrorEntry",
    "InfluenceEntry",
    "LeverEntry",
    "StoredCampaign",
    "campaign_digest",
    "campaign_text",
    "campaigns_folder",
    "is_campaign",
    "list_campaigns",
    "open_campaign",
    "parse_campaign",
    "scenario_file",
    "typed_table",
]

CAMPAIGN_LAYOUT: Final = 1
"""Number of this layout of campaign folders."""

CAMPAIGNS_FOLDER: Final = "campaigns"
CAMPAIGN_FILE: Final = "campaign.json"

ColumnKind = Literal["text", "whole", "maybe_whole", "float"]

SUMMARY: Final[Mapping[str, ColumnKind]] = {
    "variant": "text",
    "metric": "text",
    "unit": "text",
    "direction": "text",
    "base": "float",
    "value": "float",
    "difference": "float",
    "chance_low": "float",
    "chance_high": "float",
    "assumptions_low": "float",
    "assumptions_high": "float",
    "n": "whole",
    "n_assumptions": "whole",
    "method": "text",
    "p_value": "float",
    "p_holm": "float",
    "verdict": "text",
    "bound": "float",
    "correlation": "float",
    "variance_ratio": "float",
    "words": "text",
}
"""One line per variant and metric; `value` is the mean of the variant."""

PAIRS: Final[Mapping[str, ColumnKind]] = {
    "variant": "text",
    "metric": "text",
    "kind": "text",
    "draw": "whole",
    "seed": "whole",
    "base": "float",
    "value": "float",
    "difference": "float",
}
"""One line per pair of replications and metric; `kind` is `chance` or `assumption`."""

CHANGE_KEYS: Final = (
    "variant",
    "outcome_base",
    "outcome_variant",
    "rule_base",
    "rule_variant",
    "reason_base",
    "reason_variant",
    "true_label",
)
"""What makes one cause of changed payments."""

CHANGES: Final[Mapping[str, ColumnKind]] = {
    **dict.fromkeys(CHANGE_KEYS, "text"),
    "count": "whole",
    "amount_tiyn": "whole",
}
EXAMPLES: Final[Mapping[str, ColumnKind]] = {
    **dict.fromkeys(CHANGE_KEYS, "text"),
    "intent": "text",
    "payer": "text",
    "payee": "text",
    "time_us": "whole",
    "amount_base_tiyn": "maybe_whole",
    "amount_variant_tiyn": "maybe_whole",
}

TABLE_COLUMNS: Final[Mapping[str, Mapping[str, ColumnKind]]] = {
    "summary": SUMMARY,
    "pairs": PAIRS,
    "changes": CHANGES,
    "examples": EXAMPLES,
}
TABLE_FILES: Final[Mapping[str, str]] = {name: f"{name}.parquet" for name in TABLE_COLUMNS}

_DTYPES: Final[Mapping[ColumnKind, Any]] = {
    "text": "object",
    "whole": "int64",
    "maybe_whole": "Int64",
    "float": "float64",
}
_MANIFEST_BYTES_MAX: Final = 1 << 24
_SCENARIO_BYTES_MAX: Final = 1 << 24
_DIGEST_DIGITS: Final = 12
_RESTORE: Final = "restore the folder from a copy, or repeat `tengesim compare`, which writes it"


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class ArmEntry(_Strict):
    """One arm: its scenario, and the folder of its full run at the first seed, if there is one."""

    name: str
    title: str
    scenario_digest: Sha256
    run: str | None


class LeverEntry(_Strict):
    """What differs between the base and a variant; None where an arm has nothing at the path."""

    path: str
    base: str | None
    variant: str | None


class AssumptionEntry(_Strict):
    """A value without a source, equal in all arms, with the range it was drawn from."""

    path: str
    low: str
    value: str
    high: str
    source: str
    note: str | None


class ErrorEntry(_Strict):
    """A replication that has no result, and the command that shows why."""

    arm: str
    draw: Natural
    seed: Natural
    kind: str
    message: str
    command: str


class InfluenceEntry(_Strict):
    """The assumption that moves a difference most, and where the difference changes sign."""

    path: str
    share_of_variance: float | None
    break_even: str | None
    swing_low: float | None
    swing_high: float | None
    text: str


class CampaignManifest(_Strict):
    """What was compared, how, and what came of it; the numbers are in the tables."""

    layout: Literal[1] = CAMPAIGN_LAYOUT
    results_version: Natural = RESULTS_VERSION
    name: str
    base: str
    variants: tuple[str, ...]
    arms: dict[str, ArmEntry]
    question: str
    seed: Natural
    replications: Natural
    precision_bp: Natural | None = None
    """The precision that was asked for, relative to the base's mean; None when a number was."""
    draws: Natural
    redraws: Natural
    metric: str
    headline: str
    levers: dict[str, tuple[LeverEntry, ...]]
    assumptions: tuple[AssumptionEntry, ...]
    errors: tuple[ErrorEntry, ...]
    ensemble_digest: Sha256
    variance_reduction: dict[str, float | None] = Field(default_factory=dict)
    """For each variant, the variance of unpaired over that of paired differences."""
    influence: dict[str, dict[str, InfluenceEntry]] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What a reader must know about these numbers, one sentence each."""
    campaign_digest: Sha256
    files: dict[str, FileEntry] = Field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        """Return the name of the folder this campaign belongs in."""
        return f"{checked_name(self.name)}-{self.campaign_digest[:_DIGEST_DIGITS]}"

    def position(self, arm: str) -> int:
        """Return the number of the scenario of `arm`; the base is 0, the variants follow.

        The order of `arms` itself says nothing: it is lost in sorted JSON.
        """
        return (self.base, *self.variants).index(arm)


class StoredCampaign:
    """A campaign on the disk, whose files were all found to be as the manifest says."""

    def __init__(self, path: Path, manifest: CampaignManifest, *, disk: Disk = DISK) -> None:
        """Stand for the campaign in `path`; use `open_campaign`, which checks it."""
        self.path = path
        self.manifest = manifest
        self._disk = disk
        self._tables: dict[str, pd.DataFrame] = {}

    @property
    def summary(self) -> pd.DataFrame:
        """One line per variant and metric: means, difference, both intervals, verdict, words."""
        return self._table("summary")

    @property
    def pairs(self) -> pd.DataFrame:
        """One line per pair of replications and metric."""
        return self._table("pairs")

    @property
    def changes(self) -> pd.DataFrame:
        """Payments at the first seed, counted by how they ended in the base and in the variant."""
        return self._table("changes")

    @property
    def examples(self) -> pd.DataFrame:
        """Some payments of every cause in `changes`."""
        return self._table("examples")

    @property
    def runs_folder(self) -> Path:
        """The folder that holds the full runs of the arms."""
        return self.path.parent.parent

    def run_path(self, arm: str) -> Path:
        """Return the folder of the full run of `arm`; raise StoreError when there is none."""
        name = self.manifest.arms[arm].run
        if name is None:
            raise StoreError(
                f"{self.path}: the run of {arm!r} at the first seed did not finish; its error is "
                "in the table of errors"
            )
        return self.runs_folder / name

    def scenario_text(self, arm: str) -> str:
        """Return the scenario of `arm` as resolved, as YAML text."""
        name = scenario_file(self.manifest.position(arm))
        return _text(self.path / name, _SCENARIO_BYTES_MAX, self._disk)

    def _table(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            with open_tables({name: self.path / TABLE_FILES[name]}) as connection:
                frame = frame_of(connection, f"FROM {name}")
            try:
                self._tables[name] = typed_table(name, frame)
            except (KeyError, TypeError, ValueError) as error:
                raise StoreError(f"{self.path / TABLE_FILES[name]}: {error}; {_RESTORE}") from None
        return self._tables[name].copy()


def campaigns_folder(out: Path | str = "runs") -> Path:
    """Return the folder of the campaigns that belong to the folder of runs `out`."""
    return Path(out).absolute() / CAMPAIGNS_FOLDER


def scenario_file(position: int) -> str:
    """Return the file of the scenario of an arm; 0 is the base."""
    return f"scenario-{position}.yaml"


def typed_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of a campaign with its columns in order and of their types.

    Raises KeyError for a missing column, TypeError or ValueError for one of another type.
    """
    kinds = TABLE_COLUMNS[name]
    chosen = frame[list(kinds)].copy()
    for column, kind in kinds.items():
        chosen[column] = chosen[column].astype(_DTYPES[kind])
        if kind == "text":
            chosen[column] = chosen[column].where(chosen[column].notna(), "")
    return chosen.reset_index(drop=True)


def campaign_text(manifest: CampaignManifest) -> str:
    """Return the one way in which `manifest` is written."""
    return sealed(manifest.model_dump(mode="json"))


def parse_campaign(text: str) -> CampaignManifest:
    """Read a manifest; raise ValueError saying what is wrong."""
    content = unsealed(text, newest_layout=CAMPAIGN_LAYOUT)
    try:
        # JSON has lists where the model has tuples; strictness for JSON is the one that fits.
        manifest = CampaignManifest.model_validate_json(json.dumps(content))
        checked_name(manifest.name)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']}") from None
    unknown = [arm for arm in (manifest.base, *manifest.variants) if arm not in manifest.arms]
    if unknown:
        raise ValueError(f"arms: {unknown[0]!r} is compared and not described")
    return manifest


def open_campaign(
    path_or_name: Path | str, out: Path | str = "runs", *, disk: Disk = DISK
) -> StoredCampaign:
    """Open a campaign by its path, or by its name in `campaigns` below `out`.

    Every file is checked against the manifest first. Raises StoreError for a campaign that does
    not exist, is damaged, or was written by a newer version.
    """
    path = _folder_of(path_or_name, out, disk)
    file = path / CAMPAIGN_FILE
    try:
        manifest = parse_campaign(_text(file, _MANIFEST_BYTES_MAX, disk))
    except ValueError as error:
        raise StoreError(f"{file}: {error}; {_RESTORE}") from None
    missing = sorted(set(_file_names(len(manifest.arms))) ^ set(manifest.files))
    if missing:
        raise StoreError(f"{file}: its list of files is not that of a campaign; {_RESTORE}")
    for name, entry in manifest.files.items():
        try:
            found = fingerprint(path / name, disk=disk)
        except OSError as error:
            raise StoreError(f"{path / name}: {error.strerror or error}; {_RESTORE}") from None
        if found != (entry.sha256, entry.bytes):
            raise StoreError(
                f"{path / name}: was changed or damaged after it was written; {_RESTORE}"
            )
    return StoredCampaign(path, manifest, disk=disk)


def list_campaigns(out: Path | str = "runs", *, disk: Disk = DISK) -> list[Path]:
    """Return the folders of campaigns below `out` by name, without looking into them."""
    home = campaigns_folder(out)
    if not is_folder(home, disk=disk, follow=True):
        return []
    with contextlib.suppress(OSError):
        return [home / name for name in disk.names(home) if _is_campaign(home / name, disk)]
    return []


def is_campaign(path_or_name: Path | str, out: Path | str = "runs", *, disk: Disk = DISK) -> bool:
    """Return whether a path, or a name in `campaigns` below `out`, is that of a campaign."""
    text = os.fspath(path_or_name)
    places = [Path(text)] if text and "\0" not in text else []
    if is_folder_name(text):
        places.append(campaigns_folder(out) / text)
    with contextlib.suppress(OSError):
        return any(is_present(place / CAMPAIGN_FILE, disk=disk) for place in places)
    return False


def campaign_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a campaign was asked."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_campaign(path: Path, disk: Disk) -> bool:
    if not is_folder_name(path.name) or not is_folder(path, disk=disk):
        return False
    return CAMPAIGN_FILE in disk.names(path)


def _file_names(arms: int) -> Sequence[str]:
    return [*TABLE_FILES.values(), *(scenario_file(position) for position in range(arms))]


def _folder_of(path_or_name: Path | str, out: Path | str, disk: Disk) -> Path:
    home = campaigns_folder(out)
    text = os.fspath(path_or_name)
    known: list[str] = []
    with contextlib.suppress(OSError):
        if is_folder_name(text) and is_folder(home / text, disk=disk):
            return home / text
        if "\0" not in text and text and is_folder(Path(text), disk=disk, follow=True):
            return Path(text).resolve()
        known = [name for name in disk.names(home) if is_folder_name(name)]
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}?" if near else "`tengesim compare` makes one"
    raise StoreError(f"no campaign {text!r} here or in {home}; {meant}")


def _text(path: Path, bytes_max: int, disk: Disk) -> str:
    try:
        return read_text(path, bytes_max=bytes_max, disk=disk)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; {_RESTORE}") from None
    except UnicodeDecodeError:
        raise StoreError(f"{path}: is not UTF-8 text; {_RESTORE}") from None
