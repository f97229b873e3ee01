"""Contracts as OCDS: valid by the published schema, whole, ordered, and nobody's.

The schema is not part of this project: it is read from `ocds-1.1.5.zip` where there is one, beside
the project in `shared`, or where TENGESIM_OCDS_ZIP says; otherwise those tests are skipped.
"""

import json
import os
import zipfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import pandas as pd
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tengesim.codes import Kind, Status
from tengesim.errors import ScenarioError
from tengesim.exports.merge import compiled
from tengesim.exports.ocds import PUBLISHER, Packages, export_ocds, packages_of
from tengesim.exports.ocds_parties import Register
from tengesim.journal.sql import answer_of, open_log
from tengesim.population.identifiers import check_digit, is_possibly_real
from tengesim.store.read import StoredRun
from tests.contract_log import FIRST_DAY, KZT, ContractLog
from tests.unit.test_metrics_contracts import worked
from tests.unit.test_metrics_red_flags import tender

ROOT = Path(__file__).resolve().parents[2]
ZIP = Path(os.environ.get("TENGESIM_OCDS_ZIP", ROOT / ".." / "shared" / "ocds-1.1.5.zip"))
NEEDS_ZIP = pytest.mark.skipif(not ZIP.is_file(), reason=f"there is no OCDS schema at {ZIP}")


class Stored:
    """A run that is nothing but its log, answering as a stored one does."""

    def __init__(self, log: ContractLog) -> None:
        """Open the log."""
        self.path = Path("by-hand")
        self.manifest = SimpleNamespace(name="by_hand", seed=7, log_mode="full")
        start_us = log.readings().terms.start_us
        self.days = pd.DataFrame({"start_us": [start_us]})
        self._connection = open_log(log.packed(), log.names, {})

    def query(self, sql: str) -> pd.DataFrame:
        """Return the answer to a question to the log."""
        return answer_of(self._connection, sql)

    def need_full_log(self, act: str) -> None:
        """Allow everything."""


def stored(log: ContractLog) -> StoredRun:
    """Return a log as a run that can be exported."""
    return cast("StoredRun", Stored(log))


@cache
def published() -> tuple[Packages, ...]:
    """Return the packages of a year of many kinds of contracts."""
    log = worked()
    log.day = 0
    log.record(Kind.OBLIGATION, "lot-1", "buyer-1", "firm-1", 900, value=FIRST_DAY + 200)
    # A contract is registered before anything is paid under it, here the advance of the fourth row.
    log.rows.insert(3, log.rows.pop())
    log.day = 200
    tender(log, "lot-2", ((900, True), (910, True), (800, False)))
    log.day = 220
    log.record(Kind.COMPLAINT, "lot-2", "buyer-1", "lot-2-firm-1", rule="complaint_to_organiser")
    log.record(Kind.OBLIGATION, "lot-2", "buyer-1", "lot-2-firm-0", 900, value=FIRST_DAY + 300)
    log.record(Kind.AMENDMENT, "lot-2", "buyer-1", "lot-2-firm-0", 950, value=900 * KZT, limit=1)
    log.record(Kind.TERMINATION, "lot-2", "buyer-1", "lot-2-firm-0", 0)
    log.record(Kind.PLAN, "lot-3", "buyer-2", "treasury", 123, limit=1)
    log.record(
        Kind.TENDER,
        "lot-3",
        "buyer-2",
        "treasury",
        123,
        rule="announced",
        value=1,
        attempt=1,
        limit=log.due(9),
    )
    log.day = 230
    log.record(Kind.TENDER, "lot-3", "buyer-2", "treasury", 123, rule="unsuccessful", attempt=3)
    for seq, row in enumerate(log.rows):
        row["seq"] = seq
    return tuple(packages_of(stored(log)))


def releases() -> list[list[dict[str, Any]]]:
    """Return the releases of every contracting process."""
    return [list(one.releases["releases"]) for one in published()]


@cache
def schemas() -> tuple[Any, dict[str, Any]]:
    """Return a registry of the published schemas, and each of them by the end of its name."""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(ZIP) as archive:
        for name in archive.namelist():
            if name.endswith("schema.json") and "/metaschema/" not in name:
                content = json.loads(archive.read(name))
                found[Path(name).name] = content
    resources = [
        (content["id"], Resource.from_contents(content, default_specification=DRAFT4))
        for content in found.values()
        if "id" in content
    ]
    return Registry().with_resources(resources), found


