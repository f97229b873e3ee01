"""Rules that money takes down a chain: how deep its mark goes, under which book, what is freed.

One contract is played under books that a test writes; what is expected is computed from the rows of
the log with the pure functions of the effects, or counted by hand.
"""

from typing import Any

import pytest

from tengesim.money import BP
from tests.contract_world import Living, live, told

MARKED, CONTROL = "road_repair", "road_repair_control"
SAID = {"text": {"en": "As a test says."}, "reference": "assumption"}
SHED = {
    "kind": "sheds_mark",
    "id": "work_shown",
    "condition": {
        "kind": "evidence_present",
        "registers": ["act_accepted", "invoice_matched", "payroll_matched"],
    },
    **SAID,
}
SURE = {"digital.register_error": "0 %", "digital.late_invoice": "0 %", "amendments.share": "0 %"}
CONTRACTED = {
    "id": "only_contracted",
    "condition": {"kind": "payee_in", "contracted": True},
    **SAID,
}
NOTHING_EXEMPT = {"exempt": {"wages": False, "taxes": False}}


def parts(**shares: str) -> dict[str, Any]:
    """Return an effect that frees shares for wages, taxes, overhead; wages on the payroll."""
    uses = [
        {"use": use, "share": share, "registers": ["payroll_matched"] if use == "wages" else []}
        for use, share in shares.items()
    ]
    return {"kind": "sheds_part", "id": "parts_freed", "parts": uses, **SAID}


