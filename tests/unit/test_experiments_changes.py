"""Payments of two arms are joined by intent: each is counted once, and nothing is lost."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.experiments.changes import EXAMPLES_MAX, changes, is_changed
from tengesim.journal.tables import EVENTS, typed
from tengesim.store.campaigns import CHANGE_KEYS, CHANGES, EXAMPLES, typed_table
from tests.metrics_world import month

DISHONEST = (
    "population.dishonest_caterers.high=100 %",
    "population.dishonest_caterers.value=100 %",
)
WANTED = {
    "payment",
    "delivery",
    "wage",
    "benefit",
    "cash_withdrawal",
    "offline_payment",
    "unmet",
    "budget_payment",
}
CAUSE = CHANGE_KEYS[1:]


def log(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Return events of these rows, everything else empty, each a posting of its own."""
    lines = []
    for seq, row in enumerate(rows):
        line: dict[str, object] = {
            column: "" if kind != "whole" else 0 for column, kind in EVENTS.items()
        }
        lines.append({**line, "seq": seq, "time_us": seq, "ref": seq + 1, **row})
    frame = pd.DataFrame(lines, columns=list(EVENTS))
    whole = [column for column, kind in EVENTS.items() if kind == "whole"]
    return typed(frame.astype(dict.fromkeys(whole, "int64")), EVENTS)


def row(intent: str, kind: str, status: str, **columns: object) -> dict[str, object]:
    """Return a row about an intent of 100 tiyn."""
    return {
        "intent": intent,
        "kind": kind,
        "status": status,
        "amount_tiyn": 100,
        "true_label": "honest",
        **columns,
    }


def paid(intent: str, **columns: object) -> dict[str, object]:
    """Return a settled payment."""
    return row(intent, "payment", "settled", **columns)


def refused(intent: str, reason: str, **columns: object) -> dict[str, object]:
    """Return a refused payment and the rule of the same name."""
    return row(intent, "payment", "refused", reason=reason, rule=f"rule of {reason}", **columns)


def cells(frame: pd.DataFrame) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return count and amount by cause."""
    return {
        tuple(str(line[key]) for key in CAUSE): (int(line["count"]), int(line["amount_tiyn"]))
        for line in frame.to_dict("records")
    }


def outcomes(base: Sequence[Mapping[str, object]], variant: Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401 - a Counter of pairs
    """Return how many intents went from which outcome to which."""
    found: Counter[tuple[str, str]] = Counter()
    for line in changes(log(*base), log(*variant)).causes.to_dict("records"):
        found[line["outcome_base"], line["outcome_variant"]] += line["count"]
    return dict(found)


def naive_endings(events: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the ending of each intent of an arm, row by row."""
    found: dict[str, dict[str, Any]] = {}
    texts = events.astype({column: str for column, kind in EVENTS.items() if kind == "name"})
    for line in texts.to_dict("records"):
        kind, status, intent = line["kind"], line["status"], line["intent"]
        ending = {"settled": "paid", "posted": "paid", "refused": "refused", "voided": "refused"}
        if kind in WANTED:
            outcome = "unmet" if kind == "unmet" else ending.get(status, "recorded")
            entry = found.setdefault(intent, {"label": line["true_label"], "payer": line["payer"]})
            entry.update(amount=line["amount_tiyn"], form=line["form"])
        elif kind == "offline_settlement" and intent in found:
            outcome, entry = ending.get(status, "recorded"), found[intent]
        elif kind in ("refund", "return") and intent in found:
            if status in ("refused", "voided") or (kind == "return" and not line["place"]):
                continue
            outcome, entry = "refunded", found[intent]
        else:
            continue
        entry.update(outcome=outcome, rule=line["rule"], reason=line["reason"])
    for line in texts.to_dict("records"):
        entry = found.get(line["intent"], {})
        is_past = line["kind"] == "waterfall" and line["payer"] == entry.get("payer")
        is_done = line["status"] not in ("refused", "voided")
        if is_past and is_done and entry["outcome"] in ("paid", "refunded"):
            entry["amount"] += line["amount_tiyn"]
    return found


