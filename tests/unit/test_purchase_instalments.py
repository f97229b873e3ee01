"""Purchases on instalments: each part is paid on its date, suspended, or stopped for good.

What becomes of each deal is played again here, from the deal and the words of the book alone, and
compared with every row of a run.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.clock import Duration
from tengesim.codes import TrueLabel
from tengesim.institutions.purchases.deals import Deal, draw_deals
from tengesim.institutions.purchases.model import PurchasesSection
from tengesim.report.story import story_of
from tengesim.store.write import write_run
from tengesim.streams import Streams
from tests.dated_log import closing, dated, of, total
from tests.marks_query import broken
from tests.worlds import only

CASE: Final = Path(__file__).parents[1] / "cases" / "purchases" / "instalments.yaml"
MARKED: Final = "marked"
TEXTS: Final = 'text: {en: "So it is."}, reference: assumption'
UNDONE: Final = "purchases.livestock.instalments.undone_after"
BOOKS: Final = {
    "livestock_register": ("on_register", "livestock", "livestock", "2 m KZT", "200"),
    "car_purchase_escrow": ("on_register", "cars", "vehicle", "3 m KZT", "100"),
    "car_purchase": ("on_register", "cars", "vehicle", "3 m KZT", "100"),
}
"""By scenario: its book, its section, its register, an instalment, and how many deals."""


class Part(NamedTuple):
    """A date on which something is due, and whether it is paid."""

    at_us: int
    amount_tiyn: int
    is_paid: bool


def text_of(name: str, *, count: int, ends_after: int, every: int, rules: str = "") -> str:
    """Return a scenario in YAML that extends `name` and pays in instalments."""
    book, section, register, amount, _ = BOOKS[name]
    days = f"value: {every} business days, low: 1 business days, high: 20 business days"
    return f"""format: 1
extends: {name}
name: by_parts
rule_books:
  {book}:
    rules: [{rules}]
    procedures:
      - kind: pays_instalments
        id: by_parts
        amount: {amount}
        count: {count}
        condition: {{kind: register_changed, of: {register}}}
        ends_after: {ends_after}
        text: {{en: "By parts."}}
        reference: assumption
purchases:
  {section}:
    instalments:
      every: {{{days}, source: assumption}}
      undone_after: {{{days}, source: assumption}}
