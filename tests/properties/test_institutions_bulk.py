"""Acts for everybody at once end as the same acts done one person after another would.

The person-by-person versions stand here, written with single postings; worlds are drawn so that
floors, limits, children of one parent, firms and people who have fled all meet.
"""

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Status
from tengesim.engine import party_rows
from tengesim.engine.run import simulate
from tengesim.institutions.customers import Lines, lines_of, total_tiyn
from tengesim.institutions.wallets.credits import DigitalCredits
from tengesim.institutions.wallets.custody import Custody
from tengesim.institutions.wallets.desk import Desk
from tengesim.ledger import columns
from tengesim.money import BP, SUPPLY_MAX_TIYN
from tengesim.payment import AccountId, Move, Posting
from tengesim.population.wallets import NO_TIER, NOBODY
from tengesim.ports import CreditOrder
from tengesim.scenario.load import load_scenario
from tests.wallet_world import (
    NB,
    START,
    TENGE,
    TREASURY,
    Economy,
    Person,
    limits,
    section,
    stated,
)

TUESDAY = START + dt.timedelta(days=1)
RUN: dict[str, Any] = {
    "first": TUESDAY,
    "days": stated("3 days"),
    "at": "10:00",
    "joining": stated("60 %"),
    "leaving": stated("70 %"),
    "opening": stated("50 %"),
    "schedule_source": "assumption",
}

people = st.lists(
    st.builds(
        Person,
        deposit=st.integers(0, 900_000),
        age=st.sampled_from([9, 30, 40, 70]),
        household=st.integers(0, 3),
        cash=st.integers(0, 50_000),
        weight=st.integers(1, 3_000),
        bank=st.integers(0, 1),
    ),
    min_size=1,
    max_size=12,
)
worlds = st.tuples(people, st.integers(0, 5), st.booleans())

Drawn = tuple[list[Person], int, bool]


def economy(drawn: Drawn, **changes: object) -> Economy:
    """Return a world in which some have a wallet, some have fled, and wallets hold anything."""
    who, seed, has_lender = drawn
    tiers = [
        {**limits("basic", "3 m KZT", "7 m KZT", "90 k KZT"), "share": stated("30 %")},
        {**limits("full", "3 m KZT", "7 m KZT", "30 m KZT"), "share": stated("70 %")},
    ]
    tiers[0]["has_bank_account"] = False
    tiers[1]["has_bank_account"] = True
    child = limits("child", "5 k KZT", "9 k KZT", "20 k KZT")
    world = Economy(
        who,
        section(
            holding_limit="300 k KZT",
            tiers=tiers,
            demand__wallet__at_parity="90 %",
            demand__balance__at_parity="40 %",
            funding__automatic="60 %",
            funding__cost="100 KZT",
            delegated={
                **child,
                "share": stated("100 %"),
                "youngest": stated("7 years"),
                "allowance": stated("6000 KZT"),
            },
            **changes,
        ),
        has_lender=has_lender,
        seed=seed,
        treasury=10**7,
        employer=10**7,
    )
    return fill(world, seed)


def fill(world: Economy, seed: int) -> Economy:
    """Put something into every wallet, and let some have fled."""
    drawn = np.random.default_rng(seed)
    customers = world.customers
    issuer = world.outside.book.open(NB, NB, Form.DIGITAL_TENGE)
    for party in np.flatnonzero(customers.wallet[:] >= 0).tolist():
        limit_tiyn = world.platform.custody.limit_tiyn(party)
        most_tiyn = 50_000_000 if limit_tiyn is None else limit_tiyn
        if amount_tiyn := int(drawn.integers(0, most_tiyn + 1)) * int(drawn.integers(0, 2)):
            world.give(f"wallet/{party}", issuer, int(customers.wallet[party]), amount_tiyn)
    holders = np.flatnonzero(customers.wallet[: customers.people] >= 0)
    world.platform.custody.flee(holders[drawn.integers(0, 4, len(holders)) == 0])
    return world


