"""Stories written by people who know the programme: given rules, when this is tried, then that.

Each file is one story. Facts under `as_usual` hold for every step that does not say otherwise;
a payment that passes counts for the limits of the next.
"""

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from tengesim.codes import Evidence
from tengesim.money import parse_amount, parse_rate_bp
from tengesim.payment import NO_FACTS, Awarded, Observation, Operation
from tengesim.rules.evaluate import Decision, decide, may_shed, verdict
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.sentences import verdict_sentence
from tengesim.rules.usage import PeriodicUsage, periods_of
from tengesim.scenario.load import load_scenario
from tengesim.scenario.text import read_document
from tengesim.scenario.tree import to_plain
from tests.rule_books import at, day

CASES = Path(__file__).resolve().parents[1] / "cases" / "rules"
Raw = dict[str, Any]
FACTS = {
    *("operation", "payer", "payee", "purpose", "category", "amount", "seen", "day", "at"),
}
SAID = {"what", "then", "rule", "reason", "because", "facts", "queue", "overridden"}


@dataclass(frozen=True)
class Story:
    """One file: its rules, and the steps with all their facts."""

    book: RuleBook
    steps: tuple[Raw, ...]


def told(path: Path) -> Story:
    """Return the story in a file, which is read the way scenarios are."""
    node, findings = read_document(path.read_bytes(), path.name)
    assert findings == []
    assert node is not None
    raw: Any = to_plain(node)
    assert set(raw) == {"case", "given", "when"}
    given = raw["given"]
    if "scenario" in given:
        book = load_scenario(given["scenario"]).rule_books[given["rule_book"]]
    else:
        keys = ("rules", "versions")
        book = RuleBook.model_validate({key: given[key] for key in keys if key in given})
    usual = given["as_usual"]
    steps = tuple(
        {**usual, **step, "facts": {**usual.get("facts", {}), **step.get("facts", {})}}
        for step in raw["when"]
    )
    assert all(FACTS <= set(step) <= FACTS | SAID for step in steps), path.name
    return Story(book, steps)


def observed(step: Raw) -> Observation:
    """Return what the controls see of a step."""
    flags = (Evidence[name.upper()] for name in step["seen"])
    return Observation(
        operation=Operation[step["operation"].upper()],
        time_us=0,
        day=day(step["day"]),
        time_of_day_us=at(step["at"]),
        payer=step["payer"],
        payee=step["payee"],
        purpose=step["purpose"],
        category=step["category"],
        amount_tiyn=parse_amount(step["amount"]),
        evidence=reduce(lambda union, flag: union | flag.value, flags, 0),
        facts=NO_FACTS._replace(**{key: fact(key, value) for key, value in step["facts"].items()}),
    )


def fact(key: str, value: Any) -> Any:  # noqa: ANN401 - facts are of several types
    """Return a fact the way observations hold it."""
    if key == "awards":
        return tuple(Awarded(day(one["day"]), parse_amount(one["amount"])) for one in value)
    if key == "issue_day":
        return day(value)
    if key.endswith("_tiyn"):
        return parse_amount(value)
    return parse_rate_bp(value) if key.endswith("_bp") else value


def guilty(book: RuleBook, decision: Decision) -> Rule:
    """Return the rule or the effect that decided, as a rule."""
    shed = book.shed()
    rules = (*book.rules, *(rule for version in book.versions for rule in version.rules))
    if shed is not None and shed.id == decision.rule:
        return Rule(id=shed.id, condition=shed.condition, text=shed.text, reference=shed.reference)
    return next(rule for rule in rules if rule.id == decision.rule)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_story_goes_as_it_is_told(path: Path) -> None:
    """Goal: the rules mean what people of the programme say. Method: play each step in order."""
    story = told(path)
    usage = PeriodicUsage(periods_of(story.book))
    for step in story.steps:
        seen = observed(step)
        ask = may_shed if seen.operation is Operation.SHED else decide
        decision = ask(story.book, seen, usage)
        if step["then"] == "passes":
            assert decision.rule == "", step["what"]
            assert list(decision.overridden) == step.get("overridden", []), step["what"]
            if seen.operation is Operation.PAY:
                usage.add(seen.payer, seen.day, seen.amount_tiyn)
            continue
        assert step["then"] == ("held" if decision.queue else "refused"), step["what"]
        assert decision.queue == step.get("queue", ""), step["what"]
        told_so = (decision.rule, decision.reason.name)
        assert told_so == (step["rule"], step["reason"]), step["what"]
        if "because" in step:
            rule = guilty(story.book, decision)
            answer = verdict(rule.condition, seen, usage)
            assert verdict_sentence(rule, answer) == f"refused because {step['because']}"


def test_there_are_stories_of_every_outcome() -> None:
    """Goal: the folder is read, and rich enough. Method: count files, steps and reasons."""
    stories = [told(path) for path in sorted(CASES.glob("*.yaml"))]
    steps = [step for story in stories for step in story.steps]
    assert len(stories) >= 13
    assert len({step.get("reason") for step in steps}) >= 26
    assert {step["then"] for step in steps} == {"passes", "refused", "held"}
