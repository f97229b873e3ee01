"""Ensembles: what many replications of one scenario have in common, in one sealed file each.

A file says how every metric spreads over seeds and how paths fan out. Nothing in it depends on the
machine or the time, so an ensemble that was stopped and taken up again is the one that was not.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tengesim.errors import StoreError
from tengesim.store.campaigns import ErrorEntry
from tengesim.store.files import (
    DISK,
    Disk,
    is_present,
    make_folder,
    or_disk_error,
    read_text,
    write_atomic,
)
from tengesim.store.layout import (
    RESULTS_VERSION,
    Natural,
    Sha256,
    folder_name,
    is_folder_name,
    sealed,
    unsealed,
)

__all__ = [
    "ENSEMBLES_FOLDER",
    "QUANTILES_BP",
    "EnsembleFile",
    "FanEntry",
    "SpreadEntry",
    "ensemble_path",
    "find_ensemble",
    "largest_ensemble",
    "open_ensemble",
    "write_ensemble",
]

ENSEMBLES_FOLDER: Final = "ensembles"
ENSEMBLE_LAYOUT: Final = 1
QUANTILES_BP: Final = (500, 2_500, 5_000, 7_500, 9_500)
"""Quantiles of a fan and of a table, in basis points; the middle one is the median."""

_SUFFIX: Final = ".json"
_BYTES_MAX: Final = 1 << 24
_NEEDED_BYTES: Final = 1_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class SpreadEntry(_Strict):
    """How one metric spreads over seeds, in its unit; None where no replication has a value.

    `mean_low` and `mean_high` are the ends of the 95 % interval of the mean. `quantiles` are those
    of QUANTILES_BP. `lowest` and `highest` are the means of the lowest and the highest twentieth.
    """

    metric: str
    unit: str
    n: Natural
    mean: float | None
    deviation: float | None
    mean_low: float | None
    mean_high: float | None
    quantiles: tuple[float, ...]
    lowest: float | None
    highest: float | None


class FanEntry(_Strict):
    """How one path fans out: for each of QUANTILES_BP its values in tiyn on `days`."""

    path: str
    days: tuple[Natural, ...]
    quantiles_tiyn: tuple[tuple[int, ...], ...]


class EnsembleFile(_Strict):
    """What was replicated, how often, and what came of it."""

    layout: Literal[1] = ENSEMBLE_LAYOUT
    results_version: Natural = RESULTS_VERSION
    name: str
    title: str
    scenario_digest: Sha256
    seed: Natural
    replications: Natural
    ensemble_digest: Sha256
    errors: tuple[ErrorEntry, ...]
    spread: tuple[SpreadEntry, ...]
    fans: tuple[FanEntry, ...]


def ensemble_path(
    out: Path | str, name: str, scenario_digest: str, seed: int, replications: int
) -> Path:
    """Return the file of an ensemble that belongs to the folder of runs `out`."""
    stem = f"{folder_name(name, scenario_digest, seed)}-n{replications}"
    return Path(out).absolute() / ENSEMBLES_FOLDER / f"{stem}{_SUFFIX}"


def write_ensemble(out: Path | str, made: EnsembleFile, *, disk: Disk = DISK) -> Path:
    """Write an ensemble whole or not at all; raise DiskError when the disk refuses."""
    path = ensemble_path(out, made.name, made.scenario_digest, made.seed, made.replications)
    with or_disk_error(
        "the ensemble cannot be written", path.parent, needed_bytes=_NEEDED_BYTES, disk=disk
    ):
        make_folder(path.parent, disk=disk)
        write_atomic(path, sealed(made.model_dump(mode="json")).encode(), disk=disk)
    return path


def open_ensemble(path: Path, *, disk: Disk = DISK) -> EnsembleFile:
    """Read an ensemble; raise StoreError for one that is missing, damaged or of another version."""
    try:
        text = read_text(path, bytes_max=_BYTES_MAX, disk=disk)
        content = unsealed(text, newest_layout=ENSEMBLE_LAYOUT)
        made = EnsembleFile.model_validate_json(json.dumps(content))
    except (OSError, ValidationError, ValueError) as error:
        raise StoreError(f"{path}: {error}; repeat `tengesim replicate`, which writes it") from None
    if made.results_version != RESULTS_VERSION:
        raise StoreError(
            f"{path}: is of results version {made.results_version}, expected {RESULTS_VERSION};"
            " repeat `tengesim replicate`"
        )
    return made


def find_ensemble(
    path_or_name: str, out: Path | str = "runs", *, disk: Disk = DISK
) -> EnsembleFile | None:
    """Return the ensemble of a path, or of a name in `ensembles` below `out`; None if it is none.

    Raises StoreError where the file is there and damaged.
    """
    name = path_or_name.removesuffix(_SUFFIX)
    places = [Path(path_or_name)] if path_or_name.endswith(_SUFFIX) else []
    if is_folder_name(name):
        places.append(Path(out).absolute() / ENSEMBLES_FOLDER / f"{name}{_SUFFIX}")
    for place in places:
        is_there = False
        with contextlib.suppress(OSError, ValueError):
            is_there = is_present(place, disk=disk)
        if is_there:
            return open_ensemble(place, disk=disk)
    return None


def largest_ensemble(
    out: Path | str, name: str, scenario_digest: str, *, disk: Disk = DISK
) -> EnsembleFile | None:
    """Return the ensemble of a scenario with most replications, None where there is none whole."""
    folder = Path(out).absolute() / ENSEMBLES_FOLDER
    start = f"{folder_name(name, scenario_digest, 0).removesuffix('0')}"
    found: list[EnsembleFile] = []
    with contextlib.suppress(OSError):
        for each in sorted(disk.names(folder)):
            if each.startswith(start) and each.endswith(_SUFFIX):
                with contextlib.suppress(StoreError):
                    found.append(open_ensemble(folder / each, disk=disk))
    return max(found, key=lambda one: one.replications, default=None)
