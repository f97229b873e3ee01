"""Finished replications of campaigns: one small sealed file each, found by what was asked.

A replication is one run of one scenario at one seed of which only the metrics are kept. Its file
is named like the folder of that run, so whatever campaign needs it next finds it, and what was
finished once is never computed again. How long it took stands elsewhere: the file is the same on
every machine.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.store.files import DISK, Disk, make_folder, or_disk_error, read_text, write_atomic
from tengesim.store.layout import (
    RESULTS_VERSION,
    Natural,
    Sha256,
    folder_name,
    sealed,
    unsealed,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "REPLICATIONS_FOLDER",
    "MetricEntry",
    "Record",
    "check_room",
    "find_record",
    "metric_entries",
    "record_path",
    "replications_folder",
    "sweep_records",
    "write_record",
]

REPLICATIONS_FOLDER: Final = "replications"
RECORD_LAYOUT: Final = 1
_RECORD_BYTES_MAX: Final = 1 << 20
_UNFINISHED: Final = "~part~"
_NEEDED_BYTES: Final = 20_000


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class MetricEntry(_Strict):
    """One metric as exact whole numbers, or why there is none."""

    metric: str
    numerator: int | None
    denominator: int | None
    why: str

    @property
    def exact(self) -> Fraction | None:
        """Return the value in the unit of the metric; None where it is undefined."""
        if self.numerator is None or self.metric not in METRICS_BY_NAME:
            return None
        return Fraction(self.numerator, self.denominator or 1) * METRICS_BY_NAME[self.metric].factor


class Record(_Strict):
    """What is kept of a finished replication."""

    layout: Literal[1] = RECORD_LAYOUT
    results_version: Natural = RESULTS_VERSION
    name: str
    scenario_digest: Sha256
    seed: Natural
    log_digest: Sha256
    payments: Natural
    metrics: tuple[MetricEntry, ...]
    paths: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """What is followed through the run, by name, in tiyn."""

    @cached_property
    def exact(self) -> Mapping[str, Fraction | None]:
        """The exact value of every metric that the run lists; made once, asked for often."""
        return {entry.metric: entry.exact for entry in self.metrics}


def replications_folder(out: Path | str) -> Path:
    """Return the folder of replications that belongs to the folder of runs `out`."""
    return Path(out).absolute() / REPLICATIONS_FOLDER


def record_path(out: Path | str, name: str, scenario_digest: str, seed: int) -> Path:
    """Return the file of one replication."""
    return replications_folder(out) / f"{folder_name(name, scenario_digest, seed)}.json"


def find_record(
    out: Path | str, name: str, scenario_digest: str, seed: int, *, disk: Disk = DISK
) -> Record | None:
    """Return a finished replication, or None when there is none that is whole and of this version.

    A damaged file counts as none: computing again replaces it. Raises DiskError when the disk
    cannot be read, which must not be taken for nothing being there.
    """
    path = record_path(out, name, scenario_digest, seed)
    try:
        with or_disk_error("the replication cannot be read", path.parent, disk=disk):
            try:
                text = read_text(path, bytes_max=_RECORD_BYTES_MAX, disk=disk)
            except (FileNotFoundError, NotADirectoryError):
                return None
        content = unsealed(text, newest_layout=RECORD_LAYOUT)
        record = Record.model_validate_json(json.dumps(content))
    except (ValidationError, ValueError):
        return None
    found = (record.results_version, record.name, record.scenario_digest, record.seed)
    return record if found == (RESULTS_VERSION, name, scenario_digest, seed) else None


def write_record(out: Path | str, record: Record, *, disk: Disk = DISK) -> Path:
    """Write a finished replication whole or not at all; raise DiskError when the disk refuses."""
    path = record_path(out, record.name, record.scenario_digest, record.seed)
    with or_disk_error(
        "the replication cannot be written", path.parent, needed_bytes=_NEEDED_BYTES, disk=disk
    ):
        make_folder(path.parent, disk=disk)
        write_atomic(path, sealed(record.model_dump(mode="json")).encode(), disk=disk)
    return path


def check_room(out: Path | str, count: int, *, disk: Disk = DISK) -> None:
    """Raise DiskError, before anything is computed, when `count` replications will not fit."""
    folder = replications_folder(out)
    needed = count * _NEEDED_BYTES
    with or_disk_error("the replications will not fit", folder, needed_bytes=needed, disk=disk):
        make_folder(folder, disk=disk)
        if disk.free_bytes(folder) < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(folder))


def metric_entries(frame: pd.DataFrame) -> tuple[MetricEntry, ...]:
    """Return the lines of a table of metrics as they are kept."""
    columns = [
        frame["metric"].astype(str).tolist(),
        *(frame[column].astype(object).tolist() for column in ("numerator", "denominator")),
        frame["why"].astype(str).tolist(),
    ]
    return tuple(
        MetricEntry(
            metric=metric,
            numerator=numerator if isinstance(numerator, int) else None,
            denominator=denominator if isinstance(denominator, int) else None,
            why=why,
        )
        for metric, numerator, denominator, why in zip(*columns, strict=True)
    )


def sweep_records(out: Path | str, *, disk: Disk = DISK) -> None:
    """Remove what killed workers left half-written; the caller holds the lock of campaigns."""
    folder = replications_folder(out)
    with contextlib.suppress(OSError):
        for name in disk.names(folder):
            if name.startswith(".") and _UNFINISHED in name:
                with contextlib.suppress(OSError):
                    disk.unlink(folder / name)
