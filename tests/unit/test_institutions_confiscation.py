"""Arrested assets on their way: nothing is lost, nothing is the state's before a court says so."""

import datetime as dt
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim.clock import DAY_US, HOUR_US
from tengesim.codes import BASE_UNITS, Form, Provenance, TrueLabel
from tengesim.errors import InvariantError
from tengesim.institutions.assets import worth_tiyn
from tengesim.institutions.confiscation.course import Course, Ending, courses_of
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.ports import AssetInflow, Seizure
from tests.court_world import (
    ENDS,
    NOTHING,
    START,
    confiscation,
    quotes,
    seizures,
    tallies,
    together,
    try_cases,
)
from tests.mining_world import CALENDAR, assumed, coins, days_from, rows

USDT = BASE_UNITS[Form.USDT]
ALL = 16_700_000 * USDT
BOTH = (
    seizures(),
    seizures("mines", asset="bitcoin", units=assumed(6.5), cases=assumed(3), origin="mining"),
)
OF_ASSETS = ("usdt", "bitcoin")


def course_of(section: ConfiscationSection, word: int, since_us: int) -> Course:
    """Return the course of one case."""
    (course,) = courses_of(section, np.array([word], dtype=np.uint64), [since_us])
    return course


@pytest.mark.parametrize("days", [200, 400, 1_461])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_arrested_is_returned_given_to_victims_forfeited_or_pending(
    days: int, seed: int
) -> None:
    """Goal: the identity at every event. Method: cases, units and worth at arrest, row by row."""
    world = try_cases(confiscation(*BOTH), days=days_from(START, days), seed=seed)
    for form in OF_ASSETS:
        frame = rows(world)
        frame = frame[frame["form"] == form]
        made = tallies(frame)
        for tally in made:
            assert tally.arrested == together([tally.ended, tally.pending])
        assert made[-1].pending[1] == coins(world, "evidence-custody", Form[form.upper()])


def test_the_identity_sees_a_case_that_is_lost_doubled_or_changed() -> None:
    """Goal: the test above can fail. Method: logs with one end taken out, twice, or smaller."""
    frame = rows(try_cases(confiscation()))
    end = frame.index[frame["kind"].isin(ENDS)][0]
    arrest = frame.index[(frame["kind"] == "arrest") & (frame["status"] == "settled")][0]
    whole = tallies(frame)[-1]
    assert whole.pending == NOTHING
    assert tallies(frame.drop(end))[-1].pending[0] == 1
    with pytest.raises(KeyError):
        tallies(pd.concat([frame, frame.loc[[end]]]))
    with pytest.raises(KeyError):
        tallies(frame.drop(arrest))
    smaller = frame.copy()
    smaller.loc[end, "amount_tiyn"] -= 1
    with pytest.raises(ValueError, match="something else"):
        tallies(smaller)


def test_every_unit_is_with_somebody_at_every_event() -> None:
    """Goal: conservation per asset. Method: balances of holders rebuilt from rows, one by one."""
    frame = rows(try_cases(confiscation(*BOTH, sold=assumed("50 %"))))
    frame = frame[(frame["status"] == "settled") & frame["form"].isin(OF_ASSETS)]
    held: Counter[tuple[str, str]] = Counter()
    supply: Counter[str] = Counter()
    keepers = {"usdt": "tether", "bitcoin": "bitcoin"}
    for form, payer, payee, units in zip(
        frame["form"], frame["payer"], frame["payee"], frame["amount_tiyn"], strict=True
    ):
        held[form, payer] -= units
        held[form, payee] += units
        supply[form] += units if payer == keepers[form] else 0
        for name, keeper in keepers.items():
            own = {who: held[who] for who in held if who[0] == name and who[1] != keeper}
            assert min(own.values(), default=0) >= 0
            assert sum(own.values()) == supply[name] == -held[name, keeper]
    assert supply == {"usdt": ALL, "bitcoin": 650_000_000}


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 100),
    st.lists(st.integers(1, 900), min_size=4, max_size=4),
)
def test_a_case_keeps_to_the_order_and_times_of_its_stages(
    word: int, spread: int, means: list[int]
) -> None:
    """Goal: durations lie around their means. Method: any case, each stage against its bounds."""
    names = ("sanction", "verdict", "appeal", "handover")
    stated = {name: assumed(f"{mean} days") for name, mean in zip(names, means, strict=True)}
    section = confiscation(spread=assumed(f"{spread} %"), **stated)
    course = course_of(section, word, 10 * HOUR_US)
    moments = [10 * HOUR_US, *course[:4]]
    for mean, (since, until) in zip(means, pairwise(moments), strict=True):
        lasted, rest = divmod(until - since, DAY_US)
        assert rest == 0
        assert mean - mean * spread // 100 <= lasted <= mean + mean * spread // 100


