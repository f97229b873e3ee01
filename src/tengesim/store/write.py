"""Writing a run: every file into a hidden folder, the manifest last, then one rename.

Until that rename a reader sees what was there before, and after it the complete run. A run that is
there already and whole is not written again; one that is damaged, or that other code computed, is
moved aside first and gets its place back should the rename fail.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tengesim.errors import StoreError
from tengesim.journal.keeping import LOG_MODES
from tengesim.journal.names import Names
from tengesim.journal.sql import connect
from tengesim.store.files import (
    DISK,
    Disk,
    fingerprint,
    is_folder,
    is_present,
    make_folder,
    or_disk_error,
    read_text,
    remove_tree,
    sync_folder,
    write_file,
)
from tengesim.store.layout import (
    EVENTS_FILE,
    HASHED_FILES,
    MANIFEST_BYTES_MAX,
    MANIFEST_FILE,
    RUN_FILES,
    SCENARIO_FILE,
    TABLES,
    TIMING_FILE,
    FileEntry,
    Manifest,
    manifest_text,
    parse_manifest,
    sealed,
)
from tengesim.store.lock import Owner, hidden_path, locked, sweep
from tengesim.store.log_stream import LogStream
from tengesim.store.parquet import PackedLog, write_log, write_names, write_table
from tengesim.store.recording import Recording

if TYPE_CHECKING:
    from tengesim.engine.run import Run

__all__ = [
    "PATIENCE_S",
    "publish",
    "remove_quietly",
    "versions",
    "write_recording",
    "write_run",
]

PATIENCE_S: Final = 30.0
"""How long to wait for another program that is writing the same run."""

_PACKAGES: Final = ("tengesim", "duckdb", "numpy", "pandas", "pydantic", "simpy")
_TAKEN: Final = (errno.EEXIST, errno.ENOTEMPTY)


def write_run(
    run: Run,
    parent: Path | str = "runs",
    *,
    engine_name: str = "reference",
    patience_s: float = PATIENCE_S,
) -> Path:
    """Write `run` below `parent` and return its folder; see `write_recording`."""
    recording = Recording.of(run, engine_name=engine_name)
    return write_recording(recording, parent, patience_s=patience_s)


def write_recording(
    recording: Recording,
    parent: Path | str = "runs",
    *,
    patience_s: float = PATIENCE_S,
    disk: Disk = DISK,
) -> Path:
    """Write a run below `parent` and return its folder, or the same run that is there already.

    Raises DiskError when the disk is full or refuses, StoreError when another program is writing
    the same run or the folder holds files that do not belong to a run. In both cases what was
    there before is still there.
    """
    home = Path(parent).absolute()
    key = recording.folder_name
    with or_disk_error(
        "the run cannot be written", home, needed_bytes=recording.needed_bytes, disk=disk
    ):
        make_folder(home, disk=disk)
        with locked(home, key, patience_s=patience_s, disk=disk) as owner:
            sweep(home, key, disk=disk)
            _write_or_reuse(recording, home / key, owner, disk)
    return home / key


def _write_or_reuse(recording: Recording, run: Path, owner: Owner, disk: Disk) -> None:
    if _holds_already(run, recording, disk):
        return
    _refuse_foreign_files(run, disk)
    part = hidden_path(run.parent, run.name, "part", owner)
    try:
        _write_folder(recording, part, disk)
        publish(part, run, owner, disk)
        if isinstance(recording.events, LogStream):
            recording.events.path = run / EVENTS_FILE
    except OSError as error:
        remove_quietly(part, disk)
        if error.errno in _TAKEN and _holds_already(run, recording, disk):
            # Another program has published the same run in between.
            return
        raise
    except BaseException:
        remove_quietly(part, disk)
        raise


def _holds_already(run: Path, recording: Recording, disk: Disk) -> bool:
    """Return whether `run` is this very run, with every byte as its manifest says.

    A disk that cannot be read raises OSError: it must not be taken for a damaged run, which would
    be replaced.
    """
    try:
        text = read_text(run / MANIFEST_FILE, bytes_max=MANIFEST_BYTES_MAX, disk=disk)
        manifest = parse_manifest(text)
        return _is_enough(manifest, recording) and all(
            fingerprint(run / name, disk=disk) == (entry.sha256, entry.bytes)
            for name, entry in manifest.files.items()
        )
    except ValueError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.EFBIG):
            return False
        raise


def _is_enough(manifest: Manifest, recording: Recording) -> bool:
    """Return whether a stored run is the one recorded, and keeps as much of its log or more."""
    asked, mode = _manifest(recording, {}), manifest.log_mode
    if mode == asked.log_mode == "sampled":
        digest = hashlib.sha256(recording.scenario_text.encode()).hexdigest()
        is_kept = manifest.files[SCENARIO_FILE].sha256 == digest
    else:
        is_kept = LOG_MODES.index(mode) >= LOG_MODES.index(asked.log_mode)
    return is_kept and manifest.identity() == asked.identity()


def _refuse_foreign_files(run: Path, disk: Disk) -> None:
    """Raise StoreError rather than replace a folder in which somebody keeps other things."""
    if not is_present(run, disk=disk):
        return
    if not is_folder(run, disk=disk):
        raise StoreError(f"{run}: a run belongs here, and this is not a folder; move it away")
    foreign = sorted(set(disk.names(run)) - RUN_FILES)
    if foreign:
        raise StoreError(
            f"{run}: the run in it is damaged or was made by another version, and cannot be "
            f"replaced while there is {foreign[0]!r}, which belongs to no run; move that away"
        )


def _write_folder(recording: Recording, part: Path, disk: Disk) -> None:
    started = time.perf_counter()
    peak_before_mb = _peak_memory_mb()
    disk.make_folder(part)
    write_file(part / SCENARIO_FILE, recording.scenario_text.encode(), disk=disk)
    rows: dict[str, int | None] = {SCENARIO_FILE: None}
    with connect() as connection:
        for table, content in recording.tables().items():
            path = part / TABLES[table]
            if isinstance(content, LogStream):
                content.move_to(path)
                rows[path.name] = content.row_count
            elif isinstance(content, PackedLog):
                write_log(content, path, disk=disk)
                rows[path.name] = len(content.rows)
            else:
                if isinstance(content, Names):
                    write_names(connection, content, path, disk=disk)
                else:
                    write_table(connection, content, path, disk=disk)
                rows[path.name] = len(content)
    files = {
        name: FileEntry(**fingerprint(part / name, disk=disk)._asdict(), rows=rows[name])
        for name in HASHED_FILES
    }
    timing = {
        "engine": recording.engine_name,
        "versions": {"python": platform.python_version(), **versions()},
        "host": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
        },
        "wall_s": {**recording.phases, "write": time.perf_counter() - started},
        "peak_memory_mb": {"run": peak_before_mb, "write": _peak_memory_mb()},
    }
    write_file(part / TIMING_FILE, sealed(timing).encode(), disk=disk)
    manifest = manifest_text(_manifest(recording, files))
    write_file(part / MANIFEST_FILE, manifest.encode(), disk=disk)
    sync_folder(part, disk=disk)


def publish(part: Path, run: Path, owner: Owner, disk: Disk) -> None:
    """Give the finished folder its name; a folder that has it is moved aside until then."""
    if not is_present(run, disk=disk):
        disk.rename(part, run)
        sync_folder(run.parent, disk=disk)
        return
    old = hidden_path(run.parent, run.name, "old", owner)
    disk.rename(run, old)
    try:
        disk.rename(part, run)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.rename(old, run)
        raise
    sync_folder(run.parent, disk=disk)
    remove_quietly(old, disk)


def remove_quietly(path: Path, disk: Disk) -> None:
    """Remove what nobody can see; what stays is swept by the next writer."""
    with contextlib.suppress(OSError):
        if is_present(path, disk=disk):
            remove_tree(path, disk=disk)


def _manifest(recording: Recording, files: dict[str, FileEntry]) -> Manifest:
    return Manifest(
        name=recording.name,
        scenario_digest=recording.scenario_digest,
        log_digest=recording.log_digest,
        seed=recording.seed,
        log_mode=recording.log_mode,
        payments=recording.payments,
        files=files,
    )


@cache
def versions() -> dict[str, str]:
    """Return the versions of what a run is computed with; reading them takes a while."""
    found = {}
    for package in _PACKAGES:
        # A checkout that is on the import path without being installed has no version.
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _peak_memory_mb() -> int:
    """Return the most memory this program has had so far, 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20) if sys.platform == "darwin" else peak // (1 << 10)
