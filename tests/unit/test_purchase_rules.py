"""Procedures and effects in the books of purchases are carried out: every time is checked in a run.

What is expected of each deal is computed from the deal and from the words of the book alone.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.clock import Duration
from tengesim.codes import Form, Kind, TrueLabel
from tengesim.institutions.purchases import PurchasesSection
from tengesim.institutions.purchases.books import Books, Price
from tengesim.institutions.purchases.deals import Deal, draw_deals
from tengesim.institutions.purchases.payments import OwnWallets
from tengesim.payment import Move
from tengesim.rules.kind_text import TEXTS as TEXTS_OF_PARTS
from tengesim.rules.model import RuleBook
from tengesim.streams import Streams
from tests.budget_world import stage
from tests.dated_log import closing, dated, of
from tests.worlds import only

CARS = [*only("purchases.cars.deals", "200"), *only("purchases.cars.sellers", "50")]
LOANS = [*only("purchases.livestock.deals", "200")]
TEXTS = 'text: {en: "So it is."}, reference: assumption'
HOLDS = (
    "{id: new_owner, condition: {kind: register_changed, of: vehicle},"
    f" on_failure: hold, queue: register, {TEXTS}}}"
)
REJECTS = f"{{id: new_owner, condition: {{kind: register_changed, of: vehicle}}, {TEXTS}}}"
LIVESTOCK_REJECTS = REJECTS.replace("vehicle", "livestock")


def variant(tmp_path: Path, name: str, book: str, *, sets: list[str], more: str = "") -> Scenario:
    """Return a scenario that extends `name` with another text of its rule book."""
    file = tmp_path / "variant.yaml"
    file.write_text(
        f"format: 1\nextends: {name}\nname: variant\nrule_books:\n{book}{more}", encoding="utf-8"
    )
    return load_scenario(str(file), settings=sets)


def book_text(name: str, *, rules: str = "", effects: str = "", procedures: str = "") -> str:
    """Return a rule book in YAML."""
    return (
        f"  {name}:\n    rules: [{rules}]\n    effects: [{effects}]\n"
        f"    procedures: [{procedures}]\n"
    )


def procedure(kind: str, **terms: str) -> str:
    """Return a procedure in YAML."""
    words = "".join(f"{key}: {value}, " for key, value in terms.items())
    return f"{{kind: {kind}, id: {kind}_here, {words}{TEXTS}}}"


def deals_of(asked: Scenario) -> dict[str, Deal]:
    """Return the deals of a scenario by their ids."""
    (name, section) = section_of(asked)
    last = section.term.last + pd.Timedelta(days=1).to_pytimedelta()
    days = asked.clock.calendar().business_days(section.term.first, last)
    banks = [(bank.id, bank.share.value) for bank in asked.banks.second_tier]
    drawn = draw_deals(name, section, streams=Streams(asked.seed), days=days, banks=banks)
    return {deal.id: deal for deal in drawn}


def section_of(asked: Scenario) -> tuple[str, PurchasesSection]:
    """Return the one section of purchases."""
    ((name, section),) = asked.purchases.items()
    return name, section


def entered_us(asked: Scenario, deal: Deal) -> int | None:
    """Return when the register shows the new owner, None where it never does."""
    _, section = section_of(asked)
    if not deal.is_handed_over:
        return None
    days = section.handover.value.value + section.registration.value.value
    days += section.correction.value.value * deal.is_entered_late
    day = asked.clock.calendar().add_business_days(deal.agreed_on, days)
    return asked.clock.calendar().at(day, section.registers_at)


def after_us(asked: Scenario, deal: Deal, days: int) -> int:
    """Return the moment so many business days after the agreement."""
    calendar = asked.clock.calendar()
    delay = Duration(days, "business_days")
    return calendar.after(deal.agreed_on, delay, section_of(asked)[1].agreed_at)


def moments(run: Run, status: str, kind: str = "payment") -> dict[str, int]:
    """Return when rows of a status were written, by the deal they are about."""
    rows = of(dated(run), kind, status)
    return dict(zip(rows["intent"], rows["time_us"].astype(int), strict=False))


@pytest.mark.parametrize(("held", "within"), [(2, 1), (2, 4), (6, 2), (7, 0)])
def test_money_on_hold_is_paid_in_time_or_goes_back(tmp_path: Path, held: int, within: int) -> None:
    """R18. Reference: paid when the register answers in time, else back so many days later."""
    terms = {"held": f"{held} business days", "refunded_within": f"{within} business days"}
    book = book_text("on_register", rules=HOLDS, procedures=procedure("refunds_if_unmet", **terms))
    late = only("purchases.cars.register_error", "30 %")
    asked = variant(tmp_path, "car_purchase_escrow", book, sets=[*CARS, *late])
    paid, back = {}, {}
    for name, deal in deals_of(asked).items():
        entered = entered_us(asked, deal)
        if entered is not None and entered <= after_us(asked, deal, held):
            paid[name] = entered
        else:
            back[name] = after_us(asked, deal, held + within)
    run = simulate(asked)
    assert paid or held == 2
    assert back
    assert paid == moments(run, "posted")
    assert back == moments(run, "voided")


@pytest.mark.parametrize("days", [2, 4, 12])
def test_a_price_set_aside_is_paid_or_let_go(tmp_path: Path, days: int) -> None:
    """R42. Reference: on hold from the agreement although the rule rejects, and no longer."""
    terms = {"expires_after": f"{days} business days"}
    book = book_text("on_register", rules=REJECTS, procedures=procedure("reserves", **terms))
    asked = variant(tmp_path, "car_purchase", book, sets=CARS)
    held, paid, back = {}, {}, {}
    for name, deal in deals_of(asked).items():
        entered = entered_us(asked, deal)
        held[name] = after_us(asked, deal, 0)
        if entered is not None and entered < after_us(asked, deal, days):
            paid[name] = entered
        else:
            back[name] = after_us(asked, deal, days)
    run = simulate(asked)
    assert back
    assert held == moments(run, "held")
    assert paid == moments(run, "posted")
    assert back == moments(run, "voided")
    assert {"reserves_here"} == set(of(dated(run), "payment", "held")["rule"])


def test_a_price_set_aside_is_paid_at_the_hand_over_where_no_rule_speaks(tmp_path: Path) -> None:
    """R42. A book without rules pays when the thing is handed over, not at the agreement."""
    reserves = procedure("reserves", expires_after="5 business days")
    book = book_text("on_register", procedures=reserves)
    asked = variant(tmp_path, "car_purchase_escrow", book, sets=CARS)
    handed = {
        name: after_us(asked, deal, section_of(asked)[1].handover.value.value)
        for name, deal in deals_of(asked).items()
        if deal.is_handed_over
    }
    assert handed == moments(simulate(asked), "posted")


def test_a_loan_set_aside_cannot_be_diverted(tmp_path: Path) -> None:
    """R42. Without a ban on conversion the borrowers try, and nothing free is there to take."""
    expiry = procedure("return_on_expiry", at='"23:00"')
    reserves = procedure("reserves", expires_after="20 business days")
    book = book_text(
        "livestock_marked", rules=LIVESTOCK_REJECTS, procedures=f"{reserves}, {expiry}"
    )
    asked = variant(tmp_path, "livestock", book, sets=LOANS)
    diverted = sorted(
        name for name, deal in deals_of(asked).items() if deal.true_label is TrueLabel.LOAN_DIVERTED
    )
    run = simulate(asked)
    tried = of(dated(run), "shed", "refused")
    assert diverted
    assert diverted == sorted(tried["intent"])
    assert {"insufficient_funds"} == set(tried["reason"])
    assert set(diverted) <= set(moments(run, "voided"))
    assert int(run.accounts["held_tiyn"].sum()) == 0


def test_a_deal_keeps_the_rules_of_the_day_on_which_it_was_agreed(tmp_path: Path) -> None:
    """R56. Older deals wait for the register, though the book let money go by the time it came."""
    waits = procedure("refunds_if_unmet", held="9 business days", refunded_within="1 business day")
    book = book_text("on_register", rules=HOLDS, procedures=waits)
    at_once = (
        "    versions:\n      - issued_from: 2026-03-02\n"
        f"        procedures: [{procedure('reserves', expires_after='9 business days')}]\n"
    )
    asked = variant(tmp_path, "car_purchase_escrow", book + at_once, sets=CARS)
    paid = {}
    for name, deal in deals_of(asked).items():
        is_new = f"{deal.agreed_on}" >= "2026-03-02"
        entered = entered_us(asked, deal)
        handover = section_of(asked)[1].handover.value.value
        if entered is not None:
            paid[name] = after_us(asked, deal, handover) if is_new else entered
    assert paid == moments(simulate(asked), "posted")


def test_a_marked_loan_keeps_the_rules_of_the_day_of_its_issue(tmp_path: Path) -> None:
    """R56. All money was issued on the first day, so a later version never holds."""
    expiry = procedure("return_on_expiry", at='"23:00"')
    waits = procedure(
        "refunds_if_unmet", held="27 business days", refunded_within="0 business days"
    )
    holds = HOLDS.replace("vehicle", "livestock")
    book = book_text("livestock_marked", rules=holds, procedures=f"{expiry}, {waits}")
    reserves = procedure("reserves", expires_after="27 business days")
    later = f"        procedures: [{expiry}, {reserves}]\n"
    versions = "    versions:\n      - issued_from: 2024-06-"
    old, same, new = (
        simulate(variant(tmp_path, "livestock", book + more, sets=LOANS))
        for more in ("", f"{versions}11\n{later}", f"{versions}10\n{later}")
    )
    assert old.digest == same.digest
    assert old.digest != new.digest


def split(seller: str, fee: str) -> str:
    """Return the effect that pays a fee out of the price."""
    shares = f"[{{payee: seller, share: {seller}}}, {{payee: treasury, share: {fee}}}]"
    return procedure("splits_among", shares=shares)


def fee_of(deal: Deal) -> int:
    """Return a thousandth of a price, to the nearest tiyn."""
    return (2 * deal.price_tiyn + 1_000) // 2_000


WAITS_FOR_CAR = procedure(
    "refunds_if_unmet", held="9 business days", refunded_within="1 business day"
)
WAITS_FOR_COW = procedure(
    "refunds_if_unmet", held="27 business days", refunded_within="1 business day"
)
EXPIRES = procedure("return_on_expiry", at='"23:00"')
NO_CONVERSION = f"{{id: stays, on: [convert], condition: {{kind: conversion_forbidden}}, {TEXTS}}}"
BACK_AFTER = "{value: 9 business days, low: 9 business days, high: 9 business days"
SPLITS = {
    "car_purchase": book_text(
        "on_register", rules=HOLDS, effects=split("99.9 %", "0.1 %"), procedures=WAITS_FOR_CAR
    ),
    # Paid at the agreement, so that what falls through is refunded by seller and Treasury.
    "car_purchase at once": book_text("on_register", effects=split("99.9 %", "0.1 %"))
    + f"purchases: {{cars: {{refund_after: {BACK_AFTER}, source: assumption}}}}}}\n",
    "livestock": book_text(
        "livestock_marked",
        rules=f"{NO_CONVERSION}, {HOLDS.replace('vehicle', 'livestock')}",
        effects=split("99.9 %", "0.1 %"),
        procedures=f"{WAITS_FOR_COW}, {EXPIRES}",
    ),
}


@pytest.mark.parametrize("name", sorted(SPLITS))
def test_the_fee_of_the_register_is_paid_out_of_the_price(tmp_path: Path, name: str) -> None:
    """R43. Reference: of each price paid for good, a thousandth reaches the Treasury's account."""
    sets = LOANS if name == "livestock" else CARS
    asked = variant(tmp_path, name.split(maxsplit=1)[0], SPLITS[name], sets=sets)
    run, deals = simulate(asked), deals_of(asked)
    fees = prices = lent = 0
    for one in moments(run, "posted") | moments(run, "settled"):
        # What an honest seller could not deliver went back whole, the fee with it.
        if not deals[one].falls_through:
            fees += fee_of(deals[one])
            prices += deals[one].price_tiyn
    if name == "livestock":
        # The loans came out of the account into which what is left of them returns.
        lent = prices
    assert fees
    stem, _ = section_of(asked)
    assert closing(run, f"{stem}-seller") == prices - fees
    budget = sum(deal.price_tiyn for deal in deals.values()) if lent else 0
    assert closing(run, "treasury", "treasury_single_account") == budget - lent + fees
    assert closing(run, form="digital_tenge") == 0