def money(world: Economy) -> dict[tuple[str, str, Form], int]:
    """Return what everybody holds, and of banks what they have not borrowed."""
    text = world.outside.names.text
    held = {
        (text(account.holder), text(account.keeper), account.form): balance.free_tiyn
        for account, balance in world.outside.book.balances().items()
        if account.holder != account.keeper
    }
    world.outside.journal.flush()
    for row in world.rows(Kind.LIQUIDITY):
        payer, payee = text(row["payer"]), text(row["payee"])
        is_loan = payer == NB
        bank = payee if is_loan else payer
        held[bank, NB, Form.BANK_RESERVE] -= row["amount_tiyn"] * (1 if is_loan else -1)
    return held


def review_each(custody: Custody, day: dt.date) -> None:
    """Review one wallet after another."""
    looks = custody.wallets.is_banked if day.weekday() == 0 else custody.wallets.is_automatic
    for person in np.flatnonzero(looks).tolist():
        if not custody.customers.has_wallet(person):
            continue
        held_tiyn, floor_tiyn = custody.held_tiyn(person), custody.floor_tiyn(person)
        top_up_tiyn = int(custody.wallets.top_up_tiyn[person])
        target_tiyn, name = floor_tiyn + top_up_tiyn, f"one/review/{person}"
        if held_tiyn < floor_tiyn or not held_tiyn:
            amount_tiyn = min(
                target_tiyn - held_tiyn, custody.room_tiyn(person), custody.deposit_tiyn(person)
            )
            if amount_tiyn > 0:
                custody.fund(person, amount_tiyn, name, intent=0)
        elif held_tiyn > floor_tiyn + 2 * top_up_tiyn and not custody.has_fled[person]:
            custody.defund(
                person, min(held_tiyn - target_tiyn, custody.free_tiyn(person)), name, intent=0
            )


def allow_each(custody: Custody, _: dt.date) -> None:
    """Give one child after another its allowance."""
    guardian = custody.wallets.guardian
    for child in np.flatnonzero(guardian != NOBODY).tolist():
        parent = int(guardian[child])
        amount_tiyn = min(6_000 * TENGE, custody.room_tiyn(child))
        short_tiyn = amount_tiyn - custody.free_tiyn(parent)
        if short_tiyn > 0 and custody.can_convert(parent):
            short_tiyn = min(short_tiyn, custody.room_tiyn(parent), custody.deposit_tiyn(parent))
            if short_tiyn > 0:
                custody.fund(parent, short_tiyn, f"one/{child}/funding", intent=0)
        amount_tiyn = min(amount_tiyn, custody.free_tiyn(parent))
        if amount_tiyn > 0:
            move = Move(custody.wallet(parent), custody.wallet(child), amount_tiyn)
            custody.ports.ledger.post(Posting(f"one/{child}", Kind.DELEGATION, (move,)))


def sweep_each(custody: Custody, _: dt.date) -> None:
    """Empty one firm's wallet after another."""
    for party in range(custody.customers.people, custody.customers.count):
        if custody.customers.has_wallet(party) and custody.free_tiyn(party):
            custody.defund(party, custody.free_tiyn(party), f"one/sweep/{party}", intent=0)


ACTS: dict[str, tuple[Callable[[Desk, dt.date], None], Callable[[Custody, dt.date], None]]] = {
    "review": (Desk._review, review_each),
    "allowances": (Desk._give_allowances, allow_each),
    "sweep": (Desk._sweep, sweep_each),
}


@pytest.mark.parametrize("act", ACTS)
@settings(max_examples=80, deadline=None)
@given(worlds, st.sampled_from([START, TUESDAY]))
def test_a_day_for_all_is_the_day_of_each(act: str, drawn: Drawn, day: dt.date) -> None:
    """Goal: bulk acts change nothing. Method: the same world twice, in bulk and person by person.

    Without a lender a bank may run short in the middle, where the order of its customers counts:
    those worlds have plenty of reserves.
    """
    many, each = economy(drawn), economy(drawn)
    if not drawn[2]:
        for world in (many, each):
            plenty(world)
    desk = Desk(many.section, many.platform.custody, many.days)
    in_bulk, one_by_one = ACTS[act]
    in_bulk(desk, day)
    one_by_one(each.platform.custody, day)
    many.audit()
    each.audit()
    assert money(each) == money(many)


