"""Those who look see documents and traces, find what is there, and wrong the honest a little."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import DAY_US
from tengesim.codes import Form, Kind, TrueLabel
from tengesim.institutions.procurement.controls import (
    Controls,
    Document,
    Held,
    Look,
    Overrides,
    Reviewers,
    Sort,
    drawn_sample,
    found_by,
    points_of,
    sample_size,
)
from tengesim.institutions.procurement.integrity_model import ControlsSection
from tengesim.institutions.procurement.typologies import (
    CONTROLS,
    SCHEMES,
    Channel,
    ControlName,
    Trace,
    can_stop,
)
from tengesim.institutions.procurement.works import Method
from tengesim.payment import Particulars
from tengesim.streams import Streams
from tests.budget_world import Stage, stage
from tests.integrity_world import award, controls, lot, lots
from tests.mining_world import CALENDAR, assumed, rows

START: Final = dt.date(2026, 1, 1)
PRICE: Final = 1_000_000
WORDS = st.integers(0, 2**64 - 1)
SURE: Final = {"finds": "100 %", "false_alarms": "0 %", "wrongly_upheld": "0 %"}


@dataclass
class Till:
    """An office that pays everything, and keeps what controls ask of it."""

    losses: dict[str, int] = field(default_factory=dict)
    taken: list[tuple[str, int, str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    let_go_of: list[str] = field(default_factory=list)

    def damage_tiyn(self, intent: str) -> int:
        """Return what is lost in an intent."""
        return self.losses.get(intent, 0)

    def claw_back(self, contract: str, amount_tiyn: int, rule: str) -> None:
        """Keep what was taken back."""
        self.taken.append((contract, amount_tiyn, rule))

    def freeze(self, contract: str) -> None:
        """Keep what was frozen."""
        self.frozen.append(contract)

    def let_go(self, contract: str) -> None:
        """Keep what was let go."""
        self.let_go_of.append(contract)

    def terminate(self, contract: str, rule: str) -> None:
        """Keep what was ended."""
        self.ended.append((contract, rule))


class Looked(NamedTuple):
    """A world in which controls looked at contracts, and what they did."""

    world: Stage
    till: Till
    controls: Controls
    held: dict[str, Held]
    learnt: list[str]

    def rows(self, *kinds: Kind) -> pd.DataFrame:
        """Return the rows of some kinds, in order."""
        frame = rows(self.world)
        names = [kind.name.lower() for kind in kinds]
        return frame[frame["kind"].isin(names)]


def only(name: str, **changes: object) -> ControlsSection:
    """Return controls of which one alone looks, and finds everything but for `changes`."""
    stated: dict[str, Any] = {
        f"{name}.{key}": assumed(value) for key, value in {**SURE, **changes}.items()
    }
    kept = controls(stated)
    parts = ("desk", "audit", "complaints", "flags", "overrides")
    return kept.model_copy(update={part: None for part in parts if part != name})


def look(
    section: ControlsSection,
    schemes: dict[int, Channel],
    *,
    count: int = 40,
    days: int = 500,
    bids: int = 3,
    seed: int = 1,
    labels: Sequence[TrueLabel] = (),
) -> Looked:
    """Return a world of contracts with two payments each; schemes lose all of the second.

    `labels` are what rows say is true of each contract.
    """
    said = dict(enumerate(labels))
    world, till, learnt = stage(CALENDAR.at(START), CALENDAR), Till(), list[str]()
    names = {lot(number).id: channel for number, channel in schemes.items()}

    def traces(contract: str) -> Trace:
        return SCHEMES[names[contract]].leaves if contract in names else Trace.NONE

    looking = Controls(
        section, world.ports, Streams(seed), traces=traces, learn=learnt.append, treasury="treasury"
    )
    looking.attend(till)
    held: dict[str, Held] = {}
    for number, one in enumerate(lots(count)):
        until_us = CALENDAR.at(START + dt.timedelta(days=number))
        world.env.run(until=max(until_us, int(world.env.now) + 1))
        label = said.get(number, TrueLabel.HONEST)
        looking.signed(award(one, bids=bids), paper(world, one.id, one.id, "act", label))
        for place in (1, 2):
            intent = f"{one.id}/act-{place}"
            if place == 2 and number in schemes:
                till.losses[intent] = PRICE
            document = paper(world, one.id, intent, "act", label)
            if (found := looking.examine(document)) is not None:
                held[intent] = found
            looking.paid(document)
    world.env.run(until=CALENDAR.at(START + dt.timedelta(days=days)))
    world.audit()
    return Looked(world, till, looking, held, learnt)


def paper(
    world: Stage, contract: str, intent: str, sort: Sort, label: TrueLabel = TrueLabel.HONEST
) -> Document:
    """Return a document between a buyer and a firm."""
    opened, name = world.ports.ledger.open, world.ports.names.id
    return Document(
        intent,
        contract,
        sort,
        PRICE,
        opened("buyer", "treasury", Form.CASH_CONTROL_ACCOUNT),
        opened("firm-1", "bank-1", Form.BANK_DEPOSIT),
        Particulars(intent=name(intent), true_label=label, place=name(contract)),
    )


def everyone(channel: Channel, count: int = 40) -> dict[int, Channel]:
    """Return a scheme of one kind in every contract."""
    return dict.fromkeys(range(count), channel)


@pytest.mark.parametrize("channel", SCHEMES)
@pytest.mark.parametrize("name", [ControlName.DESK_CONTROL, ControlName.AUDIT])
def test_who_looks_at_everything_finds_what_leaves_a_trace_there_and_nothing_else(
    channel: Channel, name: ControlName
) -> None:
    """Goal: structural zeros of people. Method: every scheme in every contract, all looked at."""
    if name is ControlName.DESK_CONTROL:
        section = only("desk", payments="100 %", capacity=1_000)
    else:
        section = only("audit", sample="100 %", capacity=1_000)
    found = look(section, everyone(channel, 5), count=5)
    upheld = found.rows(Kind.REVIEW).query("attempt == 1 and value == 1")
    assert len(upheld) == 5 * can_stop(name, channel)
    if name is ControlName.DESK_CONTROL:
        expected = {lot(number).id + "/act-2" for number in range(5)}
        assert {*found.held} == (expected if can_stop(name, channel) else set())


def test_the_honest_are_looked_at_too_and_wait() -> None:
    """Goal: false positives cost days. Method: nobody cheats, and every case looks bad."""
    section = only(
        "desk", payments="100 %", false_alarms="100 %", wrongly_upheld="50 %", capacity=1_000
    )
    found = look(section, {})
    assert len(found.held) == 80
    upheld = sum(one.is_upheld for one in found.held.values())
    assert 20 < upheld < 60
    reviews = found.rows(Kind.REVIEW)
    assert [sum(reviews["attempt"] == attempt) for attempt in (0, 1)] == [80, 80]
    assert upheld == reviews.query("attempt == 1")["value"].sum()


def test_a_review_is_opened_and_closed_after_its_days() -> None:
    """Goal: two rows for each. Method: moments of opening and closing of one audit."""
    section = only("audit", sample="100 %", every="30 days", after="60 days", lasts="7 days")
    found = look(section, {0: Channel.RELATED_PARTY}, count=1)
    frame = found.rows(Kind.REVIEW)
    days = [(time_us - CALENDAR.at(START)) // DAY_US for time_us in frame["time_us"].to_list()]
    assert days == [90, 97]
    assert frame["attempt"].to_list() == frame["value"].to_list() == [0, 1]
    assert frame["rule"].to_list() == ["audit"] * 2
    assert frame["amount_tiyn"].to_list() == [9_500_000_000] * 2


def test_what_an_audit_establishes_comes_back_in_part_once() -> None:
    """Goal: recovery. Method: audits by sample and by flags of one contract; 40 % of the loss."""
    both = controls(
        {
            "audit.sample": assumed("100 %"),
            "audit.finds": assumed("100 %"),
            "flags.finds": assumed("100 %"),
            "flags.threshold": assumed(1),
            "terminated": assumed("100 %"),
            "desk.payments": assumed("0 %"),
        }
    )
    found = look(both, {0: Channel.DIVERTED_ADVANCE}, count=1, bids=1)
    assert found.till.taken == [("lot-000000", PRICE * 2 // 5, "risk_audit")]
    assert found.till.ended == [("lot-000000", "risk_audit")]
    assert found.till.frozen == found.till.let_go_of == ["lot-000000"]
    upheld = found.rows(Kind.REVIEW).query("attempt == 1 and value == 1")
    assert upheld["rule"].to_list() == ["risk_audit", "audit"]
    assert {"lot-000000"} == {*found.learnt}


def test_more_reviews_than_reviewers_wait_and_none_is_left_out() -> None:
    """Goal: capacity delays. Method: one reviewer and many, the same cases and endings."""
    schemes = dict.fromkeys(range(0, 40, 3), Channel.OVERPRICING)
    one, many = (
        look(only("desk", payments="100 %", capacity=capacity), schemes) for capacity in (1, 99)
    )
    assert [*one.held] == [*many.held]
    assert [held.is_upheld for held in one.held.values()] == [
        held.is_upheld for held in many.held.values()
    ]
    waits = [
        (first.until_us - second.until_us) // DAY_US
        for first, second in zip(one.held.values(), many.held.values(), strict=True)
    ]
    # A case comes every third day and takes ten, so each waits seven days more than the last.
    assert waits == [7 * number for number in range(len(waits))]


@given(st.lists(st.integers(0, 100), max_size=30).map(sorted), st.integers(1, 5))
def test_reviewers_are_never_more_than_there_are(comes: list[int], capacity: int) -> None:
    """Goal: a queue with so many servers. Method: count who is at work at each moment."""
    reviewers = Reviewers(capacity, 10)
    done = [reviewers.done_us(moment) for moment in comes]
    for moment in range(200):
        assert sum(end - 10 <= moment < end for end in done) <= capacity
    assert all(end >= moment + 10 for end, moment in zip(done, comes, strict=True))
    if len(comes) <= capacity:
        assert done == [moment + 10 for moment in comes]


def test_a_complaint_that_is_upheld_ends_the_contract() -> None:
    """Goal: complaints. Method: rigged and honest contracts, losers who see everything."""
    section = only("complaints", after="5 days", lasts="10 days")
    found = look(section, {3: Channel.BID_RIGGING, 4: Channel.OVERPRICING})
    rows = found.rows(Kind.COMPLAINT)
    assert rows["attempt"].to_list() == [0, 1]
    assert {"lot-000003"} == {*rows["place"]}
    assert found.till.ended == [("lot-000003", "complaints")]


def test_red_flags_add_up_from_what_is_published() -> None:
    """Goal: the score. Method: by hand: one bid 2, close to the estimate 1, third contract 1."""
    section = controls().flags
    assert section is not None
    close = award(lot(1), price_tiyn=9_950_000_000, bids=1)
    assert [points_of(section, close, before) for before in (0, 2)] == [3, 4]
    assert points_of(section, award(lot(1)), 0) == 0
    direct = award(lot(1))._replace(method=Method.DIRECT)
    assert points_of(section, direct, 0) == 1


def test_a_contract_is_flagged_once_and_then_audited() -> None:
    """Goal: risk-based audit. Method: forty buyers with a single bid each, then an amendment."""
    section = only("flags", threshold=4, after="30 days")
    quiet = look(section, everyone(Channel.RELATED_PARTY), bids=1)
    assert quiet.rows(Kind.FLAG, Kind.REVIEW).empty
    amended = look(section, everyone(Channel.RELATED_PARTY), bids=1, days=50)
    for number in (5, 5, 6):
        name = lot(number).id
        amended.controls.examine(paper(amended.world, name, f"{name}/amendment", "amendment"))
    amended.world.env.run(until=CALENDAR.at(START + dt.timedelta(days=300)))
    flags, reviews = amended.rows(Kind.FLAG), amended.rows(Kind.REVIEW)
    assert flags["place"].to_list() == [lot(5).id, lot(6).id]
    assert {*flags["value"], *flags["limit"]} == {4}
    assert reviews.query("attempt == 1")["value"].to_list() == [1, 1]


def test_a_lot_is_corrected_before_its_announcement() -> None:
    """Goal: desk control at announcement. Method: every lot looked at, schemes of three kinds."""
    world = stage(CALENDAR.at(START), CALENDAR)
    kinds = (Channel.OVERPRICING, Channel.SPLIT_CONTRACT, Channel.KICKBACK)
    names = {lot(number).id: kind for number, kind in enumerate(kinds)}
    looking = Controls(
        only("desk", announcements="100 %"),
        world.ports,
        Streams(1),
        traces=lambda contract: SCHEMES[names[contract]].leaves,
        learn=lambda _: None,
        treasury="treasury",
    )
    assert [looking.announced(lot(number)) for number in range(3)] == [True, True, False]


def test_truth_changes_no_decision() -> None:
    """Goal: controls receive observations. Method: the same world under permuted labels.

    What decides is compared row by row; the labels differ in most.
    """
    schemes = {number: [*SCHEMES][number % len(SCHEMES)] for number in range(0, 40, 2)}
    everything = {
        "desk.payments": assumed("50 %"),
        "audit.sample": assumed("50 %"),
        "flags.threshold": assumed(2),
    }
    every = [*TrueLabel]
    worlds = [
        look(controls(everything), schemes, bids=1, labels=[*every, *every, *every][step:])
        for step in (1, 5)
    ]
    frames = [one.rows(Kind.REVIEW, Kind.FLAG, Kind.COMPLAINT) for one in worlds]
    assert len(frames[0]) > 40
    assert (frames[0]["true_label"].to_numpy() != frames[1]["true_label"].to_numpy()).mean() > 0.5
    first, second = (frame.drop(columns="true_label").reset_index(drop=True) for frame in frames)
    pd.testing.assert_frame_equal(first, second)
    assert worlds[0].held == worlds[1].held
    assert worlds[0].till.taken == worlds[1].till.taken


def test_documents_have_no_room_for_truth_but_the_column_that_rows_carry() -> None:
    """Goal: a type without truth. Method: names of the fields of all that controls are given."""
    fields = {*Document._fields, *Look._fields}
    assert not [name for name in fields if "true" in name or "label" in name or "conduct" in name]


@pytest.mark.parametrize("channel", SCHEMES)
def test_one_scheme_more_changes_no_other_review(channel: Channel) -> None:
    """Goal: arms are paired. Method: a scheme in one contract, and reviews of all others."""
    section = controls({"desk.payments": assumed("60 %"), "audit.sample": assumed("60 %")})
    schemes = dict.fromkeys(range(0, 40, 4), Channel.OVERPRICING)
    without, with_one = (look(section, one) for one in (schemes, {**schemes, 7: channel}))
    kept = [one.rows(Kind.REVIEW, Kind.COMPLAINT, Kind.FLAG) for one in (without, with_one)]
    seen = [frame[frame["place"] != lot(7).id] for frame in kept]
    columns = ["kind", "time_us", "intent", "attempt", "value", "rule"]
    first, second = (one[columns].sort_values(columns).to_numpy().tolist() for one in seen)
    assert first == second


@given(WORDS, st.sampled_from([*CONTROLS]))
def test_a_closer_look_is_as_stated_at_the_ends(word: int, name: ControlName) -> None:
    """Goal: certainty and impossibility are exact. Method: any word."""
    sees = CONTROLS[name].sees
    there, nothing = Look(sees, 1), Look(Trace.NONE, 0)
    sure = only("audit").audit
    blind = only("audit", finds="0 %").audit
    wrong = only("audit", false_alarms="100 %", wrongly_upheld="100 %").audit
    assert sure is not None
    assert blind is not None
    assert wrong is not None
    assert found_by(sure, sees, there, word) is True
    assert found_by(blind, sees, there, word) is None
    assert (
        found_by(sure, sees, nothing if not sees & Trace.WORK_ABSENT else Look(Trace.NONE, 0), word)
        is None
    )
    assert found_by(wrong, sees, Look(Trace.NONE, 0), word) is True


@given(st.integers(0, 2_000), st.integers(0, 10_000), WORDS)
def test_a_sample_is_its_share_but_for_less_than_one(count: int, share_bp: int, word: int) -> None:
    """Goal: sizes. Method: any count and share; equal words stay equal."""
    size = sample_size(count, share_bp, word)
    assert abs(size - count * share_bp / 10_000) < 1
    assert size <= count


@given(st.lists(WORDS, unique=True, min_size=2, max_size=30), st.integers(1, 29))
def test_one_contract_more_moves_at_most_one_out_of_a_sample(words: list[int], size: int) -> None:
    """Goal: paired samples. Method: without the last contract, and with it."""
    names = [f"lot-{number}" for number in range(len(words))]
    few = {*drawn_sample(names[:-1], words[:-1], size)}
    many = {*drawn_sample(names, words, size)}
    assert len(few - many) <= 1
    assert many - few <= {names[-1]}


ROLES = ("customer", "treasurer")


def test_an_override_needs_two_signatures_and_holds_for_its_days() -> None:
    """Goal: R55. Method: rows of those given and those refused, and answers when time is up."""
    answers = Counter[bool]()
    world = stage(CALENDAR.at(START), CALENDAR)
    section = controls({"overrides.lasts": assumed("14 days")}).overrides
    assert section is not None
    desk = Overrides(section, world.ports, Streams(2))
    papers = [paper(world, lot(n).id, f"{lot(n).id}/act-1", "payment") for n in range(60)]
    given_to = [document for document in papers if desk.ask(document, "milestone_not_met", ROLES)]
    for document in papers:
        answers[desk.ask(document, "milestone_not_met", ROLES)] += 1
    assert 15 < answers[True] == len(given_to) < 45
    frame = rows(world)
    assert len(frame) == 120
    assert {*frame["kind"]} == {"approval"}
    first, second = (frame[frame["attempt"] == place] for place in (0, 1))
    assert {"override/customer/milestone_not_met"} == {*first["rule"]}
    assert {"override/treasurer/milestone_not_met"} == {*second["rule"]}
    assert (first["value"].sum(), second["value"].sum()) == (60, len(given_to))
    last = CALENDAR.day_number(CALENDAR.at(START)) + 14
    assert {*second.loc[second["value"] == 1, "limit"]} == {last}
    world.env.run(until=CALENDAR.at(START + dt.timedelta(days=15)))
    assert not any(desk.ask(document, "milestone_not_met", ROLES) for document in papers)


def test_a_firm_that_wins_again_and_again_is_counted_by_buyer() -> None:
    """Goal: repeated winners. Method: three contracts of one buyer, and of three."""
    section = only("flags", threshold=1, single_bid=0, close_to_estimate=0, direct=0)
    same = look(section, {}, count=40)
    assert same.rows(Kind.FLAG).empty
    again = look(section, {}, count=100, days=200)
    flagged = again.rows(Kind.FLAG)["place"].to_list()
    assert flagged == [lot(number).id for number in range(80, 100)]
