"""The export of a whole run: every contract of it, by the command, and what it refuses."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import tengesim
import tengesim.cli
from tengesim import errors
from tengesim.store.write import write_run
from tests.program import Command, program
from tests.unit.test_exports_ocds import NEEDS_ZIP, references, schemas

ROADS = "road_repair"
MEALS = ("school_meals", ("population.scale=0.002",))
VALIDATED = 3
"""Contracts checked against the schema, which takes its time."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return stored runs: roads in full and as a summary, and meals."""
    wanted = {"roads": (ROADS, ()), "summary": (ROADS, ("run.log=summary",)), "meals": MEALS}
    return {
        name: write_run(
            tengesim.simulate(tengesim.load_scenario(scenario, settings=settings)),
            tmp_path_factory.mktemp(name),
        )
        for name, (scenario, settings) in wanted.items()
    }


@pytest.fixture(scope="module")
def exported(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an export of roads, made by the command."""
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sys.argv", ["tengesim", "export", str(runs["roads"]), "ocds", "-o", str(folder)]
        )
        with pytest.raises(SystemExit) as ended:
            tengesim.cli.main()
    assert ended.value.code == 0
    return folder


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Return the program, run in this process in an empty folder."""
    return program(monkeypatch, capsys, tmp_path)


def packages(folder: Path, part: str) -> list[dict[str, Any]]:
    """Return the packages of a part, in the order of their names."""
    return [json.loads(path.read_bytes()) for path in sorted((folder / part).iterdir())]


def test_every_contract_of_a_run_is_exported(exported: Path) -> None:
    """Goal: whole. Method: index, releases and records against lots awarded in the log."""
    index = json.loads((exported / "index.json").read_bytes())
    assert len(index["ocids"]) == len(set(index["ocids"])) == 30
    for part in ("releases", "records"):
        assert sorted(path.stem for path in (exported / part).iterdir()) == index["ocids"]


@NEEDS_ZIP
@pytest.mark.parametrize("part", ["releases", "records"])
def test_packages_of_a_run_are_valid(exported: Path, part: str) -> None:
    """Goal: real runs too. Method: the published schemas on some contracts."""
    registry, found = schemas()
    checker = jsonschema.Draft4Validator(
        found[f"{part.removesuffix('s')}-package-schema.json"],
        registry=registry,
        format_checker=jsonschema.FormatChecker(),
    )
    for package in packages(exported, part)[:VALIDATED]:
        assert [error.message for error in checker.iter_errors(package)] == []


def test_what_the_schema_does_not_see_holds_in_a_run(exported: Path) -> None:
    """Goal: Σ paid ≤ value, parties exist, ids and dates. Method: every contract of the run."""
    seen: set[str] = set()
    for package in packages(exported, "records"):
        [record] = package["records"]
        final = record["compiledRelease"]
        dates = [release["date"] for release in record["releases"]]
        assert dates == sorted(dates)
        ids = [release["id"] for release in record["releases"]]
        assert not seen & set(ids)
        seen |= set(ids)
        parties = {party["id"] for party in final["parties"]}
        assert set(references({**final, "parties": []})) <= parties
        awards = {award["id"] for award in final["awards"]}
        for contract in final["contracts"]:
            transfers = contract["implementation"]["transactions"]
            amounts = [Decimal(str(one["value"]["amount"])) for one in transfers]
            assert 0 < sum(amounts) <= Decimal(str(contract["value"]["amount"]))
            assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)
            assert contract["awardID"] in awards
            assert contract["period"]["startDate"] <= contract["period"]["endDate"]


@pytest.mark.parametrize(
    ("run", "says"), [("summary", "the export to OCDS reads"), ("meals", "no public contracts")]
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    run: str, says: str, runs: dict[str, Path], command: Command, tmp_path: Path
) -> None:
    """Goal: a clear mistake, and no folder half full. Method: a summary, and other money."""
    done = command("export", str(runs[run]), "ocds", "-o", "contracts")
    assert done.code == errors.EXIT_FINDINGS
    assert says in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "contracts").exists()
