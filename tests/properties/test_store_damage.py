"""A damaged run is refused by the name of the bad file, and never shows a wrong number."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tengesim.errors import EXIT_STORE, StoreError
from tengesim.store.files import Disk
from tengesim.store.find import list_runs
from tengesim.store.layout import HASHED_FILES, RUN_FILES, manifest_text, parse_manifest
from tengesim.store.read import StoredRun, open_run
from tengesim.store.verify import verify_run
from tengesim.store.write import write_recording
from tests.builders import events_of, school_meals

FILES = sorted(RUN_FILES)
FLIPS = 60

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an undamaged run."""
    return write_recording(school_meals().recording(), tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """Return a copy of the run, to be damaged, beside an undamaged one."""
    shutil.copytree(sound, tmp_path / "other")
    return Path(shutil.copytree(sound, tmp_path / sound.name))


def everything(run: StoredRun) -> list[object]:
    """Read whatever can be read of a run."""
    return [
        run.events(),
        run.cube,
        run.accounts,
        run.metrics,
        run.days,
        run.query("SELECT sum(amount_tiyn) AS total FROM events"),
        run.scenario_text,
        run.timing,
    ]


def assert_refused(run: Path, file: str) -> None:
    """Assert that reading and verifying name `file`, and that the neighbour is still listed."""
    with pytest.raises(StoreError) as caught, open_run(run) as stored:
        everything(stored)
    message = str(caught.value)
    assert caught.value.exit_code == EXIT_STORE
    assert str(run / file) in message
    assert "\n" not in message
    assert re.search("restore|remove|allow|open it with", message), "it does not say what to do"
    report = verify_run(run)
    assert not report.passed
    assert any(file in check.render() and not check.passed for check in report.checks)
    (neighbour,) = (entry for entry in list_runs(run.parent) if entry.name == "other")
    assert neighbour.manifest is not None


def truncate(part: str) -> Damage:
    """Return the damage of cutting a file off."""

    def cut(path: Path) -> None:
        content = path.read_bytes()
        size = {"0": 0, "1": 1, "half": len(content) // 2, "all but 1": len(content) - 1}[part]
        path.write_bytes(content[:size])

    return cut


def fill_with_zeros(path: Path) -> None:
    """Replace every byte by zero."""
    path.write_bytes(bytes(path.stat().st_size))


def remove(path: Path) -> None:
    """Remove the file."""
    path.unlink()


def make_folder(path: Path) -> None:
    """Put a folder in place of the file."""
    path.unlink()
    path.mkdir()


def make_link(path: Path) -> None:
    """Put a link in place of the file, to the same bytes elsewhere."""
    elsewhere = path.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def make_pipe(path: Path) -> None:
    """Put a pipe in place of the file, on which a reader would wait for ever."""
    path.unlink()
    os.mkfifo(path)


def append(path: Path) -> None:
    """Add one byte."""
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "damage",
    [
        *(truncate(part) for part in ("0", "1", "half", "all but 1")),
        fill_with_zeros,
        remove,
        make_folder,
        make_link,
        make_pipe,
        append,
    ],
    ids=["0", "1", "half", "all but 1", "zeros", "missing", "folder", "link", "pipe", "longer"],
)
def test_a_damaged_file_is_refused_by_name(run: Path, file: str, damage: Damage) -> None:
    """Goal: exit 4 and the file's name. Method: every damage to every file."""
    damage(run / file)
    assert_refused(run, file)


@pytest.mark.parametrize("number", range(FLIPS))
def test_a_flipped_bit_is_refused_by_name(run: Path, number: int) -> None:
    """Goal: nothing passes silently. Method: one bit at a drawn place, every file in turn."""
    chance = np.random.default_rng(number)
    path = run / FILES[number % len(FILES)]
    content = bytearray(path.read_bytes())
    content[chance.integers(len(content))] ^= 1 << int(chance.integers(8))
    path.write_bytes(content)
    assert_refused(run, path.name)


@pytest.mark.parametrize("digit", range(30))
def test_a_changed_digit_of_the_manifest_is_refused(run: Path, digit: int) -> None:
    """Goal: seed and counts are numbers too. Method: change one digit of the manifest's text."""
    path = run / "manifest.json"
    text = path.read_text(encoding="utf-8")
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    place = places[digit * len(places) // 30]
    path.write_text(
        text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :], encoding="utf-8"
    )
    assert_refused(run, "manifest.json")


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (3, 4), (5, 6)])
def test_two_files_swapped_are_refused(run: Path, pair: tuple[int, int]) -> None:
    """Goal: a file is known by its contents. Method: swap two files of the run."""
    one, two = (run / HASHED_FILES[place] for place in pair)
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)
    names = f"{re.escape(one.name)}|{re.escape(two.name)}"
    with pytest.raises(StoreError, match=names), open_run(run) as stored:
        everything(stored)
    failed = {check.name for check in verify_run(run).checks if not check.passed}
    assert {one.name, two.name} <= failed


