"""Frozen accounts pay nothing until they are let go; who crosses a watch is frozen at once."""

import json
from collections import defaultdict
from functools import cache
from typing import Any, Final

import numpy as np
import pytest

from tengesim import Scenario, simulate
from tengesim.clock import HOUR_US
from tengesim.codes import Form, Kind, Reason, Status
from tengesim.engine.run import Run
from tengesim.institutions.freezes.build import party_of
from tengesim.ledger.frozen import Frozen
from tests.random_worlds import cheap
from tests.wallet_world import stated
from tests.world_pairs import shipped_small

THRESHOLD_TIYN: Final = 40_000_000
Account = tuple[int, int, int]


def order(name: str, lasts: str, **whom: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what freezes and watches share."""
    return {"id": name, "authority": "watchdog", "whom": whom, "lasts": stated(lasts)}


def village(**sections: Any) -> Run:  # noqa: ANN401
    """Return the run of three days of a village with such orders."""
    plain: dict[str, Any] = json.loads(
        shipped_small("household_month").model_dump_json(by_alias=True)
    )
    plain["clock"]["end"] = str(plain["clock"]["start"])[:-2] + "04"
    with cheap():
        return simulate(Scenario.model_validate_json(json.dumps(plain | sections)))


@cache
def ordered() -> Run:
    """Return a run in which half of the people are frozen on the second day, for 20 hours."""
    day = str(shipped_small("household_month").clock.start)[:-2] + "02"
    when = {"day": day, "at": "09:00", "schedule_source": "assumption"}
    return village(freezes=[order("raid", "20 h", people=stated("50 %")) | when])


@cache
def watched() -> Run:
    """Return a run in which everybody's balance is watched."""
    everybody = order("hoard", "3 h", people=stated("100 %"), merchants=stated("100 %"))
    more = {"of": "balance", "threshold": stated("400000 KZT")}
    return village(watches=[everybody | more])


def account_of(row: Any) -> Account:  # noqa: ANN401
    """Return the account that a row is paid from."""
    return int(row["payer"]), int(row["keeper"]), int(row["form"])


def test_what_is_frozen_pays_nothing_and_takes_everything() -> None:
    """Goal: the order holds for its time and no longer. Method: the log, account by account."""
    rows = ordered().rows
    frozen = {account_of(row) for row in rows[rows["kind"] == Kind.FREEZE]}
    let_go = {account_of(row) for row in rows[rows["kind"] == Kind.UNFREEZE]}
    first_us = int(rows["time_us"][rows["kind"] == Kind.FREEZE][0])
    assert frozen == let_go
    assert len(frozen) > 10
    assert {first_us + 20 * HOUR_US} == set(rows["time_us"][rows["kind"] == Kind.UNFREEZE].tolist())
    during = rows[(rows["time_us"] >= first_us) & (rows["time_us"] < first_us + 20 * HOUR_US)]
    after = rows[rows["time_us"] >= first_us + 20 * HOUR_US]
    settled = during[during["status"] == Status.SETTLED]
    paid = {account_of(row) for row in settled}
    taken = {(int(r["payee"]), int(r["keeper_to"]), int(r["form_to"])) for r in settled}
    assert set() == paid & frozen
    assert taken & frozen
    assert {account_of(row) for row in after[after["status"] == Status.SETTLED]} & frozen
    refused = during[during["reason"] == Reason.ACCOUNT_FROZEN]
    assert len(refused) > 2
    assert {account_of(row) for row in refused} <= frozen
    assert set() == set(rows[rows["reason"] == Reason.ACCOUNT_FROZEN]["seq"]) - set(refused["seq"])


def test_nobody_reaches_for_frozen_money_by_another_way() -> None:
    """Goal: no top-up, waterfall or sweep gets around it. Method: what leaves, by holder."""
    rows = ordered().rows
    freezes = rows[rows["kind"] == Kind.FREEZE]
    holders = set(freezes["payer"].tolist())
    first_us = int(freezes["time_us"][0])
    during = rows[(rows["time_us"] >= first_us) & (rows["time_us"] < first_us + 20 * HOUR_US)]
    left = during[(during["status"] == Status.SETTLED) & np.isin(during["payer"], [*holders])]
    assert set(left["form"].tolist()) <= {Form.CASH}


def test_a_row_says_what_is_frozen() -> None:
    """Goal: the amount is what stands there. Method: balances folded from the rows before."""
    for run in (ordered(), watched()):
        balance: defaultdict[Account, int] = defaultdict(int)
        seen = 0
        for row in run.rows:
            if row["kind"] in {Kind.FREEZE, Kind.UNFREEZE}:
                assert balance[account_of(row)] == int(row["amount_tiyn"])
                seen += 1
            elif row["status"] == Status.SETTLED:
                balance[account_of(row)] -= int(row["amount_tiyn"])
                to = int(row["payee"]), int(row["keeper_to"]), int(row["form_to"])
                balance[to] += int(row["amount_tiyn"])
        assert seen > 20


def test_who_crosses_the_threshold_is_frozen_before_anybody_else_pays() -> None:
    """Goal: a watch tells once, at once. Method: balances folded from the log, want by want."""
    rows = watched().rows
    names = watched().names
    texts = map(names.text, range(len(names)))
    parties = {i for i, text in enumerate(texts) if text.startswith(("person-", "merchant-"))}
    balance: defaultdict[int, int] = defaultdict(int)
    above: dict[int, bool] = {}
    expected, found = [], []
    ends: set[int] = set()
    for place, row in enumerate(rows):
        if row["kind"] == Kind.FREEZE:
            found.append((int(row["time_us"]), int(row["payer"])))
            continue
        payer, payee = int(row["payer"]), int(row["payee"])
        if row["status"] == Status.SETTLED:
            held = (Form.BANK_DEPOSIT, Form.DIGITAL_TENGE)
            balance[payer] -= int(row["amount_tiyn"]) * (row["form"] in held)
            balance[payee] += int(row["amount_tiyn"]) * (row["form_to"] in held)
        if row["intent"] < 0:
            ends |= {payer, payee} & parties
        is_last = place + 1 == len(rows) or rows[place + 1]["intent"] != row["intent"]
        if row["intent"] < 0 and is_last:
            for party in ends:
                is_above = balance[party] >= THRESHOLD_TIYN
                if is_above and not above.get(party):
                    expected.append((int(row["time_us"]), party))
                above[party] = is_above
            ends = set()
    assert sorted(set(expected)) == sorted(set(found))
    assert len(expected) > 10


def test_whoever_is_frozen_twice_is_let_go_twice() -> None:
    """Goal: two authorities do not undo one another. Method: count up and down by hand."""
    frozen = Frozen()
    assert frozen.change(3, is_frozen=True)
    assert not frozen.change(3, is_frozen=True)
    assert not frozen.change(3, is_frozen=False)
    assert 3 in frozen
    assert frozen.change(3, is_frozen=False)
    assert 3 not in frozen
    with pytest.raises(ValueError, match="account 3 is let go more often"):
        frozen.change(3, is_frozen=False)


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("person-00000001", 0),
        ("person-00000005", 4),
        ("merchant-0000001", 5),
        ("merchant-0000002", 6),
        ("person-00000006", None),
        ("person-00000000", None),
        ("merchant-0000003", None),
        ("person-1", None),
        ("employer-00001", None),
        ("person-00000001x", None),
    ],
)
def test_parties_are_known_by_their_names(text: str, party: int | None) -> None:
    """Goal: names are those of the log. Method: five people, two merchants, names at the edges."""
    assert party == party_of(text, 5, 2)


