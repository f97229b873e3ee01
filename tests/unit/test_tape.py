"""The tape: cells that depend on stratum and hour alone, windows of whole cells, one order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import HOUR_US
from tengesim.codes import TrueLabel
from tengesim.engine.world import World, build
from tengesim.journal.names import Names
from tengesim.payment import AccountId, NameId, Want
from tengesim.retail import strata
from tengesim.retail.imported import ImportedStratum, PaymentTable
from tengesim.retail.tape import Cell, Stratum, Tape
from tengesim.streams import Streams
from tests.retail_world import CALENDAR, days, everyday, society
from tests.worlds import ARMS, MARKED, WALLET, small, with_programme

HOUR = 491_000
NOWHERE, NAMED = NameId(0), NameId(1)
PAYEE = AccountId(7)


@dataclass(frozen=True)
class Queue:
    """A stratum of given wants: (hour, microsecond within it, number)."""

    title: str
    wants: tuple[tuple[int, int, int], ...]
    late_us: int = 0
    programme: str = "meals"
    category: str = "5811"
    place: NameId = NOWHERE
    name: NameId = NAMED
    payee: AccountId = PAYEE

    def hours(self) -> frozenset[int]:
        """Return the hours in which somebody queues."""
        return frozenset(hour for hour, _, _ in self.wants)

    def draw(self, hour: int) -> Cell:
        """Return the wants of one hour, in order."""
        drawn = sorted((us, number) for at, us, number in self.wants if at == hour)
        count = len(drawn)
        numbers = np.array([number for _, number in drawn], dtype=np.int64)
        return Cell(
            time_us=np.array([hour * HOUR_US + us + self.late_us for us, _ in drawn], np.int64),
            number=numbers,
            payer=numbers,
            payee=np.full(count, self.payee),
            amount_tiyn=np.full(count, 5),
            true_label=np.full(count, TrueLabel.HONEST.value),
            is_unserved=np.zeros(count, dtype=np.bool_),
            evidence=np.full((count, 2), 3),
        )


queues = st.lists(
    st.lists(
        st.tuples(st.integers(HOUR, HOUR + 4), st.integers(0, 3), st.integers(0, 20)),
        unique_by=lambda want: (want[0], want[2]),
        max_size=8,
    ),
    max_size=4,
).map(lambda rows: [Queue(f"queue {i}", tuple(wants)) for i, wants in enumerate(rows)])


@cache
def world_of(arm: str, seed: int = 1) -> World:
    """Return a small world, to be looked at and never run."""
    return build(small(arm), seed)


def readable(world: World, wants: Sequence[Want]) -> list[tuple[object, ...]]:
    """Return wants with names for every id, so that worlds can be compared."""
    names: Names = world.journal.names
    titles = [stratum.title for stratum in world.tape.strata]
    holder = world.book.account
    return [
        (
            want.time_us,
            titles[want.stratum],
            want.number,
            names.intent_text(want.intent),
            names.text(holder(want.payer).holder),
            names.text(holder(want.payer).mark),
            names.text(holder(want.payee).holder),
            *(want.amount_tiyn, want.category, names.text(want.place), want.programme),
            *(want.true_label, want.is_unserved, want.evidence),
        )
        for want in wants
    ]


def window(world: World, first_hour: int, end_hour: int) -> list[Want]:
    """Return the wants of some hours; worlds of meals have no others."""
    wants = world.tape.window(first_hour, end_hour)
    return [want for want in wants if isinstance(want, Want)]


def whole(world: World) -> list[Want]:
    """Return every want of a world."""
    hours = world.tape.hours()
    return window(world, hours[0], hours[-1] + 1)


@given(queues, st.lists(st.integers(HOUR - 1, HOUR + 6), max_size=4))
def test_hours_drawn_together_or_singly_give_the_same_wants(
    strata: list[Queue], cuts: list[int]
) -> None:
    """Goal: windows are unions of whole cells. Method: any cuts, pieces against the whole."""
    tape = Tape(strata)
    ends = [HOUR - 1, *sorted(cuts), HOUR + 6]
    pieces = [want for i in range(len(ends) - 1) for want in tape.window(ends[i], ends[i + 1])]
    assert pieces == tape.window(HOUR - 1, HOUR + 6)
    assert len(pieces) == sum(len(stratum.wants) for stratum in strata)


@given(queues, st.randoms(use_true_random=False))
def test_wants_come_by_time_then_title_then_number(strata: list[Queue], shuffler: object) -> None:
    """Goal: the order of the tape. Method: strata given in any order, sorted by hand."""
    mixed = list(strata)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    found = Tape(mixed).window(HOUR, HOUR + 5)
    titles = sorted(stratum.title for stratum in strata)
    due = sorted(
        (hour * HOUR_US + us, stratum.title, number)
        for stratum in strata
        for hour, us, number in stratum.wants
    )
    assert [(want.time_us, titles[want.stratum], want.number) for want in found] == due


def test_two_strata_of_one_title_are_refused() -> None:
    """Goal: order is total. Method: one title twice."""
    with pytest.raises(ValueError, match="one title"):
        Tape([Queue("a", ()), Queue("a", ())])


@pytest.mark.parametrize("late_us", [-1, HOUR_US])
def test_a_want_outside_its_hour_is_refused(late_us: int) -> None:
    """Goal: cells are whole. Method: a stratum a microsecond early, and an hour late."""
    tape = Tape([Queue("a", ((HOUR, 0, 1),), late_us=late_us)])
    with pytest.raises(ValueError, match=f"stratum a draws wants outside hour {HOUR}"):
        tape.window(HOUR, HOUR + 1)


def test_a_tape_without_strata_wants_nothing() -> None:
    """Goal: R-27. Method: an empty tape."""
    assert Tape([]).hours() == []
    assert Tape([]).window(0, HOUR) == []


@pytest.mark.parametrize("arm", ARMS)
def test_drawing_a_month_by_the_hour_or_at_once_is_the_same(arm: str) -> None:
    """Goal: the same of the shipped tapes. Method: every hour, every day, and the whole month."""
    world = world_of(arm)
    tape = world.tape
    month = whole(world)
    hours = tape.hours()
    assert [want for hour in hours for want in tape.window(hour, hour + 1)] == month
    days = range(hours[0], hours[-1] + 24, 24)
    assert [want for day in days for want in tape.window(day, day + 24)] == month
    assert len(month) > 2_000


@pytest.mark.parametrize("arm", ARMS)
def test_a_cell_is_the_same_whenever_it_is_drawn(arm: str) -> None:
    """Goal: a cell depends on seed, stratum and hour. Method: draw backwards, twice, in a twin."""
    first, twin = world_of(arm), build(small(arm), 1)
    hours = first.tape.hours()
    forwards = {hour: readable(first, window(first, hour, hour + 1)) for hour in hours}
    for hour in reversed(hours):
        assert readable(twin, window(twin, hour, hour + 1)) == forwards[hour]
    assert readable(first, window(first, hours[3], hours[3] + 1)) == forwards[hours[3]]


def test_another_seed_gives_other_wants() -> None:
    """Goal: the tape is the seed's. Method: two seeds, all wants."""
    first, second = world_of(MARKED, 1), world_of(MARKED, 2)
    assert readable(first, whole(first)) != readable(second, whole(second))


