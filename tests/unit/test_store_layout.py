"""Names of runs stay inside their folder, and manifests say the same thing in one way only."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.store.layout import (
    HASHED_FILES,
    LAYOUT,
    FileEntry,
    Manifest,
    checked_name,
    folder_name,
    is_folder_name,
    manifest_text,
    parse_manifest,
    sealed,
    unsealed,
)

DIGEST = "0123456789abcdef" * 4


def manifest(**changes: object) -> Manifest:
    """Return a manifest with some fields of its own."""
    entry = FileEntry(sha256=DIGEST, bytes=2**53 + 1, rows=None)
    fields: dict[str, Any] = {
        "name": "road repair",
        "scenario_digest": DIGEST,
        "log_digest": DIGEST,
        "seed": 2**64 + 1,
        "payments": 0,
        "files": dict.fromkeys(HASHED_FILES, entry),
    }
    return Manifest(**{**fields, **changes})


@pytest.mark.parametrize("name", ["a", "road_repair", "Жол жөндеу", "7", "a.b-c d", "x" * 80])
def test_a_good_name_stands_in_the_name_of_the_folder(name: str) -> None:
    """Goal: people find their runs. Method: letters of any script, digits, and four signs."""
    assert checked_name(name) == name
    assert is_folder_name(folder_name(name, DIGEST, 5))
    assert folder_name(name, DIGEST, 5).endswith("-0123456789ab-s5")


BAD_NAMES = [
    *("", ".", "..", ".a", "-a", " a", "a/b", "a\\b", "a\0", "a\n", "a:b", "a~b", "x" * 81),
    *("../../etc/passwd", "%2e%2e", "∕", "e\u0301", "=1+1", "a*"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_refused(name: str) -> None:
    """Goal: no way out of the folder, no surprise in it. Method: names that would be one."""
    with pytest.raises(ValueError, match="the name"):
        checked_name(name)
    with pytest.raises(ValueError, match="the name"):
        parse_manifest(manifest_text(manifest(name=name)))


@pytest.mark.parametrize("name", ["\ud800", '"\ud800"'])
def test_a_text_that_no_file_can_hold_is_refused(name: str) -> None:
    """Goal: one kind of error. Method: half a character, alone and inside JSON."""
    with pytest.raises(ValueError, match="the name"):
        checked_name(name)
    with pytest.raises(ValueError, match=r"."):
        parse_manifest(f'{{"name": {name}}}')


@given(st.text(min_size=1, max_size=80).filter(lambda text: "\0" not in text))
def test_a_folder_name_is_one_step_down_and_short_enough(text: str) -> None:
    """Goal: whatever passes is safe on any disk. Method: any text that is taken for a name."""
    try:
        name = checked_name(text)
    except ValueError:
        assert not is_folder_name(text) or len(text) > 1
        return
    folder = folder_name(name, DIGEST, 2**64)
    assert Path("runs", folder).parent == Path("runs")
    assert Path(folder).name == folder
    assert len(folder.encode()) < 170


def test_a_manifest_reads_back_as_it_was_written() -> None:
    """Goal: numbers of any size survive. Method: there and back."""
    text = manifest_text(manifest())
    assert parse_manifest(text) == manifest()
    assert manifest_text(parse_manifest(text)) == text
    assert text.endswith("}\n")


@given(st.integers(0, 4_000), st.integers(0, 7))
def test_a_manifest_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    """Goal: the seal covers every byte. Method: any bit of the text."""
    content = bytearray(manifest_text(manifest()).encode())
    content[place % len(content)] ^= 1 << bit
    with pytest.raises(ValueError, match=r"."):
        parse_manifest(content.decode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", "1"),
        ("seed", 1.0),
        ("payments", True),
        ("log_digest", DIGEST.upper()),
        ("scenario_digest", DIGEST + "\n"),
        ("log_mode", "half"),
        ("files", {}),
        ("colour", 1),
        ("layout", 0),
        ("layout", None),
        ("results_version", None),
    ],
)
def test_a_sealed_manifest_with_a_wrong_field_is_refused_by_its_name(
    field: str, value: object
) -> None:
    """Goal: say what is wrong. Method: one field out of shape, the seal intact."""
    content = manifest().model_dump(mode="json")
    with pytest.raises(ValueError, match=field):
        parse_manifest(sealed({**content, field: value}))


def test_a_newer_layout_is_named_before_anything_else() -> None:
    """Goal: a newer program's runs are not called damaged. Method: no seal that we know."""
    with pytest.raises(ValueError, match=f"layout {LAYOUT + 1}.*newer version"):
        parse_manifest(f'{{"layout": {LAYOUT + 1}, "stamp": "another kind"}}')


def test_an_older_layout_goes_through_its_migrations_in_turn() -> None:
    """Goal: old runs stay readable. Method: two older layouts with invented differences."""
    current = manifest().model_dump(mode="json")
    oldest = {key: value for key, value in current.items() if key != "results_version"}
    oldest["layout"] = -1

    def from_minus_one(content: dict[str, Any]) -> dict[str, Any]:
        return {**content, "layout": 0, "results_version": 7}

    def from_zero(content: dict[str, Any]) -> dict[str, Any]:
        return {**content, "layout": 1}

    found = parse_manifest(sealed(oldest), {-1: from_minus_one, 0: from_zero})
    assert found == manifest(results_version=7)
    with pytest.raises(ValueError, match="layout"):
        parse_manifest(sealed(oldest), {-1: from_minus_one})


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=5))
def test_whatever_is_sealed_opens_again(content: dict[str, Any]) -> None:
    """Goal: the seal is no obstacle. Method: any small object without the seal's own key."""
    content.pop("seal", None)
    content.pop("layout", None)
    assert unsealed(sealed(content), newest_layout=1) == content
