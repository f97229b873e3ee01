"""Public contracts of a run as OCDS 1.1 release and record packages, one of each per contract.

Everything is read from rows that a portal would publish; truth is not among them. Same run, same
bytes: no clock is read, and every list has the order of the log. Transfers of money below the
supplier are not published, so what is paid under a contract never adds up to more than its value.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tengesim.clock import DAY_US
from tengesim.codes import Kind, Status, column_text
from tengesim.errors import Finding, ScenarioError
from tengesim.exports.merge import compiled
from tengesim.exports.ocds_parties import Parties, Register
from tengesim.metrics.contracts import METHODS
from tengesim.money import TIYN_PER_TENGE
from tengesim.store.files import or_disk_error, write_atomic

if TYPE_CHECKING:
    from tengesim.store.read import StoredRun

__all__ = ["PUBLISHER", "export_ocds", "packages_of"]

Json = dict[str, Any]

PUBLISHER: Final = "SYNTHETIC: a simulation by tengesim, no real procurement"
_PREFIX: Final = "ocds-213czf"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PUBLISHED: Final = (
    Kind.PLAN,
    Kind.TENDER,
    Kind.BID,
    Kind.AWARD,
    Kind.OBLIGATION,
    Kind.AMENDMENT,
    Kind.SUBCONTRACT,
    Kind.ACCEPTANCE,
    Kind.COMPLAINT,
    Kind.REVIEW,
    Kind.TERMINATION,
    Kind.CLOSING,
)
_PAYMENTS: Final = (Kind.ADVANCE, Kind.BUDGET_PAYMENT, Kind.RETENTION)
_COLUMNS: Final = (
    "seq",
    "time_us",
    "kind",
    "rule",
    "value",
    "limit",
    "payer",
    "payee",
    "amount_tiyn",
    "intent",
    "attempt",
    "region",
    "programme",
    "place",
)
_REVIEWS: Final = ("complaint", "review")
_METHODS: Final = {
    "open_tender": "open",
    "scoring_tender": "open",
    "auction": "open",
    "quotations": "open",
    "e_store": "selective",
    "direct": "direct",
    "single_source": "limited",
}


class _Row(NamedTuple):
    """A published row of the log."""

    seq: int
    time_us: int
    kind: str
    rule: str
    value: int
    limit: int
    payer: str
    payee: str
    amount_tiyn: int
    intent: str
    attempt: int
    region: str
    programme: str
    place: str


class Packages(NamedTuple):
    """What is published of one contracting process."""

    ocid: str
    releases: Json
    records: Json


def export_ocds(stored: StoredRun, folder: Path) -> int:
    """Write packages of every contracting process of a run below `folder`; return their number.

    Raises ScenarioError for a run without procurement or without its full log, and DiskError where
    the disk refuses.
    """
    published = packages_of(stored)
    count = 0
    with or_disk_error("writing the export", folder.absolute()):
        for part in ("releases", "records"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        index = []
        for found in published:
            for part, package in (("releases", found.releases), ("records", found.records)):
                (folder / part / f"{found.ocid}.json").write_bytes(_bytes(package))
            index.append(found.ocid)
            count += 1
        listed = {"publisher": {"name": PUBLISHER}, "run": stored.path.name, "ocids": index}
        write_atomic(folder / "index.json", _bytes(listed))
    return count


def packages_of(stored: StoredRun) -> Iterator[Packages]:
    """Return the packages of every contracting process, in the order of their names."""
    stored.need_full_log("the export to OCDS")
    rows = _published(stored)
    if not rows:
        raise ScenarioError(
            [
                Finding(
                    "NO_PROCUREMENT",
                    f"{stored.path.name} has no public contracts",
                    expected="a run of a scenario with the section procurement",
                    do="run one, such as road_repair, and export that",
                )
            ]
        )
    register = Register(name for row in rows for name in (row.payer, row.payee, _reviewer(row)))
    offset_us = -int(stored.days["start_us"].iloc[0]) % DAY_US
    run = f"{stored.manifest.name.replace('_', '-')}-{stored.manifest.seed}"
    return (
        _Publication(place, run, Parties(register), offset_us).packages(list(group))
        for place, group in groupby(rows, key=lambda row: row.place)
    )


def _published(stored: StoredRun) -> list[_Row]:
    """Return what is published of lots, lot by lot in the order of the log."""
    recorded, settled = column_text(Status.RECORDED), column_text(Status.SETTLED)
    kinds = ", ".join(f"'{column_text(kind)}'" for kind in _PUBLISHED)
    paid = ", ".join(f"'{column_text(kind)}'" for kind in _PAYMENTS)
    planned = f"SELECT place FROM events WHERE kind = '{column_text(Kind.PLAN)}'"  # noqa: S608
    buyers = "SELECT payer FROM events WHERE kind = 'plan'"
    frame = stored.query(
        f"SELECT {', '.join(chr(34) + name + chr(34) for name in _COLUMNS)} FROM events"  # noqa: S608
        f" WHERE place IN ({planned}) AND ((status = '{recorded}' AND kind IN ({kinds}))"
        f" OR (status = '{settled}' AND kind IN ({paid}) AND payer IN ({buyers})))"
        " ORDER BY place, seq"
    )
    columns = [frame[name].tolist() for name in _COLUMNS]
    return [_Row(*values) for values in zip(*columns, strict=True)]


def _bytes(package: Json) -> bytes:
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


class _Publication:
    """The releases of one contracting process, made row by row."""

    def __init__(self, place: str, run: str, parties: Parties, offset_us: int) -> None:
        self._ocid = f"{_PREFIX}-{run}-{place.replace('/', '-')}"
        self._parties = parties
        self._offset_us = offset_us
        self._releases: list[Json] = []
        self._bidders: list[str] = []
        self._buyer: Json = {}
        self._supplier = ""
        self._contract: Json = {}

    def packages(self, rows: Sequence[_Row]) -> Packages:
        """Return release and record package."""
        for row in rows:
            self._take(row)
        published = self._releases[-1]["date"]
        package = {
            "uri": f"urn:tengesim:ocds:release:{self._ocid}",
            "version": "1.1",
            "publishedDate": published,
            "publisher": {"name": PUBLISHER},
        }
        record = {
            "ocid": self._ocid,
            "releases": self._releases,
            "compiledRelease": compiled(self._releases),
        }
        records = {
            **package,
            "uri": f"urn:tengesim:ocds:record:{self._ocid}",
            "packages": [package["uri"]],
            "records": [record],
        }
        return Packages(self._ocid, {**package, "releases": self._releases}, records)

    def _take(self, row: _Row) -> None:
        kind = row.kind
        if kind == "plan":
            self._plan(row)
        elif kind == "tender":
            self._tender(row)
        elif kind == "bid":
            self._bidders.append(row.payee)
        elif kind == "award":
            self._award(row)
        elif kind == "obligation":
            self._sign(row)
        elif kind in _REVIEWS:
            self._parties.reference(_reviewer(row), "reviewBody")
        elif kind == "subcontract":
            self._parties.reference(row.payee, "subcontractor")
        elif self._contract:
            self._under_contract(row)

    def _under_contract(self, row: _Row) -> None:
        """Take a row about a contract that is signed; before that there is none to speak of."""
        if row.kind == "amendment":
            amendment = {
                "id": f"{self._ocid}-amendment-{row.limit or row.attempt}-{row.seq}",
                "date": self._moment(row),
                "description": f"The price changes from {_amount(row.value)} KZT.",
            }
            changed = {"value": _value(row.amount_tiyn), "amendments": [amendment]}
            self._change("contractAmendment", row, changed)
        elif row.kind == "acceptance":
            self._change("implementation", row, {"implementation": self._milestone(row)})
        elif row.kind in {"termination", "closing"}:
            if self._contract.get("status") != "terminated":
                self._change("contractTermination", row, {"status": "terminated"})
        else:
            self._change("implementation", row, {"implementation": self._paid(row)})

    def _plan(self, row: _Row) -> None:
        self._buyer = self._parties.reference(
            row.payer, "buyer", "procuringEntity", region=row.region
        )
        budget = {"id": row.programme, "amount": _value(row.amount_tiyn)}
        tender = {
            "id": f"{self._ocid}-tender",
            "title": row.place,
            "status": "planned",
            "procuringEntity": self._buyer,
            "value": _value(row.amount_tiyn),
            "items": [{"id": "1", "description": row.programme}],
            **_method(row.limit),
        }
        self._release("planning", row, {"planning": {"budget": budget}, "tender": tender})

    def _tender(self, row: _Row) -> None:
        tender: Json = {"id": f"{self._ocid}-tender"}
        stage = "tenderUpdate"
        if row.rule == "announced":
            # What was submitted to an earlier round is no longer before the buyer.
            self._bidders = []
            stage = "tender" if row.attempt <= 1 else "tenderUpdate"
            period = {"startDate": self._moment(row), "endDate": self._day_end(row.limit)}
            tender |= {"status": "active", "tenderPeriod": period, **_method(row.value)}
        else:
            tender["status"] = "cancelled" if row.rule == "cancelled" else "unsuccessful"
        self._release(stage, row, {"tender": tender})

    def _award(self, row: _Row) -> None:
        self._supplier = row.payee
        supplier = self._parties.reference(row.payee, "tenderer", "supplier")
        bidders = list(dict.fromkeys([*self._bidders, row.payee]))
        tender = {
            "id": f"{self._ocid}-tender",
            "status": "complete",
            "numberOfTenderers": len(bidders),
            "tenderers": [self._parties.reference(name, "tenderer") for name in bidders],
            **_method(row.limit),
        }
        award = {
            "id": f"{self._ocid}-award",
            "status": "active",
            "date": self._moment(row),
            "value": _value(row.amount_tiyn),
            "suppliers": [supplier],
            "items": [{"id": "1", "description": row.programme}],
        }
        self._release("award", row, {"tender": tender, "awards": [award]})

    def _sign(self, row: _Row) -> None:
        self._contract = {
            "id": f"{self._ocid}-contract",
            "awardID": f"{self._ocid}-award",
            "status": "active",
            "dateSigned": self._moment(row),
            "value": _value(row.amount_tiyn),
        }
        if self._day_end(row.value) >= self._contract["dateSigned"]:
            period = {"startDate": self._moment(row), "endDate": self._day_end(row.value)}
            self._contract["period"] = period
        self._release("contract", row, {"contracts": [self._contract]})

    def _milestone(self, row: _Row) -> Json:
        milestone = {
            "id": row.intent,
            "title": f"Act {row.value}" if row.value else "Act",
            "type": "delivery",
            "status": "met",
            "dateMet": self._moment(row),
        }
        return {"milestones": [milestone]}

    def _paid(self, row: _Row) -> Json:
        transfer = {
            "id": f"{row.intent}/{row.seq}",
            "source": "urn:tengesim:treasury",
            "date": self._moment(row),
            "value": _value(row.amount_tiyn),
            "payer": self._parties.reference(row.payer, "payer"),
            "payee": self._parties.reference(self._supplier, "payee"),
        }
        return {"transactions": [transfer]}

    def _change(self, stage: str, row: _Row, content: Json) -> None:
        """Publish something about the contract."""
        self._contract |= {key: content[key] for key in ("status", "value") if key in content}
        known = {key: self._contract[key] for key in ("id", "awardID")}
        self._release(stage, row, {"contracts": [{**known, **content}]})

    def _release(self, stage: str, row: _Row, content: Json) -> None:
        number = len(self._releases) + 1
        self._releases.append(
            {
                "ocid": self._ocid,
                "id": f"{self._ocid}-{number:04d}-{stage}",
                "date": self._moment(row),
                "tag": [stage],
                "initiationType": "tender",
                "language": "en",
                "parties": self._parties.listed(),
                "buyer": self._buyer,
                **content,
            }
        )

    def _moment(self, row: _Row) -> str:
        return _text(row.time_us, self._offset_us)

    def _day_end(self, day: int) -> str:
        """Return the last second of a local day."""
        return _text((day + 1) * DAY_US - self._offset_us - 1_000_000, self._offset_us)


def _reviewer(row: _Row) -> str:
    """Return who looks at a complaint or a document; for other rows, somebody who is known."""
    return row.rule if row.kind in _REVIEWS and row.rule else row.payee


def _text(time_us: int, offset_us: int) -> str:
    zone = dt.timezone(dt.timedelta(microseconds=offset_us))
    return (_EPOCH + dt.timedelta(microseconds=time_us)).astimezone(zone).isoformat("T", "seconds")


def _amount(tiyn: int) -> float:
    """Return KZT with at most two decimals, which a float of this size holds exactly enough."""
    return tiyn / TIYN_PER_TENGE


def _value(tiyn: int) -> Json:
    return {"amount": _amount(tiyn), "currency": "KZT"}


def _method(code: int) -> Json:
    if not 1 <= code <= len(METHODS):
        return {}
    name = METHODS[code - 1]
    return {"procurementMethod": _METHODS[name], "procurementMethodDetails": name}
