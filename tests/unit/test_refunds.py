"""What is bought may come back: when, how the money returns, and what happens where it cannot."""

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from math import sqrt
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim import Scenario, load_scenario, simulate
from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import Kind, Reason, Status
from tengesim.engine import world as worlds
from tengesim.engine.refunds import TRIES_MAX
from tengesim.engine.run import Run
from tengesim.payment import Move, NameId, Posting, RetailWant
from tengesim.retail.behaviour import UTILITIES
from tengesim.retail.carry import Carried, Carry, Terms, due_us
from tengesim.retail.tape import Tape
from tengesim.streams import mix_one
from tests.random_worlds import cheap
from tests.wallet_world import stated
from tests.world_pairs import shipped_small

HOUR: Final = 490_000
"""Some hour since the epoch."""
PEOPLE: Final = 4
TERMS: Final = Terms(
    purpose=NameId(1),
    bills=NameId(2),
    people=PEOPLE,
    chance_bp=3_000,
    soonest_hours=2,
    span_hours=5,
)


def carried(due: int, number: int) -> Carried:
    """Return a row that can be told from others."""
    return Carried(due, 0, -number - 1, 0, PEOPLE, 1, 3, 0, 2)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60))
def test_what_is_due_comes_in_order_of_time_and_then_as_it_was_added(
    added: list[tuple[int, int]],
) -> None:
    """Goal: one order for both engines. Method: a naive list, hour by hour, adding on the way."""
    carry, waiting = Carry(), list[Carried]()
    for hour in range(12):
        found = [Carried._make(row) for row in carry.due(HOUR + hour).tolist()]
        due = [one for one in waiting if one.due_us // HOUR_US == HOUR + hour]
        due.sort(key=lambda one: one.due_us)
        assert due == found
        assert [carry.at(place) for place in range(len(due))] == due
        for number, (later, moment) in enumerate(added if hour < 6 else ()):
            one = carried((HOUR + hour + 1 + later) * HOUR_US + moment, 100 * hour + number)
            carry.add(one)
            waiting.append(one)


def test_the_list_is_as_long_as_what_is_still_to_come() -> None:
    """Goal: memory does not grow with days. Method: a thousand rows an hour, due one hour later."""
    carry = Carry()
    for hour in range(50):
        assert len(carry.due(HOUR + hour)) == (1_000 if hour else 0)
        for number in range(1_000):
            carry.add(carried((HOUR + hour + 1) * HOUR_US, number))
    assert len(carry.rows) <= 2_048
    assert len(carry._by_hour) == 0


def bought(spare: int, *, payee: int = PEOPLE, purpose: int = 3) -> RetailWant:
    """Return a want at a merchant."""
    moment, is_remote = HOUR * HOUR_US, False
    return RetailWant(moment, 0, 0, -1, 0, payee, 100, NameId(purpose), is_remote, spare)


def _z_of_share(terms: Terms, stated_bp: int) -> float:
    count = 20_000
    found = sum(due_us(terms, bought(int(mix_one(number)))) is not None for number in range(count))
    share = stated_bp / 10_000
    return abs(found / count - share) / sqrt(share * (1 - share) / count)


@pytest.mark.parametrize("factor", [0.9, 1, 1.1])
def test_as_many_come_back_as_stated(factor: float) -> None:
    """Goal: the chance is the stated one. Method: a z-test, and twins a tenth off that fail."""
    terms = TERMS._replace(chance_bp=round(TERMS.chance_bp * factor))
    assert (_z_of_share(terms, TERMS.chance_bp) < 4) == (factor == 1)


def test_every_hour_is_as_likely_as_another() -> None:
    """Goal: the delay is uniform from the first hour to the last. Method: chi-square of 5 cells."""
    certain = TERMS._replace(chance_bp=10_000)
    delays = Counter(
        ((due_us(certain, bought(int(mix_one(number)))) or 0) - HOUR * HOUR_US) / HOUR_US
        for number in range(10_000)
    )
    assert set(delays) == {2, 3, 4, 5, 6}
    # 18.5 is exceeded once in a thousand.
    assert sum((count - 2_000) ** 2 / 2_000 for count in delays.values()) < 18.5


@pytest.mark.parametrize(
    ("payee", "purpose", "comes_back"),
    [
        (PEOPLE - 1, 3, False),
        (PEOPLE, 3, True),
        (PEOPLE, TERMS.bills, False),
    ],
)
def test_only_what_a_merchant_sold_comes_back(payee: int, purpose: int, comes_back: bool) -> None:  # noqa: FBT001
    """Goal: no transfer and no bill is returned. Method: a certain chance at the edges."""
    want = bought(5, payee=payee, purpose=purpose)
    assert (due_us(TERMS._replace(chance_bp=10_000), want) is not None) == comes_back


@cache
def returning(chance: str = "40 %") -> Scenario:
    """Return four days of a village: much comes back within a day, systems fail for a while."""
    sections: dict[str, Any] = json.loads(
        shipped_small("household_month").model_dump_json(by_alias=True)
    )
    sections["clock"]["end"] = str(sections["clock"]["start"])[:-2] + "05"
    sections["retail"]["refunds"] = {
        "chance": stated(chance),
        "soonest": stated(1),
        "latest": stated(9),
    }
    second_day = str(sections["clock"]["start"])[:-2] + "02"
    sections["outages"] = [
        {
            "id": f"{system}_down",
            "system": system,
            "day": second_day,
            "at": "14:00",
            "lasts": stated(f"{hours} h"),
            "schedule_source": "assumption",
        }
        for system, hours in (("platform", 30), ("bank_a", 55))
    ]
    return Scenario.model_validate_json(json.dumps(sections))


@cache
def run() -> Run:
    """Return the run of that village."""
    with cheap():
        return simulate(returning())


def rows_of(kind: Kind, *statuses: Status) -> Any:  # noqa: ANN401
    """Return rows of the run."""
    rows = run().rows
    return rows[(rows["kind"] == kind) & np.isin(rows["status"], statuses)]


def test_what_comes_back_is_what_the_tape_says() -> None:
    """Goal: the reference formula. Method: every settled purchase, its spare word and its due."""
    wants: dict[int, RetailWant] = {}
    scenario = returning()
    tape: Tape = worlds.build(scenario, scenario.seed).tape
    for hour in tape.hours():
        for want in tape.window(hour, hour + 1):
            if isinstance(want, RetailWant):
                wants[want.intent] = want
    names = run().names
    people = [name for name in map(names.text, range(len(names))) if name.startswith("person-")]
    terms = Terms(
        purpose=NameId(0),
        bills=NameId(names.id(UTILITIES)),
        people=len(people),
        chance_bp=4_000,
        soonest_hours=1,
        span_hours=9,
    )
    end_us = scenario.clock.calendar().at(scenario.clock.end)
    expected = {}
    for row in rows_of(Kind.PAYMENT, Status.SETTLED):
        due = due_us(terms, wants[int(row["intent"])])
        if due is not None and due < end_us:
            expected[int(row["intent"])] = due
    refunds = rows_of(Kind.REFUND, Status.SETTLED, Status.REFUSED)
    first = refunds[refunds["attempt"] == 0]
    assert expected == dict(zip(first["value"].tolist(), first["time_us"].tolist(), strict=True))
    assert len(expected) > 50


def test_money_goes_back_the_way_it_came() -> None:
    """Goal: form, amount and both ends are those of the payment. Method: the log, row by row."""
    paid: dict[int, list[Any]] = {}
    for row in rows_of(Kind.PAYMENT, Status.SETTLED):
        paid.setdefault(int(row["intent"]), []).append(row)
    forms = Counter[int]()
    by_ref: dict[int, list[Any]] = {}
    for row in rows_of(Kind.REFUND, Status.SETTLED):
        by_ref.setdefault(int(row["ref"]), []).append(row)
    for refund in by_ref.values():
        payment = paid[int(refund[0]["value"])]
        forms[int(refund[0]["form"])] += 1
        for there, back in (("payer", "payee"), ("keeper", "keeper_to"), ("form", "form_to")):
            assert payment[0][there] == refund[-1][back]
            assert payment[-1][back] == refund[0][there]
        assert {int(row["amount_tiyn"]) for row in refund} == {int(payment[0]["amount_tiyn"])}
        assert refund[0]["place"] == payment[0]["place"]
        assert refund[0]["time_us"] >= payment[0]["time_us"] + HOUR_US
    assert len(forms) == 3
    once = [int(refund[0]["value"]) for refund in by_ref.values()]
    assert len(once) == len(set(once))


def test_who_cannot_pay_is_asked_again_on_the_next_days() -> None:
    """Goal: the delayed retry. Method: refused refunds of a run, by payment, try by try."""
    tries: dict[int, list[Any]] = {}
    refunds = rows_of(Kind.REFUND, Status.SETTLED, Status.REFUSED)
    for row in refunds:
        of_payment = tries.setdefault(int(row["value"]), [])
        if not of_payment or of_payment[-1]["ref"] != row["ref"]:
            of_payment.append(row)
    end_us = returning().clock.calendar().at(returning().clock.end)
    lengths = Counter[int]()
    for of_payment in tries.values():
        assert [int(row["attempt"]) for row in of_payment] == [*range(len(of_payment))]
        gaps = np.diff([int(row["time_us"]) for row in of_payment])
        assert (gaps == DAY_US).all()
        statuses = [int(row["status"]) for row in of_payment]
        assert set(statuses[:-1]) <= {Status.REFUSED}
        is_given_up = len(of_payment) == TRIES_MAX
        is_over = int(of_payment[-1]["time_us"]) + DAY_US >= end_us
        assert statuses[-1] == Status.SETTLED or is_given_up or is_over
        lengths[len(of_payment)] += 1
    assert set(lengths) >= {1, 3}
    refused = refunds[refunds["status"] == Status.REFUSED]
    assert Reason.SYSTEM_UNAVAILABLE in set(refused["reason"].tolist())


def test_a_merchant_without_money_gives_nothing_back() -> None:
    """Goal: no money is made. Method: empty the accounts of all merchants before refunds begin."""
    scenario = returning()
    emptied = int(scenario.clock.calendar().at(scenario.clock.start)) + 35 * HOUR_US
    with cheap():
        world = worlds.build(scenario, scenario.seed)
        world.env.run(until=emptied)
        book = world.book
        for number, account in enumerate([*book.balances()]):
            holder = world.journal.names.text(account.holder)
            known = book.known(account)
            assert known is not None
            if not holder.startswith("merchant-") or not book.free(known):
                continue
            sink = book.open("sink", world.journal.names.text(account.keeper), account.form)
            move = Move(known, sink, book.free(known))
            outcome = book.post(Posting(f"emptied/{number}", Kind.DISTRIBUTE, (move,)))
            assert outcome.status is Status.SETTLED
        world.env.run(until=emptied + 8 * HOUR_US)
    world.journal.flush()
    rows = world.journal.rows()
    late = rows[(rows["kind"] == Kind.REFUND) & (rows["time_us"] >= emptied)]
    refused = late[late["status"] == Status.REFUSED]
    assert Reason.INSUFFICIENT_FUNDS in set(refused["reason"].tolist())


def test_nothing_else_moves_where_nothing_comes_back() -> None:
    """Goal: the section changes nothing by itself. Method: a chance of nothing, rows compared."""
    none = returning("0 %")
    retail = none.retail
    assert retail is not None
    without = none.model_copy(update={"retail": retail.model_copy(update={"refunds": None})})
    ignoring: Callable[[Run], Any] = lambda run: run.rows[  # noqa: E731
        ["time_us", "kind", "status", "amount_tiyn", "reason"]
    ]
    with cheap():
        assert np.array_equal(ignoring(simulate(none)), ignoring(simulate(without)))


@cache
def vouchers() -> Run:
    """Return a run in which food bought with vouchers comes back, some of it next month."""
    shipped = load_scenario("food_voucher", settings=["population.scale=0.0005"])
    sections: dict[str, Any] = json.loads(shipped.model_dump_json(by_alias=True))
    sections["clock"]["end"] = str(sections["clock"]["start"])[:-5] + "05-08"
    sections["study"] = None
    sections["retail"]["refunds"] = {
        "chance": stated("100 %"),
        "soonest": stated(1),
        "latest": stated(300),
    }
    scenario = Scenario.model_validate_json(json.dumps(sections))
    with cheap():
        return simulate(scenario)


def test_marked_money_comes_back_under_its_mark_until_it_has_expired() -> None:
    """Goal: R40, the mark is restored. Method: every part of every payment, before and after."""
    rows, names = vouchers().rows, vouchers().names
    swept = rows[(rows["kind"] == Kind.RETURN) & (rows["status"] == Status.SETTLED)]
    expired_us = sorted(set(swept["time_us"].tolist()))
    treasury = vouchers().scenario.treasury.id
    paid = rows[(rows["kind"] == Kind.PAYMENT) & (rows["mark"] > 0)]
    marks = {
        (int(row["intent"]), int(row["amount_tiyn"])): (int(row["payer"]), int(row["mark"]))
        for row in paid[paid["status"] == Status.SETTLED]
    }
    times = {int(row["intent"]): int(row["time_us"]) for row in paid}
    refunds = rows[(rows["kind"] == Kind.REFUND) & (rows["status"] == Status.SETTLED)]
    seen = Counter[bool]()
    for row in refunds:
        part = marks.get((int(row["value"]), int(row["amount_tiyn"])))
        if part is None:
            assert row["mark_to"] == 0
            continue
        payer, mark = part
        paid_us = times[int(row["value"])]
        is_expired = any(paid_us < moment <= int(row["time_us"]) for moment in expired_us)
        seen[is_expired] += 1
        if is_expired:
            assert (names.text(int(row["payee"])), int(row["mark_to"])) == (treasury, 0)
        else:
            assert (int(row["payee"]), int(row["mark_to"])) == (payer, mark)
    assert min(seen[True], seen[False]) > 3
