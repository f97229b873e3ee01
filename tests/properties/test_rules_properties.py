"""Laws of rule books under any rules and any payment that Hypothesis thinks of."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tengesim.clock import DAY_US
from tengesim.codes import Evidence, Reason
from tengesim.payment import Awarded, Facts, Observation, Operation
from tengesim.rules.evaluate import ALLOWED, Used, decide, judge, verdict, window_of
from tengesim.rules.model import RuleBook
from tengesim.rules.regions import Search, TooManyBoxesError, boxes
from tengesim.rules.sentences import sentence, verdict_sentence
from tengesim.rules.terms import OperationName, Period
from tengesim.rules.usage import PeriodicUsage
from tests.boundary_facts import Story, lies_in
from tests.fact_stories import FACT_ATOMS
from tests.naive_rules import naive_answer, naive_decision, naive_override
from tests.rule_books import (
    ATOMS,
    LUNCH_CONDITIONS,
    MONDAY,
    NOTHING_BEFORE,
    RESTORES,
    RETURN,
    SHED,
    Before,
    Raw,
    condition,
    lunch,
    raw_rule,
    rule,
)

NAMES = st.sampled_from(["alma", "dastarkhan", "meals", "roads", "5812", "5814", "x"])
SOME_NAMES = st.lists(NAMES, min_size=1, max_size=3)
CLOCK = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
DAYS = st.integers(-10, 40).map(lambda step: (date(2026, 2, 1) + timedelta(days=step)).isoformat())
TIYN = st.integers(0, 12).map(lambda tiyn: f"{tiyn} tiyn")
PERIODS = st.sampled_from([period.value for period in Period])
WEEKDAYS = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])


def kinds(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Raw]:
    """Draw conditions of one kind."""
    return st.fixed_dictionaries({"kind": st.just(kind), **fields})


LEAVES: st.SearchStrategy[Raw] = st.one_of(
    st.sampled_from([*ATOMS, *LUNCH_CONDITIONS.values()]),
    kinds("purpose_is", purposes=SOME_NAMES),
    kinds("merchant_category_in", categories=SOME_NAMES),
    kinds("payee_in", payees=SOME_NAMES, contracted=st.booleans()),
    kinds("time_window", **{"from": CLOCK}, until=CLOCK),
    kinds("time_window", weekdays=st.lists(WEEKDAYS, min_size=1, max_size=4)),
    kinds("within_validity", **{"from": DAYS}, until=DAYS),
    kinds("amount_at_most", limit=TIYN),
    kinds("amount_per_period_at_most", period=PERIODS, limit=TIYN),
    kinds("count_per_period_at_most", period=PERIODS, limit=st.integers(0, 3)),
)
CONDITIONS: st.SearchStrategy[Raw] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        kinds("all_of", conditions=st.lists(parts, min_size=1, max_size=3)),
        kinds("any_of", conditions=st.lists(parts, min_size=1, max_size=3)),
        kinds("not", condition=parts),
    ),
    max_leaves=5,
)
BOOKS = st.lists(CONDITIONS, max_size=5)
USED = st.tuples(st.integers(0, 3), st.integers(0, 12)).map(
    lambda drawn: Used(drawn[0], drawn[1] + 1 if drawn[0] else 0)
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a payment and what its payer used before."""
    seen = lunch(
        operation=draw(st.sampled_from(list(Operation))),
        day=MONDAY + draw(st.integers(-12, 40)),
        time_of_day_us=draw(st.sampled_from([0, DAY_US - 1]) | st.integers(0, DAY_US - 1)),
        payee=draw(NAMES),
        purpose=draw(NAMES),
        category=draw(NAMES),
        amount_tiyn=draw(st.integers(1, 15)),
        evidence=draw(st.integers(0, 511) | st.integers(0, 2 ** len(Evidence) - 1)),
    )
    today, week, month, year = (draw(USED) for _ in range(4))
    week, month = Used(*map(max, today, week)), Used(*map(max, today, month))
    used = dict(zip(Period, [today, week, month, Used(*map(max, month, year))], strict=True))
    return seen, Before(used)