"""


@cache
def marked(*settings: str) -> Run:
    """Return the run of the case in marked money."""
    return simulate(load_scenario(str(CASE), settings=settings))


def variant(tmp_path: Path, name: str, text: str) -> Run:
    """Return the run of a scenario written down as `text`, with few deals."""
    _, section, _, _, deals = BOOKS[name]
    (tmp_path / "by_parts.yaml").write_text(text, encoding="utf-8")
    sellers = only(f"purchases.{section}.sellers", "30")
    settings = [*only(f"purchases.{section}.deals", deals), *sellers]
    errors = only(f"purchases.{section}.register_error", "30 %")
    return simulate(load_scenario(str(tmp_path / "by_parts.yaml"), settings=[*settings, *errors]))


def section_of(asked: Scenario) -> tuple[str, PurchasesSection]:
    """Return the one section of purchases."""
    ((name, section),) = asked.purchases.items()
    return name, section


def deals_of(asked: Scenario) -> tuple[Deal, ...]:
    """Return the deals of a scenario."""
    name, section = section_of(asked)
    last = section.term.last + timedelta(days=1)
    days = asked.clock.calendar().business_days(section.term.first, last)
    banks = [(bank.id, bank.share.value) for bank in asked.banks.second_tier]
    return draw_deals(name, section, streams=Streams(asked.seed), days=days, banks=banks)


def parts_of(
    asked: Scenario, deal: Deal, amount: int, count: int, ends_after: int
) -> Iterator[Part]:
    """Yield the dates of a deal: what is due, and whether the register lets it be paid."""
    _, section = section_of(asked)
    terms = section.instalments
    assert terms is not None
    entered = section.handover.value.value + section.registration.value.value
    entered += section.correction.value.value * deal.is_entered_late
    undone = entered + terms.undone_after.value.value
    left, paid, missed, day = deal.price_tiyn, 0, 0, 0
    while left and paid < count and missed < ends_after:
        day += terms.every.value.value
        is_named = deal.is_handed_over and entered <= day
        if deal.true_label is TrueLabel.SHAM_SALE:
            is_named = entered <= day < undone
        due, delay = min(left, amount), Duration(day, "business_days")
        at_us = asked.clock.calendar().after(deal.agreed_on, delay, section.registers_at)
        yield Part(at_us, due, is_named)
        left -= due * is_named
        paid += is_named
        missed = 0 if is_named else missed + 1


def told(rows: pd.DataFrame) -> set[tuple[str, int, int]]:
    """Return deal, time and amount of rows."""
    columns = (rows["intent"], rows["time_us"].astype(int), rows["amount_tiyn"].astype(int))
    return set(zip(*columns, strict=True))


def check_every_date(run: Run, kind: str, amount: int, count: int, ends_after: int) -> None:
    """Compare all that is due of every deal with the log."""
    asked, rows = run.scenario, dated(run)
    paid, missed, stopped = set(), set(), {}
    for deal in deals_of(asked):
        parts = list(parts_of(asked, deal, amount, count, ends_after))
        paid |= {(deal.id, one.at_us, one.amount_tiyn) for one in parts if one.is_paid}
        missed |= {(deal.id, one.at_us, one.amount_tiyn) for one in parts if not one.is_paid}
        left = deal.price_tiyn - sum(one.amount_tiyn for one in parts if one.is_paid)
        if left:
            stopped[deal.id] = left
    arrived = of(rows, kind)
    arrived = arrived[arrived["payee"].str.contains("-seller-")]
    refused = of(rows, kind, "refused")
    assert len(paid) > 100
    assert stopped
    assert paid == told(arrived)
    assert missed == told(refused)
    assert {"milestone_not_met"} == set(refused["reason"])
    assert {"by_parts"} == set(refused["rule"]) == set(arrived["rule"])
    halted = of(rows, "stoppage", "recorded")
    assert stopped == dict(zip(halted["intent"], halted["amount_tiyn"].astype(int), strict=True))
    metrics = run.metrics.set_index("metric")["numerator"].astype("Int64")
    assert metrics["purchases_paid"] == sum(tiyn for _, _, tiyn in paid)
    assert metrics["instalments_suspended"] == sum(tiyn for _, _, tiyn in missed)
    assert metrics["purchases_stopped"] == sum(stopped.values())
    honest = {
        deal.id: deal.price_tiyn
        for deal in deals_of(asked)
        if deal.true_label is TrueLabel.HONEST and not deal.falls_through
    }
    got = sum(tiyn for deal, _, tiyn in paid if deal in honest)
    assert metrics["sellers_unpaid"] == sum(honest.values()) - got


@pytest.mark.parametrize("ends_after", [2, 3, 4])
def test_every_instalment_is_paid_suspended_or_stopped(ends_after: int) -> None:
    """R38 in marked money. Reference: each date of each deal, to the tiyn."""
    stop = f"rule_books.livestock_marked.procedures.1.ends_after={ends_after}"
    check_every_date(marked(stop), "payment", 1_200_000_00, 6, ends_after)


@pytest.mark.parametrize("name", sorted(BOOKS))
@pytest.mark.parametrize(("every", "ends_after"), [(9, 1), (4, 3)])
def test_any_money_is_paid_in_instalments(
    tmp_path: Path, name: str, every: int, ends_after: int
) -> None:
    """R38 in deposits, wallets and loans of the Treasury. Reference: as in marked money."""
    text = text_of(name, count=4, ends_after=ends_after, every=every)
    run = variant(tmp_path, name, text)
    kind = "budget_payment" if name == "livestock_register" else "payment"
    amount = 2_000_000_00 if name == "livestock_register" else 3_000_000_00
    check_every_date(run, kind, amount, 4, ends_after)
    assert closing(run, form="digital_tenge") == 0
    assert int(run.accounts["held_tiyn"].sum()) == 0


def test_what_is_not_paid_goes_back_and_the_mark_adds_up(tmp_path: Path) -> None:
    """Goal: nothing is lost. Method: all midnights of the mark; issued = paid + returned."""
    run = marked()
    calendar, days = run.scenario.clock.calendar(), run.scenario.clock.days()
    midnights = [int(calendar.at(day + timedelta(days=1))) for day in days]
    events = write_run(run, tmp_path) / "events.parquet"
    assert broken(events, [*midnights, 2**62]) == []
    rows, mark = dated(run), "livestock.2024"
    issued, paid = total(of(rows, "issue", mark_to=mark)), of(rows, "payment", mark=mark)
    back, stopped = of(rows, "return", mark=mark), of(rows, "stoppage", "recorded")
    assert issued == total(paid) + total(back)
    assert total(back) == total(stopped)
    assert closing(run, form="digital_tenge") == 0
    assert closing(run, "livestock-seller") == total(paid)


def lost(run: Run) -> int:
    """Return what was paid for nothing, in tiyn."""
    return int(run.metrics.set_index("metric")["numerator"]["purchases_lost"])


def test_a_sale_that_is_undone_loses_what_was_paid_until_then() -> None:
    """What no single payment finds. Twin: undone after the last instalment, all is lost."""
    soon, late = marked(*only(UNDONE, "1 business days")), marked(*only(UNDONE, "30 business days"))
    never = marked(*only(UNDONE, "90 business days"))
    sham = [one for one in deals_of(never.scenario) if one.true_label is TrueLabel.SHAM_SALE]
    assert sham
    assert 0 <= lost(soon) < lost(late) <= lost(never) == sum(one.price_tiyn for one in sham)


def test_a_limit_of_a_month_counts_the_instalments_before(tmp_path: Path) -> None:
    """The rules of the book are asked at each date, with what the buyer was paid for before."""
    limit = "{kind: count_per_period_at_most, period: month, limit: 1}"
    rules = f"{{id: once_a_month, condition: {limit}, {TEXTS}}}"
    name = "livestock_register"
    run = variant(tmp_path, name, text_of(name, count=4, ends_after=9, every=4, rules=rules))
    rows = dated(run)
    paid, refused = of(rows, "budget_payment"), of(rows, "budget_payment", "refused")
    paid = paid[paid["payee"].str.contains("-seller-")]
    limited = refused[refused["rule"] == "once_a_month"]
    assert {"limit_per_period"} == set(limited["reason"])
    assert paid.groupby(["intent", paid["date"].str[:7]]).size().max() == 1
    assert len(paid.groupby("intent").size()) > 50


def test_what_a_mark_has_left_when_it_expires_is_no_instalment() -> None:
    """What is left when the mark expires goes back once: suspended, swept, and moved no more.

    Nobody delivers, so all dates are missed, and the mark expires before the last of them.
    """
    never = only("purchases.livestock.truth.falls_through", "86 %")
    stop = "rule_books.livestock_marked.procedures.1.ends_after=60"
    run = marked(*never, stop)
    rows, mark = dated(run), "livestock.2024"
    assert max(of(rows, "payment", "refused")["date"]) > "2024-12-20"
    swept = of(rows, "return", mark=mark, date="2024-12-30", at="23:00")
    assert total(swept) > 0
    assert closing(run, form="digital_tenge") == 0
    assert total(of(rows, "issue", mark_to=mark)) == total(of(rows, "payment", mark=mark)) + total(
        of(rows, "return", mark=mark)
    )


def test_a_sale_keeps_the_way_of_paying_of_its_day(tmp_path: Path) -> None:
    """R56. Cars of March are paid by larger parts than those of February."""
    text = text_of("car_purchase", count=4, ends_after=2, every=4)
    head, purchases = text.split("purchases:\n")
    later = """    versions:
      - issued_from: 2026-03-01
        procedures:
          - kind: pays_instalments
            id: by_parts
            amount: 9 m KZT
            count: 1
            condition: {kind: register_changed, of: vehicle}
            ends_after: 2
            text: {en: "At once."}
            reference: assumption
