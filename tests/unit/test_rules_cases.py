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
from tengesim.money import parse_amount
from tengesim.payment import Observation, Operation
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
SAID = {"what", "then", "rule", "reason", "because"}


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
        book = RuleBook.model_validate({"rules": given["rules"]})
    steps = tuple({**given["as_usual"], **step} for step in raw["when"])
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
    )


def guilty(book: RuleBook, decision: Decision) -> Rule:
    """Return the rule or the effect that decided, as a rule."""
    shed = book.shed()
    if shed is not None and shed.id == decision.rule:
        return Rule(id=shed.id, condition=shed.condition, text=shed.text, reference=shed.reference)
    return next(rule for rule in book.rules if rule.id == decision.rule)


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
            if seen.operation is Operation.PAY:
                usage.add(seen.payer, seen.day, seen.amount_tiyn)
            continue
        assert step["then"] == "refused", step["what"]
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
    assert len(stories) >= 5
    assert len({step.get("reason") for step in steps}) >= 9