def naive(base: pd.DataFrame, variant: pd.DataFrame) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return count and amount by cause, with dictionaries."""
    ours, theirs = naive_endings(base), naive_endings(variant)
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for intent in ours | theirs:
        absent = {"outcome": "absent", "rule": "", "reason": "", "amount": None}
        one, other = ours.get(intent, absent), theirs.get(intent, absent)
        outcome = other["outcome"]
        if one["outcome"] == outcome == "paid":
            if one["amount"] != other["amount"]:
                outcome = "paid_more" if other["amount"] > one["amount"] else "paid_less"
            elif one["form"] != other["form"]:
                outcome = "paid_otherwise"
        known = one if intent in ours else other
        key = (
            one["outcome"],
            outcome,
            one["rule"],
            other["rule"],
            one["reason"],
            other["reason"],
            known["label"],
        )
        count, amount = found.get(key, (0, 0))
        found[key] = (count + 1, amount + known["amount"])
    return found


@pytest.mark.parametrize("pair", [("headcount", "marked"), ("social_wallet", "marked")])
def test_real_arms_change_as_counted_by_hand(pair: tuple[str, str]) -> None:
    """Goal: exact counts and amounts by cause. Method: dictionaries, on months of cheating."""
    base, variant = (month(arm, 1, *DISHONEST).events for arm in pair)
    found = changes(base, variant, arm="marked")
    assert cells(found.causes) == naive(base, variant)
    assert len(cells(found.causes)) == len(found.causes) > 5
    everything = naive_endings(base) | naive_endings(variant)
    assert found.causes["count"].sum() == len(everything)
    assert set(found.causes["variant"]) == {"marked"}


kinds = st.sampled_from(
    sorted(WANTED | {"offline_settlement", "refund", "return", "shed", "waterfall"})
)
statuses = st.sampled_from(["settled", "refused", "recorded", "held", "posted", "voided"])
rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["a", "b", "c", "d"]),
        kinds,
        statuses,
        reason=st.sampled_from(["", "limit_per_period", "duplicate"]),
        rule=st.sampled_from(["", "daily", "monthly"]),
        amount_tiyn=st.integers(1, 3),
        place=st.sampled_from(["", "school"]),
        payer=st.sampled_from(["person", "shop"]),
        form=st.sampled_from(["cash", "digital_tenge"]),
        true_label=st.sampled_from(["honest", "phantom"]),
    ),
    max_size=12,
)


@given(rows, rows)
@settings(max_examples=80)
def test_any_two_logs_change_as_counted_by_hand(
    base: list[dict[str, object]], variant: list[dict[str, object]]
) -> None:
    """Goal: counts add up to the intents of both arms. Method: any rows, against dictionaries."""
    ours, theirs = log(*base), log(*variant)
    found = changes(ours, theirs)
    assert cells(found.causes) == naive(ours, theirs)
    assert found.causes["count"].sum() == len(naive_endings(ours) | naive_endings(theirs))


def test_an_arm_does_not_differ_from_itself() -> None:
    """Goal: equal arms change no payment. Method: one month twice."""
    events = month("marked", 1, *DISHONEST).events
    found = changes(events, events.copy())
    assert not is_changed(found.causes).any()
    assert found.examples.empty
    assert found.causes["count"].sum() > 1_000


def test_one_payment_refused_is_one_change() -> None:
    """Goal: the comparison can fail. Method: one row of a month turned into a refusal."""
    events = month("marked", 1, *DISHONEST).events
    # The price is settled once; the row before any refund of that intent decides.
    returned = set(events["intent"][events["kind"].isin(["refund", "return"])])
    is_paid = (events["kind"] == "payment") & (events["status"] == "settled")
    place = int(np.flatnonzero(is_paid & ~events["intent"].isin(returned))[0])
    texts = events.astype({column: "object" for column, kind in EVENTS.items() if kind == "name"})
    texts.loc[place, ["status", "reason", "rule"]] = ["refused", "duplicate", "planted"]
    found = changes(events, typed(texts, EVENTS))
    (line,) = found.causes[is_changed(found.causes)].to_dict("records")
    assert (line["outcome_base"], line["outcome_variant"], line["rule_variant"]) == (
        "paid",
        "refused",
        "planted",
    )
    assert (line["count"], line["amount_tiyn"]) == (1, events["amount_tiyn"][place])
    (example,) = found.examples.to_dict("records")
    assert example["intent"] == events["intent"][place]
    assert example["payer"] == events["payer"][place]


def test_the_last_attempt_decides() -> None:
    """Goal: final outcomes. Method: refused twice then paid, and refused for two reasons."""
    base = [refused("a", "presence_not_proven"), refused("a", "duplicate"), paid("a")]
    variant = [refused("a", "presence_not_proven", attempt=0), refused("a", "duplicate", attempt=1)]
    (line,) = changes(log(*base), log(*variant)).causes.to_dict("records")
    assert (line["outcome_base"], line["outcome_variant"]) == ("paid", "refused")
    assert (line["rule_base"], line["rule_variant"]) == ("", "rule of duplicate")


def test_offline_payments_end_when_devices_meet_the_platform() -> None:
    """Goal: what a device recorded is not yet paid. Method: settled, found out, and still open."""
    offline = [row(intent, "offline_payment", "recorded") for intent in "abc"]
    later = [
        row("a", "offline_settlement", "settled"),
        row("b", "offline_settlement", "refused", reason="spent_twice"),
    ]
    assert outcomes(offline, [*offline, *later]) == {
        ("recorded", "paid"): 1,
        ("recorded", "refused"): 1,
        ("recorded", "recorded"): 1,
    }


def test_what_was_paid_and_undone_is_refunded() -> None:
    """Goal: a refund is no payment. Method: a refund, a refused one, and a mere return."""
    base = [paid(intent) for intent in "abc"]
    undone = [
        row("a", "refund", "settled"),
        row("b", "refund", "refused"),
        row("c", "return", "settled", place=""),
        row("never wanted", "refund", "settled"),
    ]
    assert outcomes(base, [*base, *undone]) == {("paid", "refunded"): 1, ("paid", "paid"): 2}


def test_more_and_less_are_told_of_what_both_paid() -> None:
    """Goal: another amount is a change. Method: more, less and as much, and a want unmet."""
    base = [paid(intent) for intent in "abcd"]
    variant = [
        paid("a", amount_tiyn=101),
        paid("b", amount_tiyn=99),
        paid("c"),
        row("d", "unmet", "recorded"),
        row("e", "benefit", "settled", amount_tiyn=7),
    ]
    found = changes(log(*base), log(*variant))
    assert {key[:2]: amount for key, amount in cells(found.causes).items()} == {
        ("paid", "paid_more"): (1, 100),
        ("paid", "paid_less"): (1, 100),
        ("paid", "paid"): (1, 100),
        ("paid", "unmet"): (1, 100),
        ("absent", "paid"): (1, 7),
    }
    amounts = {
        line["intent"]: (line["amount_base_tiyn"], line["amount_variant_tiyn"])
        for line in found.examples.astype(object).to_dict("records")
    }
    assert amounts["a"] == (100, 101)
    assert pd.isna(amounts["e"][0])
    assert amounts["e"][1] == 7


def test_another_form_of_money_is_a_change() -> None:
    """Goal: who pays in cash instead is seen. Method: one payment in two forms, one in the same."""
    base = [paid("a", form="digital_tenge"), paid("b", form="digital_tenge")]
    variant = [paid("a", form="cash"), paid("b", form="digital_tenge")]
    assert outcomes(base, variant) == {("paid", "paid_otherwise"): 1, ("paid", "paid"): 1}


def test_what_flows_past_a_full_wallet_is_paid() -> None:
    """Goal: a holding limit is not taken for a smaller payment. Method: 60 of 100 flow past it."""
    base = [paid("a", payer="person", payee="firm")]
    variant = [
        row("a", "waterfall", "settled", payer="firm", amount_tiyn=30),
        row("a", "waterfall", "settled", payer="person", amount_tiyn=60),
        paid("a", payer="person", payee="firm", amount_tiyn=40),
    ]
    assert outcomes(base, variant) == {("paid", "paid"): 1}
    assert outcomes(base, variant[::2]) == {("paid", "paid_less"): 1}


def test_a_payment_between_banks_names_who_paid_and_who_was_paid() -> None:
    """Goal: banks in between are no payees. Method: three rows of one posting."""
    legs = [
        paid("a", payer="person", payee="bank_a", ref=9),
        paid("a", payer="bank_a", payee="bank_b", ref=9),
        paid("a", payer="bank_b", payee="shop", ref=9),
    ]
    found = changes(log(*legs), log(refused("a", "system_unavailable", payer="person")))
    (example,) = found.examples.to_dict("records")
    assert (example["payer"], example["payee"]) == ("person", "shop")
    assert found.causes["count"].tolist() == [1]


def test_examples_are_the_first_in_time_of_each_cause() -> None:
    """Goal: few, and the same ones each time. Method: many of one cause, out of order."""
    count = 3 * EXAMPLES_MAX
    base = [paid(f"intent {number}", time_us=count - number) for number in range(count)]
    variant = [
        refused(f"intent {number}", "duplicate" if number % 2 else "limit_per_period")
        for number in range(count)
    ]
    found = changes(log(*base), log(*variant), arm="stricter")
    assert found.examples.groupby("reason_variant").size().tolist() == [EXAMPLES_MAX] * 2
    for _, lines in found.examples.groupby("reason_variant"):
        assert lines["time_us"].is_monotonic_increasing
        assert lines["time_us"].max() <= 2 * EXAMPLES_MAX


def test_tables_are_those_of_a_campaign_and_the_largest_change_comes_first() -> None:
    """Goal: what is computed is what is kept. Method: the store's columns and types, the order."""
    base, variant = (month(arm, 1, *DISHONEST).events for arm in ("headcount", "marked"))
    found = changes(base, variant, arm="marked")
    assert list(found.causes) == list(CHANGES)
    assert list(found.examples) == list(EXAMPLES)
    assert len(typed_table("changes", found.causes)) == len(found.causes)
    assert len(typed_table("examples", found.examples)) == len(found.examples)
    changed = is_changed(found.causes)
    assert not changed.is_monotonic_increasing
    assert changed.is_monotonic_decreasing
    assert found.causes["count"][changed].is_monotonic_decreasing
    empty = changes(base.iloc[:0], variant.iloc[:0])
    assert list(empty.causes) == list(CHANGES)
    assert len(typed_table("examples", empty.examples)) == 0


def test_two_hundred_thousand_intents_take_seconds() -> None:
    """Goal: a campaign is not held up. Method: two logs of 200,000 intents under 10 seconds."""
    small = month("marked", 1, *DISHONEST).events
    few = small[small["kind"] == "payment"].reset_index(drop=True)
    copies = -(-200_000 // few["intent"].nunique())
    large = pd.concat([few] * copies, ignore_index=True)
    batch = np.repeat(np.arange(copies), len(few)).astype(str).astype(object)
    large["intent"] = large["intent"].to_numpy(dtype=object) + batch
    begun = time.process_time()
    found = changes(large, large.iloc[len(few) :])
    taken_s = time.process_time() - begun
    assert found.causes["count"].sum() == large["intent"].nunique() >= 200_000
    assert taken_s < 10