def plenty(world: Economy) -> None:
    """Give every bank more reserves than anybody could ask for."""
    book = world.outside.book
    issued = book.open(NB, NB, Form.BANK_RESERVE)
    for bank in world.customers.banks:
        world.give(f"plenty/{bank}", issued, book.open(bank, NB, Form.BANK_RESERVE), 10**12)


@settings(max_examples=80, deadline=None)
@given(worlds)
def test_a_run_takes_from_each_what_it_would_take_alone(
    drawn: Drawn,
) -> None:
    """Goal: flight in bulk is flight of each. Method: who joins is read off; the rest by hand."""
    world = economy((*drawn[:2], True), run=RUN)
    world.until(1, "09:59")
    custody, customers = world.platform.custody, world.customers
    before = money(world)
    had = np.array(customers.wallet[:])
    fled, floors = custody.has_fled.copy(), custody.wallets.floor_tiyn.copy()
    world.until(1, "10:00")
    world.advance(1, "10:01")
    after = money(world)
    flights = {
        row["payer"]: row["amount_tiyn"]
        for row in world.rows(Kind.FUNDING)
        if row["intent"] == world.outside.names.id(f"run/{TUESDAY}")
        and row["form"] == Form.BANK_DEPOSIT
    }
    for person in range(customers.people):
        name = customers.name(person)
        bank = customers.bank_of(person)
        deposit_tiyn = before.get((name, bank, Form.BANK_DEPOSIT), 0)
        held_tiyn = before.get((name, NB, Form.DIGITAL_TENGE), 0)
        moved_tiyn = held_now(after, name) - held_tiyn
        assert moved_tiyn == flights.get(int(world.first_name + person), 0)
        if customers.wallet[person] != had[person]:
            assert custody.wallets.opens[person] != NO_TIER
        if not custody.has_fled[person] or fled[person]:
            continue
        limit_tiyn = int(custody.wallets.limit_of(person))
        wanted_tiyn = deposit_tiyn * 7_000 // BP
        assert moved_tiyn == min(wanted_tiyn, max(0, limit_tiyn - held_tiyn))
        assert custody.floor_tiyn(person) == max(held_tiyn + moved_tiyn, int(floors[person]))
    assert after.keys() >= before.keys()


def held_now(held: dict[tuple[str, str, Form], int], name: str) -> int:
    """Return the digital tenge of somebody."""
    return held.get((name, NB, Form.DIGITAL_TENGE), 0)


def credit_each(world: Economy, order: CreditOrder) -> None:
    """Credit the digital part of an order to one wallet after another."""
    custody, customers = world.platform.custody, world.customers
    ledger = world.outside.book
    employer = world.employer
    accepted = [
        (person, part)
        for person, part in digital_parts(world, order)
        if custody.can_convert(person) or not custody.excess_tiyn(person, part)
    ]
    sum_tiyn = sum(part for _, part in accepted)
    if not sum_tiyn:
        return
    issuer = ledger.open(NB, NB, Form.DIGITAL_TENGE)
    payer = issuer
    if order.kind is Kind.WAGE:
        customers.open_wallet(employer, world.outside.ports)
        payer = custody.wallet(employer)
        if custody.fund(employer, sum_tiyn, "one/fund", intent=0).status is not Status.SETTLED:
            return
    else:
        single = ledger.open(TREASURY, NB, Form.TREASURY_SINGLE_ACCOUNT)
        owed = ledger.open(NB, NB, Form.TREASURY_SINGLE_ACCOUNT)
        ledger.post(Posting("one/sum", order.kind, (Move(single, owed, sum_tiyn),)))
    for person, part in accepted:
        fits_tiyn = custody.make_room(person, part, f"one/{person}/room", intent=0)
        if past_tiyn := part - fits_tiyn:
            pass_by(world, order.kind, person, past_tiyn)
        if fits_tiyn:
            move = Move(payer, custody.wallet(person), fits_tiyn)
            ledger.post(Posting(f"one/{person}", order.kind, (move,)))


