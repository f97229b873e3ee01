"""Claims about who has a wallet: shares, tiers, limits, children, and how top-ups are sized."""

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim.population.society_model import ADULT_AGE
from tengesim.population.wallets import NO_TIER, NOBODY, Room, Wallets, build, top_up_tiyn
from tengesim.population.wallets_model import ShareAtGap, WalletsSection
from tengesim.streams import Streams
from tests.wallet_world import TENGE, People, Person, limits, section, stated

CHILD = {
    **limits("child", "5 k KZT", "10 k KZT", "50 k KZT"),
    "share": stated("100 %"),
    "youngest": stated(7),
    "allowance": stated("3 k KZT"),
}
TWO_TIERS = [
    {
        **limits("basic", "140 k KZT", "355 k KZT", "710 k KZT"),
        "share": stated("30 %"),
        "has_bank_account": False,
    },
    {
        **limits("full", "3 m KZT", "7 m KZT", "30 m KZT"),
        "share": stated("70 %"),
        "has_bank_account": True,
    },
]


def crowd(count: int = 20_000, deposit: int = 500_000) -> People:
    """Return many adults of equal wealth."""
    return People.of([Person(deposit=deposit)] * count)


def wallets(stating: WalletsSection, people: People, seed: int = 1) -> Wallets:
    """Return the wallets of `people`."""
    return build(stating, people, Streams(seed))


def curve(parity: str, gap: str) -> ShareAtGap:
    """Return a demand curve."""
    return ShareAtGap.model_validate({"at_parity": stated(parity), "halving_gap": stated(gap)})


@given(st.integers(1, 9_999), st.integers(1, 10_000), st.integers(-10_000, 10_000))
def test_the_share_is_the_logistic_of_the_gap(parity_bp: int, halving_bp: int, gap_bp: int) -> None:
    """Goal: the demand curve. Method: the textbook logistic in floats, to half a basis point."""
    found = curve(f"{parity_bp} bp", f"{halving_bp} bp").share_bp(gap_bp)
    intercept = log(parity_bp / (10_000 - parity_bp))
    exponent = intercept - log(2) * gap_bp / halving_bp
    expected = 10_000 / (1 + exp(-exponent)) if exponent > -700 else 0.0
    assert abs(found - expected) <= 0.5 + 1e-6


def test_certain_shares_stay_certain_at_any_gap() -> None:
    """Goal: nobody and everybody. Method: shares of 0 and 100 % far from parity."""
    assert curve("0 %", "1 bp").share_bp(-10_000) == 0
    assert curve("100 %", "1 bp").share_bp(10_000) == 10_000


def test_the_share_of_holders_is_the_one_demanded() -> None:
    """Goal: uptake. Method: 20,000 adults at a gap that halves the odds of one half."""
    stating = section(demand__wallet={"at_parity": stated("50 %"), "halving_gap": stated("12 %")})
    share = float((wallets(stating, crowd()).tier != NO_TIER).mean())
    assert abs(share - 1 / 3) < 4 * sqrt(2 / 9 / 20_000)
    # The same test sees a share that is a tenth off.
    assert abs(share - 1.1 / 3) > 4 * sqrt(2 / 9 / 20_000)


def test_more_demand_adds_holders_and_moves_none() -> None:
    """Goal: arms share their people. Method: holders at 10 % are holders at 60 %, tier and all."""
    few, many = (
        wallets(
            section(
                tiers=TWO_TIERS,
                demand__wallet={"at_parity": stated(share), "halving_gap": stated("100 %")},
            ),
            crowd(2_000),
        )
        for share in ("10 %", "60 %")
    )
    had = few.tier != NO_TIER
    assert had.any()
    assert (few.tier[had] == many.tier[had]).all()


def test_tiers_come_in_their_shares_and_bring_their_limits() -> None:
    """Goal: R46. Method: 20,000 adults of two tiers; balance limits under a holding limit."""
    held = wallets(section(tiers=TWO_TIERS), crowd())
    assert abs(float((held.tier == 0).mean()) - 0.3) < 4 * sqrt(0.21 / 20_000)
    assert set(held.limit_of(held.tier == 0).tolist()) == {710_000 * TENGE}
    assert set(held.limit_of(held.tier == 1).tolist()) == {1_000_000 * TENGE}
    assert not held.is_automatic[held.tier == 0].any()
    assert held.is_automatic[held.tier == 1].all()


def test_without_a_holding_limit_the_tier_alone_limits() -> None:
    """Goal: the switch. Method: leave the limit out."""
    held = wallets(section(holding_limit=None), crowd(10))
    assert set(held.limit_of(slice(None)).tolist()) == {30_000_000 * TENGE}


def test_a_child_hangs_below_the_first_adult_with_a_wallet_at_home() -> None:
    """Goal: R45. Method: families with and without, too young, and of full age."""
    people = People.of(
        [
            Person(household=0),
            Person(household=0),
            Person(household=0, age=10),
            Person(household=0, age=6),
            Person(household=1, age=ADULT_AGE),
            Person(household=2, age=12),
        ]
    )
    held = wallets(section(delegated=CHILD), people)
    assert held.guardian.tolist() == [NOBODY, NOBODY, 0, NOBODY, NOBODY, NOBODY]
    assert held.tier.tolist() == [0, 0, 1, NO_TIER, 0, NO_TIER]
    assert held.limit_of(2) == 50_000 * TENGE
    assert not held.is_automatic[2]


