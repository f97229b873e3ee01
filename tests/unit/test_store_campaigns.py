"""Campaign folders: what is written is read, and what is damaged is named and never shown."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tengesim.errors import DiskError, StoreError
from tengesim.store.campaign_write import write_campaign
from tengesim.store.campaigns import (
    CAMPAIGN_FILE,
    CHANGES,
    EXAMPLES,
    PAIRS,
    SUMMARY,
    TABLE_COLUMNS,
    TABLE_FILES,
    CampaignManifest,
    campaign_text,
    campaigns_folder,
    list_campaigns,
    open_campaign,
    parse_campaign,
    scenario_file,
    typed_table,
)
from tengesim.store.files import Disk
from tengesim.store.layout import RESULTS_VERSION, TIMING_FILE, sealed
from tengesim.store.replications import (
    Record,
    check_room,
    find_record,
    record_path,
    write_record,
)
from tests.faults import FaultyDisk

SAMPLE = {"text": "a", "whole": 7, "maybe_whole": None, "float": 0.5}
FILES = [*TABLE_FILES.values(), scenario_file(0), scenario_file(1)]


def manifest(**changes: object) -> CampaignManifest:
    """Return a manifest of two arms."""
    arm = {"title": "T", "scenario_digest": "a" * 64, "run": None}
    content: dict[str, Any] = {
        "name": "base",
        "base": "base",
        "variants": ("other",),
        "arms": {"base": {"name": "base", **arm}, "other": {"name": "other", **arm}},
        "question": "Why?",
        "seed": 1,
        "replications": 3,
        "draws": 0,
        "redraws": 0,
        "metric": "leakage",
        "headline": "Less.",
        "levers": {"other": ({"path": "a.b", "base": None, "variant": "1"},)},
        "assumptions": (),
        "errors": (),
        "ensemble_digest": "b" * 64,
        "variance_reduction": {"other": 2.5},
        "campaign_digest": "c" * 64,
    }
    return CampaignManifest.model_validate({**content, **changes})


def tables(lines: int = 1) -> dict[str, pd.DataFrame]:
    """Return tables of some lines with a value in every column."""
    return {
        name: pd.DataFrame([{column: SAMPLE[kind] for column, kind in kinds.items()}] * lines)
        if lines
        else pd.DataFrame(columns=list(kinds))
        for name, kinds in TABLE_COLUMNS.items()
    }


def written(out: Path, **changes: object) -> Path:
    """Write a small campaign."""
    return write_campaign(
        manifest(**changes),
        tables(),
        scenario_texts=["format: 1\n", "format: 1\nname: other\n"],
        timing={"layout": 1},
        out=out,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Goal: a campaign can be opened again. Method: by path, by name; every table and text."""
    path = written(tmp_path)
    for found in (open_campaign(path), open_campaign(path.name, tmp_path)):
        assert found.manifest.model_copy(update={"files": {}}) == manifest()
        assert list(found.summary.columns) == list(SUMMARY)
        assert list(found.pairs.columns) == list(PAIRS)
        assert list(found.changes.columns) == list(CHANGES)
        assert list(found.examples.columns) == list(EXAMPLES)
        assert found.summary.loc[0, "n"] == 7
        assert found.examples["amount_base_tiyn"].isna().all()
        assert found.scenario_text("other") == "format: 1\nname: other\n"
        assert found.runs_folder == tmp_path
    assert list_campaigns(tmp_path) == [path]
    assert list_campaigns(tmp_path / "none") == []


def test_tables_without_lines_keep_their_columns(tmp_path: Path) -> None:
    """Goal: nothing found is an answer too. Method: four empty tables."""
    path = write_campaign(
        manifest(), tables(0), scenario_texts=["a", "b"], timing={"layout": 1}, out=tmp_path
    )
    found = open_campaign(path)
    for name, frame in (("summary", found.summary), ("examples", found.examples)):
        assert frame.empty
        assert list(frame.columns) == list(TABLE_COLUMNS[name])


def test_the_same_campaign_is_left_as_it_is(tmp_path: Path) -> None:
    """Goal: repeating changes nothing. Method: every file's inode; another answer replaces."""
    path = written(tmp_path)
    before = {one.name: one.stat().st_ino for one in path.iterdir()}
    assert written(tmp_path) == path
    assert {one.name: one.stat().st_ino for one in path.iterdir()} == before
    written(tmp_path, headline="More.")
    assert open_campaign(path).manifest.headline == "More."
    assert [one.name for one in campaigns_folder(tmp_path).iterdir()] == [path.name]


@pytest.mark.parametrize("name", [*FILES, CAMPAIGN_FILE])
@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "gone"])
def test_damage_is_named_and_never_shown(name: str, damage: str, tmp_path: Path) -> None:
    """Goal: never a wrong number. Method: each file damaged in each way."""
    path = written(tmp_path)
    file = path / name
    content = file.read_bytes()
    middle = len(content) // 2
    if damage == "gone":
        file.unlink()
    elif damage == "flipped":
        flipped = bytes([content[middle] ^ 1])
        file.write_bytes(content[:middle] + flipped + content[middle + 1 :])
    else:
        file.write_bytes(content[:middle] if damage == "cut" else b"")
    with pytest.raises(StoreError, match=name.replace(".", r"\.")):
        open_campaign(path)
    assert written(tmp_path) == path
    assert open_campaign(path).manifest.name == "base"


