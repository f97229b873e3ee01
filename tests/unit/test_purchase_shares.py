"""Prices that a programme and a buyer share are paid whole from two purses, or not at all.

What is due of each deal is computed here from the deal and from the words of the book alone, to the
tiyn, and compared with what the log of a run says.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.codes import Form, Kind, Status, TrueLabel
from tengesim.institutions.purchases.books import Books, Price
from tengesim.institutions.purchases.deals import Deal, draw_deals
from tengesim.institutions.purchases.payments import MarkedLoans
from tengesim.money import format_amount
from tengesim.payment import Move
from tengesim.report.story import story_of
from tengesim.rules.kind_text import TEXTS
from tengesim.rules.model import RuleBook
from tengesim.store.write import write_run
from tengesim.streams import Streams
from tests.budget_world import stage
from tests.dated_log import closing, dated, of, total
from tests.marks_query import broken
from tests.worlds import only

CASES: Final = Path(__file__).parents[1] / "cases" / "purchases"
MARK: Final = "livestock.2024"
TRUTH: Final = "purchases.livestock.truth"
PROGRAMME: Final[dict[str, Callable[[int], int]]] = {
    "capped_price": lambda price: min(price, 4_000_000_00),
    # The buyer's share is rounded down.
    "half_price": lambda price: price - price * 505 // 1000,
    "coupon": lambda price: 1_000_000_00 if price >= 4_500_000_00 else 0,
}
"""What the programme pays of a price, in other words than the program's."""


@cache
def scenario(name: str, *settings: str) -> Scenario:
    """Return a case."""
    return load_scenario(str(CASES / f"{name}.yaml"), settings=settings)


@cache
def run_of(name: str, *settings: str) -> Run:
    """Return the run of a case."""
    return simulate(scenario(name, *settings))


def deals_of(asked: Scenario) -> tuple[Deal, ...]:
    """Return the deals of a case."""
    ((name, section),) = asked.purchases.items()
    days = asked.clock.calendar().business_days(
        section.term.first, section.term.last + timedelta(days=1)
    )
    banks = [(bank.id, bank.share.value) for bank in asked.banks.second_tier]
    return draw_deals(name, section, streams=Streams(asked.seed), days=days, banks=banks)


def metric(run: Run, name: str) -> int:
    """Return a sum in tiyn."""
    return int(run.metrics.set_index("metric")["numerator"][name])


def by_deal(rows: pd.DataFrame) -> dict[str, int]:
    """Return the amounts of rows by their deals."""
    return {str(k): int(v) for k, v in rows.groupby("intent")["amount_tiyn"].sum().items() if v}


@pytest.mark.parametrize("name", sorted(PROGRAMME))
def test_a_price_is_shared_to_the_tiyn_or_nothing_of_it_is_paid(name: str) -> None:
    """R10, R34, R35. Reference: who has its own part pays it in the moment of the programme's."""
    run, programme = run_of(name), PROGRAMME[name]
    rows = dated(run)
    deals = [
        deal for deal in deals_of(scenario(name)) if deal.true_label is not TrueLabel.LOAN_DIVERTED
    ]
    can_pay = {
        deal.id for deal in deals if deal.own_tiyn >= deal.price_tiyn - programme(deal.price_tiyn)
    }
    paid = of(rows, "payment", "posted")
    settled = {deal for deal in set(paid["intent"]) if deal}
    in_marked = by_deal(paid[paid["form"] == "digital_tenge"])
    arrived = pd.concat([paid, of(rows, "payment")])
    own = by_deal(
        arrived[(arrived["form"] == "bank_deposit") & (arrived["payee"].str.contains("-seller-"))]
    )
    refused = of(rows, "payment", "refused")
    assert settled <= can_pay
    assert len(settled) > 20
    for deal in deals:
        due = programme(deal.price_tiyn) if deal.id in settled else 0
        assert due == in_marked.get(deal.id, 0)
        rest = deal.price_tiyn - due if deal.id in settled else 0
        assert rest == own.get(deal.id, 0)
    assert {deal.id for deal in deals} - can_pay == set(refused["intent"])
    assert {"insufficient_funds"} == set(refused["reason"])
    times = arrived[arrived["intent"].isin(settled)].groupby("intent")["time_us"].nunique()
    assert {1} == set(times)


