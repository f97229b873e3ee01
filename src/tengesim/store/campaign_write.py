"""Writing a campaign: every file into a hidden folder, the manifest last, then one rename.

As with runs, a reader sees what was there before or the complete campaign. A campaign that is
there already with the same contents is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tengesim.errors import StoreError
from tengesim.journal.sql import connect
from tengesim.store.campaigns import (
    CAMPAIGN_FILE,
    TABLE_COLUMNS,
    TABLE_FILES,
    CampaignManifest,
    campaign_text,
    campaigns_folder,
    open_campaign,
    scenario_file,
    typed_table,
)
from tengesim.store.files import (
    DISK,
    Disk,
    fingerprint,
    is_folder,
    is_present,
    make_folder,
    or_disk_error,
    sync_folder,
    write_file,
)
from tengesim.store.layout import TIMING_FILE, FileEntry, sealed
from tengesim.store.lock import hidden_path, locked, sweep
from tengesim.store.parquet import write_table
from tengesim.store.write import PATIENCE_S, publish, remove_quietly

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_campaign"]

_BYTES_A_LINE: Final = 200
_BYTES_AT_LEAST: Final = 200_000


def write_campaign(
    manifest: CampaignManifest,
    tables: Mapping[str, pd.DataFrame],
    *,
    scenario_texts: Sequence[str],
    timing: Mapping[str, Any],
    out: Path | str,
    disk: Disk = DISK,
) -> Path:
    """Write a campaign in `campaigns` below `out` and return its folder.

    `manifest` comes without its list of files; `timing` is kept beside it and stands outside every
    hash. Raises DiskError when the disk refuses, StoreError when another program is writing the
    same campaign or the folder holds anything else.
    """
    home = campaigns_folder(out)
    key = manifest.folder_name
    lines = sum(len(frame) for frame in tables.values())
    needed = _BYTES_AT_LEAST + _BYTES_A_LINE * lines + sum(map(len, scenario_texts))
    with or_disk_error("the campaign cannot be written", home, needed_bytes=int(needed), disk=disk):
        make_folder(home, disk=disk)
        with locked(
            home,
            key,
            patience_s=PATIENCE_S,
            what="the campaign is being written",
            disk=disk,
        ) as owner:
            sweep(home, key, disk=disk)
            part = hidden_path(home, key, "part", owner)
            try:
                whole = _write_folder(part, manifest, tables, scenario_texts, timing, disk=disk)
                if _is_there(home / key, whole, disk):
                    remove_quietly(part, disk)
                else:
                    _refuse_foreign_files(home / key, disk)
                    publish(part, home / key, owner, disk)
            except BaseException:
                remove_quietly(part, disk)
                raise
    return home / key


def _write_folder(
    part: Path,
    manifest: CampaignManifest,
    tables: Mapping[str, pd.DataFrame],
    scenario_texts: Sequence[str],
    timing: Mapping[str, Any],
    *,
    disk: Disk,
) -> CampaignManifest:
    disk.make_folder(part)
    rows: dict[str, int | None] = {}
    with connect() as connection:
        for name in TABLE_COLUMNS:
            frame = typed_table(name, tables[name])
            write_table(connection, frame, part / TABLE_FILES[name], disk=disk)
            rows[TABLE_FILES[name]] = len(frame)
    for position, text in enumerate(scenario_texts):
        write_file(part / scenario_file(position), text.encode(), disk=disk)
        rows[scenario_file(position)] = None
    files = {
        name: FileEntry(**fingerprint(part / name, disk=disk)._asdict(), rows=count)
        for name, count in rows.items()
    }
    whole = manifest.model_copy(update={"files": files})
    write_file(part / TIMING_FILE, sealed(timing).encode(), disk=disk)
    write_file(part / CAMPAIGN_FILE, campaign_text(whole).encode(), disk=disk)
    sync_folder(part, disk=disk)
    return whole


def _is_there(path: Path, manifest: CampaignManifest, disk: Disk) -> bool:
    """Return whether this very campaign lies in `path` undamaged."""
    if not is_folder(path, disk=disk):
        return False
    try:
        return open_campaign(path, disk=disk).manifest == manifest
    except StoreError:
        return False


def _refuse_foreign_files(path: Path, disk: Disk) -> None:
    """Raise StoreError rather than replace a folder in which somebody keeps other things."""
    if not is_present(path, disk=disk):
        return
    if not is_folder(path, disk=disk):
        raise StoreError(f"{path}: a campaign belongs here, and this is not a folder; move it away")
    known = {CAMPAIGN_FILE, TIMING_FILE, *TABLE_FILES.values()}
    foreign = [
        name
        for name in sorted(set(disk.names(path)) - known)
        if not (name.startswith("scenario-") and name.endswith(".yaml"))
    ]
    if foreign:
        raise StoreError(
            f"{path}: the campaign in it cannot be replaced while there is {foreign[0]!r}, which "
            "belongs to no campaign; move that away"
        )
