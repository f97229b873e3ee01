"""What the reports of offline devices come to under a rule book: covered, owed, locked.

Goal: R50 in a run. Method: a village where half of the purses are copied and tills seldom reach
anybody; each report is checked against the rows of the payment it is about.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.clock import HOUR_US
from tests.dated_log import of, total
from tests.worlds import changed

CASE: Final = Path(__file__).resolve().parents[1] / "cases" / "worlds" / "offline_reports.yaml"
WITHIN_US: Final = 8 * HOUR_US
Raw = dict[str, Any]


@cache
def scenario() -> Scenario:
    """Return the village."""
    return load_scenario(str(CASE))


@cache
def run() -> Run:
    """Return its run."""
    return simulate(scenario())


def rows(kind: str, status: str = "recorded") -> pd.DataFrame:
    """Return rows of a kind, texts as text."""
    return of(run().events.astype({"payer": str, "payee": str, "rule": str}), kind, status)


def test_compiled_and_readable_code_lock_the_same_devices() -> None:
    """Goal: one meaning. Method: the digest in the fast and the readable engine."""
    assert run().digest == simulate(scenario(), engine="reference").digest


def test_what_is_spent_twice_is_covered_or_owed_to_the_tiyn() -> None:
    """Goal: the second payee gets what is there. Method: serial by serial, and the metrics."""
    refused = of(run().events, "offline_settlement", "refused", reason="spent_twice")
    covered, owed = rows("offline_cover", "settled"), rows("owed")
    assert len(covered) > 20
    assert len(owed) > 0
    expected = refused.groupby("value")["amount_tiyn"].sum().to_dict()
    both = pd.concat([covered, owed])
    assert both.groupby("value")["amount_tiyn"].sum().to_dict() == expected
    assert set(both["rule"]) == {"contact"}
    found = run().metrics.set_index("metric")["numerator"]
    assert found["copies_covered"] == total(covered)
    assert found["copies_owed"] == total(owed)
    assert found["devices_locked"] == len(rows("device_lock"))


def test_a_purse_that_owes_pays_nothing_more_and_is_emptied() -> None:
    """Goal: locked. Method: rows of each purse after its lock."""
    locks, made = rows("device_lock"), rows("offline_payment")
    purses = locks[locks["payer"].str.startswith("purse-")]
    assert set(purses["payer"]) == set(rows("owed")["payer"])
    loads = rows("offline_load", "settled")
    for device, seq in zip(purses["payer"], purses["seq"], strict=True):
        assert not ((made["payer"] == device) & (made["seq"] > seq)).any()
        assert not ((loads["payee"] == device) & (loads["seq"] > seq)).any()
        refused = rows("offline_payment", "refused")
        after = refused[(refused["payer"] == device) & (refused["seq"] > seq)]
        assert set(after["reason"].astype(str)) <= {"limit_offline", "spent_twice"}
    left = run().accounts.astype({"holder": str}).set_index("holder")["closing_tiyn"]
    assert left[sorted(set(purses["payer"]))].sum() == 0


def test_a_till_that_reports_late_takes_nothing_more() -> None:
    """Goal: late is locked, in time is not. Method: times of payments and of their settlement."""
    made = rows("offline_payment").set_index("intent")
    ended = rows("offline_settlement", "settled")
    paid_us = ended["intent"].map(made["time_us"])
    is_honest = ended["true_label"].astype(str) == "honest"
    is_late = is_honest & (ended["time_us"] - paid_us > WITHIN_US)
    late = set(ended["payee"][is_late])
    locks = rows("device_lock")
    tills = locks[~locks["payer"].str.startswith("purse-")]
    assert late <= set(tills["payer"])
    honest = tills[tills["true_label"].astype(str) == "honest"]
    assert len(honest) > 5
    assert (honest["time_us"] - honest["intent"].map(made["time_us"]) > WITHIN_US).all()
    for till in late:
        seq = int(locks.loc[locks["payer"] == till, "seq"].iloc[0])
        taken = rows("offline_payment")
        assert not ((taken["payee"] == till) & (taken["seq"] > seq)).any()


def test_without_the_rules_nothing_is_owed_or_locked() -> None:
    """Goal: the rules do it. Method: the same village without them."""

    def without(sections: Raw) -> None:
        sections["rule_books"] = {}
        sections["offline"].pop("rule_book")

    free = simulate(changed(scenario(), without)).events
    assert not set(free["kind"].astype(str)) & {"offline_cover", "owed", "device_lock"}
    refused = of(free, "offline_payment", "refused")
    assert "contact" not in set(refused["rule"].astype(str))
