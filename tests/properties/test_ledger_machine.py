"""Claims about the ledger under any order of acts; what is checked stands in `MoneyWorld.check`."""

from hypothesis.stateful import run_state_machine_as_test

from tests.money_world import MoneyWorld
from tests.properties.ledger_machine import LONG_STORIES, LedgerMachine


def test_any_order_of_acts_keeps_the_ledger_equal_to_the_naive_one() -> None:
    """Goal: R-01 to R-04. Method: Hypothesis combines acts, the world checks after each."""
    run_state_machine_as_test(LedgerMachine, settings=LONG_STORIES)


def test_the_rules_reach_every_act_of_the_world() -> None:
    """Goal: no act is forgotten. Method: compare the machine's rules with the world's acts."""
    acts = {
        name
        for name, member in vars(MoneyWorld).items()
        if callable(member) and not name.startswith("_")
    }
    assert acts - {"play", "replay", "check"} <= {
        name for name in vars(LedgerMachine) if not name.startswith("_")
    }
