"""The table of the 56 codes is complete, and each row holds: it loads, decides, is proved."""

import ast
from pathlib import Path

import pytest

from tengesim.payment import NO_FACTS
from tengesim.rules.catalogue import KINDS, parsed
from tengesim.rules.evaluate import decide, verdict
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.nesting import leaves_of, refusals, runs_in_tables
from tengesim.rules.page import rules_page
from tengesim.rules.taxonomy import CODES, WAYS, Way, way_sentence
from tests.boundary_facts import boundary_facts
from tests.rule_books import NOTHING_BEFORE, book, condition, day, lunch, raw_rule
from tests.tabled_rules import Case, first_difference

ROOT = Path(__file__).resolve().parents[2]
CONDITIONS = [way for way in WAYS if way.text.union in {"condition", "composition"}]


def named(way: Way) -> str:
    """Return the id of a row."""
    return f"{way.text.code}-{way.text.example.get('kind', way.text.union)}"


def test_every_code_has_a_name_and_a_way() -> None:
    """Goal: R01 to R56, none left out. Method: the numbers, written out."""
    expected = [f"R{number:02d}" for number in range(1, 57)]
    assert list(CODES) == expected
    assert sorted({way.text.code for way in WAYS}) == expected
    assert len(set(CODES.values())) == len(CODES)


def test_every_kind_of_the_catalogue_is_a_way() -> None:
    """Goal: one table. Method: the catalogue's pages against the rows."""
    rows = [way.text for way in WAYS]
    assert [text for text in KINDS if text.union != "composition" and text not in rows] == []


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_every_row_is_said_and_shown_on_the_page(way: Way) -> None:
    """Goal: officials can read it. Method: the sentence, and the cells of its row."""
    text = way.text
    said = way_sentence(way)
    assert said
    assert "{" not in said
    row = next(line for line in rules_page().splitlines() if f"| {said} |" in line)
    for cell in (text.code, CODES[text.code], way.written, text.union, text.evaluated):
        assert f"| {cell} |" in row
    for cell in (text.reads, f"`{way.use}`", f"`{text.test}`"):
        assert cell in row


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_what_a_row_points_at_exists(way: Way) -> None:
    """Goal: proof and use are there. Method: the function in its file, the words in theirs."""
    assert exists(way.text.test)
    if "::" in way.use:
        assert exists(way.use)
        return
    used = (ROOT / way.use).read_text(encoding="utf-8")
    union = way.text.union
    word = {"rule": "override:", "rule book": "versions:"}.get(
        union, f"kind: {way.text.example.get('kind')}"
    )
    if "valid_from" in way.written:
        word = "valid_from:"
    assert word in used


def exists(test: str) -> bool:
    """Return whether there is a test of that name."""
    file, name = test.split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


@pytest.mark.parametrize("way", CONDITIONS, ids=named)
def test_every_condition_of_the_table_decides_and_is_compiled_or_refused(way: Way) -> None:
    """Goal: an evaluator, and one meaning on retail. Method: both answers, both forms."""
    raw = dict(way.text.example)
    one = condition(raw)
    stories = list(boundary_facts([one]))
    assert {bool(verdict(one, *story).reason) for story in stories} == {True, False}
    if all(runs_in_tables(leaf) for leaf in leaves_of(one)):
        assert first_difference([Case([raw_rule("only", raw)], stories)]) is None
    else:
        assert [refused.path for refused in refusals(book({"only": raw}))] == ["rules.0.condition"]


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.text.union in {"effect", "procedure"}], ids=named
)
def test_every_effect_and_procedure_of_the_table_loads_into_a_book(way: Way) -> None:
    """Goal: it can be written. Method: a book with the example, alone."""
    key = f"{way.text.union}s"
    loaded = RuleBook.model_validate({key: [dict(way.text.example)]})
    assert getattr(loaded, key) == (parsed(way.text),)


def test_parts_of_rules_and_books_decide() -> None:
    """Goal: R55 and R56 act. Method: the examples of the table, where they bind and where not."""
    rules = [way.text.example for way in WAYS if way.text.union == "rule"]
    yields, dated = (Rule.model_validate(dict(raw)) for raw in rules)
    facts = NO_FACTS._replace(emergency="flood")
    large = lunch(amount_tiyn=6_000_000_00, day=day("2026-04-30"), facts=facts)
    signed = yields.override
    assert signed is not None
    decision = decide(RuleBook(rules=(yields,)), large, NOTHING_BEFORE)
    assert (decision.rule, decision.overridden) == ("large_sums", ())
    decision = decide(
        RuleBook(rules=(yields,)), large._replace(evidence=signed.flags), NOTHING_BEFORE
    )
    assert (decision.rule, decision.overridden) == ("", ("large_sums",))

    for text, rule in (("2026-06-30", "large_sums"), ("2026-07-01", "")):
        seen = large._replace(day=day(text))
        assert decide(RuleBook(rules=(dated,)), seen, NOTHING_BEFORE).rule == rule

    (raw,) = [way.text.example for way in WAYS if way.text.union == "rule book"]
    versioned = RuleBook.model_validate(dict(raw))
    for text, rule in (("2026-06-30", "large_sums"), ("2026-07-01", "")):
        seen = large._replace(facts=NO_FACTS._replace(issue_day=day(text)))
        assert decide(versioned, seen, NOTHING_BEFORE).rule == rule