def numbered(raws: list[Raw], **more: object) -> list[Raw]:
    """Return one rule for each condition, on every operation unless `more` says otherwise."""
    on = {"on": [name.value for name in OperationName], **more}
    return [raw_rule(f"r{number}", raw, **on) for number, raw in enumerate(raws)]


def booked(rules: list[Raw]) -> RuleBook:
    """Return the book of these rules."""
    return RuleBook.model_validate({"rules": rules})


@given(raw=CONDITIONS, story=stories())
def test_any_condition_gives_the_naive_verdict(raw: Raw, story: Story) -> None:
    """Goal: two codes, one meaning. Method: any composition, any payment."""
    assert tuple(verdict(condition(raw), *story)) == naive_answer(raw, *story)


@given(raws=BOOKS, story=stories(), data=st.data())
def test_any_book_decides_as_the_naive_one(
    raws: list[Raw], story: Story, data: st.DataObject
) -> None:
    """Goal: two codes, one precedence. Method: any rules on any operations."""
    names = st.sampled_from([name.value for name in OperationName])
    rules = numbered(raws)
    for one in rules:
        one["on"] = data.draw(st.lists(names, min_size=1, max_size=3))
    decision = decide(booked(rules), *story)
    assert (decision.reason, decision.rule) == naive_decision(rules, *story)


@given(raws=st.lists(CONDITIONS, max_size=4), story=stories())
def test_the_order_of_rules_with_different_reasons_does_not_matter(
    raws: list[Raw], story: Story
) -> None:
    """Goal: a book may be sorted for reading. Method: all orders of any rules."""
    rules = numbered(raws)
    said = judge(booked(rules), *story)
    failing = [answer.reason for _, answer in said if answer is not None and answer.reason]
    expected = decide(booked(rules), *story)
    for order in permutations(rules):
        decision = decide(booked(list(order)), *story)
        assert decision.reason == expected.reason
        if failing.count(expected.reason) == 1:
            assert decision == expected


@given(raws=BOOKS, passing=CONDITIONS, story=stories(), place=st.integers(0, 5))
def test_a_rule_that_passes_changes_nothing(
    raws: list[Raw], passing: Raw, story: Story, place: int
) -> None:
    """Goal: rules only refuse. Method: put a rule that passes anywhere into any book."""
    if verdict(condition(passing), *story).reason:
        passing = {"kind": "not", "condition": passing}
    rules = numbered(raws)
    more = [*rules[:place], raw_rule("passing", passing, on=["pay", "shed"]), *rules[place:]]
    assert decide(booked(more), *story) == decide(booked(rules), *story)


@given(raws=st.lists(CONDITIONS, min_size=1, max_size=4), story=stories())
def test_all_of_is_the_conjunction_of_rules(raws: list[Raw], story: Story) -> None:
    """Goal: one rule of parts or several rules are one thing. Method: reason, value and limit."""
    several = decide(booked(numbered(raws)), *story)
    one = decide(booked(numbered([{"kind": "all_of", "conditions": raws}])), *story)
    assert (one.reason, one.value, one.limit) == (several.reason, several.value, several.limit)


@given(raws=st.lists(CONDITIONS, min_size=1, max_size=3), story=stories())
def test_negation_follows_logic(raws: list[Raw], story: Story) -> None:
    """Goal: not(not x) passes iff x does, and De Morgan. Method: any conditions."""

    def passes(raw: Raw) -> bool:
        return not verdict(condition(raw), *story).reason

    negated = [{"kind": "not", "condition": raw} for raw in raws]
    for raw, opposite in zip(raws, negated, strict=True):
        assert passes(opposite) != passes(raw)
        assert passes({"kind": "not", "condition": opposite}) == passes(raw)
    some = {"kind": "any_of", "conditions": raws}
    assert passes({"kind": "all_of", "conditions": negated}) != passes(some)
    every = {"kind": "all_of", "conditions": raws}
    assert passes({"kind": "any_of", "conditions": negated}) != passes(every)