@pytest.mark.parametrize("name", sorted(PROGRAMME))
def test_nothing_of_a_shared_price_is_lost(name: str, tmp_path: Path) -> None:
    """Goal: the identity of the mark, and every tenge. Method: all midnights; what all have."""
    run, asked, programme = run_of(name), scenario(name), PROGRAMME[name]
    calendar = asked.clock.calendar()
    midnights = [int(calendar.at(day + timedelta(days=1))) for day in asked.clock.days()]
    events = write_run(run, tmp_path) / "events.parquet"
    assert broken(events, [*midnights, 2**62]) == []
    deals = deals_of(asked)
    budget = sum(programme(deal.price_tiyn) for deal in deals)
    savings = sum(deal.own_tiyn for deal in deals)
    assert closing(run) == budget + savings + closing(run, form="bank_reserve")
    assert closing(run, form="digital_tenge") == 0
    assert int(run.accounts["held_tiyn"].sum()) == 0
    rows = dated(run)
    issued, back = of(rows, "issue", mark_to=MARK), of(rows, "return", mark=MARK)
    spent = of(rows, "payment", "posted", mark=MARK)
    assert budget == total(issued)
    assert total(issued) == total(spent) + total(back)


@pytest.mark.parametrize("name", sorted(PROGRAMME))
def test_metrics_tell_who_paid_and_who_could_not(name: str) -> None:
    """Reference: both sums, from the deals and the rows of payments."""
    run, programme = run_of(name), PROGRAMME[name]
    deals = {deal.id: deal for deal in deals_of(scenario(name))}
    rows = dated(run)
    paid = set(of(rows, "payment", "posted")["intent"])
    lacking = set(of(rows, "payment", "refused", reason="insufficient_funds")["intent"])
    own = sum(deals[one].price_tiyn - programme(deals[one].price_tiyn) for one in paid)
    assert metric(run, "purchases_own_part") == own
    assert metric(run, "purchases_paid") == sum(deals[one].price_tiyn for one in paid)
    assert metric(run, "purchases_unaffordable") == sum(deals[one].price_tiyn for one in lacking)
    assert lacking
    assert not lacking & set(of(rows, "acceptance", "recorded")["intent"])


def test_the_richer_the_buyers_the_fewer_are_left_out() -> None:
    """Metamorphic: the deals stay, and each step of savings leaves out a part of those before."""
    steps = [
        run_of("half_price", *only("purchases.livestock.own_money.savings", savings))
        for savings in ("0 KZT", "2 m KZT", "3 m KZT", "10 m KZT")
    ]
    spread = only("purchases.livestock.own_money.spread", "0 %")
    enough = run_of(
        "half_price", *only("purchases.livestock.own_money.savings", "4 m KZT"), *spread
    )
    out = [
        set(of(dated(run), "payment", "refused", reason="insufficient_funds")["intent"])
        for run in (*steps, enough)
    ]
    assert all(later <= earlier for earlier, later in pairwise(out[:-1]))
    assert len(out[0]) > len(out[1]) > len(out[2]) > 0 == len(out[-1])


def test_a_programme_that_pays_all_is_as_if_nothing_were_shared() -> None:
    """Twin: a cap above every price moves what the scenario without it moves."""
    capped = simulate(
        load_scenario(
            str(CASES / "capped_price.yaml"),
            settings=[
                *only("purchases.livestock.own_money.savings", "0 KZT"),
                "rule_books.livestock_marked.effects.0.limit=1 bn KZT",
            ],
        )
    )
    plain = simulate(load_scenario("livestock", settings=only("purchases.livestock.deals", "200")))
    for name in ("purchases_paid", "purchases_lost", "sellers_wait", "purchases_released"):
        assert metric(capped, name) == metric(plain, name)
    assert metric(capped, "purchases_own_part") == metric(capped, "purchases_unaffordable") == 0