@NEEDS_ZIP
@pytest.mark.parametrize("kind", ["release", "record"])
def test_packages_are_valid(kind: str) -> None:
    """Goal: others can read them. Method: the published schemas, which also say wrong is wrong."""
    registry, found = schemas()
    schema = found[f"{kind}-package-schema.json"]
    checker = jsonschema.Draft4Validator(
        schema, registry=registry, format_checker=jsonschema.FormatChecker()
    )
    for one in published():
        package = one.releases if kind == "release" else one.records
        assert [error.message for error in checker.iter_errors(package)] == []
        listed = package["releases" if kind == "release" else "records"]
        broken = {**package, "releases" if kind == "release" else "records": [{**listed[0]}]}
        del broken["releases" if kind == "release" else "records"][0]["ocid"]
        assert list(checker.iter_errors(broken)) or kind == "record"


@NEEDS_ZIP
def test_every_field_is_of_the_standard() -> None:
    """Goal: no field of our own. Method: properties of the schema, walked beside every release."""
    _, found = schemas()
    schema = found["release-schema.json"]

    def walk(value: Any, node: dict[str, Any], at: str) -> list[str]:  # noqa: ANN401 - any JSON
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            return [one for item in value for one in walk(item, node.get("items", {}), at)]
        if not isinstance(value, dict) or "properties" not in node:
            return []
        unknown = [f"{at}.{key}" for key in value if key not in node["properties"]]
        return unknown + [
            one
            for key in value
            if key in node["properties"]
            for one in walk(value[key], node["properties"][key], f"{at}.{key}")
        ]

    assert [one for listed in releases() for one in walk(listed, {"items": schema}, "")] == []


def test_publisher_and_parties_are_synthetic() -> None:
    """Goal: nobody real is named. Method: publisher, names, and numbers that fail every check."""
    for one in published():
        assert one.ocid.startswith("ocds-213czf-")
        for package in (one.releases, one.records):
            assert package["publisher"] == {"name": PUBLISHER}
            assert PUBLISHER.startswith("SYNTHETIC")
        for release in one.releases["releases"]:
            for party in release["parties"]:
                number = party["identifier"]["id"]
                assert party["name"].startswith("SYNTHETIC ")
                assert not is_possibly_real(number)
                assert check_digit(number[:-1]) != int(number[-1])
                assert number[4] not in "456"


def test_numbers_of_parties_are_their_own() -> None:
    """Goal: no two parties share a number. Method: many names, given in another order too."""
    names = [f"firm-{number}" for number in range(5_000)]
    register, other = Register(names), Register(reversed(names))
    numbers = [register.number(name) for name in names]
    assert len(set(numbers)) == len(names)
    assert numbers == [other.number(name) for name in names]