def test_a_campaign_that_is_not_there_is_named_with_what_was_meant(tmp_path: Path) -> None:
    """Goal: a typing error is found. Method: one letter off, and an empty folder."""
    path = written(tmp_path)
    with pytest.raises(StoreError, match=f"did you mean '{path.name}'"):
        open_campaign(path.name.replace("base", "bsae"), tmp_path)
    with pytest.raises(StoreError, match="tengesim compare"):
        open_campaign("base", tmp_path / "elsewhere")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match=CAMPAIGN_FILE):
        open_campaign(tmp_path / "folder")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"layout": 2}, "newer version"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"variants": ["third"]}, "third"),
        ({"surplus": 1}, "surplus"),
        ({"name": "../up"}, "cannot stand in a file name"),
        ({"variance_reduction": {"other": "much"}}, "variance_reduction"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(change: dict[str, Any], says: str) -> None:
    """Goal: sealed is not yet right. Method: well-sealed manifests with one mistake."""
    content = json.loads(campaign_text(manifest()))
    del content["seal"]
    with pytest.raises(ValueError, match=says):
        parse_campaign(sealed({**content, **change}))
    with pytest.raises(ValueError, match="seal"):
        parse_campaign(campaign_text(manifest()).replace("Less", "More"))


def test_other_things_in_the_folder_are_not_lost(tmp_path: Path) -> None:
    """Goal: notes beside the numbers stay. Method: a foreign file, then another answer."""
    path = written(tmp_path)
    (path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"notes\.txt"):
        written(tmp_path, headline="More.")
    assert (path / "notes.txt").read_text() == "mine"
    assert [one.name for one in campaigns_folder(tmp_path).iterdir()] == [path.name]


def test_a_table_of_another_shape_is_refused() -> None:
    """Goal: the tables are an interface. Method: a missing column, and text for a number."""
    frame = tables()["pairs"]
    with pytest.raises(KeyError):
        typed_table("pairs", frame.drop(columns="seed"))
    with pytest.raises(ValueError, match="invalid literal"):
        typed_table("pairs", frame.assign(seed="one"))
    surplus = typed_table("pairs", frame.assign(more=1))
    assert list(surplus.columns) == list(PAIRS)


def test_every_call_to_the_disk_may_fail_and_the_old_campaign_stays(tmp_path: Path) -> None:
    """Goal: old or whole, never half. Method: fail the n-th call until a write succeeds."""
    path = written(tmp_path)
    for number in range(1, 2_000):
        disk = FaultyDisk(number, persistent=True)
        try:
            write_campaign(
                manifest(headline="More."),
                tables(),
                scenario_texts=["a", "b"],
                timing={"layout": 1},
                out=tmp_path,
                disk=disk,
            )
        except DiskError:
            assert open_campaign(path).manifest.headline == "Less."
        else:
            break
    assert open_campaign(path).manifest.headline == "More."
    assert number > 20


def record(**changes: object) -> Record:
    """Return a record of a made-up replication."""
    content: dict[str, Any] = {
        "name": "base",
        "scenario_digest": "a" * 64,
        "seed": 5,
        "log_digest": "b" * 64,
        "payments": 12,
        "metrics": ({"metric": "leakage", "numerator": 2**70, "denominator": 3, "why": ""},),
    }
    return Record.model_validate({**content, **changes})


def test_a_replication_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Goal: exact numbers, of any size. Method: write, read, ask for others."""
    write_record(tmp_path, record())
    assert find_record(tmp_path, "base", "a" * 64, 5) == record()
    assert record().exact["leakage"] == pytest.approx(2**70 / 3)
    assert find_record(tmp_path, "base", "a" * 64, 6) is None
    # A digest that begins the same names the same file, and is not taken for it.
    assert find_record(tmp_path, "base", "a" * 63 + "b", 5) is None


def test_damaged_or_older_replications_count_as_none(tmp_path: Path) -> None:
    """Goal: a wrong number is computed again. Method: every byte flipped, older results."""
    path = write_record(tmp_path, record())
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert find_record(tmp_path, "base", "a" * 64, 5) is None
    path.write_bytes(whole)
    assert find_record(tmp_path, "base", "a" * 64, 5) is not None
    write_record(tmp_path, record(results_version=RESULTS_VERSION + 1))
    assert find_record(tmp_path, "base", "a" * 64, 5) is None


def test_a_replication_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Goal: no half file is ever found. Method: fail the n-th call until a write succeeds."""
    for number in range(1, 200):
        try:
            write_record(tmp_path, record(), disk=FaultyDisk(number, persistent=True))
        except DiskError:
            path = record_path(tmp_path, "base", "a" * 64, 5)
            assert find_record(tmp_path, "base", "a" * 64, 5) in (None, record())
            path.unlink(missing_ok=True)
        else:
            break
    assert find_record(tmp_path, "base", "a" * 64, 5) == record()
    assert number > 5


def test_replications_that_will_not_fit_are_refused_at_once(tmp_path: Path) -> None:
    """Goal: no campaign fills a disk for hours first. Method: a disk with 50 kB left."""

    class Small(Disk):
        def free_bytes(self, folder: Path) -> int:
            return 50_000

    check_room(tmp_path, 2, disk=Small())
    with pytest.raises(DiskError, match=r"0 MB are free and about 1 MB are needed"):
        check_room(tmp_path, 3, disk=Small())


def test_timing_is_no_part_of_the_campaign(tmp_path: Path) -> None:
    """Goal: the same answer on a slow machine. Method: change the timing and open."""
    path = written(tmp_path)
    (path / TIMING_FILE).write_text("{}")
    assert open_campaign(path).manifest.seed == 1
