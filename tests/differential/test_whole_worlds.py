"""Whole worlds, institutions included, come to the same log in both engines, row by row.

The reference engine has an event for every want; the fast one drains them between events in
compiled code. Five hundred worlds of chance, dense with ties, are compared, and every shipped one;
then mistakes are planted in what the fast engine does, and each has to part some world.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from tengesim import simulate
from tengesim.codes import Kind, Reason
from tengesim.engine import kernel_state as at
from tengesim.engine import packing, packing_purses
from tengesim.engine.draining import DrainingEnvironment
from tengesim.engine.environment import INSTITUTION, URGENT
from tengesim.engine.fast import CompiledRetail
from tengesim.engine.packing import SharedTakings
from tengesim.engine.party_rows import DayCounter
from tengesim.errors import InvariantError
from tengesim.institutions.wallets.tiers import tier_book
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import TRAITS
from tengesim.ledger.traits import (
    HAS_DEVICE,
    HAS_MARKED,
    IS_AUTOMATIC,
    IS_DIGITAL_BY_HABIT,
    IS_PERSON,
    IS_WATCHED,
)
from tengesim.payment import Particulars
from tengesim.retail.tape import Window
from tengesim.rules.evaluate import Used
from tengesim.rules.limits import tables_of
from tengesim.rules.terms import Period
from tengesim.scenario.shipped import shipped_names
from tests.random_worlds import PAYMENTS_MAX, cheap
from tests.world_pairs import (
    COMPILED,
    READABLE,
    TOLD,
    Answers,
    Seen,
    compare,
    difference,
    results_of,
    run_at,
    shipped_small,
    watched,
)

# Plain Python says so where whole numbers of 64 bits wrap around; compiled code just does it.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

ROOT: Final = Path(__file__).parents[2]
WORLDS: Final = 500
BLOCK: Final = 25
SEARCHED: Final = 200
"""Worlds in which a mistake has to show."""
UNCOMPILED: Final = 20
KINDS_SHIPPED: Final = ("holding_limit_run", "offline_village", "outage_payday", "school_meals")
MISSED_MAX: Final = 0.05
"""Share of the lines of the kernel that the worlds may leave out."""
REASONS: Final = {
    Reason.SYSTEM_UNAVAILABLE,
    Reason.ACCOUNT_FROZEN,
    Reason.PAYEE_NOT_ALLOWED,
    Reason.PURPOSE_NOT_ALLOWED,
    Reason.OUTSIDE_VALIDITY,
    Reason.BENEFICIARY_NOT_ELIGIBLE,
    Reason.PRESENCE_NOT_PROVEN,
    Reason.LIMIT_PER_PAYMENT,
    Reason.LIMIT_PER_PERIOD,
    Reason.LIMIT_HOLDING,
    Reason.LIMIT_OFFLINE,
    Reason.INSUFFICIENT_FUNDS,
}
"""Every reason for which a want can be refused in a world that is built from a scenario."""
REASONS_OF_PURSES: Final = {
    Reason.SYSTEM_UNAVAILABLE,
    Reason.PURPOSE_NOT_ALLOWED,
    Reason.OUTSIDE_VALIDITY,
    Reason.LIMIT_PER_PERIOD,
    Reason.RULE_NOT_MET,
}
"""Those for which a purse refuses in worlds of chance."""
KINDS: Final = {
    Kind.PAYMENT,
    Kind.DELIVERY,
    Kind.FUNDING,
    Kind.DEFUNDING,
    Kind.WATERFALL,
    Kind.CASH_WITHDRAWAL,
    Kind.UNMET,
    Kind.LIQUIDITY,
    Kind.DELEGATION,
    Kind.WAGE,
    Kind.BENEFIT,
    Kind.REFUND,
    Kind.FREEZE,
    Kind.UNFREEZE,
    Kind.RETURN,
    Kind.CLAIM,
    Kind.SHED,
    Kind.OFFLINE_LOAD,
    Kind.OFFLINE_PAYMENT,
    Kind.OFFLINE_SETTLEMENT,
    Kind.OFFLINE_UNLOAD,
}


@cache
def seen_in(block: int) -> Seen:
    """Return what comes out of one block of worlds."""
    return compare(range(block * BLOCK, (block + 1) * BLOCK))


@pytest.mark.parametrize("block", range(WORLDS // BLOCK))
def test_both_codes_write_the_same_log(block: int) -> None:
    """Goal: one meaning, two engines. Method: random worlds, rows, names, cube and accounts."""
    assert seen_in(block).parted == []


@pytest.mark.timeout(600)
def test_the_worlds_meet_everything_that_can_happen_to_a_want() -> None:
    """Goal: the comparison cannot go blind. Method: count what happened in the same worlds."""
    blocks = [seen_in(block) for block in range(WORLDS // BLOCK)]
    reasons = {reason for block in blocks for reason in block.reasons}
    kinds = {kind for block in blocks for kind in block.kinds}
    answers = sum((block.answers for block in blocks), Answers())
    payments = [count for block in blocks for count in block.payments]
    assert set() == {reason.name for reason in REASONS if reason not in reasons}
    assert set() == {kind.name for kind in KINDS if kind not in kinds}
    assert sum(block.ties for block in blocks) > 4 * WORLDS
    assert sum(block.meetings for block in blocks) > WORLDS
    assert answers[COMPILED] > 20 * WORLDS
    assert answers[READABLE] > WORLDS
    assert answers[TOLD] > WORLDS // 10
    shed = sum((block.shed for block in blocks), Counter[int]())
    assert shed[Reason.NONE] > WORLDS // 3
    assert set() == {reason.name for reason in REASONS_OF_PURSES if not shed[reason]}
    assert sum(block.split for block in blocks) > 5
    assert max(payments) <= PAYMENTS_MAX
    assert sum(count > 0 for count in payments) > WORLDS * 8 // 10


@cache
def expected(number: int) -> str:
    """Return the digest of a world."""
    return run_at(number).digest


def is_caught(mistake: Callable[[], AbstractContextManager[object]], engine: str = "fast") -> bool:
    """Return whether some world comes out otherwise, or is refused as impossible."""
    for number in range(SEARCHED):
        right = expected(number)
        with mistake():
            try:
                found = run_at(number, engine).digest
            except InvariantError:
                return True
        if found != right:
            return True
    return False


@pytest.mark.parametrize("priority", [URGENT, INSTITUTION], ids=["urgent", "normal"])
def test_retail_of_another_priority_is_seen(priority: int) -> None:
    """Goal: the comparison sees the priority of retail. Method: a reference with another one."""
    assert is_caught(lambda: patch("tengesim.engine.reference.RETAIL", priority), "reference")


def _drained_up_to_and_at(env: DrainingEnvironment, until_us: int) -> bool:
    return _DRAINED(env, until_us + 1)


def _clock_left_behind(env: DrainingEnvironment, until_us: int) -> bool:
    retail = env._retail
    if retail is None or retail.drain(until_us) is None:
        return False
    retail.attend()
    return True


_DRAINED: Final = DrainingEnvironment._drained
_DRAIN: Final = CompiledRetail.drain
_ATTEND: Final = CompiledRetail.attend
_CALL: Final = CompiledRetail._call


def _told_after_the_drain() -> AbstractContextManager[object]:
    """Tell about wants when the next drain begins."""
    late: list[Any] = []

    def attend(retail: CompiledRetail) -> None:
        if retail._cursor[at.STOP] != at.SIGNAL:
            _ATTEND(retail)
            return
        assert retail._window is not None
        late.append(retail._tape.want(retail._window, int(retail._cursor[at.NEXT]) - 1))

    def drain(retail: CompiledRetail, until_us: int) -> int | None:
        # What is still to be answered before `until_us` comes first.
        stopped_us = _DRAIN(retail, until_us)
        if stopped_us is None and drain.until_us != until_us:  # type: ignore[attr-defined]
            for want in late:
                retail._settlement.tell(want)
            late.clear()
        drain.until_us = until_us  # type: ignore[attr-defined]
        return stopped_us

    drain.until_us = -1  # type: ignore[attr-defined]
    return patch.multiple(CompiledRetail, attend=attend, drain=drain)


def _by_payer(window: Window) -> NDArray[np.intp]:
    return np.lexsort((window.number, window.rank, window.payer, window.time_us))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: patch.object(DrainingEnvironment, "_drained", _drained_up_to_and_at),
        lambda: patch.object(DrainingEnvironment, "_drained", _clock_left_behind),
        _told_after_the_drain,
        lambda: patch("tests.random_worlds.tape_order", _by_payer),
    ],
    ids=["before or at", "clock not moved", "notice after the drain", "ties by payer"],
)
def test_another_order_is_seen(mistake: Callable[[], AbstractContextManager[object]]) -> None:
    """Goal: the comparison has teeth. Method: one law of the order broken at a time."""
    assert is_caught(mistake)


def _ref_kept(retail: CompiledRetail, window: Window, until_us: int) -> None:
    before = retail._ledger.ref
    _CALL(retail, window, until_us)
    retail._ledger.ref = before


def _carry_kept(retail: CompiledRetail, window: Window, until_us: int) -> None:
    equipment = retail._equipment
    carry = None if equipment is None else equipment.carry
    before = 0 if carry is None else carry.used
    _CALL(retail, window, until_us)
    if carry is not None:
        carry.used = before


def _day_off_by_one(counter: DayCounter, payer: str, period: Period, window: int) -> Used:
    return _OF(counter, payer, period, window + 1)


_OF: Final = DayCounter.of
_LEVELS: Final = packing._levels
_TIER_BOOK: Final = tier_book
_DESCRIBE: Final = packing._describe
_FIXED: Final = packing._fixed
_REFUNDS: Final = at.refunds_of
_SPANS: Final = at.spans_of


def _with_level(column: int) -> Callable[[], AbstractContextManager[object]]:
    """Return a mistake: one tiyn more, or another number, in a column of the levels."""

    def levels(site: Any, tables: Any) -> NDArray[np.int64]:  # noqa: ANN401
        found = _LEVELS(site, tables)
        if len(found):
            found[:, column] += 1
        return found

    return lambda: patch.object(packing, "_levels", levels)


def _with_fixed(place: int) -> Callable[[], AbstractContextManager[object]]:
    """Return a mistake: another number in a place of what holds for the whole world."""

    def fixed(site: Any, first_rule: int) -> NDArray[np.int64]:  # noqa: ANN401
        found = _FIXED(site, first_rule)
        found[place] = 1 - found[place] if found[place] in {0, 1} else found[place] + 1
        return found

    return lambda: patch.object(packing, "_fixed", fixed)


def _with_refunds(place: int) -> Callable[[], AbstractContextManager[object]]:
    """Return a mistake: another number in a place of what decides about refunds."""

    def refunds(terms: Any) -> NDArray[np.uint64]:  # noqa: ANN401
        found = _REFUNDS(terms)
        found[place] = found[place] // np.uint64(2) + np.uint64(terms is not None)
        return found

    return lambda: patch.object(at, "refunds_of", refunds)


def _without(flag: int) -> Callable[[], AbstractContextManager[object]]:
    """Return a mistake: a flag missing in the rows of all parties."""

    def describe(site: Any) -> None:  # noqa: ANN401
        _DESCRIBE(site)
        site.ledger.rows[:, TRAITS] &= ~flag

    return lambda: patch.object(packing, "_describe", describe)


def _limit_off_by_one(level: Any) -> Any:  # noqa: ANN401
    most = level.per_payment
    return _TIER_BOOK(
        level.model_copy(update={"per_payment": most.model_copy(update={"value": most.value + 1})})
    )


def _longer(sections: Any, calendar: Any, systems: Any) -> Any:  # noqa: ANN401
    spans, names = _SPANS(sections, calendar, systems)
    spans[:, at.SPAN_END] += 1
    return spans, names


def _backwards(*found: Any, parties: int) -> Any:  # noqa: ANN401
    """Chain the purses of everybody the other way round."""
    first, chain = _CHAIN(*found, parties=parties)
    for person in range(parties):
        before, purse = -1, int(first[person])
        while purse >= 0:
            following = int(chain[purse, at.PURSE_NEXT])
            chain[purse, at.PURSE_NEXT] = before
            before, purse = purse, following
        first[person] = before
    return first, chain


def _a_tiyn_more(books: Any) -> Any:  # noqa: ANN401
    tables = _TABLES_OF(books)
    tables.rows[:, 1] += 1
    return tables


def _counting_apart(*found: Any, first_book: int) -> Any:  # noqa: ANN401
    marked = _PACK_PURSES(*found, first_book=first_book)
    return None if marked is None else marked._replace(used=marked.used.copy())


_CHAIN: Final = packing_purses._chain
_TABLES_OF: Final = tables_of
_PACK_PURSES: Final = packing_purses.pack_purses


MISTAKES: Final[dict[str, Callable[[], AbstractContextManager[object]]]] = {
    "ref not handed back": lambda: patch.object(CompiledRetail, "_call", _ref_kept),
    "day of the counter off by one": lambda: patch.object(DayCounter, "of", _day_off_by_one),
    "takings of compiled code forgotten": lambda: patch.object(
        SharedTakings, "count", lambda *_: None
    ),
    "limit of a wallet off by one": _with_level(at.LEVEL_LIMIT),
    "evidence of the tier off by one": _with_level(at.LEVEL_EVIDENCE),
    "limit of a payment off by one": lambda: patch.object(packing, "tier_book", _limit_off_by_one),
    "largest top-up off by one": _with_fixed(at.LARGEST),
    "sweep the other way": _with_fixed(at.SWEEPS_AT_ONCE),
    "first day off by one": _with_fixed(at.FIRST_DAY),
    "first rule off by one": _with_fixed(at.FIRST_RULE),
    "one person more": _with_fixed(at.PEOPLE),
    "coverage the other way": _with_fixed(at.HAS_COVERAGE),
    "outages a moment longer": lambda: patch.object(at, "spans_of", _longer),
    "nobody is a person": _without(IS_PERSON),
    "nobody is automatic": _without(IS_AUTOMATIC),
    "nobody pays digitally": _without(IS_DIGITAL_BY_HABIT),
    "nobody has a device": _without(HAS_DEVICE),
    "nobody has marked money": _without(HAS_MARKED),
    "purses pay in another order": lambda: patch.object(packing_purses, "_chain", _backwards),
    "a tiyn more out of a purse": lambda: patch.object(packing_purses, "tables_of", _a_tiyn_more),
    "uses of purses counted apart": lambda: patch.object(packing, "pack_purses", _counting_apart),
    "nobody is watched": _without(IS_WATCHED),
    "frozen accounts unseen by compiled code": lambda: patch.object(
        Columns, "_attend_to", lambda *_: None
    ),
    "batches pay what is frozen": lambda: patch.object(
        Columns, "are_frozen", lambda _, accounts: np.zeros(len(accounts), dtype=np.bool_)
    ),
    "what comes back forgotten by compiled code": lambda: patch.object(
        at, "refunds_of", lambda _: np.zeros(5, dtype=np.uint64)
    ),
    "back by another chance": _with_refunds(at.BACK_BELOW),
    "back an hour later": _with_refunds(at.BACK_SOONEST),
    "back by another delay": _with_refunds(at.BACK_DELAY_KEY),
    "bills come back": _with_fixed(at.BILLS),
    "carry list not handed back": lambda: patch.object(CompiledRetail, "_call", _carry_kept),
    "people reach for cash by another chance": lambda: patch.object(
        at, "chances", lambda _: np.zeros(2, dtype=np.uint64)
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_what_both_codes_share_is_seen(name: str) -> None:
    """Goal: the comparison has teeth. Method: plant one mistake at a time, search some worlds."""
    assert is_caught(MISTAKES[name])


def test_compiled_code_learns_names() -> None:
    """Goal: readable code is only for what is rare. Method: count without names being learnt."""
    plain, unlearnt = Answers(), Answers()
    for number in range(20):
        with watched(plain):
            run_at(number)
        with watched(unlearnt), patch.object(CompiledRetail, "_name", lambda _: None):
            assert run_at(number).digest == expected(number)
    assert plain[COMPILED] > 2 * unlearnt[COMPILED]


def test_the_ledger_knows_where_compiled_code_is_on_the_tape() -> None:
    """Goal: no want is paid twice. Method: ask the ledger again for what compiled code answered."""
    asked: list[bool] = []

    def call(retail: CompiledRetail, window: Window, until_us: int) -> None:
        before = int(retail._cursor[at.NEXT])
        _CALL(retail, window, until_us)
        last, ledger = int(retail._cursor[at.NEXT]) - 1, retail._ledger
        if last >= before:
            place = [int(column[last]) for column in (window.time_us, window.rank, window.number)]
            again = ledger.pay((place[0], place[1], place[2], 2), Kind.PAYMENT, (), Particulars())
            asked.append(again.existed)

    with patch.object(CompiledRetail, "_call", call):
        for number in range(5):
            assert run_at(number).digest == expected(number)
    assert len(asked) > 5
    assert all(asked)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenarios_have_one_log(name: str) -> None:
    """Goal: one meaning, two engines. Method: every shipped scenario with few people."""
    scenario = shipped_small(name)
    with cheap():
        fast_run = simulate(scenario, engine="fast")
        assert difference(fast_run, simulate(scenario, engine="reference")) == ""


def _uncompiled(*asked: str) -> dict[str, Any]:
    """Return what `tests.world_pairs` prints in a process in which nothing is compiled."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.world_pairs", *asked],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def _compiled(numbers: range, shipped: Iterable[str]) -> dict[str, str]:
    """Return what the same worlds come to here."""
    found = {str(number): results_of(run_at(number)) for number in numbers}
    with cheap():
        fast = {name: simulate(shipped_small(name), engine="fast") for name in shipped}
    return found | {name: results_of(run) for name, run in fast.items()}


@pytest.mark.timeout(300)
def test_plain_python_comes_to_the_same_log() -> None:
    """Goal: a third leg. Method: some worlds and one shipped one a kind, with nothing compiled."""
    digests = _uncompiled("--digests", "0", str(UNCOMPILED), "--shipped", *KINDS_SHIPPED)["digests"]
    assert _compiled(range(UNCOMPILED), KINDS_SHIPPED) == digests


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_world_is_the_same_where_nothing_is_compiled() -> None:
    """Goal: nothing compiled goes untested. Method: all worlds in plain Python, line by line.

    The tests above hold what is compiled to the reference engine, so all three come to one log.
    """
    shipped = [name for name in shipped_names() if _has_wants(name)]
    found = _uncompiled("--digests", "0", str(WORLDS), "--shipped", *shipped)
    missed = sum(map(len, found["missed"].values()))
    assert _compiled(range(WORLDS), shipped) == found["digests"]
    assert missed <= found["lines"] * MISSED_MAX, found["missed"]
    assert len(shipped) > len(KINDS_SHIPPED)


def _has_wants(name: str) -> bool:
    """Return whether anybody in a shipped scenario buys something, which compiled code answers."""
    scenario = shipped_small(name)
    return scenario.has_people or bool(scenario.programmes)