def test_what_is_kept_follows_ready_money_and_not_savings() -> None:
    """Goal: wealth above ready money stays at the bank. Method: floors of three fortunes."""
    stating = section(
        demand__balance={"at_parity": stated("20 %"), "halving_gap": stated("12 %")},
        demand__deposit_rate="0 %",
    )
    people = People.of(
        [Person(deposit=100_000, cash=50_000), Person(3_000_000), Person(90_000_000)]
    )
    floors = [tiyn // TENGE for tiyn in wallets(stating, people).floor_tiyn.tolist()]
    assert floors == [30_000, 600_000, 600_000]


def test_nobody_wants_to_keep_more_than_the_limit() -> None:
    """Goal: floors fit. Method: people who want most of a fortune under a limit of a million."""
    stating = section(
        demand__balance={"at_parity": stated("90 %"), "halving_gap": stated("12 %")},
        demand__deposit_rate="0 %",
    )
    held = wallets(stating, crowd(100, deposit=3_000_000))
    assert set(held.floor_tiyn.tolist()) == {1_000_000 * TENGE}


def test_who_would_open_a_wallet_in_a_run_has_none_before() -> None:
    """Goal: openings. Method: everybody without a wallet, half of them willing, at two seeds."""
    stating = section(
        tiers=TWO_TIERS,
        demand__wallet={"at_parity": stated("20 %"), "halving_gap": stated("100 %")},
        demand__deposit_rate="0 %",
        run={
            "first": "2026-03-09",
            "days": stated(3),
            "joining": stated("5 %"),
            "leaving": stated("100 %"),
            "opening": stated("50 %"),
            "at": "10:00",
            "schedule_source": "assumption",
        },
    )
    held = wallets(stating, crowd())
    would = held.opens != NO_TIER
    assert not (would & (held.tier != NO_TIER)).any()
    assert set(held.opens[would].tolist()) == {1}
    assert abs(float(would.mean()) - 0.4) < 4 * sqrt(0.24 / 20_000)


@given(st.integers(1, 10**10), st.integers(0, 10**6), st.integers(1, 10_000))
def test_a_top_up_is_the_square_root_rule(monthly: int, cost: int, gap_bp: int) -> None:
    """Goal: Baumol 1952, Tobin 1956. Method: the formula in floats, to one tiyn."""
    monthly_rate = gap_bp / 10_000 / 12
    expected = sqrt(2 * cost * monthly / monthly_rate)
    assert abs(top_up_tiyn(monthly, cost, gap_bp) - expected) <= 1 + expected * 1e-9


def test_without_interest_forgone_a_month_is_taken_out_at_once() -> None:
    """Goal: the limit of the rule. Method: gaps of nothing and less."""
    assert top_up_tiyn(5_000, 100, 0) == top_up_tiyn(5_000, 100, -300) == 5_000


def test_top_ups_grow_with_the_root_of_spending() -> None:
    """Goal: weights. Method: a person who spends four times as much takes out twice as much."""
    people = People.of([Person(weight=1_000), Person(weight=4_000)])
    small, large = wallets(section(funding__cost="150 KZT"), people).top_up_tiyn.tolist()
    assert abs(large - 2 * small) <= 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tiers": TWO_TIERS[::-1]}, "per_payment of tier 'basic' is less than of 'full'"),
        ({"tiers": TWO_TIERS[:1]}, "add up to 30.00 %"),
        ({"tiers__0__per_day": "1 KZT"}, "allows less in a day than in one payment"),
        ({"delegated": {**CHILD, "balance": stated("31 m KZT")}}, "balance of a child is more"),
        ({"delegated": {**CHILD, "id": "full"}}, "two kinds of wallet have one id"),
        ({"demand__wallet__halving_gap": "0 %"}, "a gap of nothing cannot halve the odds"),
    ],
)
def test_limits_out_of_order_are_refused(changes: dict[str, object], message: str) -> None:
    """Goal: bad input. Method: one mistake each; the message says what is wrong."""
    with pytest.raises(ValidationError, match=message):
        section(**changes)


def test_no_more_kinds_of_wallet_than_evidence_can_name() -> None:
    """Goal: a row can always tell its tier. Method: three tiers and children."""
    three = [
        {**TWO_TIERS[1], "id": f"full_{number}", "share": stated("30 %")} for number in range(2)
    ]
    three.append({**TWO_TIERS[1], "id": "top", "share": stated("40 %")})
    assert len(section(tiers=three).levels) == 3
    with pytest.raises(ValidationError, match="4 kinds of wallet"):
        section(tiers=three, delegated=CHILD)


def test_a_crowd_of_a_million_is_columnar() -> None:
    """Goal: scale. Method: a million people at once; every column as long, but that of limits."""
    count = 1_000_000
    people = People(
        np.arange(count, dtype=np.int32),
        np.full(count, 30, dtype=np.uint8),
        np.full(count, 10**8, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.full(count, 1_000, dtype=np.int32),
    )
    held = wallets(section(delegated=CHILD), people)
    kinds = len(held.limits_tiyn)
    assert {len(column) for column in held} == {count, kinds}
    assert len(held.limit_of(slice(None))) == count


def test_floors_and_top_ups_stand_where_there_is_room_for_them() -> None:
    """Goal: one place for both engines. Method: lines with more in them; nothing else moves."""
    people = People.of([Person(deposit=100_000), Person(age=10), Person(weight=2_000_000)])
    lines = np.full((5, 6), -7, dtype=np.int64)
    held = wallets(section(), people)
    shared = build(section(), people, Streams(1), room=Room(lines, 4, 1))
    for place, column in ((4, held.floor_tiyn), (1, held.top_up_tiyn)):
        assert lines[:3, place].tolist() == column.tolist()
    shared.floor_tiyn[0] += 1
    assert lines[0, 4] == held.floor_tiyn[0] + 1
    assert set(lines[:, [0, 2, 3, 5]].ravel().tolist()) == {-7}
    assert set(lines[3:].ravel().tolist()) == {-7}