@pytest.mark.parametrize("arm", [MARKED, WALLET])
def test_another_programme_leaves_the_wants_of_others_alone(arm: str) -> None:
    """Goal: strata are independent. Method: wants of one, alone and beside another."""
    alone = world_of(arm)
    beside = build(with_programme(small(arm), "second_breakfast"), 1)
    all_of_them = readable(beside, whole(beside))
    kept = [want for want in all_of_them if want[10] == "school_meals"]
    assert kept == readable(alone, whole(alone))
    others = [want for want in all_of_them if want[10] == "second_breakfast"]
    assert len(others) > 2_000
    # Its own chance decides about the second programme, not that of the first again.
    assert [want[0] for want in others] != [want[0] for want in kept]


def test_one_more_pupil_leaves_the_wants_of_others_alone() -> None:
    """Goal: chance is per person. Method: one pupil more in one school, wants of all the others."""
    fewer = small(MARKED, "population.scale=1", *_people("111", "1", "1"))
    more = small(MARKED, "population.scale=1", *_people("112", "1", "1"))
    wants = [readable(world, whole(world)) for world in (build(fewer, 1), build(more, 1))]
    kept = [want for want in wants[1] if want[4] != "pupil-000112"]
    assert kept == wants[0]
    assert len(kept) < len(wants[1])