def test_who_cannot_deliver_gives_each_its_part_back(tmp_path: Path) -> None:
    """Paid at the agreement, so that honest sellers refund: the budget its part, the buyer its."""
    file, days = tmp_path / "at_once.yaml", "9 business days"
    half = (CASES / "half_price.yaml").read_text(encoding="utf-8")
    (tmp_path / "half_price.yaml").write_text(half, encoding="utf-8")
    expiry = (
        '{kind: return_on_expiry, id: rest, at: "23:00", text: {en: "So."}, reference: assumption}'
    )
    file.write_text(
        f"""format: 1
extends: half_price.yaml
name: at_once
rule_books:
  livestock_marked:
    rules: []
    procedures: [{expiry}]
purchases:
  livestock:
    refund_after: {{value: {days}, low: {days}, high: {days}, source: assumption}}
""",
        encoding="utf-8",
    )
    asked = load_scenario(str(file), settings=only(f"{TRUTH}.falls_through", "80 %"))
    run, programme = simulate(asked), PROGRAMME["half_price"]
    refunds = of(dated(run), "refund")
    fallen = [
        deal
        for deal in deals_of(asked)
        if deal.falls_through and deal.own_tiyn >= deal.price_tiyn - programme(deal.price_tiyn)
    ]
    assert len(fallen) > 50
    to_budget = by_deal(refunds[refunds["payee"] == "treasury"])
    to_buyers = by_deal(refunds[refunds["payee"].str.contains("-buyer-")])
    assert {deal.id: programme(deal.price_tiyn) for deal in fallen} == to_budget
    assert {deal.id: deal.price_tiyn - programme(deal.price_tiyn) for deal in fallen} == to_buyers
    assert metric(run, "purchases_own_part") == sum(
        deal.price_tiyn - programme(deal.price_tiyn)
        for deal in deals_of(asked)
        if not deal.falls_through
        and deal.true_label is not TrueLabel.LOAN_DIVERTED
        and deal.own_tiyn >= deal.price_tiyn - programme(deal.price_tiyn)
    )


def test_the_story_says_who_pays_what() -> None:
    """Goal: `trace` names both parts and the rule. Method: the agreement of one deal."""
    run = run_of("half_price")
    deal = deals_of(scenario("half_price"))[0]
    steps = story_of(run, run.scenario, deal.id).steps
    (said,) = [step.text for step in steps if step.kind == "agreement"]
    part = format_amount(PROGRAMME["half_price"](deal.price_tiyn))
    assert f"of which {part} is the programme's and the rest the buyer's own: half_price" in said


@given(
    price=st.integers(1, 10**12),
    share=st.integers(0, 10_000),
    lacking=st.integers(0, 2),
    same_bank=st.booleans(),
)
def test_two_purses_pay_together_or_neither(
    price: int, share: int, lacking: int, *, same_bank: bool
) -> None:
    """Property: any price, share and banks; a tiyn too little of own money moves nothing at all."""
    own = price * share // 10_000
    deal = Deal(
        id="cows/deal-1",
        buyer="buyer",
        buyer_bank="bank_a",
        seller="farm",
        seller_bank="bank_a" if same_bank else "bank_b",
        price_tiyn=price,
        agreed_on=date(2026, 2, 9),
        true_label=TrueLabel.HONEST,
        falls_through=False,
        is_entered_late=False,
        own_tiyn=max(own - lacking, 0),
    )
    scene = stage(0, load_scenario("car_purchase").clock.calendar())
    effect: dict[str, Any] = {"kind": "copays", "id": "part", "share": f"{share} bp", **TEXTS}
    book = RuleBook.model_validate({"effects": [effect]})
    books = Books("cows", "KZ-75", "treasury", "national_bank", scene.ports, book)
    loans, whole = MarkedLoans(books, "cows.2026"), books.whole(deal)
    assert whole.amount_tiyn + whole.own_tiyn == price
    issuer = books.ledger.open("national_bank", "national_bank", Form.DIGITAL_TENGE)
    purse = books.wallet("buyer", "cows.2026")
    if whole.amount_tiyn:
        opening = (Move(issuer, purse, whole.amount_tiyn),)
        books.post(deal, "opening", Price(Kind.ISSUE, opening), TrueLabel.INTERNAL)
    if deal.own_tiyn:
        reserve = books.ledger.open("national_bank", "national_bank", Form.BANK_RESERVE)
        owed = books.deposit("bank_a", "bank_a")
        kept = books.ledger.open("bank_a", "national_bank", Form.BANK_RESERVE)
        saved = (
            Move(reserve, kept, deal.own_tiyn),
            Move(owed, books.deposit("buyer", "bank_a"), deal.own_tiyn),
        )
        books.post(deal, "savings", Price(Kind.OPENING, saved), TrueLabel.INTERNAL)
    status = books.post(deal, "payment", loans.price(deal, whole, is_held=False), TrueLabel.HONEST)
    is_short = deal.own_tiyn < own
    assert status is (Status.REFUSED if is_short else Status.SETTLED)
    free = books.ledger.free
    farm = free(books.wallet("farm")) + free(books.deposit("farm", deal.seller_bank))
    left = free(purse) + free(books.deposit("buyer", "bank_a"))
    assert farm == (0 if is_short else price)
    assert left == whole.amount_tiyn + deal.own_tiyn - farm
    scene.audit()