def references(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Return the ids of all parties that something refers to."""
    if isinstance(value, list):
        return [one for item in value for one in references(item)]
    if not isinstance(value, dict):
        return []
    own = [str(value["id"])] if str(value.get("id", "")).startswith("KZ-BIN-") else []
    return own + [one for item in value.values() for one in references(item)]


def test_whoever_is_named_is_a_party() -> None:
    """Goal: buyers, suppliers, tenderers, payers and payees exist. Method: all references."""
    for listed in releases():
        for release in listed:
            parties = {party["id"] for party in release["parties"]}
            rest = {key: value for key, value in release.items() if key != "parties"}
            assert set(references(rest)) <= parties
            assert release["buyer"]["id"] in parties


def test_roles_say_who_did_what() -> None:
    """Goal: the roles of the standard. Method: those of a whole contract and of a disputed one."""
    roles = {
        party["name"].removeprefix("SYNTHETIC "): party["roles"]
        for one in published()
        for party in one.records["records"][0]["compiledRelease"]["parties"]
    }
    assert roles["buyer-1"] == ["buyer", "procuringEntity"]
    assert roles["firm-1"] == ["tenderer", "supplier", "payee"]
    assert roles["firm-2"] == ["subcontractor"]
    assert roles["lot-2-firm-2"] == ["tenderer"]
    assert roles["complaint_to_organiser"] == ["reviewBody"]


def test_ids_are_unique_and_dates_ordered() -> None:
    """Goal: what the schema does not see. Method: ids of releases and of lists, dates, periods."""
    every = [release["id"] for listed in releases() for release in listed]
    assert len(set(every)) == len(every)
    for listed in releases():
        dates = [release["date"] for release in listed]
        assert dates == sorted(dates)
        paid = [
            transfer["id"]
            for release in listed
            for contract in release.get("contracts", [])
            for transfer in contract.get("implementation", {}).get("transactions", [])
        ]
        assert len(set(paid)) == len(paid)
    for listed in releases():
        for release in listed:
            for period in (
                release.get("tender", {}).get("tenderPeriod"),
                *(contract.get("period") for contract in release.get("contracts", [])),
            ):
                assert period is None or period["startDate"] <= period["endDate"]


def test_contracts_belong_to_awards_and_payments_stay_within_their_value() -> None:
    """Goal: known award, Σ paid ≤ value, two decimals. Method: the compiled releases."""
    seen = 0
    for one in published():
        final = one.records["records"][0]["compiledRelease"]
        awards = {award["id"] for award in final.get("awards", [])}
        for contract in final.get("contracts", []):
            assert contract["awardID"] in awards
            transfers = contract.get("implementation", {}).get("transactions", [])
            amounts = [Decimal(str(one["value"]["amount"])) for one in transfers]
            assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)
            assert sum(amounts) <= Decimal(str(contract["value"]["amount"]))
            seen += len(amounts)
    assert seen == 2


def test_stages_come_in_their_order() -> None:
    """Goal: a contract is told from plan to end. Method: tags of three processes."""
    tags = [[release["tag"][0] for release in listed] for listed in releases()]
    assert tags == [
        [
            "planning",
            "award",
            "contract",
            "implementation",
            "implementation",
            "implementation",
            "contractTermination",
        ],
        ["planning", "tender", "award", "contract", "contractAmendment", "contractTermination"],
        ["planning", "tender", "tenderUpdate"],
    ]
    final = published()[1].records["records"][0]["compiledRelease"]
    assert final["contracts"][0]["status"] == "terminated"
    assert final["contracts"][0]["value"]["amount"] == 950
    assert final["tender"]["numberOfTenderers"] == 3
    last = published()[2].records["records"][0]["compiledRelease"]
    assert last["tender"]["status"] == "unsuccessful"


def leaves(value: Any, at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:  # noqa: ANN401
    """Return every single value of a release by its path, items of lists by their id."""
    if isinstance(value, dict):
        return [one for key, item in value.items() for one in leaves(item, (*at, key))]
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and "id" in item for item in value)
        and at[-1] != "additionalIdentifiers"
    ):
        return [one for item in value for one in leaves(item, (*at, f"[{item['id']}]"))]
    return [(at, value)]


def test_the_compiled_release_is_what_releases_say_last() -> None:
    """Goal: records agree with releases. Method: last value of every path, without any merging."""
    for one in published():
        said: dict[tuple[str, ...], Any] = {}
        for release in one.releases["releases"]:
            said |= dict(leaves(release))
        final = dict(leaves(one.records["records"][0]["compiledRelease"]))
        for path, value in said.items():
            if path[0] not in {"id", "date", "tag"}:
                assert final[path] == value
        assert {path for path in final if path[0] not in {"id", "date", "tag"}} == {
            path for path in said if path[0] not in {"id", "date", "tag"}
        }


def test_merging_replaces_takes_away_and_joins() -> None:
    """Goal: the rules of merging one by one. Method: two releases by hand."""
    first = {
        "ocid": "o",
        "id": "1",
        "date": "2026-01-01",
        "tag": ["tender"],
        "tender": {"id": "t", "title": "road", "submissionMethod": ["written", "inPerson"]},
        "parties": [{"id": "a", "roles": ["buyer"], "additionalIdentifiers": [{"id": 1}]}],
    }
    second = {
        "ocid": "o",
        "id": "2",
        "date": "2026-01-02",
        "tag": ["award"],
        "tender": {"id": "t", "title": None, "submissionMethod": ["written"]},
        "parties": [
            {"id": "b", "roles": ["supplier"]},
            {"id": "a", "additionalIdentifiers": [{"id": 2}]},
        ],
    }
    assert compiled([first, second]) == {
        "ocid": "o",
        "id": "o-2026-01-02",
        "date": "2026-01-02",
        "tag": ["compiled"],
        "tender": {"id": "t", "submissionMethod": ["written"]},
        "parties": [
            {"id": "a", "roles": ["buyer"], "additionalIdentifiers": [{"id": 2}]},
            {"id": "b", "roles": ["supplier"]},
        ],
    }


def test_a_second_export_is_the_same(tmp_path: Path) -> None:
    """Goal: same run, same bytes. Method: two folders, file by file."""
    log = worked()
    counts = [export_ocds(stored(log), tmp_path / name) for name in ("one", "two")]
    assert counts == [1, 1]
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 3
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_truth_is_not_published() -> None:
    """Goal: nothing only the simulator knows. Method: words of truth in everything written."""
    text = json.dumps([one.records for one in published()])
    for word in ("fictitious", "loss", "true_cost", "honest", "label"):
        assert word not in text.lower()


def test_a_run_without_contracts_says_so() -> None:
    """Goal: a clear refusal. Method: a log of something else."""
    log = ContractLog()
    log.record(Kind.OPENING, "", "treasury", "buyer-1", 5, status=Status.SETTLED)
    with pytest.raises(ScenarioError) as refused:
        list(packages_of(stored(log)))
    assert "has no public contracts" in str(refused.value)
