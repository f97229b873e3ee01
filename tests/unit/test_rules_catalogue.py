"""Every kind of rule is written, evaluated, boxed, said, documented and tested; none is forgotten.

The unions of the model are walked, and each kind is looked for in every place that must know it.
"""

import ast
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from tengesim import codes
from tengesim.payment import Facts, Observation
from tengesim.rules.catalogue import KINDS, parsed
from tengesim.rules.conditions import Condition
from tengesim.rules.effects import Effect
from tengesim.rules.evaluate import verdict
from tengesim.rules.kind_text import KindText
from tengesim.rules.page import rules_page
from tengesim.rules.phrases import ENGLISH
from tengesim.rules.procedures import Procedure
from tengesim.rules.regions import boxes
from tengesim.rules.sentences import sentence
from tengesim.rules.terms import OperationName
from tests.boundary_facts import boundary_facts
from tests.fact_stories import FACT_ATOMS
from tests.rule_books import ATOMS, COMPOSITIONS, condition

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "src" / "tengesim" / "rules"
PAGE = ROOT / "docs" / "rules.md"


def classes(union: object) -> list[Any]:
    """Return the classes of a union that a scenario may choose from by `kind`."""
    inner = get_args(union)[0]
    return list(get_args(inner)) or [inner]


def kind_of(section: Any) -> str:  # noqa: ANN401 - a pydantic class of any of the unions
    """Return the word by which scenarios choose a class."""
    return str(get_args(section.model_fields["kind"].annotation)[0])


CONDITIONS = {kind_of(one): one for one in classes(Condition)}
EVERYTHING = {
    **CONDITIONS,
    **{kind_of(one): one for union in (Effect, Procedure) for one in classes(union)},
}


def test_every_kind_is_documented_once() -> None:
    """Goal: nothing can be written that is not explained. Method: unions against the catalogue."""
    assert sorted(EVERYTHING) == sorted(text.kind for text in KINDS)


def test_the_codes_are_those_of_this_version() -> None:
    """Goal: the scope is what was promised. Method: the list of codes, written out."""
    conditions = {text.code for text in KINDS if text.union in {"condition", "composition"}}
    assert conditions == {
        *(f"R{code:02d}" for code in range(1, 21) if code != 17),
        *("R21", "R23", "R24", "R25", "R26", "R28", "R29", "R31", "R37"),
        *(f"R{code}" for code in range(45, 55)),
        "composition",
    }


@pytest.mark.parametrize("text", KINDS, ids=lambda text: text.kind)
def test_code_reason_and_union_are_those_of_the_model(text: KindText) -> None:
    """Goal: the page tells the truth. Method: what it says against the class."""
    section = EVERYTHING[text.kind]
    assert text.code == getattr(section, "code", "composition")
    if text.kind in CONDITIONS:
        assert text.reason == getattr(section, "reason", None)
        assert text.union == ("condition" if hasattr(section, "code") else "composition")
    else:
        assert section in classes({"effect": Effect, "procedure": Procedure}[text.union])


@pytest.mark.parametrize("text", KINDS, ids=lambda text: text.kind)
def test_every_example_can_be_read_said_and_evaluated(text: KindText) -> None:
    """Goal: examples work. Method: parse, say, and for conditions evaluate and box both ways."""
    part = parsed(text)
    assert sentence(part)
    if text.kind in CONDITIONS:
        one = condition(dict(text.example))
        answers = {bool(verdict(one, *story).reason) for story in boundary_facts([one])}
        assert answers == {True, False}
        assert boxes(one)
        assert boxes(one, is_met=False)


@pytest.mark.parametrize("text", KINDS, ids=lambda text: text.kind)
def test_the_yaml_of_the_page_is_the_example(text: KindText) -> None:
    """Goal: what is shown can be copied. Method: read the block back, values and types."""
    section = rules_page().split(f": `{text.kind}`\n")[1]
    written = section.split("```yaml\n")[1].split("```")[0]
    read = YAML(typ="base").load(written)
    assert read == as_text(text.example)


def as_text(value: Any) -> Any:  # noqa: ANN401 - YAML of any shape
    """Return `value` with every scalar as the text that YAML writes."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("text", KINDS, ids=lambda text: text.kind)
def test_the_test_that_shows_a_kind_exists(text: KindText) -> None:
    """Goal: the page points at proof. Method: look the function up in its file."""
    file, name = text.test.split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_condition_is_in_the_exhaustive_domain_and_in_the_words() -> None:
    """Goal: no kind escapes the other codes. Method: kinds against atoms, compositions, texts."""
    tried = {raw["kind"] for raw in (*ATOMS, *FACT_ATOMS, *COMPOSITIONS)}
    assert set(CONDITIONS) == tried
    # What a conjunction is refused for is said by its part.
    refusals = {kind for kind in CONDITIONS if any(key.startswith(f"{kind}.") for key in ENGLISH)}
    assert set(CONDITIONS) == refusals | {"all_of"}


def test_the_page_is_up_to_date() -> None:
    """Goal: docs/rules.md is the catalogue. Method: make it again and compare.

    To write it: python -c "from pathlib import Path; from tengesim.rules.page import rules_page;
    Path('docs/rules.md').write_text(rules_page(), encoding='utf-8')"
    """
    assert rules_page() == PAGE.read_text(encoding="utf-8")
    for name in OperationName:
        assert f"`{name}`" in rules_page()


def test_no_rule_can_see_what_a_payment_really_is() -> None:
    """Goal: controls read evidence, never truth. Method: fields by name, imports by `ast`."""
    assert Observation._fields == (
        "operation",
        "time_us",
        "day",
        "time_of_day_us",
        "payer",
        "payee",
        "purpose",
        "category",
        "amount_tiyn",
        "evidence",
        "facts",
    )
    for name in (*Observation._fields, *Facts._fields):
        assert not {"true", "truth", "label"} & set(name.split("_"))
    for path in sorted(RULES.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            mentioned = {
                *([node.id] if isinstance(node, ast.Name) else []),
                *([node.attr] if isinstance(node, ast.Attribute) else []),
                *([one.name for one in node.names] if isinstance(node, ast.ImportFrom) else []),
            }
            assert not mentioned & {"TrueLabel", "true_label", "Want", "is_unserved"}, path.name


def test_truth_leaves_no_trace_in_evidence() -> None:
    """Goal: no flag is a label in disguise. Method: names of flags against names of labels."""
    flags = {flag.name for flag in codes.Evidence}
    assert not flags & {label.name for label in codes.TrueLabel}
