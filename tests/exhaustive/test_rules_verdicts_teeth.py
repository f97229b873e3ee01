"""Planted mistakes in what conditions on parties and contracts say: each must be noticed."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from tengesim.payment import Observation
from tengesim.rules import verdicts
from tengesim.rules.conditions import Condition
from tengesim.rules.contract_conditions import ContractCondition
from tengesim.rules.party_conditions import PartyCondition
from tests.boundary_facts import boundary_facts
from tests.fact_stories import FACT_ATOMS
from tests.naive_rules import naive_answer
from tests.rule_books import ATOMS, NOTHING_BEFORE, Raw, condition

MISTAKES: Final = (
    ("value <= limit else", "value < limit else"),
    ("value >= limit else", "value > limit else"),
    ("PAYEE_LISTED.value", "PAYEE_CONTRACTED.value"),
    ("PAYEE_AFFILIATED.value", "PAYEE_LISTED.value"),
    ("CONSENT_GIVEN.value", "STEP_UP.value"),
    ("STEP_UP.value", "CONSENT_GIVEN.value"),
    ("PRESENCE_BIOMETRIC.value", "PRESENCE_PALM.value"),
    ("Evidence.OFFLINE.value", "Evidence.STEP_UP.value"),
    ("REGISTER_CHANGED.value", "STEP_UP.value"),
    ("SUBCONTRACT_REGISTERED.value", "STEP_UP.value"),
    ("facts.region in", "facts.region not in"),
    ("facts.balance_tiyn + seen.amount_tiyn", "facts.balance_tiyn"),
    ("facts.allowance_used_tiyn + seen.amount_tiyn", "seen.amount_tiyn"),
    ("if known_tiyn is None else known_tiyn", ""),
    ("(BP + condition.above)", "BP"),
    ("and facts.register == condition.of", ""),
    ("(amount_tiyn if facts.is_advance else 0)", "0"),
    ("facts.advances_left_tiyn + (", "("),
    ("facts.contract_tiyn * facts.progress_bp // BP", "facts.contract_tiyn"),
    ("facts.paid_tiyn + amount_tiyn, done", "amount_tiyn, done"),
    ("if not facts.is_advance:", "if facts.is_advance:"),
    ("facts.advances_tiyn + amount_tiyn", "facts.advances_tiyn"),
    (
        "-(-facts.contract_tiyn * condition.share // BP)",
        "facts.contract_tiyn * condition.share // BP",
    ),
    ("condition.required, reason", "condition.flags.bit_count(), reason"),
    ("is_known and facts.approver", "facts.approver"),
    ("facts.depth == 0 or", ""),
    ("facts.depth, condition.depth, reason", "facts.depth - 1, condition.depth, reason"),
    ("if facts.depth == 0:", "if facts.depth == 1:"),
    ("facts.subcontracted_tiyn + amount_tiyn", "amount_tiyn"),
    ("facts.parent_tiyn", "facts.contract_tiyn"),
    ("facts.units * condition.rate", "condition.rate"),
    ("return is_registered or seen.payee", "return seen.payee"),
    ("confirmed += not seen.facts", "confirmed += seen.facts"),
    ("required += 1", "required += 0"),
    ("facts.offline_tiyn + seen.amount_tiyn", "facts.offline_tiyn"),
    ("facts.offline_payments + 1", "facts.offline_payments"),
    ("(facts.offline_days, condition.days),", ""),
    ("facts.unit_price_tiyn > line.unit_price", "facts.unit_price_tiyn >= line.unit_price"),
    ("facts.units_before + facts.units", "facts.units"),
    ("seen.day - condition.days + 1", "seen.day - condition.days"),
    ("sum(before) + seen.amount_tiyn", "sum(before)"),
    ("first_day <= award.day <= seen.day", "first_day <= award.day"),
)
"""Pairs of what stands in the text of the module, and what is put there instead."""


def broken(old: str, new: str) -> ModuleType:
    """Return the module with a mistake."""
    text = Path(verdicts.__file__).read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    module = ModuleType("broken")
    exec(compile(text.replace(old, new), "broken", "exec"), module.__dict__)  # noqa: S102 - own text
    return module


@cache
def told() -> list[tuple[Condition, Observation, tuple[Any, ...]]]:
    """Return each condition of these two files with each payment and what it says."""
    return list(_told())


def _told() -> Iterator[tuple[Condition, Observation, tuple[Any, ...]]]:
    raws: list[Raw] = [*FACT_ATOMS, *ATOMS]
    for raw in raws:
        one = condition(raw)
        if isinstance(one, PartyCondition | ContractCondition):
            for seen, _ in boundary_facts([one]):
                yield one, seen, naive_answer(raw, seen, NOTHING_BEFORE)


def differences(module: ModuleType) -> int:
    """Return how many answers of `module` are not those of the second writing."""
    count = 0
    for one, seen, expected in told():
        is_party = isinstance(one, PartyCondition)
        say = module.party_verdict if is_party else module.contract_verdict
        count += tuple(say(one, seen)) != expected
    return count


def test_the_module_as_it_is_differs_nowhere() -> None:
    """Goal: the comparison can pass. Method: the text, run the same way, without a mistake."""
    assert differences(broken("PASSED: Final", "PASSED: Final")) == 0
    assert len(told()) > 1_500


@pytest.mark.parametrize(("old", "new"), MISTAKES)
def test_a_mistake_is_noticed(old: str, new: str) -> None:
    """Goal: the boundaries have teeth. Method: one mistake in the text at a time."""
    assert differences(broken(old, new)) > 0