"""
    run = variant(tmp_path, "car_purchase", f"{head}{later}purchases:\n{purchases}")
    paid = of(dated(run), "payment")
    times = paid.groupby("intent").size()
    agreed = {deal.id: f"{deal.agreed_on}" for deal in deals_of(run.scenario)}
    assert {1} == {times[one] for one in times.index if agreed[one] >= "2026-03-01"}
    assert {2, 3} == {times[one] for one in times.index if agreed[one] < "2026-03-01"}


def test_the_story_of_a_sale_that_is_undone() -> None:
    """Goal: `trace` tells the reversal and the end. Method: the steps of one sham sale."""
    run = marked()
    deal = next(one for one in deals_of(run.scenario) if one.true_label is TrueLabel.SHAM_SALE)
    steps = story_of(run, run.scenario, deal.id).steps
    said = {step.kind: step.text for step in steps}
    assert f"the register names {deal.seller} again" in said["reversal"]
    assert said["stoppage"].endswith("is not paid any more: by_parts")
    assert ["refused", "milestone_not_met"] in [[one.status, one.reason] for one in steps]


def test_compiled_and_readable_code_write_the_same_log() -> None:
    """Digest of the readable code = digest of the compiled."""
    again = simulate(load_scenario(str(CASE)), engine="reference")
    assert again.digest == marked().digest