@given(raws=BOOKS, story=stories())
def test_decide_is_what_judge_says(raws: list[Raw], story: Story) -> None:
    """Goal: `trace` explains the decision that was made. Method: the lowest of all verdicts."""
    rules = booked(numbered(raws))
    failing = [
        (answer.reason, rule.id, answer.value, answer.limit)
        for rule, answer in judge(rules, *story)
        if answer is not None and answer.reason
    ]
    expected = min(failing, key=lambda one: one[0], default=tuple(ALLOWED)[:4])
    assert tuple(decide(rules, *story))[:4] == expected


@given(raws=BOOKS)
def test_a_book_survives_json(raws: list[Raw]) -> None:
    """Goal: what is stored loads as what it was. Method: dump and read, twice."""
    rules = numbered(raws)
    effects, procedures = [SHED, RESTORES], [RETURN]
    book = RuleBook.model_validate({"rules": rules, "effects": effects, "procedures": procedures})
    decide(book, lunch(), NOTHING_BEFORE)
    text = book.model_dump_json(by_alias=True)
    again = RuleBook.model_validate_json(text)
    assert again == book
    assert again.model_dump_json(by_alias=True) == text
    assert RuleBook.model_validate(book.model_dump(mode="json", by_alias=True)) == book


@given(raw=CONDITIONS, story=stories())
def test_boxes_hold_exactly_what_passes(raw: Raw, story: Story) -> None:
    """Goal: checks and evaluator agree on any rule. Method: any payment, inside or outside."""
    one = condition(raw)
    try:
        inside, outside = boxes(one), boxes(one, is_met=False)
    except TooManyBoxesError:
        return
    passes = not verdict(one, *story).reason
    assert any(lies_in(box, story) for box in inside) == passes
    assert any(lies_in(box, story) for box in outside) != passes
    for union, expected in ((inside, True), (outside, False)):
        found = Search(10_000).example(union)
        if found is not None:
            refused = verdict(one, found.observation, found).reason
            assert (refused is Reason.NONE) == expected


@given(raw=CONDITIONS, story=stories())
def test_everything_can_be_said(raw: Raw, story: Story) -> None:
    """Goal: no rule leaves people without words. Method: any rule, any verdict."""
    one = rule("r", raw)
    said = [sentence(one.condition), verdict_sentence(one, verdict(one.condition, *story))]
    for text in said:
        assert text.strip()
        assert "{" not in text
        assert "None" not in text


PAYMENTS = st.lists(
    st.tuples(st.sampled_from(["alma", "dina"]), st.integers(0, 3), st.integers(1, 9)), max_size=12
)


@given(payments=PAYMENTS)
def test_usage_is_what_a_list_of_payments_says(payments: list[tuple[str, int, int]]) -> None:
    """Goal: counters forget nothing of the window. Method: add up the list again each time."""
    usage = PeriodicUsage(tuple(Period))
    # From Friday 27 February on, so that days, weeks and months change.
    day = MONDAY + 25
    listed: list[tuple[str, int, int]] = []
    for payer, later, amount_tiyn in payments:
        day += later
        for period in Period:
            window = window_of(period, day)
            same = [
                amount
                for who, when, amount in listed
                if who == payer and window_of(period, when) == window
            ]
            assert usage.of(payer, period, window) == (len(same), sum(same))
        usage.add(payer, day, amount_tiyn)
        listed.append((payer, day, amount_tiyn))


@given(story=stories(), other=st.integers(0, 4))
def test_a_decision_depends_on_the_observation_alone(story: Story, other: int) -> None:
    """Goal: equal observations get equal decisions. Method: the same facts in another order."""
    seen, before = story
    book = booked(numbered(list(LUNCH_CONDITIONS.values())))
    same = Observation(**dict(reversed(list(seen._asdict().items()))))
    first = decide(book, seen, before)
    for _ in range(other):
        decide(book, lunch(), NOTHING_BEFORE)
    assert decide(book, same, before) == first


