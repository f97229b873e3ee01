"""A condition that asks for what a place never shows is refused there, wherever it is written.

Goal: no rule that decides the same about every payment, whatever happens. Method: every kind of
condition of the catalogue in a rule of each place; those that are answered are listed by hand.
"""

import json
from copy import deepcopy
from typing import Any, Final

import pytest

from tengesim.rules.catalogue import KINDS
from tengesim.rules.kind_text import TEXTS
from tengesim.rules.model import RuleBook
from tengesim.rules.nesting import Shown, unshown
from tengesim.rules.terms import OperationName
from tests.unit.test_rules_carried_out import PLACES, findings, sections

KNOWN: Final = {text.kind: text for text in KINDS if text.union == "condition"}
EVERYWHERE: Final = frozenset(
    {
        "all_of",
        "amount_at_most",
        "amount_per_period_at_most",
        "any_of",
        "conversion_forbidden",
        "count_per_period_at_most",
        "merchant_category_in",
        "not",
        "payee_in",
        "purpose_is",
        "time_window",
        "within_validity",
    }
)
MEALS: Final = EVERYWHERE | {"beneficiary_eligible", "presence_proven"}
# No contract of a seller is registered with the owner of the funds.
PURCHASES: Final = EVERYWHERE - {"payee_in"} | {"region_in", "register_changed"}
ANSWERED: Final = {
    # Shops have no contract with the owner of the funds; by name they may be told.
    "mark of a voucher": EVERYWHERE - {"payee_in"} | {"tier_at_least"},
    "programme in marked money": MEALS,
    "programme in ordinary money": MEALS,
    "programme on reports": MEALS,
    "purchases by deposits": PURCHASES,
    "purchases by loans": PURCHASES,
    "purchases by marked loans": PURCHASES,
    "purchases by wallets": PURCHASES,
    "purchases on instalments": PURCHASES,
    "supplies by the meter": PURCHASES - {"register_changed"} | {"metered"},
}
REFUSALS: Final = frozenset({"RULE_UNUSED", "RANGE"})


def found(place: str, condition: dict[str, Any], on: str = "pay") -> dict[str, str]:
    """Return the codes of refusals below a rule of this condition, by path."""
    asked = PLACES[place]
    raw = deepcopy(sections(asked.scenario))
    rules = raw["rule_books"][asked.book]["rules"]
    rules.append({"id": "tried", "on": [on], "condition": condition, **TEXTS})
    path = f"rule_books.{asked.book}.rules.{len(rules) - 1}.condition"
    return {
        at.removeprefix(path): finding.code
        for at, finding in findings(raw)
        if at.startswith(path) and finding.code in REFUSALS
    }


@pytest.mark.parametrize("kind", sorted(KNOWN))
@pytest.mark.parametrize("place", sorted(ANSWERED))
def test_a_place_answers_a_condition_or_refuses_it(place: str, kind: str) -> None:
    """What is not in the list is refused where it stands; what is in it is no finding of this."""
    condition = json.loads(json.dumps(dict(KNOWN[kind].example)))
    # Parts of a composition are conditions of their own, and answered like them.
    if kind in {"all_of", "any_of"}:
        condition["conditions"] = [{"kind": "amount_at_most", "limit": "7 KZT"}]
    if kind == "register_changed":
        # The register is that of the thing that is bought.
        condition["of"] = "vehicle" if PLACES[place].scenario.startswith("car") else "livestock"
    refused = found(place, condition)
    if kind in ANSWERED[place]:
        assert "" not in refused
    else:
        assert refused.get("") in REFUSALS


def test_the_lists_name_kinds_that_there_are() -> None:
    """Goal: no entry outlives its kind. Method: set against the catalogue."""
    assert set().union(*ANSWERED.values()) <= set(KNOWN) | {"all_of", "any_of", "not"}


def test_where_money_is_given_out_nobody_is_paid() -> None:
    """Goal: by use. Method: categories are known at a till and not where money is given."""
    food = {"kind": "merchant_category_in", "categories": ["5411"]}
    eligible = {"kind": "beneficiary_eligible"}
    shop = {"kind": "payee_in", "payees": ["merchant-0000001"]}
    assert found("mark of a voucher", food) == found("mark of a voucher", shop) == {}
    assert found("mark of a voucher", shop, "distribute") == {"": "RULE_UNUSED"}
    assert found("mark of a voucher", food, "distribute") == {"": "RULE_UNUSED"}
    assert found("mark of a voucher", eligible, "distribute") == {}
    assert found("mark of a voucher", eligible) == {"": "RULE_UNUSED"}


def test_each_part_and_each_version_is_looked_at() -> None:
    """Goal: named where it stands. Method: parts inside parts, what sheds, and a later version."""
    face = {"kind": "biometrics_matched"}
    act = {"kind": "evidence_present", "registers": ["act_accepted", "invoice_matched"]}
    parts = [{"kind": "not", "condition": face}, act]
    rule = {"id": "r", "condition": {"kind": "any_of", "conditions": parts}, **TEXTS}
    shed = {"kind": "sheds_mark", "id": "s", "condition": act, **TEXTS}
    first = {"rules": [rule], "effects": [shed]}
    book = RuleBook.model_validate({**first, "versions": [{**first, "issued_from": "2026-03-01"}]})
    act_only = Shown(128)
    shown = {OperationName.PAY: act_only, OperationName.SHED: act_only}
    conditions = "rules.0.condition.conditions"
    here = [f"{conditions}.0.condition", f"{conditions}.1", "effects.0.condition"]
    expected = [*here, *(f"versions.0.{path}" for path in here)]
    assert [one.path for one in unshown(book, shown)] == expected
    assert list(unshown(book, {OperationName.PAY: Shown(-1)})) == []
    told = [one.text for one in unshown(book, shown)]
    assert told[0] == "rule r asks at pay for what nobody shows here: presence_biometric"
    assert told[1] == "rule r asks at pay for what nobody shows here: invoice_matched"
