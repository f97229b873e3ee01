"""Every shipped scenario with public contracts can be published: valid, whole, and twice the same.

The schema is read where `tests/unit/test_exports_ocds.py` reads it; what needs it is skipped where
it is not there.
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from tengesim import load_scenario, simulate
from tengesim.exports.ocds import export_ocds, packages_of
from tengesim.scenario.shipped import shipped_names
from tengesim.store.read import open_run
from tengesim.store.write import write_run
from tests.unit.test_exports_ocds import NEEDS_ZIP, references, schemas

SCALES = {"procurement_year": "0.002"}
"""How small a scenario is run, by how its name begins; others at a fifth."""

VALIDATED = 12
"""So many processes of a scenario are held to the schema; of one kind all are made alike."""


@cache
def names() -> tuple[str, ...]:
    """Return the shipped scenarios with contracts."""
    found = (name for name in shipped_names() if load_scenario(name).procurement is not None)
    return tuple(sorted(found))


@pytest.fixture(scope="module", params=names())
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small run."""
    name = str(request.param)
    start = next((each for each in SCALES if name.startswith(each)), "")
    scenario = load_scenario(name, settings=(f"population.scale={SCALES.get(start, '0.2')}",))
    return write_run(simulate(scenario), tmp_path_factory.mktemp("runs"), engine_name="fast")


def test_whoever_is_named_exists_and_nobody_is_paid_beyond_the_contract(stored: Path) -> None:
    """Goal: packages are whole. Method: every reference and every sum of every process."""
    paid = 0
    with open_run(stored.name, stored.parent) as run:
        for one in packages_of(run):
            for release in one.releases["releases"]:
                parties = {party["id"] for party in release["parties"]}
                rest = {key: value for key, value in release.items() if key != "parties"}
                assert set(references(rest)) <= parties
            final = one.records["records"][0]["compiledRelease"]
            for contract in final.get("contracts", []):
                transfers = contract.get("implementation", {}).get("transactions", [])
                amounts = [Decimal(str(each["value"]["amount"])) for each in transfers]
                assert sum(amounts) <= Decimal(str(contract["value"]["amount"])), one.ocid
                paid += len(amounts)
    assert paid


@NEEDS_ZIP
def test_packages_of_shipped_scenarios_are_valid(stored: Path) -> None:
    """Goal: others can read them. Method: the published schemas on processes spread over all."""
    registry, found = schemas()
    validators = {
        kind: jsonschema.Draft4Validator(
            found[f"{kind}-package-schema.json"],
            registry=registry,
            format_checker=jsonschema.FormatChecker(),
        )
        for kind in ("release", "record")
    }
    with open_run(stored.name, stored.parent) as run:
        packages = list(packages_of(run))
    # The longest first: they have everything that there is to publish.
    packages.sort(key=lambda one: -len(one.releases["releases"]))
    step = max(1, len(packages) // VALIDATED)
    for one in packages[::step]:
        for kind, package in (("release", one.releases), ("record", one.records)):
            assert [error.message for error in validators[kind].iter_errors(package)] == []


def test_a_second_export_of_a_stored_run_is_the_same(stored: Path, tmp_path: Path) -> None:
    """Goal: same run, same bytes. Method: export twice, file by file; the index names them all."""
    with open_run(stored.name, stored.parent) as run:
        counts = [export_ocds(run, tmp_path / folder) for folder in ("one", "two")]
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 2 * counts[0] + 1
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    index = json.loads((tmp_path / "one" / "index.json").read_text(encoding="utf-8"))
    assert len(index["ocids"]) == counts[0] == counts[1]
