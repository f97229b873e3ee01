"""What a rule book says of contracts is carried out: deductions, warranty, money back, emergencies.

Single contracts, whose supplier does what it is told, are played under books of a few parts; what
the books come to is read from the log, and compared with the functions that define it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from tengesim.clock import DAY_US
from tengesim.codes import TrueLabel
from tengesim.institutions.procurement.stages import PAID_AT_US
from tengesim.money import BP
from tengesim.rules.apply import offset_advance, retain
from tengesim.rules.effects import OffsetsAdvance, Retains
from tengesim.rules.model import RuleBook
from tests.contract_world import CALENDAR, END, START, Living, live, told

ARMS = ("road_repair_paper", "road_repair_evidence", "road_repair_control", "road_repair")
EVIDENCE, MARKED = ARMS[1], ARMS[3]
SAID = {"text": {"en": "One sentence for a minister."}, "reference": "assumption"}
NO_RETENTION = {"retention": "0 %", "amendments.share": "0 %"}
ALWAYS_MEASURED = {"digital.measured": "100 %", "supervision.error": "0 %"}
SIGNED = {"roles": ["customer", "treasurer"], "until": "2027-12-31"}


def part(kind: str, name: str, **terms: object) -> dict[str, Any]:
    """Return an effect or a procedure as a scenario writes it."""
    return {"kind": kind, "id": name, **terms, **SAID}


def rule(name: str, condition: Mapping[str, Any], **more: object) -> dict[str, Any]:
    """Return a rule on payments as a scenario writes it."""
    return {"id": name, "condition": condition, **more, **SAID}


def book(**parts: object) -> RuleBook:
    """Return a book of those parts."""
    return RuleBook.model_validate(parts)


KEEPS = part("retains", "kept", share="2 %")
OFFSETS = part("offsets_advance", "worked_off", share="10 %")
LETS_GO = part("releases_retention", "let_go", after="60 days")


def settled(living: Living, *kinds: str) -> dict[str, int]:
    """Return what the budget paid by intent, of some kinds of payment."""
    return {intent: tiyn for kind in kinds for intent, _, tiyn in living.rows(kind, "settled")}


def recorded(living: Living, kind: str) -> pd.DataFrame:
    """Return the documents of one kind."""
    events = living.events
    return events[(events["kind"] == kind) & (events["status"] == "recorded")]


@pytest.mark.parametrize("arm", ARMS)
def test_a_share_kept_by_the_book_is_the_share_kept_by_the_contract(arm: str) -> None:
    """Goal: one meaning of retention. Method: 2 % said here or there, all payments alike."""
    by_contract = live(arm, changes={"amendments.share": "0 %"}, release=book())
    by_book = live(arm, changes=NO_RETENTION, release=book(effects=[KEEPS]))
    paid = [settled(one, "advance", "budget_payment") for one in (by_contract, by_book)]
    assert paid[0] == paid[1]
    assert len(paid[0]) > 2
    kept = recorded(by_book, "retention")
    assert set(kept["rule"]) == {"kept"}
    assert recorded(by_contract, "retention").empty


@pytest.mark.parametrize("arm", ARMS)
def test_acts_pay_back_the_advance_by_the_share_of_the_book(arm: str) -> None:
    """Goal: R21 in a run. Method: what every act left, against the function; all comes back."""
    living = live(arm, changes=NO_RETENTION, release=book(effects=[OFFSETS]))
    effect = OffsetsAdvance.model_validate(OFFSETS)
    acts = settled(living, "budget_payment")
    accepted = recorded(living, "acceptance")
    offset = recorded(living, "advance")
    left_tiyn = living.contract.advance_tiyn
    assert left_tiyn == settled(living, "advance")[f"{living.contract.id}/advance"]
    for place, (intent, tiyn) in enumerate(
        zip(accepted["intent"], accepted["amount_tiyn"], strict=True), 1
    ):
        is_last = place == len(accepted)
        paid, back = offset_advance(effect, int(tiyn), left_tiyn, is_last=is_last)
        assert acts.get(intent, 0) == paid
        assert int(offset.loc[offset["intent"] == intent, "amount_tiyn"].sum()) == back
        left_tiyn -= back
    assert left_tiyn == 0
    assert set(offset["rule"]) == {"worked_off"}
    assert living.contract.paid_tiyn == living.contract.price_tiyn


def test_a_book_keeps_something_of_every_act_it_is_asked_about() -> None:
    """Goal: R22 in a run. Method: the function for each act, beside an advance that comes back."""
    release = book(effects=[OFFSETS, KEEPS])
    living = live(MARKED, changes=NO_RETENTION, release=release)
    effect = Retains.model_validate(KEEPS)
    accepted, kept = recorded(living, "acceptance"), recorded(living, "retention")
    offset = recorded(living, "advance").set_index("intent")["amount_tiyn"]
    found = dict(zip(kept["intent"], kept["amount_tiyn"], strict=True))
    expected = {
        intent: min(retain(effect, int(tiyn)).rest_tiyn, int(tiyn) - int(offset[intent]))
        for intent, tiyn in zip(accepted["intent"], accepted["amount_tiyn"], strict=True)
    }
    assert found == {intent: tiyn for intent, tiyn in expected.items() if tiyn}


@pytest.mark.parametrize("arm", ARMS)
def test_what_was_kept_is_let_go_after_the_time_of_the_book(arm: str) -> None:
    """Goal: R22 ends. Method: the day of the payment, counted from the closing."""
    release = book(effects=[KEEPS], procedures=[LETS_GO])
    living = live(arm, changes=NO_RETENTION, release=release)
    events = living.events
    released = events[(events["kind"] == "retention") & (events["status"] == "settled")]
    (closed_us,) = events.loc[events["kind"] == "closing", "time_us"]
    assert set(released["rule"]) == {"let_go"}
    assert set(released["time_us"]) == {int(closed_us) + 60 * DAY_US}
    assert living.contract.retained_tiyn == 0
    assert living.contract.paid_tiyn == living.contract.price_tiyn


@pytest.mark.parametrize(("defects", "is_let_go"), [("0 %", True), ("100 %", False)])
def test_defects_keep_what_was_kept(defects: str, *, is_let_go: bool) -> None:
    """Goal: a register decides. Method: all works with defects, and none."""
    release = book(effects=[KEEPS], procedures=[LETS_GO])
    changes = {**NO_RETENTION, "defects": stated(defects)}
    living = live(MARKED, changes=changes, release=release)
    rows = [living.rows("retention", status) for status in ("settled", "refused")]
    assert [len(found) for found in rows] == [int(is_let_go), int(not is_let_go)]
    assert {row[1] for row in rows[1]} <= {"milestone_not_met"}
    kept_tiyn = sum(row[2] for row in rows[1])
    assert living.contract.paid_tiyn == living.contract.price_tiyn - kept_tiyn
    assert living.contract.registered_tiyn == 0


def test_work_that_nobody_did_is_a_defect() -> None:
    """Goal: what is missing shows. Method: an act for nothing, signed by one who colludes."""
    release = book(effects=[KEEPS], procedures=[LETS_GO])
    integrity = told(fictitious_bp=2000, fictitious_milestone=1, colluding_supervisor=True)
    changes = {**NO_RETENTION, "defects": stated("0 %")}
    living = live(MARKED, integrity=integrity, changes=changes, release=release)
    assert f"{living.contract.id}/act-2" in living.desk.settled
    assert [row[1] for row in living.rows("retention", "refused")] == ["milestone_not_met"]


def stated(share: str) -> dict[str, str]:
    """Return a share as a scenario states it."""
    return {"value": share, "low": share, "high": share, "source": "assumption"}


def ended_early(
    arm: str, release: RuleBook, *, account: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[Living, int]:
    """Return a contract that was ended a month after its signature, and its idle advance."""
    living = live(arm, until=START.replace(month=2, day=12), release=release, books=account)
    owed_tiyn = living.contract.advance_tiyn - living.contract.offset_tiyn
    living.office.terminate(living.contract.id, "audit")
    return living, owed_tiyn


_ACCOUNTS = {"road_repair_control": "controlled_account", "road_repair": "contract_mark"}


@pytest.mark.parametrize(
    ("arm", "stands_in"),
    [*((arm, None) for arm in ARMS), *_ACCOUNTS.items()],
)
def test_what_is_taken_back_and_what_stays_owed_add_up(arm: str, stands_in: str | None) -> None:
    """Goal: R39 in a run, in the book of either. Method: an idle advance, taken back and owed."""
    claws = part("claws_back", "idle_money", on=["unspent"])
    if stands_in is None:
        living, owed_tiyn = ended_early(arm, book(procedures=[claws]))
    else:
        living, owed_tiyn = ended_early(arm, book(), account={stands_in: {"procedures": [claws]}})
    back = {intent: tiyn for intent, _, tiyn in living.rows("clawback", "settled")}
    owed = living.rows("clawback", "refused")
    intent = f"{living.contract.id}/advance-back"
    assert owed_tiyn > 0
    assert sum(back.values()) + sum(row[2] for row in owed) == owed_tiyn
    assert {(row[0], row[1]) for row in owed} == {(intent, "insufficient_funds")}
    assert back[f"{living.contract.id}/guarantee-called"] == living.contract.guarantee_tiyn
    rows = living.events[living.events["intent"] == intent]
    assert set(rows["rule"]) == {"idle_money"}


@pytest.mark.parametrize("arm", ARMS)
def test_nothing_is_taken_back_on_a_ground_that_the_book_does_not_know(arm: str) -> None:
    """Goal: grounds bind. Method: the same contract, where a court alone takes money back."""
    claws = part("claws_back", "by_court", on=["court"])
    living, owed_tiyn = ended_early(arm, book(procedures=[claws]))
    assert living.rows("clawback", "settled") == []
    intent = f"{living.contract.id}/advance-back"
    assert living.rows("clawback", "refused") == [(intent, "rule_not_met", owed_tiyn)]
    taken = living.office.contracts[living.contract.id]
    living.office.claw_back(taken.id, 5_000_000, "complaints")
    by_court = [row for row in living.rows("clawback", "settled") if "complaints" in row[0]]
    assert [row[2] for row in by_court] == [5_000_000]


PAPERS = {"kind": "milestone_signed", "by": ["customer", "supervisor"]}


def pretended(release: RuleBook) -> Living:
    """Return a contract whose supplier invokes an emergency for work that nobody did."""
    integrity = told(fictitious_bp=2000, fictitious_milestone=1, override_abuse=True)
    return live(
        MARKED,
        integrity=integrity,
        label=TrueLabel.OVERRIDE_ABUSE,
        changes=ALWAYS_MEASURED,
        release=release,
    )


def test_a_pretended_emergency_pays_where_a_rule_yields_and_the_log_says_who_signed() -> None:
    """Goal: R55 in a run. Method: rows of signatures, of the rule, and the payment."""
    living = pretended(book(rules=[rule("papers", PAPERS, override=SIGNED)]))
    act = f"{living.contract.id}/act-2"
    events = living.events
    signed = events[(events["kind"] == "approval") & events["rule"].str.startswith("override/")]
    assert set(signed["intent"]) == {act}
    assert sorted(signed["rule"]) == [
        "override/customer/milestone_not_met",
        "override/papers",
        "override/treasurer/milestone_not_met",
    ]
    paid = events[(events["intent"] == act) & (events["kind"] == "budget_payment")]
    assert "override" in set(paid.loc[paid["status"] == "settled", "rule"])
    assert act in living.desk.settled


OTHER = rule("others", {"kind": "evidence_present", "registers": ["no_defects"]})


@pytest.mark.parametrize(
    "rules",
    [
        [rule("papers", PAPERS)],
        [rule("papers", PAPERS, override={**SIGNED, "until": "2026-01-31"})],
        [rule("papers", PAPERS, override=SIGNED), OTHER],
    ],
    ids=["no override", "the emergency rules are over", "another rule does not yield"],
)
def test_rules_that_do_not_yield_are_not_overridden(rules: list[dict[str, Any]]) -> None:
    """Goal: an emergency undoes what says so. Method: the same act, three books."""
    living = pretended(book(rules=rules))
    assert f"{living.contract.id}/act-2" not in living.desk.settled


LATE = {"digital.late_signature": "100 %", "digital.longest_wait": "40 days", **ALWAYS_MEASURED}


def waits_days(declared_bp: int) -> list[int]:
    """Return how long after their due day acts of an honest contract were paid."""
    yields = book(rules=[rule("papers", PAPERS, override=SIGNED)])
    living = live(EVIDENCE, changes=LATE, release=yields, declared_bp=declared_bp)
    events = living.events
    due = recorded(living, "acceptance").set_index("intent")["limit"]
    paid = events[(events["kind"] == "budget_payment") & (events["status"] == "settled")]
    first = paid.drop_duplicates("ref")
    return [
        CALENDAR.day_number(int(time_us)) - int(due[intent])
        for intent, time_us in zip(first["intent"], first["time_us"], strict=True)
    ]


def test_a_true_emergency_pays_the_honest_on_the_day() -> None:
    """Goal: emergencies are not only abused. Method: late signatures with and without."""
    without, within = waits_days(0), waits_days(BP)
    assert len(without) == len(within)
    assert max(without) > 7
    # A day without offices moves a payment to the next with them.
    assert max(within) <= 4


def versioned(first_day: dt.date) -> RuleBook:
    """Return a book that keeps 2 %, and from a day on 10 %."""
    version = {
        "issued_from": first_day.isoformat(),
        "effects": [part("retains", "kept_more", share="10 %")],
    }
    return book(effects=[KEEPS], versions=[version])


@pytest.mark.parametrize(
    ("arm", "first_day", "kept"),
    [
        *((arm, dt.date(2026, 3, 1), {"kept"}) for arm in ARMS),
        *((arm, START, {"kept_more"}) for arm in ARMS),
    ],
)
def test_money_keeps_the_book_of_the_day_on_which_it_was_issued(
    arm: str, first_day: dt.date, kept: set[str]
) -> None:
    """Goal: R56 in a run. Method: an advance of January, and acts long after the new book."""
    living = live(arm, changes=NO_RETENTION, release=versioned(first_day))
    advance = living.rows("advance", "settled")
    assert advance
    found = recorded(living, "retention")
    assert set(found["rule"]) == kept
    assert (found["time_us"] > CALENDAR.at(dt.date(2026, 3, 2), PAID_AT_US)).any()


def test_a_version_of_the_rules_stops_later_money_alone() -> None:
    """Goal: R56 for decisions. Method: a version that pays nothing, early and late."""
    nothing = rule("nothing", {"kind": "amount_at_most", "limit": "1 KZT"})
    counts = []
    for first_day in (START, dt.date(2026, 3, 1)):
        versions = [{"issued_from": first_day.isoformat(), "rules": [nothing]}]
        living = live(MARKED, release=book(versions=versions))
        counts.append(len(living.rows("budget_payment", "settled")))
    # The advance is not an act, so the money of the contract was issued before either.
    assert counts[0] == 0
    assert counts[1] > 2


def test_contracts_end_within_the_horizon_of_these_tests() -> None:
    """Goal: the tests above see the end. Method: the closing of a plain contract."""
    closing = recorded(live(EVIDENCE, release=book()), "closing")
    assert [int(time_us) < CALENDAR.at(END) for time_us in closing["time_us"]] == [True]