def passed_on(depth: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an effect that passes the mark on so deep."""
    return {"kind": "propagates", "id": "whole_chain", "depth": depth, **more, **SAID}


def chained(*effects: dict[str, Any], money: dict[str, Any] | None = None, **more: Any) -> Living:  # noqa: ANN401
    """Play a contract whose mark has these effects and says itself how deep it goes."""
    books = {"contract_mark": {"effects": [SHED, *effects]}, **more.pop("books", {})}
    terms = {"mark_scope": "propagated", **(money or {})}
    return live(MARKED, books=books, money=terms, **{"changes": SURE, **more})


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_mark_goes_as_deep_as_its_book_says(depth: int) -> None:
    """Goal: R26 is carried out. Method: forms in which each tier of two is paid."""
    living = chained(passed_on(depth))
    in_wallets = {link.depth for link in living.contract.chain if 0 < link.depth <= depth}
    below = {link.depth for link in living.contract.chain} - {0} - in_wallets
    assert marked_depths(living) == in_wallets
    assert unmarked_depths(living) == below


def marked_depths(living: Living) -> set[int]:
    """Return how deep marked money was received from the tier above."""
    events = living.events
    rows = events[(events["kind"] == "subpayment") & (events["mark_to"] != "")]
    depths = {link.id: link.depth for link in living.contract.chain}
    return {depths[mark] for mark in rows["mark_to"]}


def unmarked_depths(living: Living) -> set[int]:
    """Return how deep deposits were received from the tier above, of what is for subcontractors."""
    events = living.events
    rows = events[(events["kind"] == "subpayment") & (events["form_to"] == "bank_deposit")]
    rows = rows[rows["status"] == "settled"]
    firms = {link.firm.id: link.depth for link in living.contract.chain}
    return {firms[payee] for payee in rows["payee"] if payee in firms} - {0}


def test_the_book_and_the_scope_say_the_same_with_the_same_depth() -> None:
    """Goal: one meaning. Method: the log under `propagates` against that under `mark_scope`."""
    said = chained(passed_on(1))
    scoped = live(MARKED, changes=SURE, money={"mark_scope": "depth_2"})
    assert said.stage.journal.digest() == scoped.stage.journal.digest()


def test_small_sums_are_paid_unmarked_and_stay_so_below() -> None:
    """Goal: `except_below` is carried out by payment. Method: a limit between two sums."""
    whole = chained(passed_on(2))
    events = whole.events
    rows = events[(events["kind"] == "subpayment") & (events["mark_to"] != "")]
    sums = sorted({int(tiyn) for tiyn in rows["amount_tiyn"]})
    limit_tiyn = sums[len(sums) * 3 // 4]
    living = chained(passed_on(2, except_below=f"{limit_tiyn // 100} KZT"))
    later = living.events
    kept = later[(later["kind"] == "subpayment") & (later["mark_to"] != "")]
    assert min(int(tiyn) for tiyn in kept["amount_tiyn"]) >= limit_tiyn // 100 * 100
    assert 0 < len(kept) < len(rows)
    # Who was paid without a mark pays on without one.
    assert unmarked_depths(living) == {1, 2}
    assert left_under_marks(living) == {}


def left_under_marks(living: Living) -> dict[object, object]:
    """Return marked accounts with money on them."""
    return {
        account: balance
        for account, balance in living.stage.book.balances().items()
        if account.mark and (balance.free_tiyn or balance.held_tiyn)
    }


def test_below_the_narrower_book_is_asked() -> None:
    """Goal: R27 is carried out. Method: a book below that forbids what the first one allows."""
    narrow = {
        "rules": [CONTRACTED, {**CONTRACTED, "id": "no_payments", "condition": _NEVER}],
        "effects": [SHED, passed_on(2)],
    }
    living = chained(passed_on(2, rule_book="narrow"), books={"narrow": narrow})
    events = living.events
    refused = events[(events["status"] == "refused") & (events["rule"] == "no_payments")]
    payers = set(refused["payer"])
    below = {link.firm.id for link in living.contract.chain if link.depth == 1}
    assert payers == below
    assert living.contract.award.firm.id not in payers
    same = chained(passed_on(2))
    assert not (same.events["rule"] == "no_payments").any()


_NEVER = {"kind": "amount_at_most", "limit": "1 KZT"}


def test_a_book_below_that_passes_nothing_on_ends_the_chain() -> None:
    """Goal: the child's book says what is below. Method: one without `propagates`, depth two."""
    below = {"rules": [CONTRACTED], "effects": [SHED]}
    living = chained(passed_on(2, rule_book="below"), books={"below": below})
    assert marked_depths(living) == {1}
    assert unmarked_depths(living) == {2}


@pytest.mark.parametrize(
    ("arm", "book"), [(MARKED, "contract_mark"), (CONTROL, "controlled_account")]
)
@pytest.mark.parametrize("share_bp", [0, 300, 10_000])
def test_wages_are_freed_up_to_their_share_and_the_rest_is_asked(
    arm: str, book: str, share_bp: int
) -> None:
    """Goal: R30 is carried out. Method: what is paid by the effect, against share × contract."""
    share = f"{share_bp / 100:.2f} %"
    effects = [SHED, parts(wages=share, taxes="100 %")] if arm == MARKED else [parts(wages=share)]
    money = NOTHING_EXEMPT if arm == MARKED else {"exempt": {"wages": False, "taxes": True}}
    living = live(arm, books={book: {"effects": effects}}, money=money, changes=SURE)
    contract, events = living.contract, living.events
    wages = events[(events["kind"] == "wage") & (events["payer"] == contract.award.firm.id)]
    paid = wages[(wages["status"] == "settled") & (wages["rule"] == "parts_freed")]
    paid_tiyn = sum(int(tiyn) for tiyn in paid.drop_duplicates("ref")["amount_tiyn"])
    refused = wages[wages["status"] == "refused"]
    asked_tiyn = sum(int(tiyn) for tiyn in refused.drop_duplicates("ref")["amount_tiyn"])
    whole_tiyn = paid_tiyn + asked_tiyn
    assert paid_tiyn == min(whole_tiyn, contract.price_tiyn * share_bp // BP)
    assert set(refused["reason"]) == ({"payee_not_allowed"} if asked_tiyn else set())
    assert (asked_tiyn > 0) is (share_bp < BP)
    assert left_under_marks(living) == {}


def test_without_the_payroll_register_no_wage_is_freed_at_first() -> None:
    """Goal: a part is freed with its documents. Method: the register is wrong at first, always."""
    changes = {**SURE, "digital.register_error": "100 %"}
    living = chained(
        passed_on(1), parts(wages="100 %", taxes="100 %"), money=NOTHING_EXEMPT, changes=changes
    )
    events = living.events
    wages = events[(events["kind"] == "wage") & (events["payer"] == living.contract.award.firm.id)]
    first = wages.drop_duplicates("intent")
    assert set(first["status"]) == {"refused"}
    settled = set(wages[wages["status"] == "settled"]["intent"])
    assert set(first["intent"]) == settled


def test_overhead_is_freed_of_what_is_a_firms_own() -> None:
    """Goal: overhead is spendable at once, even where the payroll lags. Method: its rows."""
    living = chained(passed_on(1), parts(overhead="2 %"))
    contract, events = living.contract, living.events
    rows = events[(events["kind"] == "shed") & (events["rule"] == "parts_freed")]
    by_firm = rows.groupby("payer")["amount_tiyn"].sum()
    assert int(by_firm[contract.award.firm.id]) == contract.price_tiyn * 2 // 100
    whole = chained(passed_on(1))
    assert living.contract.own_tiyn == whole.contract.own_tiyn


def test_a_shell_gets_overhead_only_where_no_document_is_asked() -> None:
    """Goal: documents stop who has none. Method: what comes back when the mark expires."""
    kept = {
        registers: returned(
            chained(
                passed_on(2),
                {
                    **parts(overhead="100 %"),
                    "parts": [{"use": "overhead", "share": "100 %", "registers": list(registers)}],
                },
                integrity=told(shell_bp=1000),
            )
        )
        for registers in ((), ("payroll_matched",))
    }
    assert kept[()] == 0 < kept["payroll_matched",]


def returned(living: Living) -> int:
    """Return what a shell's mark brings back."""
    shell = living.contract.chain[-1]
    assert shell.is_shell
    rows = living.rows("return", "settled")
    return sum(tiyn for intent, _, tiyn in rows if intent.startswith(shell.id))


RESTORES = {"kind": "restores_mark", "id": "back_under_the_mark", **SAID}
CORRECTED = {
    **SURE,
    "chain.paid_back": {
        key: {"value": value, "low": value, "high": value, "source": "assumption"}
        for key, value in (("share", "100 %"), ("part", "10 %"), ("after", 30))
    },
}


def back(living: Living) -> dict[str, tuple[str, int]]:
    """Return under which mark, and how much, each subcontractor paid back of what."""
    events = living.events
    rows = events[(events["kind"] == "refund") & (events["status"] == "settled")]
    last = rows.groupby("ref").last()
    return {
        intent: (mark, int(tiyn))
        for intent, mark, tiyn in zip(
            last["intent"], last["mark_to"], last["amount_tiyn"], strict=True
        )
    }


def test_money_that_comes_back_keeps_its_mark() -> None:
    """Goal: R40 is carried out. Method: marks of what came back with the effect and without."""
    kept = back(chained(passed_on(2), RESTORES, changes=CORRECTED))
    lost = back(chained(passed_on(2), changes=CORRECTED))
    assert {one: tiyn for one, (_, tiyn) in kept.items()} == {
        one: tiyn for one, (_, tiyn) in lost.items()
    }
    assert {mark for mark, _ in lost.values()} == {""}
    marks = {mark for mark, _ in kept.values()}
    assert "" not in marks
    assert "lot-000000" in marks
    assert any(mark.startswith("lot-000000/sub-") for mark in marks)


def test_what_comes_back_is_the_stated_part_in_every_arm() -> None:
    """Goal: corrections are true of the world. Method: a tenth of each payment, arm by arm."""
    arms = [
        live(arm, changes=CORRECTED)
        for arm in ("road_repair_paper", "road_repair_evidence", CONTROL, MARKED)
    ]
    found = [{one: tiyn for one, (_, tiyn) in back(living).items()} for living in arms]
    assert found[0]
    assert found == [found[0]] * len(arms)
    paid = {intent: tiyn for intent, _, tiyn in arms[0].rows("subpayment", "settled")}
    for intent, tiyn in found[0].items():
        assert tiyn == paid[intent.removesuffix("/back")] // 10


def test_what_comes_back_under_a_mark_is_free_when_work_is_shown() -> None:
    """Goal: nothing strands. Method: marks at the end, and rows that free what came back."""
    living = chained(passed_on(2), RESTORES, changes=CORRECTED)
    assert left_under_marks(living) == {}
    sheds = {intent for intent, _, _ in living.rows("shed", "settled")}
    assert any("/back-" in intent for intent in sheds)


@pytest.mark.parametrize("arm", [MARKED, CONTROL, "road_repair_paper"])
@pytest.mark.parametrize("has_chain", [True, False])
def test_small_contracts_have_a_chain_where_the_scenario_says_so(
    arm: str, *, has_chain: bool
) -> None:
    """Goal: small contracts pass work on. Method: who is paid in a small contract, arm by arm."""
    changes = {**SURE, "chain.small": has_chain}
    living = live(arm, layer="small", changes=changes)
    assert living.contract.is_small
    subs = {link.firm.id for link in living.contract.chain[1:]}
    assert bool(subs) is has_chain
    events = living.events
    paid = events[(events["kind"] == "subpayment") & (events["status"] == "settled")]
    assert subs <= set(paid["payee"])
    assert len(living.rows("subcontract", "recorded")) == len(subs)
    marks = set(events["mark_to"]) - {""}
    if arm == MARKED:
        assert ("small/roads" in marks) is not has_chain
        assert bool(marks & {link.id for link in living.contract.chain[1:]}) is has_chain
    assert left_under_marks(living) == {}