def pass_by(world: Economy, kind: Kind, person: int, past_tiyn: int) -> None:
    """Credit to the deposit what the wallet of somebody cannot take."""
    custody, name = world.platform.custody, f"one/{person}/past"
    if kind is Kind.WAGE:
        custody.defund(person, past_tiyn, name, intent=0, kind=Kind.WATERFALL, payer=world.employer)
        return
    bank = world.customers.bank_of(person)
    owed, reserve, issued = world.customers.issuers(bank, world.outside.book)
    deposit = AccountId(int(world.customers.deposit[person]))
    moves = (Move(issued, reserve, past_tiyn), Move(owed, deposit, past_tiyn))
    world.outside.book.post(Posting(name, Kind.WATERFALL, moves))


def digital_parts(world: Economy, order: CreditOrder) -> list[tuple[int, int]]:
    """Return who gets how much of an order in digital tenge, by plain arithmetic."""
    parts = [
        (person, amount_tiyn * order.digital_bp // BP)
        for person, amount_tiyn in zip(
            order.people.tolist(), order.amounts_tiyn.tolist(), strict=True
        )
        if world.customers.has_wallet(person)
    ]
    return [(person, part) for person, part in parts if part]


@settings(max_examples=80, deadline=None)
@given(
    worlds,
    st.sampled_from([Kind.WAGE, Kind.BENEFIT]),
    st.lists(st.integers(1, 60_000_000), min_size=12, max_size=12),
    st.integers(0, BP),
)
def test_an_order_for_many_is_an_order_for_each(
    drawn: Drawn, kind: Kind, amounts: list[int], digital_bp: int
) -> None:
    """Goal: credits in bulk are credits to each. Method: the digital part, in both ways."""
    who = [one._replace(age=max(one.age, 30)) for one in drawn[0]]
    many, each = (economy((who, drawn[1], True)) for _ in range(2))
    source = many.customers.name(many.employer) if kind is Kind.WAGE else TREASURY
    order = CreditOrder(
        "order",
        kind,
        "income",
        source,
        np.arange(len(who)),
        np.array(amounts[: len(who)], dtype=np.int64),
        digital_bp,
    )
    credits_of(many)._receive(order)
    credit_each(each, order)
    many.audit()
    each.audit()
    assert money(each) == money(many)


def credits_of(world: Economy) -> DigitalCredits:
    """Return another institution that fills the same wallets."""
    return DigitalCredits(world.platform.custody)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, SUPPLY_MAX_TIYN // 4), max_size=30), st.integers(0, BP))
def test_the_parts_of_an_order_add_up(amounts: list[int], digital_bp: int) -> None:
    """Goal: nothing is lost between the forms. Method: both parts of any amounts, added."""
    world = Economy([Person(deposit=1), Person(age=9)] * 15)
    order = CreditOrder(
        "order",
        Kind.BENEFIT,
        "income",
        TREASURY,
        np.arange(len(amounts)),
        np.array(amounts, dtype=np.int64),
        digital_bp,
    )
    parts = [lines_of(order, world.customers, is_digital=is_it) for is_it in (True, False)]
    summed = dict.fromkeys(range(len(amounts)), 0)
    for lines in parts:
        assert (lines.amounts_tiyn > 0).all()
        for party, amount_tiyn in zip(*(column.tolist() for column in lines), strict=True):
            summed[party] += amount_tiyn
    assert list(summed.values()) == amounts
    assert digital_parts(world, order) == list(
        zip(*(column.tolist() for column in parts[0]), strict=True)
    )
    assert total_tiyn(order.amounts_tiyn) == sum(amounts)
    assert isinstance(parts[0], Lines)


def test_acts_in_pieces_leave_the_rows_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: how many people are looked at together decides nothing. Method: three, then all.

    The world has wallets that are filled, swept and given allowances, and people who flee.
    """
    settings = ["population.scale=0.0001", "run.log=summary"]
    asked = [load_scenario(name, settings=settings) for name in ("nation_day", "holding_limit_run")]
    together = [simulate(one).digest for one in asked]
    for name in ("custody", "desk", "build"):
        module = import_module(f"tengesim.institutions.wallets.{name}")
        monkeypatch.setattr(module, "_AT_ONCE", 3)
    monkeypatch.setattr(party_rows, "_AT_ONCE", 3)
    monkeypatch.setattr(columns, "_PIECE", 2)
    assert together == [simulate(one).digest for one in asked]