@cache
def reviewed() -> Run:
    """Return a run in which purchases of 10,000 KZT or more are on hold for two hours."""
    everybody = order("large", "2 h", people=stated("100 %"))
    more = {"of": "payment", "threshold": stated("10000 KZT"), "voided": stated("30 %")}
    return village(watches=[everybody | more])


def test_a_large_purchase_is_on_hold_until_somebody_decides() -> None:
    """Goal: hold, then post or void. Method: every intent with a row on hold, row by row."""
    rows = reviewed().rows
    held = rows[rows["status"] == Status.HELD]
    clock = reviewed().scenario.clock
    end_us = clock.calendar().at(clock.end)
    ends: list[Status] = []
    for intent in sorted(set(held["intent"].tolist())):
        own = rows[(rows["intent"] == intent) & (rows["kind"] == Kind.PAYMENT)]
        first = own[own["status"] == Status.HELD]
        later = own[own["status"] != Status.HELD]
        assert len(set(first["time_us"].tolist())) == 1
        due_us = int(first["time_us"][0]) + 2 * HOUR_US
        if due_us >= end_us:
            assert len(later) == 0
            continue
        assert set(later["time_us"].tolist()) == {due_us}
        is_voided = Status.VOIDED in set(later["status"].tolist())
        ends.append(Status.VOIDED if is_voided else Status.POSTED)
        if is_voided:
            assert set(later["status"].tolist()) == {Status.VOIDED}
        else:
            assert Status.VOIDED not in set(later["status"].tolist())
            assert int(later["payee"][-1]) != int(first["payer"][0])
    assert ends.count(Status.POSTED) > ends.count(Status.VOIDED) > 3


def test_no_large_purchase_gets_around_the_review() -> None:
    """Goal: the threshold is exact. Method: what was paid at once and what was put on hold."""
    rows, names = reviewed().rows, reviewed().names
    kiosk = [names.text(int(payee)).startswith("merchant-") for payee in rows["payee"]]
    of_shops = {int(intent) for intent in rows["intent"][np.array(kiosk)]}
    paid = rows[(rows["kind"] == Kind.PAYMENT) & np.isin(rows["intent"], [*of_shops])]
    at_once = paid[(paid["status"] == Status.SETTLED) & (paid["form"] == Form.BANK_DEPOSIT)]
    on_hold = {int(intent) for intent in paid["intent"][paid["status"] == Status.HELD]}
    at_once = at_once[~np.isin(at_once["intent"], [*on_hold])]
    assert int(at_once["amount_tiyn"].max()) < 1_000_000
    assert int(paid["amount_tiyn"][paid["status"] == Status.HELD].min()) >= 1_000_000
    assert len(on_hold) > 5