@pytest.mark.parametrize("file", HASHED_FILES)
def test_a_file_of_another_run_is_refused(run: Path, tmp_path: Path, file: str) -> None:
    """Goal: runs do not mix. Method: put the same file of another run in its place."""
    other = write_recording(
        school_meals(pupils=3, days=5, meal_tiyn=9).recording("other meals"), tmp_path / "more"
    )
    shutil.copy(other / file, run / file)
    assert_refused(run, file)


def test_a_file_that_belongs_to_no_run_fails_the_check(run: Path) -> None:
    """Goal: `verify` shows what was put there. Method: add a file; reading goes on."""
    (run / "notes.txt").write_text("mine", encoding="utf-8")
    with open_run(run) as stored:
        everything(stored)
    report = verify_run(run)
    assert [check.name for check in report.checks if not check.passed] == ["other files"]
    assert "notes.txt" in report.render()


def test_a_file_damaged_while_a_run_is_open_is_refused(run: Path) -> None:
    """Goal: an open dashboard shows no damage. Method: read, damage, read again."""
    with open_run(run) as stored:
        everything(stored)
        path = run / "events.parquet"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(StoreError, match=r"events\.parquet"):
            stored.events()


def test_a_file_that_may_not_be_read_is_refused(run: Path) -> None:
    """Goal: exit 4, not a traceback. Method: a disk that denies one file."""

    class Denying(Disk):
        def open(self, path: Path, flags: int) -> int:
            if path.name == "cube.parquet":
                raise PermissionError(13, "Permission denied", str(path))
            return super().open(path, flags)

    stored = open_run(run, disk=Denying())
    with pytest.raises(StoreError, match=r"cube\.parquet: may not be read"):
        _ = stored.cube


def resealed(run: Path, **changes: object) -> None:
    """Change fields of the manifest and seal it again, as a forger or other code would."""
    path = run / "manifest.json"
    manifest = parse_manifest(path.read_text(encoding="utf-8"))
    path.write_text(manifest_text(manifest.model_copy(update=changes)), encoding="utf-8")


def test_a_newer_layout_is_refused_by_its_number(run: Path) -> None:
    """Goal: say that the program is too old. Method: a manifest of layout 2."""
    resealed(run, layout=2)
    with pytest.raises(StoreError, match=r"layout 2, and this version .* up to 1.* newer version"):
        open_run(run)
    (entry,) = (entry for entry in list_runs(run.parent) if entry.name == run.name)
    assert "layout 2" in entry.problem


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({"payments": 10**6}, "payments"),
        ({"log_digest": "0" * 64}, "log digest"),
    ],
)
def test_a_manifest_that_lies_fails_its_check(
    run: Path, changes: dict[str, object], failing: str
) -> None:
    """Goal: a seal is no proof. Method: seal a wrong number and look which check fails."""
    resealed(run, **changes)
    failed = [check.name for check in verify_run(run).checks if not check.passed]
    assert failed == [failing]


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '{"layout": 1}', '{"layout": "1"}', "[" * 10_000, "\x00", '{"a": 1}'],
)
def test_a_manifest_that_is_none_is_refused(run: Path, text: str) -> None:
    """Goal: any text gives one line. Method: texts that are no manifest."""
    (run / "manifest.json").write_text(text, encoding="utf-8")
    assert_refused(run, "manifest.json")


def test_a_huge_manifest_is_refused_without_being_read(run: Path) -> None:
    """Goal: bounded memory. Method: two mebibytes of manifest."""
    (run / "manifest.json").write_bytes(b"x" * (2 << 20))
    with pytest.raises(StoreError, match="larger than 1048576 bytes"):
        open_run(run)


def test_the_manifest_is_written_in_one_way_only(run: Path) -> None:
    """Goal: equal runs have equal bytes. Method: the same JSON with other spaces is refused."""
    path = run / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert_refused(run, "manifest.json")


def test_an_undamaged_run_passes_every_check_and_reads_as_written(run: Path) -> None:
    """Goal: the tests above can tell. Method: the same reading without damage."""
    recording = school_meals().recording()
    with open_run(run) as stored:
        pd.testing.assert_frame_equal(stored.events(), events_of(recording))
        pd.testing.assert_frame_equal(stored.cube, recording.cube)
        pd.testing.assert_frame_equal(stored.accounts, recording.accounts)
        pd.testing.assert_frame_equal(stored.metrics, recording.metrics)
        assert stored.scenario_text == recording.scenario_text
        assert stored.timing["wall_s"]["build"] == recording.phases["build"]
    report = verify_run(run)
    assert report.passed, report.render()
    assert len(report.render().splitlines()) == len(report.checks)