def _people(pupils: str, schools: str, caterers: str) -> tuple[str, ...]:
    counts = {"pupils": pupils, "schools": schools, "caterers": caterers}
    return tuple(
        f"population.{name}.{end}={count} {name}"
        for name, count in counts.items()
        for end in ("low", "value", "high")
    )


@pytest.mark.parametrize("arm", ARMS)
def test_intents_of_a_tape_are_unique_and_readable(arm: str) -> None:
    """Goal: runs are joined by intent. Method: texts of all intents, their form, no two alike."""
    world = world_of(arm)
    wants = whole(world)
    texts = [str(row[3]) for row in readable(world, wants)]
    assert len(set(texts)) == len(wants)
    for text, want in zip(texts, wants, strict=True):
        programme, school, stem, hour, index = text.split("/")
        assert (programme, school[:7], len(index)) == ("school_meals", "school-", 6)
        assert stem in {"meal", "double", "kiosk"}
        assert hour[:8] == "2026-02-"
        assert int(index) == want.number


def test_what_the_arms_share_bears_the_same_intents() -> None:
    """Goal: arms are paired. Method: honest meals, equal in time and intent."""
    honest = []
    for arm in ARMS:
        rows = readable(world_of(arm), whole(world_of(arm)))
        honest.append([row[:5] for row in rows if row[11] is TrueLabel.HONEST])
    assert honest[0] == honest[1] == honest[2]
    assert len(honest[0]) > 1_900


def test_marks_are_the_only_difference_between_the_tapes_of_the_digital_arms() -> None:
    """Goal: marking changes money, not people. Method: all wants but the kiosk's, mark left out."""
    kept = []
    for arm in (WALLET, MARKED):
        rows = readable(world_of(arm), whole(world_of(arm)))
        kept.append([(*row[:5], *row[6:]) for row in rows if row[11] is not TrueLabel.OFF_PURPOSE])
    assert kept[0] == kept[1]


def test_a_stratum_may_be_replaced_without_moving_another() -> None:
    """Goal: order of others is kept. Method: one of three strata emptied."""
    strata = [Queue(name, tuple((HOUR, us, 1) for us in (0, 2))) for name in "abc"]
    emptied = [strata[0], replace(strata[1], wants=()), strata[2]]
    all_of_them = Tape(strata).window(HOUR, HOUR + 1)
    kept = [want for want in all_of_them if want.stratum != 1]
    assert Tape(emptied).window(HOUR, HOUR + 1) == kept


def merged_strata() -> list[Stratum]:
    """Return everyday strata, others at their very moments before and after them, and a table."""
    names = Names()
    drawn = strata.build(everyday(), society(60), Streams(1), names, CALENDAR, dates=days(2))
    hour = Tape(drawn).hours()[12]
    moments = Tape(drawn).columns(hour).time_us - hour * HOUR_US
    wants = tuple((hour, us, number) for number, us in enumerate(moments[::3].tolist()))
    count = len(moments)
    table = PaymentTable(
        time_us=np.sort(np.concatenate([moments[: count // 2], moments[: count - count // 2]]))
        + hour * HOUR_US,
        row=np.arange(count),
        payer=np.zeros(count, np.int32),
        payee=np.ones(count, np.int32),
        amount_tiyn=np.arange(count) + 1,
        purpose=np.zeros(count, np.int32),
        parties=("one", "two"),
        purposes=("",),
        opening_tiyn=np.ones(2, np.int64),
    )
    imported = ImportedStratum(
        table, name=names.id("import"), purposes=[NOWHERE], streams=Streams(2)
    )
    return [*drawn, imported, Queue("a", wants), Queue("z", wants)]


def test_strata_of_all_kinds_come_in_one_order() -> None:
    """Goal: merging keeps every want and the order of ties. Method: each alone, then sorted.

    Vouchers and rows of a table fall into the very microseconds of everyday wants.
    """
    made = sorted(merged_strata(), key=lambda stratum: stratum.title)
    tape = Tape(made)
    hour = Tape([one for one in made if isinstance(one, Queue)]).hours()[0]
    due = [
        want._replace(stratum=rank)
        for rank, one in enumerate(made)
        for want in Tape([one]).window(hour, hour + 1)
    ]
    due.sort(key=lambda want: (want.time_us, want.stratum, want.number))
    found = tape.window(hour, hour + 1)
    assert found == due
    moments = [want.time_us for want in found]
    assert len(set(moments)) < len(moments) / 2
    window = tape.columns(hour)
    assert [tape.want(window, place) for place in range(len(found))] == found
