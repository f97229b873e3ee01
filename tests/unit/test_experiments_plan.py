"""What a campaign computes: larger ones add to smaller ones, and equal jobs are one job."""

from hypothesis import given
from hypothesis import strategies as st

from tengesim.experiments.campaign import ensemble_digest
from tengesim.experiments.draws import Draw, make_draws
from tengesim.experiments.levers import assumptions
from tengesim.experiments.pairs import pair_up
from tengesim.experiments.plan import Replication, arms_of, assumption_pairs, chance_pairs, job_of
from tengesim.store.replications import Record
from tests.campaigns import week
from tests.worlds import HEADCOUNT, MARKED, WALLET

ARMS = arms_of(week(HEADCOUNT), [week(MARKED), week(HEADCOUNT), week(HEADCOUNT)])
SCENARIOS = {arm.id: arm.scenario for arm in ARMS}


def test_arms_of_one_name_are_told_apart() -> None:
    """Goal: a scenario can be compared with itself. Method: a name three times."""
    assert [arm.id for arm in ARMS] == [
        HEADCOUNT,
        MARKED,
        f"{HEADCOUNT}#2",
        f"{HEADCOUNT}#3",
    ]


@given(seed=st.integers(0, 2**40), few=st.integers(1, 9), more=st.integers(0, 9))
def test_more_replications_or_draws_only_add(seed: int, few: int, more: int) -> None:
    """Goal: what is finished is never in vain. Method: a smaller plan within a larger one."""
    small = chance_pairs(ARMS, seed=seed, first=0, last=few)
    large = chance_pairs(ARMS, seed=seed, first=0, last=few + more)
    assert large[: len(small)] == small
    assert large[len(small) :] == chance_pairs(ARMS, seed=seed, first=few, last=few + more)
    draws = [Draw(number, ()) for number in range(1, few + more + 1)]
    assert assumption_pairs(ARMS, draws, seed=seed)[: few * len(ARMS)] == assumption_pairs(
        ARMS, draws[:few], seed=seed
    )
    seeds = {one.seed for one in large}
    assert seeds == set(range(seed, seed + few + more))
    assert {one.seed for one in assumption_pairs(ARMS, draws, seed=seed)} == seeds


@given(st.integers(1, 5))
def test_every_variant_is_paired_with_the_base_at_its_seed(count: int) -> None:
    """Goal: like is compared with like. Method: seed, draw and values of both sides."""
    plan = chance_pairs(ARMS, seed=7, first=0, last=count)
    pairs = pair_up(plan, base=HEADCOUNT, kind="chance")
    assert len(pairs) == count * (len(ARMS) - 1)
    assert all(one.base.arm == HEADCOUNT != one.variant.arm for one in pairs)
    assert all(one.base.seed == one.variant.seed for one in pairs)


def test_equal_jobs_have_one_key_and_others_do_not() -> None:
    """Goal: nothing twice, nothing mixed up. Method: arms, seeds and draws."""
    base = job_of(Replication(HEADCOUNT, 0, 1), SCENARIOS)
    assert job_of(Replication(f"{HEADCOUNT}#2", 0, 1), SCENARIOS).key == base.key
    (draw,) = make_draws(assumptions(*SCENARIOS.values()), SCENARIOS.values(), seed=1, count=1).made
    others = [
        Replication(HEADCOUNT, 0, 2),
        Replication(MARKED, 0, 1),
        Replication(HEADCOUNT, 1, 1, draw.overrides),
    ]
    keys = {job_of(one, SCENARIOS).key for one in others} | {base.key}
    assert len(keys) == len(others) + 1


def record(scenario: str, seed: int, log: str) -> Record:
    """Return a record with nothing but what the ensemble digest is of."""
    return Record(
        name="one",
        scenario_digest=scenario * 64,
        seed=seed,
        log_digest=log * 64,
        payments=0,
        metrics=(),
    )


@given(st.permutations(range(6)))
def test_the_ensemble_digest_knows_no_order_and_no_repetition(order: list[int]) -> None:
    """Goal: one number for one set of runs. Method: shuffle, repeat, then change each part."""
    runs = [record(letter, seed, "c") for letter in "ab" for seed in (1, 2, 3)]
    due = ensemble_digest(runs)
    assert ensemble_digest([runs[place] for place in (*order, order[0])]) == due
    assert ensemble_digest(runs[1:]) != due
    for changed in (record("a", 1, "d"), record("a", 9, "c"), record("e", 1, "c")):
        assert ensemble_digest([changed, *runs[1:]]) != due


def test_a_wallet_is_no_headcount() -> None:
    """Goal: the text of a job is the scenario of its arm. Method: two arms, one seed."""
    arms = arms_of(week(HEADCOUNT), [week(WALLET)])
    scenarios = {arm.id: arm.scenario for arm in arms}
    texts = {job_of(Replication(arm.id, 0, 1), scenarios).scenario_text for arm in arms}
    assert len(texts) == 2
