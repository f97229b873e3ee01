"""Supplies by the meter: whole units are paid as far as the money goes, by what the meter shows.

Each connection is played again here, from what was drawn and the words of the book alone, and
compared with every row of a run.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.clock import Duration
from tengesim.codes import TrueLabel
from tengesim.institutions.purchases.connections import Connection, draw_connections
from tengesim.report.story import story_of
from tengesim.store.write import write_run
from tengesim.streams import Streams
from tests.dated_log import closing, dated, of, total
from tests.marks_query import broken
from tests.worlds import only

CASE: Final = Path(__file__).parents[1] / "cases" / "purchases" / "water.yaml"
RATE: Final = 250_00
LAST: Final = "2026-06-15"
SUPPLY: Final = "supplies.water"
ORDINARY: Final = {
    "loans of the Treasury": ("loan", "bank_deposit"),
    "deposits": ("own", "bank_deposit"),
    "wallets": ("own", "digital_tenge"),
}
"""Whose money pays, and its form, where it bears no mark."""


class Course(NamedTuple):
    """What becomes of a connection: payments by their time, what stays unpaid, what is left."""

    payments: dict[int, int]
    shown: int
    used: int
    unpaid: int
    left_tiyn: int


@cache
def marked(*settings: str) -> Run:
    """Return the run of the case in marked money."""
    return simulate(load_scenario(str(CASE), settings=settings))


def variant(tmp_path: Path, book: str, *, funds: str = "", form: str = "") -> Run:
    """Return a run of the case under another book, in ordinary money if its form is given."""
    text = CASE.read_text(encoding="utf-8")
    head, rest = text.split("rule_books:\n")
    _, supplies = rest.split("supplies:\n")
    if form:
        head = head.split("marks:\n")[0]
        supplies = supplies.replace("    mark: water.2026\n", "")
        supplies = supplies.replace("funds: loan", f"funds: {funds}")
        supplies = supplies.replace("form: digital_tenge", f"form: {form}")
    if funds == "own":
        supplies = supplies.replace("buyers_divert: {value: 4 %", "buyers_divert: {value: 0 %")
    file = tmp_path / "variant.yaml"
    file.write_text(f"{head}rule_books:\n  by_meter:\n{book}supplies:\n{supplies}", "utf-8")
    return simulate(load_scenario(str(file)))


def effect(rate: str = "250 KZT") -> str:
    """Return the effect that pays by the meter, in YAML."""
    texts = 'text: {en: "By the meter."}, reference: assumption'
    return f"    effects: [{{kind: pays_by_meter, id: cubic_metres, rate: {rate}, {texts}}}]\n"


def rule(name: str, condition: str) -> str:
    """Return the rules of a book that are one, in YAML."""
    texts = 'text: {en: "So it is."}, reference: assumption'
    return f"    rules: [{{id: {name}, condition: {condition}, {texts}}}]\n"


def connections_of(asked: Scenario) -> tuple[Connection, ...]:
    """Return the connections of a scenario."""
    ((name, section),) = asked.supplies.items()
    last = section.term.last + timedelta(days=1)
    days = asked.clock.calendar().business_days(section.term.first, last)
    banks = [(bank.id, bank.share.value) for bank in asked.banks.second_tier]
    return draw_connections(name, section, streams=Streams(asked.seed), days=days, banks=banks)


def course_of(asked: Scenario, one: Connection, rate: int) -> Course:
    """Play a connection: all units that are due, as far as the money goes."""
    section = asked.supplies["water"]
    left, due, used, shown = one.deal.price_tiyn, 0, 0, 0
    payments: dict[int, int] = {}
    for number, units in enumerate(one.shown, 1):
        due += units
        shown += units
        used += one.used[number - 1]
        days = Duration(number * section.every.value.value, "business_days")
        at_us = asked.clock.calendar().after(one.deal.agreed_on, days, section.read_at)
        paid = min(due, left // rate)
        if paid:
            payments[at_us] = paid * rate
        left -= paid * rate
        due -= paid
        if due:
            break
    return Course(payments, shown, used, due, left)


def check_every_reading(run: Run, kind: str, rate: int) -> None:
    """Compare every payment, stop and metric with what the connections come to."""
    asked, rows = run.scenario, dated(run)
    courses = {one.deal.id: course_of(asked, one, rate) for one in connections_of(asked)}
    arrived = of(rows, kind)
    arrived = arrived[arrived["payee"].str.contains("-seller-")]
    columns = (arrived["intent"], arrived["time_us"].astype(int), arrived["amount_tiyn"])
    expected = {(i, at, t) for i, one in courses.items() for at, t in one.payments.items()}
    assert expected == set(zip(*columns, strict=True))
    stops = of(rows, "stoppage", "recorded")
    unpaid = {i: one.unpaid * rate for i, one in courses.items() if one.unpaid}
    assert unpaid == dict(zip(stops["intent"], stops["amount_tiyn"], strict=True))
    metrics = run.metrics.set_index("metric")["numerator"].astype("Int64")
    paid = {i: sum(one.payments.values()) for i, one in courses.items()}
    assert len([tiyn for tiyn in paid.values() if tiyn]) > 100
    assert metrics["supplies_paid"] == sum(paid.values())
    assert metrics["supplies_metered"] == sum(one.shown * rate for one in courses.values())
    assert metrics["supplies_unpaid"] == sum(unpaid.values())
    assert metrics["supplies_cut_off"] == len(unpaid)
    over = (max(paid[i] - one.used * rate, 0) for i, one in courses.items())
    assert metrics["supplies_overpaid"] == sum(over)


@pytest.mark.parametrize("rate", ["99.99 KZT", "250 KZT", "20 k KZT"])
def test_each_reading_is_paid_in_whole_units_until_the_money_ends(
    tmp_path: Path, rate: str
) -> None:
    """R37 in marked money. Reference: each reading of each connection, to the tiyn."""
    tiyn = {"99.99 KZT": 99_99, "250 KZT": RATE, "20 k KZT": 20_000_00}[rate]
    texts = 'text: {en: "So it is."}, reference: assumption'
    expiry = f'{{kind: return_on_expiry, id: rest, at: "23:00", {texts}}}'
    ban = "{kind: conversion_forbidden}"
    rules = f"    rules: [{{id: ban, on: [convert], condition: {ban}, {texts}}}]\n"
    run = variant(tmp_path, f"{rules}{effect(rate)}    procedures: [{expiry}]\n")
    check_every_reading(run, "payment", tiyn)
    rows, mark = dated(run), "water.2026"
    back = total(of(rows, "return", mark=mark))
    assert total(of(rows, "issue", mark_to=mark)) == total(of(rows, "payment", mark=mark)) + back
    assert closing(run, form="digital_tenge") == 0


@pytest.mark.parametrize("name", sorted(ORDINARY))
def test_any_money_pays_by_the_meter(tmp_path: Path, name: str) -> None:
    """R37 in ordinary money. Reference: as in marked money; nothing is left in a wallet."""
    funds, form = ORDINARY[name]
    run = variant(tmp_path, effect(), funds=funds, form=form)
    check_every_reading(run, "budget_payment" if funds == "loan" else "payment", RATE)
    assert closing(run, form="digital_tenge") == 0
    connections = connections_of(run.scenario)
    paid = sum(sum(course_of(run.scenario, one, RATE).payments.values()) for one in connections)
    had = sum(one.deal.price_tiyn for one in connections)
    assert closing(run, "water-seller") == paid
    place = ("treasury", "treasury_single_account") if funds == "loan" else ("water-buyer", "")
    assert closing(run, *place) == had - paid


def test_the_mark_adds_up_at_every_midnight(tmp_path: Path) -> None:
    """Goal: the identity of the mark. Method: SQL over the log, at every midnight."""
    run = marked()
    calendar, days = run.scenario.clock.calendar(), run.scenario.clock.days()
    midnights = [int(calendar.at(day + timedelta(days=1))) for day in days]
    events = write_run(run, tmp_path) / "events.parquet"
    assert broken(events, [*midnights, 2**62]) == []


def test_a_rule_on_the_meter_refuses_and_the_units_stay_due(tmp_path: Path) -> None:
    """A tariff in a rule that is below the rate lets nothing pass: all stays due, and goes back."""
    rules = rule("tariff", "{kind: metered, rate: 249.99 KZT}")
    run = variant(tmp_path, rules + effect(), funds="own", form="bank_deposit")
    refused = of(dated(run), "payment", "refused")
    metrics = run.metrics.set_index("metric")["numerator"].astype("Int64")
    assert {"tariff"} == set(refused["rule"])
    assert {"price_too_high"} == set(refused["reason"])
    assert metrics["supplies_paid"] == 0
    assert metrics["supplies_unpaid"] == metrics["supplies_metered"] > 0


def test_a_limit_of_a_month_counts_the_readings_before(tmp_path: Path) -> None:
    """What a limit did not let pass is due at the next reading, with the units since."""
    rules = rule("monthly", "{kind: count_per_period_at_most, period: month, limit: 1}")
    run = variant(tmp_path, rules + effect(), funds="own", form="bank_deposit")
    rows = dated(run)
    paid = of(rows, "payment")
    paid = paid[paid["payee"].str.contains("-seller-")]
    assert paid.groupby(["intent", paid["date"].str[:7]]).size().max() == 1
    assert {"monthly"} == set(of(rows, "payment", "refused")["rule"])
    free = variant(tmp_path, effect(), funds="own", form="bank_deposit")
    # Of a season that ends in a month without payment all has been paid by then.
    assert total(paid) <= total(of(dated(free), "payment", form="bank_deposit"))
    assert paid.groupby("intent").size().max() >= 4


def test_a_connection_keeps_the_rate_of_the_day_of_its_money(tmp_path: Path) -> None:
    """R56. A dearer tariff from 15 April on is paid by the connections that begin then."""
    later = f"    versions:\n      - issued_from: 2026-04-15\n    {effect('500 KZT')}"
    run = variant(tmp_path, effect() + later, funds="own", form="bank_deposit")
    first = of(dated(run), "meter_reading", "recorded")
    agreed = {one.deal.id: f"{one.deal.agreed_on}" for one in connections_of(run.scenario)}
    rates = {
        (agreed[intent] >= "2026-04-15", tiyn // units)
        for intent, tiyn, units in zip(
            first["intent"], first["amount_tiyn"], first["value"], strict=True
        )
    }
    assert rates == {(False, 250_00), (True, 500_00)}


def test_what_the_mark_has_left_when_it_expires_goes_back(tmp_path: Path) -> None:
    """A season that ends early: the rest returns once, and what is used later is unpaid."""
    text = CASE.read_text(encoding="utf-8").replace(
        "valid_until: 2026-09-30", f"valid_until: {LAST}"
    )
    (tmp_path / "short.yaml").write_text(text, encoding="utf-8")
    run = simulate(load_scenario(str(tmp_path / "short.yaml")))
    rows, mark = dated(run), "water.2026"
    back, paid = of(rows, "return", mark=mark), of(rows, "payment", mark=mark)
    swept = back[(back["date"] == LAST) & (back["at"] == "23:00")]
    assert total(swept) > 0
    assert max(paid["date"]) <= LAST
    assert max(back["date"]) == LAST
    assert len(of(rows, "stoppage", "recorded")) > 150
    assert total(of(rows, "issue", mark_to=mark)) == total(paid) + total(back)
    assert closing(run, form="digital_tenge") == 0


def test_rare_readings_leave_more_unpaid() -> None:
    """Metamorphic: the same use read in one sum leaves a supplier with no less unpaid."""
    often = marked(*only(f"{SUPPLY}.use_spread", "0 %"), *only(f"{SUPPLY}.misread", "0 %"))
    rare = marked(
        *only(f"{SUPPLY}.use_spread", "0 %"),
        *only(f"{SUPPLY}.misread", "0 %"),
        *only(f"{SUPPLY}.use", "1200"),
        *only(f"{SUPPLY}.readings", "2"),
        *only(f"{SUPPLY}.every", "20 business days"),
    )
    one, other = (
        int(run.metrics.set_index("metric")["numerator"]["supplies_unpaid"])
        for run in (often, rare)
    )
    assert 0 < one < other


def test_nothing_is_paid_where_nothing_is_delivered() -> None:
    """Who means to take the money and deliver nothing gets none: the meter stands still."""
    run = marked(*only(f"{SUPPLY}.truth.suppliers_abscond", "86 %"))
    labels = {TrueLabel.NOT_DELIVERED}
    gone = {one.deal.id for one in connections_of(run.scenario) if one.deal.true_label in labels}
    rows = dated(run)
    assert len(gone) > 150
    assert not gone & set(of(rows, "payment")["intent"])
    assert gone <= set(of(rows, "return", mark="water.2026")["intent"])


def test_a_loan_for_water_is_spent_on_nothing_else() -> None:
    """Borrowers who ask for free money are refused by the ban, and the loan goes back."""
    run = marked(*only(f"{SUPPLY}.truth.buyers_divert", "40 %"))
    rows = dated(run)
    diverted = {
        one.deal.id
        for one in connections_of(run.scenario)
        if one.deal.true_label is TrueLabel.LOAN_DIVERTED
    }
    refused = of(rows, "redeem", "refused")
    assert diverted == set(refused["intent"])
    assert {"no_conversion"} == set(refused["rule"])
    assert diverted <= set(of(rows, "return", mark="water.2026")["intent"])


def test_a_tampered_meter_is_paid_and_known_to_the_simulator_alone() -> None:
    """Goal: observed, not true. Method: what is lost is what was paid beyond what was used."""
    run = marked(
        *only(f"{SUPPLY}.truth.meters_tampered", "50 %"), *only(f"{SUPPLY}.misread", "0 %")
    )
    losses = of(dated(run), "loss", "recorded", true_label="meter_tampered")
    expected = {}
    for one in connections_of(run.scenario):
        course = course_of(run.scenario, one, RATE)
        over = sum(course.payments.values()) - course.used * RATE
        if one.deal.true_label is TrueLabel.METER_TAMPERED and over > 0:
            expected[one.deal.id] = over
    assert len(expected) > 30
    assert expected == dict(zip(losses["intent"], losses["amount_tiyn"], strict=True))
    over = int(run.metrics.set_index("metric")["numerator"]["supplies_overpaid"])
    assert over == sum(expected.values())


def readings(share: str) -> tuple[int, int]:
    """Return how many of many readings are wrong, and how many there are."""
    settings = [*only(f"{SUPPLY}.connections", "12500"), *only(f"{SUPPLY}.misread", share)]
    asked = load_scenario(str(CASE), settings=[*settings, *only(f"{SUPPLY}.use_spread", "0 %")])
    sound = [one for one in connections_of(asked) if one.deal.true_label is TrueLabel.HONEST]
    pairs = [
        pair for one in sound if one.is_supplied for pair in zip(one.used, one.shown, strict=True)
    ]
    return sum(used != shown for used, shown in pairs), len(pairs)


def is_near(found: tuple[int, int], share: float) -> bool:
    """Return whether a count lies within four standard deviations of a binomial share."""
    count, of_all = found
    return bool(abs(count - share * of_all) <= 4 * np.sqrt(of_all * share * (1 - share)))


def test_meters_are_misread_in_the_share_that_is_stated() -> None:
    """Binomial; the twin with a share 10 % off is told apart."""
    assert is_near(readings("8 %"), 0.08)
    assert not is_near(readings("8.8 %"), 0.08)


def test_the_story_of_a_supply() -> None:
    """Goal: `trace` tells readings and the end; truth apart. Method: a connection that stopped."""
    run = marked()
    courses = {one: course_of(run.scenario, one, RATE) for one in connections_of(run.scenario)}
    stopped = next(one for one, course in courses.items() if course.unpaid)
    story = story_of(run, run.scenario, stopped.deal.id)
    said = {step.kind: step.text for step in story.steps}
    assert said["connection"].startswith(f"{stopped.deal.seller} supplies {stopped.deal.buyer}")
    assert " units by " in said["meter_reading"]
    assert said["stoppage"].endswith("is not paid any more: cubic_metres")
    assert "true_cost" not in said
    assert "what was really used, known to the simulator alone" in story.truth


def test_compiled_and_readable_code_write_the_same_log() -> None:
    """Digest of the readable code = digest of the compiled."""
    assert simulate(load_scenario(str(CASE)), engine="reference").digest == marked().digest