@pytest.mark.parametrize("lacking_tiyn", [0, 1])
def test_all_parts_of_a_price_are_paid_or_none(lacking_tiyn: int) -> None:
    """R43. A buyer whose wallet lacks one tiyn pays neither seller nor fee; with it, both."""
    deal = Deal(
        id="cars/deal-1",
        buyer="buyer",
        buyer_bank="bank_a",
        seller="maker",
        seller_bank="bank_b",
        price_tiyn=6_000_000_00,
        agreed_on=date(2026, 2, 9),
        true_label=TrueLabel.HONEST,
        falls_through=False,
        is_entered_late=False,
    )
    scene = stage(0, load_scenario("car_purchase").clock.calendar())
    shares = [{"payee": "seller", "share": "99.9 %"}, {"payee": "treasury", "share": "0.1 %"}]
    effect = {"kind": "splits_among", "id": "fee", "shares": shares, **TEXTS_OF_PARTS}
    book = RuleBook.model_validate({"effects": [effect]})
    books = Books("cars", "KZ-75", "treasury", "national_bank", scene.ports, book)
    has_tiyn = deal.price_tiyn - lacking_tiyn
    issuer = books.ledger.open("national_bank", "national_bank", Form.DIGITAL_TENGE)
    opening = (Move(issuer, books.wallet("buyer"), has_tiyn),)
    books.post(deal, "opening", Price(Kind.OPENING, opening), TrueLabel.INTERNAL)
    books.post(
        deal,
        "payment",
        OwnWallets(books).price(deal, books.whole(deal), is_held=False),
        TrueLabel.HONEST,
    )
    left = tuple(
        books.ledger.free(books.wallet(holder)) for holder in ("buyer", "maker", "treasury")
    )
    fee = fee_of(deal)
    assert left == ((has_tiyn, 0, 0) if lacking_tiyn else (0, has_tiyn - fee, fee))
    scene.audit()
