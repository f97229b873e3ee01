"""Which runs there are, good and damaged, and removing one of them.

Looking changes nothing and reads no more than manifests and sizes, so a list of many runs is
there at once; `verify_run` is what reads every byte.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from tengesim.errors import StoreError
from tengesim.store.files import (
    DISK,
    Disk,
    is_folder,
    or_disk_error,
    remove_tree,
    sync_folder,
)
from tengesim.store.layout import MANIFEST_FILE, RUN_FILES, Manifest, is_folder_name
from tengesim.store.lock import hidden_path, locked, sweep
from tengesim.store.read import folder_of, open_run

__all__ = ["RunEntry", "list_runs", "remove_run"]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One folder that is or was a run; `problem` says why it cannot be used, empty if it can."""

    name: str
    path: Path
    manifest: Manifest | None
    problem: str

    @property
    def bytes(self) -> int:
        """Return the size of the hashed files; 0 when it is not known."""
        files = self.manifest.files.values() if self.manifest is not None else ()
        return sum(entry.bytes for entry in files)


def list_runs(parent: Path | str = "runs", *, disk: Disk = DISK) -> list[RunEntry]:
    """Return the runs directly below `parent` by name, damaged ones with their problem.

    A folder that holds none of a run's files is not a run and is left out; so is whatever is
    hidden. Raises DiskError when the folder itself cannot be read.
    """
    home = Path(parent).absolute()
    if not is_folder(home, disk=disk, follow=True):
        return []
    entries = []
    with or_disk_error("the runs cannot be listed", home, disk=disk):
        names = [name for name in disk.names(home) if is_folder_name(name)]
    for name in names:
        with contextlib.suppress(OSError):
            path = home / name
            if is_folder(path, disk=disk) and not RUN_FILES.isdisjoint(disk.names(path)):
                entries.append(_entry(path, disk))
    return entries


def remove_run(name: str, parent: Path | str = "runs", *, disk: Disk = DISK) -> Path:
    """Remove a run, good or damaged, and return the path it had.

    It vanishes at once by a rename and is then taken apart, so that no half of it is ever seen.
    Raises StoreError when there is no such run, when it is being written, or when its folder holds
    anything that belongs to no run; DiskError when the disk refuses.
    """
    home = Path(parent).absolute()
    if not is_folder_name(name):
        raise StoreError(f"{name!r} is no name of a run; `tengesim runs list` shows the names")
    run = folder_of(name, home, disk=disk)
    if run.parent != home:
        raise StoreError(f"{name!r} is no run below {home}; `tengesim runs list` shows the names")
    with (
        or_disk_error("the run cannot be removed", home, disk=disk),
        locked(home, name, patience_s=0.0, disk=disk) as owner,
    ):
        _refuse_other_contents(run, disk)
        sweep(home, name, disk=disk)
        gone = hidden_path(home, name, "gone", owner)
        disk.rename(run, gone)
        sync_folder(home, disk=disk)
        with contextlib.suppress(OSError):
            remove_tree(gone, disk=disk)
    return run


def _entry(path: Path, disk: Disk) -> RunEntry:
    try:
        with open_run(path, path.parent, disk=disk) as run:
            manifest = run.manifest
    except StoreError as error:
        return RunEntry(path.name, path, None, str(error))
    if manifest.folder_name != path.name:
        problem = f"{path}: holds the run {manifest.folder_name!r}; give the folder that name"
        return RunEntry(path.name, path, manifest, problem)
    return RunEntry(path.name, path, manifest, "")


def _refuse_other_contents(run: Path, disk: Disk) -> None:
    names = set(disk.names(run))
    foreign = sorted(names - RUN_FILES)
    if foreign:
        raise StoreError(f"{run}: {foreign[0]!r} belongs to no run; move it away and repeat")
    if names.isdisjoint(RUN_FILES):
        raise StoreError(f"{run}: is not a run, it has no {MANIFEST_FILE}; remove it yourself")