MONEY = st.integers(0, 400_000)
AWARDS = st.builds(Awarded, st.integers(MONDAY - 50, MONDAY + 50), MONEY)
KNOWN: st.SearchStrategy[Facts] = st.builds(
    Facts,
    region=st.sampled_from(["", "almaty", "atyrau"]),
    commodity=st.sampled_from(["", "23.51.12", "08.12.12"]),
    units=st.integers(0, 9),
    units_before=st.integers(0, 3),
    unit_price_tiyn=MONEY,
    reference_price_tiyn=MONEY,
    register=st.sampled_from(["", "livestock", "vehicle"]),
    is_payee_frozen=st.booleans(),
    contract_tiyn=MONEY,
    paid_tiyn=MONEY,
    progress_bp=st.integers(0, 10_000),
    is_advance=st.booleans(),
    advances_tiyn=MONEY,
    advances_left_tiyn=MONEY,
    guarantee_tiyn=st.integers(0, 20_000),
    initiator=st.sampled_from(["", "a", "b"]),
    approver=st.sampled_from(["", "a", "b"]),
    depth=st.integers(0, 3),
    parent_tiyn=MONEY,
    subcontracted_tiyn=MONEY,
    balance_tiyn=MONEY,
    allowance_tiyn=MONEY,
    allowance_used_tiyn=MONEY,
    risk=st.integers(0, 1_000),
    domestic_bp=st.integers(0, 10_000),
    offline_tiyn=MONEY,
    offline_payments=st.integers(0, 4),
    offline_days=st.integers(0, 9),
    awards=st.lists(
        st.builds(Awarded, st.integers(MONDAY - 50, MONDAY + 50), MONEY), max_size=3
    ).map(tuple),
    emergency=st.sampled_from(["", "flood"]),
)
FACTUAL = st.recursive(
    st.sampled_from([*FACT_ATOMS, *ATOMS]),
    lambda parts: st.one_of(
        kinds("all_of", conditions=st.lists(parts, min_size=1, max_size=3)),
        kinds("any_of", conditions=st.lists(parts, min_size=1, max_size=3)),
        kinds("not", condition=parts),
    ),
    max_leaves=4,
)
ROLES = st.lists(
    st.sampled_from(["customer", "supervisor", "treasurer"]), min_size=2, max_size=3, unique=True
)
WAYS: st.SearchStrategy[Raw] = st.fixed_dictionaries(
    {},
    optional={"override": st.fixed_dictionaries({"roles": ROLES, "until": DAYS})},
)
HELD = st.sampled_from([{}, {"on_failure": "hold", "queue": "desk"}])


@given(
    raws=st.lists(st.tuples(FACTUAL, WAYS, HELD), max_size=5),
    story=stories(),
    known=KNOWN,
    amount_tiyn=MONEY,
)
def test_any_book_over_contracts_decides_as_the_naive_one(
    raws: list[tuple[Raw, Raw, Raw]], story: Story, known: Facts, amount_tiyn: int
) -> None:
    """Goal: facts, holds and overrides, one meaning. Method: any of them, any composition."""
    seen = story[0]._replace(facts=known, amount_tiyn=amount_tiyn + 1)
    rules = [
        {**plain, **way, **held}
        for (_, way, held), plain in zip(raws, numbered([raw for raw, _, _ in raws]), strict=True)
    ]
    decision = decide(booked(rules), seen, story[1])

    assert (decision.reason, decision.rule) == naive_decision(rules, seen, story[1])
    queues = {one["id"]: one.get("queue", "") for one in rules}
    assert decision.queue == queues.get(decision.rule, "")
    assert list(decision.overridden) == [
        one["id"]
        for one in rules
        if naive_override(one, seen)
        and naive_answer(one["condition"], seen, story[1])[0] is not Reason.NONE
    ]
    for raw, _, _ in raws:
        said = rule("r", raw)
        answer = verdict(said.condition, seen, story[1])
        assert verdict_sentence(said, answer).startswith("refused" if answer.reason else "passed")
