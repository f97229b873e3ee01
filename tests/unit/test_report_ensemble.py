"""The report of replications says what their file says, and every number says where it stands."""

from pathlib import Path
from typing import Any

import pytest

from tengesim.errors import ScenarioError, StoreError
from tengesim.report.choose import report_text
from tengesim.report.of_ensemble import ENSEMBLE
from tengesim.store.campaigns import ErrorEntry
from tengesim.store.ensembles import EnsembleFile, FanEntry, SpreadEntry, write_ensemble
from tests.report_numbers import Page, Piece, is_shown, read_page

DAYS = tuple(range(6, 250, 7))


def entry(metric: str, unit: str, middle: float) -> SpreadEntry:
    """Return a spread around a value, every number of it different."""
    parts = [middle * (1 + step / 37) for step in range(-5, 6)]
    return SpreadEntry(
        metric=metric,
        unit=unit,
        n=97,
        mean=parts[6],
        deviation=middle / 9,
        mean_low=parts[3],
        mean_high=parts[8],
        quantiles=(parts[1], parts[2], parts[5], parts[7], parts[9]),
        lowest=parts[0],
        highest=parts[10],
    )


def made() -> EnsembleFile:
    """Return an ensemble of a reserve, with a run that failed and a measure that nobody has."""
    none = {"mean": None, "deviation": None, "mean_low": None, "mean_high": None}
    return EnsembleFile(
        name="reserve_2029",
        title="The reserve up to 2029",
        scenario_digest="ab" * 32,
        seed=7,
        replications=98,
        ensemble_digest="cd" * 32,
        errors=(
            ErrorEntry(
                arm="reserve_2029",
                draw=0,
                seed=11,
                kind="invariant broken",
                message="3 tiyn are missing",
                command="tengesim run",
            ),
        ),
        spread=(
            entry("reserve_value", "KZT", 3.217e11),
            entry("provenance_confiscated", "share", 0.4173),
            SpreadEntry(
                metric="attested",
                unit="share",
                n=0,
                quantiles=(),
                lowest=None,
                highest=None,
                **none,
            ),
        ),
        fans=(
            FanEntry(
                path="reserve_value",
                days=DAYS,
                quantiles_tiyn=tuple(
                    tuple(10**12 * (2 + step) + 10**10 * day for day in DAYS) for step in range(5)
                ),
            ),
        ),
    )


def found(content: Any, key: str) -> Any:  # noqa: ANN401 - any part of an ensemble
    """Return what a dotted key leads to."""
    for name in key.split("."):
        content = content[int(name)] if name.isdigit() else content[name]
    return content


def agrees(piece: Piece, content: dict[str, Any]) -> bool:
    """Return whether a number is that of the file."""
    value = found(content, piece.keys["key"])
    if isinstance(value, str):
        return value in piece.text or piece.text in value
    if "_tiyn" in piece.keys["key"]:
        return is_shown(piece.text, [value / 100])
    return is_shown(piece.text, [value])


def read(tmp_path: Path, subject: str) -> Page:
    """Return the page of a report."""
    return read_page(report_text(subject, str(tmp_path)))


@pytest.mark.parametrize("named", ["path", "name"])
def test_every_number_is_that_of_its_file(tmp_path: Path, named: str) -> None:
    """Goal: the report invents nothing. Method: each number read back, however it is named."""
    path = write_ensemble(tmp_path, made())
    page = read(tmp_path, str(path) if named == "path" else path.stem)
    content = made().model_dump(mode="python")
    cited = [piece for piece in page.cited() if piece.source == ENSEMBLE]
    assert len(cited) > 40
    assert [piece for piece in cited if not agrees(piece, content)] == []
    assert page.uncited_numbers() == []


def test_a_number_that_differs_from_its_file_is_found(tmp_path: Path) -> None:
    """Goal: the test above can fail. Method: another file behind the same page."""
    page = read(tmp_path, str(write_ensemble(tmp_path, made())))
    content = made().model_dump(mode="python")
    content["spread"][1]["mean"] *= 1.01
    cited = [piece for piece in page.cited() if piece.source == ENSEMBLE]
    assert {one.keys["key"] for one in cited if not agrees(one, content)} == {"spread.1.mean"}


def test_it_says_what_swings_what_failed_and_how_to_repeat_it(tmp_path: Path) -> None:
    """Goal: every part is there, and what has no value is not. Method: headings and texts."""
    page = read(tmp_path, str(write_ensemble(tmp_path, made())))
    parts = ("How far it may swing on the way", "How far every measure swings", "What failed")
    assert [each for each in page.headings if each in parts] == list(parts)
    assert "tengesim replicate" in page.text()
    assert "not a forecast" in page.text()
    assert "attestation" not in page.text()


def test_replications_are_no_note_about_a_budget(tmp_path: Path) -> None:
    """Goal: no note about no money. Method: ask for one."""
    path = write_ensemble(tmp_path, made())
    with pytest.raises(ScenarioError) as refused:
        report_text(str(path), str(tmp_path), is_fiscal=True)
    assert [finding.code for finding in refused.value.findings] == ["REPORT_EMPTY"]


def test_a_damaged_ensemble_is_refused(tmp_path: Path) -> None:
    """Goal: no report of a file that was changed. Method: one digit of it."""
    path = write_ensemble(tmp_path, made())
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))
    with pytest.raises(StoreError):
        report_text(str(path), str(tmp_path))