@given(st.integers(0, 2**64 - 1))
def test_slower_courts_decide_the_same(word: int) -> None:
    """Goal: one draw for one decision. Method: the same case in courts that take twice as long."""
    slow = course_of(confiscation(verdict=assumed("548 days")), word, 0)
    assert slow[4:] == course_of(confiscation(), word, 0)[4:]


@given(st.integers(0, 2**64 - 1))
def test_only_what_was_forfeited_is_appealed_and_returned(word: int) -> None:
    """Goal: an appeal can only save the owner's assets. Method: any case, all appeals succeed."""
    section = confiscation(appealed=assumed("100 %"), overturned=assumed("100 %"))
    course = course_of(section, word, 0)
    assert course.is_appealed == (course.verdict is Ending.FORFEITED)
    assert course.final is not Ending.FORFEITED
    if course.verdict is not Ending.FORFEITED:
        assert course.final is course.verdict


def test_courses_hang_on_their_own_words() -> None:
    """Goal: a case more leaves the others as they were. Method: many at once, and each alone."""
    words = np.arange(50, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    since = [day * DAY_US for day in range(50)]
    alone = [
        course_of(confiscation(), int(word), at) for word, at in zip(words, since, strict=True)
    ]
    assert courses_of(confiscation(), words, since) == alone


def test_a_second_verdict_follows_an_appeal_alone() -> None:
    """Goal: nobody appeals in silence. Method: verdicts by attempt, with appeals and without."""
    frame = rows(try_cases(confiscation()))
    verdicts = frame[frame["kind"] == "verdict"]
    first, second = (verdicts[verdicts["attempt"] == attempt] for attempt in (0, 1))
    lost = set(first[first["rule"] == "forfeited"]["intent"])
    assert set(second["intent"]) < lost
    assert set(second["rule"]) == {"forfeited", "returned"}
    calm = rows(try_cases(confiscation(appealed=assumed("0 %"))))
    assert set(calm[calm["kind"] == "verdict"]["attempt"]) == {0}


def test_each_row_says_what_the_case_is_worth_then_and_was_worth_at_its_arrest() -> None:
    """Goal: price risk by stage is in the log. Method: units times the price of each row's day."""
    frame = rows(try_cases(confiscation(*BOTH)))
    frame = frame[frame["intent"].str.contains("/") & (frame["kind"] != "opening")]
    priced = quotes()
    at_arrest: dict[str, int] = {}
    columns = ("form", "date", "kind", "status", "intent", "amount_tiyn", "value", "limit")
    for name, day, kind, status, case, units, value, limit in zip(
        *(frame[column] for column in columns), strict=True
    ):
        form = Form[name.upper()]
        worth = worth_tiyn(form, units, priced.tiyn(form, (day - START).days))
        if (kind, status) == ("arrest", "settled"):
            at_arrest[case] = worth
        assert (value, limit) == (worth, at_arrest.get(case, worth))
    risen = frame[frame["kind"].isin(ENDS) & (frame["form"] == "usdt")]
    assert (risen["value"] > risen["limit"]).all()
    assert set(frame["place"]) == {"exchanger", "mining"}


def test_the_change_of_price_belongs_to_whoever_receives_the_assets() -> None:
    """Goal: the report can say who bore it. Method: stage by stage, changes add up to the whole."""
    frame = rows(try_cases(confiscation()))
    case = frame[frame["kind"].isin(["arrest", "verdict", *ENDS])].groupby("intent")
    for _, stages in case:
        steps = list(stages["value"])
        last = stages.iloc[-1]
        assert sum(b - a for a, b in pairwise(steps[1:])) == last["value"] - last["limit"]
        assert last["payee"] in {"owner", "victims", "authorised-body"}


def test_the_state_is_offered_what_was_forfeited_and_nothing_else() -> None:
    """Goal: arrested is not confiscated. Method: what is announced, against rows of forfeiture."""
    heard: list[AssetInflow] = []
    world = try_cases(confiscation(*BOTH), listen=heard.append)
    frame = rows(world)
    for form in OF_ASSETS:
        forfeited = frame[(frame["kind"] == "forfeiture") & (frame["form"] == form)]
        offered = [one for one in heard if one.form is Form[form.upper()]]
        assert sum(one.units for one in offered) == sum(forfeited["amount_tiyn"])
        assert {one.holder for one in offered} <= {"authorised-body"}
    assert {one.provenance for one in heard} == {Provenance.CONFISCATED}
    assert len({one.intent for one in heard}) == len(heard)


def test_what_is_sold_goes_to_the_budget_less_its_cost() -> None:
    """Goal: a sale is worth its price. Method: tenge of the Treasury against units and prices."""
    heard: list[AssetInflow] = []
    world = try_cases(confiscation(sold=assumed("100 %")), listen=heard.append)
    frame = rows(world)
    sold = frame[(frame["kind"] == "trade") & (frame["form"] == "usdt")]
    forfeited = frame[frame["kind"] == "forfeiture"]
    assert sum(sold["amount_tiyn"]) == sum(forfeited["amount_tiyn"]) > 0
    single = world.book.open("treasury", "national-bank", Form.TREASURY_SINGLE_ACCOUNT)
    assert world.book.free(single) == sum(worth * 9_900 // 10_000 for worth in sold["value"])
    assert (heard, coins(world, "authorised-body", Form.USDT)) == ([], 0)


def test_cases_lie_within_their_days_and_have_equal_parts() -> None:
    """Goal: the table says how much and when. Method: dates of suspicion and units of each case."""
    frame = rows(try_cases(confiscation(seizures(cases=assumed(7), units=assumed(1.000003)))))
    suspected = frame[(frame["kind"] == "arrest") & (frame["status"] == "recorded")]
    assert suspected["date"].between(START, dt.date(2026, 10, 7)).all()
    assert len(set(suspected["date"])) > 3
    assert sum(suspected["amount_tiyn"]) == 1_000_003
    assert max(suspected["amount_tiyn"]) - min(suspected["amount_tiyn"]) <= 1


def test_a_case_arrested_is_the_suspects_no_more() -> None:
    """Goal: arrest moves the coins. Method: who has them after half a year without a verdict."""
    early = seizures(until=dt.date(2026, 7, 31))
    world = try_cases(confiscation(early, spread=assumed("0 %")), days=days_from(START, 212))
    frame = rows(world)
    arrested = frame[(frame["kind"] == "arrest") & (frame["status"] == "settled")]
    evidence = coins(world, "evidence-custody", Form.USDT)
    assert evidence == sum(arrested["amount_tiyn"])
    assert coins(world, "suspect", Form.USDT) == ALL - evidence
    assert 0 < evidence < ALL


def test_one_more_series_leaves_every_other_case_as_it_was() -> None:
    """Goal: draws hang on the case alone. Method: the rows of a series with and without another."""
    columns = ["time_us", "kind", "status", "intent", "amount_tiyn", "rule", "value", "limit"]
    alone, beside = (rows(try_cases(confiscation(*series))) for series in ((BOTH[0],), BOTH))
    own = beside[beside["intent"].str.startswith("exchangers")]
    first = alone[alone["intent"].str.startswith("exchangers")]
    assert first[columns].to_dict("list") == own[columns].to_dict("list")


def test_a_notice_and_a_line_of_the_table_open_the_same_case() -> None:
    """Goal: enforcement feeds the same courts. Method: one case by each of the two ways."""
    day = START + dt.timedelta(days=20)
    dated = seizures("raid", cases=assumed(1), units=assumed(5_000)) | {"from": day, "until": day}
    table = rows(try_cases(confiscation(dated)))
    # Whoever announces a seizure has seen the coins with the suspect; here another case owns them.
    later = dt.date(2029, 12, 31)
    stock = seizures("stock", cases=assumed(1), units=assumed(5_000)) | {
        "from": later,
        "until": later,
    }
    notice = Seizure("raid/1", Form.USDT, 5_000 * USDT, "exchanger", TrueLabel.INTERNAL)
    noticed = rows(try_cases(confiscation(stock), notices=[(day, notice)]))
    columns = ["time_us", "kind", "status", "amount_tiyn", "rule", "value", "limit", "payee"]
    by_table, by_notice = (
        frame[frame["intent"] == "raid/1"][columns].to_dict("list") for frame in (table, noticed)
    )
    assert by_table == by_notice


def test_nobody_is_arrested_for_coins_that_nobody_has() -> None:
    """Goal: a seizure of thin air stops the run. Method: a notice without a suspect's coins."""
    notice = Seizure("raid/1", Form.ETHER, 1, "exchanger", TrueLabel.INTERNAL)
    with pytest.raises(InvariantError, match="suspect has not the 1 units"):
        try_cases(confiscation(), notices=[(START, notice)])


def test_what_is_no_seizure_is_no_case() -> None:
    """Goal: misuse is loud. Method: a text on the board."""
    with pytest.raises(TypeError, match="announced by a Seizure"):
        try_cases(confiscation(), notices=[(START, "raid")])  # type: ignore[list-item]


def test_older_cases_come_as_far_along_as_they_are() -> None:
    """Goal: 2025's arrests are there in 2026. Method: cases of a year before, without spread."""
    old = seizures() | {"from": dt.date(2025, 1, 1), "until": dt.date(2025, 10, 7)}
    frame = rows(try_cases(confiscation(old, spread=assumed("0 %"))))
    arrests = frame[(frame["kind"] == "arrest") & (frame["status"] == "settled")]
    # Nobody is arrested before offices open, when prices of the day are known.
    assert set(arrests["time_us"]) == {CALENDAR.at(START, 10 * HOUR_US)}
    assert sum(arrests["amount_tiyn"]) == ALL
    verdicts = frame[(frame["kind"] == "verdict") & (frame["attempt"] == 0)]
    due = dt.date(2025, 10, 7) + dt.timedelta(days=3 + 274)
    assert verdicts["date"].min() == START
    assert START < verdicts["date"].max() <= due


def test_what_lies_beyond_the_horizon_never_happened() -> None:
    """Goal: no case after the last day, nor its coins. Method: a series after the horizon."""
    late = seizures() | {"from": dt.date(2031, 1, 1), "until": dt.date(2031, 2, 1)}
    assert rows(try_cases(confiscation(late))).empty


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seizures": [seizures(asset="dogecoin")]}, "NAME_UNKNOWN"),
        ({"seizures": [seizures(until=dt.date(2025, 12, 31))]}, "END_BEFORE_START"),
        ({"seizures": [seizures(cases=assumed(0))]}, "RANGE"),
        ({"seizures": [seizures(units=assumed(0.0001))]}, "RANGE"),
        ({"seizures": [seizures(units=assumed(-1))]}, "RANGE"),
        ({"seizures": [seizures(), seizures()]}, "NAME_TWICE"),
        ({"verdict": assumed("5 business days")}, "DURATION"),
        ({"sanction": assumed("3 h")}, "DURATION"),
    ],
)
def test_a_way_that_cannot_be_is_refused(changes: dict[str, object], code: str) -> None:
    """Goal: refuse at load, by name. Method: one thing wrong at a time."""
    with pytest.raises(ValidationError) as refused:
        confiscation(**changes)
    assert [error["type"] for error in refused.value.errors()] == [code]
