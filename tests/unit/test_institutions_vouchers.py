"""Vouchers as their log tells it: who is given what when, what is spent, and what returns."""

import calendar
import datetime as dt
import itertools
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.codes import Evidence
from tengesim.engine.run import Engine
from tengesim.institutions.vouchers.build import months_of
from tengesim.institutions.vouchers.model import VoucherTermSection
from tengesim.population import society as societies
from tengesim.population.columns import Society
from tengesim.streams import Streams
from tests.dated_log import closing, dated, of, total
from tests.worlds import changed, only

CASH, VOUCHER = "food_voucher_cash", "food_voucher"
MARK = "food_voucher.2026-04"
MCI_TIYN = 432_500
SINGLE, TENGE, DEPOSIT = "treasury_single_account", "digital_tenge", "bank_deposit"
FEW = ("population.scale=0.002",)
"""Some fifteen hundred people, some forty families with a voucher."""
EVERYBODY = only("vouchers.food_voucher.activation", "100 %")
NOBODY = only("vouchers.food_voucher.activation", "0 %")
ENDLESS_MEANS = (
    *only("population.people.deposits.median", "50 m KZT"),
    *only("population.people.deposits.mean", "60 m KZT"),
)
FOOD = {"5411", "5499"}


@cache
def scenario(name: str, *settings: str) -> Scenario:
    """Return an arm of the pilot with few people."""
    return load_scenario(name, settings=[*FEW, *settings])


@cache
def run_of(name: str, *settings: str, engine: Engine = "fast") -> Run:
    """Return the run of an arm with few people."""
    return simulate(scenario(name, *settings), engine=engine)


@cache
def log(name: str, *settings: str) -> pd.DataFrame:
    """Return its rows with the local date and time of each."""
    return dated(run_of(name, *settings))


@cache
def society() -> Society:
    """Return the people of the pilot."""
    asked = scenario(VOUCHER)
    shares = [bank.share.value for bank in asked.banks.second_tier]
    section = asked.population.people
    assert section is not None
    return societies.build(section, asked.population.scale, shares, Streams(asked.seed))


def entitled() -> dict[str, int]:
    """Return who receives targeted aid and what the family is due, by name."""
    found = society()
    people = np.flatnonzero(found.is_member("targeted_aid")).tolist()
    sizes = np.bincount(found.people.household)
    return {
        found.person_name(one): int(sizes[found.people.household[one]]) * MCI_TIYN for one in people
    }


def metric(run: Run, name: str) -> int:
    """Return the numerator of a metric."""
    return int(run.metrics.set_index("metric")["numerator"][name])


def given(rows: pd.DataFrame) -> dict[str, int]:
    """Return what each family was given, by who holds it."""
    out = of(rows, "distribute")
    return dict(zip(out["payee"], out["amount_tiyn"], strict=True))


def test_a_family_is_due_one_sum_for_each_member() -> None:
    """Goal: 1 MCI a head. Method: sizes of households against what is given when all activate."""
    assert entitled() == given(log(VOUCHER, *EVERYBODY))
    assert len(entitled()) > 20


def test_the_month_is_issued_on_its_first_morning_for_everybody() -> None:
    """Goal: who will activate nobody knows. Method: both legs of the issue, all entitlements."""
    issued = of(log(VOUCHER), "issue")
    assert set(issued["date"] + " " + issued["at"]) == {"2026-04-01 06:00"}
    assert issued["amount_tiyn"].tolist() == [sum(entitled().values())] * 2
    assert set(issued["form"]) == {SINGLE, TENGE}


def test_vouchers_are_activated_in_the_stated_days_by_the_stated_share() -> None:
    """Goal: self-activation. Method: days and share, at 0 %, 80 % and 100 %, with a wrong twin."""
    out = of(log(VOUCHER, *EVERYBODY), "distribute")
    assert set(out["at"]) == {"07:00"}
    assert out["date"].min() >= "2026-04-01"
    assert out["date"].max() <= "2026-04-10"
    assert out["date"].nunique() > 5
    assert len(of(log(VOUCHER, *NOBODY), "distribute")) == 0
    some = given(log(VOUCHER))
    assert some.items() <= entitled().items()
    expected, count = 0.8 * len(entitled()), len(entitled())
    assert abs(len(some) - expected) < 3 * (0.8 * 0.2 * count) ** 0.5


def test_who_activates_when_does_not_depend_on_the_money() -> None:
    """Goal: arms share families and days. Method: credits of one arm, purses of the other."""
    marked = of(log(VOUCHER), "distribute")
    paid = of(log(CASH), "benefit", form=DEPOSIT)
    paid = paid[paid["programme"] == "food_voucher"]
    columns = ["date", "payee", "amount_tiyn"]
    assert sorted(map(tuple, marked[columns].to_numpy().tolist())) == sorted(
        map(tuple, paid[columns].to_numpy().tolist())
    )
    assert metric(run_of(VOUCHER), "voucher_given") == metric(run_of(CASH), "voucher_given")


def test_vouchers_pay_food_and_nothing_else() -> None:
    """Goal: R03. Method: purposes of payments from purses, and of refusals by that rule."""
    rows = log(VOUCHER)
    paid = rows[(rows["kind"] == "payment") & (rows["mark"] == MARK)]
    settled = paid[paid["status"] == "settled"]
    assert len(settled) > 100
    assert set(settled["place"]) == FOOD
    assert set(settled["mark_to"]) == {""}
    assert set(paid.loc[paid["rule"] == "food_shops", "place"]).isdisjoint(FOOD)


def test_issued_is_spent_and_returned() -> None:
    """Goal: the identity, to the tiyn. Method: rows, metrics and closing balances."""
    run, rows = run_of(VOUCHER), log(VOUCHER)
    issued = total(of(rows, "issue", mark_to=MARK))
    spent, returned = total(of(rows, "payment", mark=MARK)), total(of(rows, "return", mark=MARK))
    assert issued == spent + returned
    assert (spent, returned) == (metric(run, "voucher_spent"), metric(run, "voucher_returned"))
    assert metric(run, "voucher_held") == closing(run, mark=MARK) == 0


def test_before_the_month_ends_the_rest_is_held() -> None:
    """Goal: the identity at any moment. Method: a horizon that ends on 12 April."""
    short = changed(scenario(VOUCHER), lambda sections: sections["clock"].update(end="2026-04-12"))
    run = simulate(short)
    held = closing(run, mark=MARK)
    assert held == metric(run, "voucher_held") > 0
    assert metric(run, "voucher_spent") + held == sum(entitled().values())
    assert metric(run, "voucher_returned") == 0
    why = run.metrics.set_index("metric")["why"]
    assert why["voucher_unspent_share"] == "no month of a voucher has ended"


def of_may(sections: dict[str, Any]) -> None:
    """Give a second voucher in May under the same book, which has a version from May on."""
    last = "2026-05-31"
    sections["clock"]["end"] = "2026-06-03"
    april, mark = sections["vouchers"]["food_voucher"], sections["marks"][MARK]
    sections["marks"]["later.2026-05"] = {
        **mark,
        "programme": "later",
        "valid_from": "2026-05-01",
        "valid_until": last,
    }
    sections["vouchers"]["later"] = {
        **april,
        "term": {"first": "2026-05-01", "last": last},
        "marked": {**april["marked"], "mark": "later.2026-05"},
    }
    book = sections["rule_books"]["food_voucher"]
    newer = [dict(rule) for rule in book["rules"] if rule["id"] != "food_only"]
    newer[0] |= {"id": "groceries", "condition": {**newer[0]["condition"], "categories": ["5411"]}}
    newer.append(
        {
            "id": "small_sums",
            "condition": {"kind": "amount_at_most", "limit": "900 KZT"},
            "text": {"en": "A voucher pays up to 900 tenge at once."},
            "reference": "assumption",
        }
    )
    # The purpose of May is another one: under the first rule of the old book nothing would be paid.
    book["versions"] = [{**book, "issued_from": "2026-05-01", "rules": newer}]


def test_old_money_keeps_its_rules_and_new_money_has_new_ones() -> None:
    """Goal: R56 by the day of issue of a mark. Method: one book, two months, both engines."""
    asked = changed(scenario(VOUCHER, *EVERYBODY), of_may)
    fast, readable = (simulate(asked, engine=engine) for engine in ("fast", "reference"))
    assert fast.digest == readable.digest
    rows = dated(fast)
    paid = of(rows, "payment")
    april, may = paid[paid["mark"] == MARK], paid[paid["mark"] == "later.2026-05"]
    assert set(april["place"]) == FOOD
    assert april["amount_tiyn"].max() > 90_000
    assert set(may["place"]) == {"5411"}
    assert 0 < may["amount_tiyn"].max() <= 90_000
    refused = rows[(rows["kind"] == "payment") & (rows["status"] == "refused")]
    by_rule = refused.groupby("mark")["rule"].agg(set).to_dict()
    assert by_rule[MARK] == {"food_shops"}
    assert "groceries" in by_rule["later.2026-05"] <= {"groceries", "small_sums"}


def test_what_is_unused_returns_when_the_month_ends() -> None:
    """Goal: R09. Method: each purse's row of return is what was given less what was paid."""
    rows = log(VOUCHER)
    back = of(rows, "return")
    assert set(back["date"] + " " + back["at"]) == {"2026-04-30 23:30"}
    assert set(back["payee"]) == {"treasury"}
    spent = of(rows, "payment", mark=MARK).groupby("payer")["amount_tiyn"].sum().to_dict()
    left = {name: due - spent.get(name, 0) for name, due in given(rows).items()}
    from_purses = back[back["payer"] != "treasury"]
    expected = {name: due for name, due in left.items() if due}
    assert expected == dict(zip(from_purses["payer"], from_purses["amount_tiyn"], strict=True))
    swapped = of(rows, "redeem", form=TENGE)
    swapped = swapped[swapped["programme"] == "food_voucher"]
    assert set(swapped["date"] + " " + swapped["at"]) == {"2026-05-04 09:00"}
    assert total(swapped) == total(back)


def test_every_month_has_its_own_voucher() -> None:
    """Goal: unused dies at month end. Method: two months under one mark; each returned alone."""

    def two_months(sections: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
        sections["clock"]["end"] = "2026-06-03"  # type: ignore[assignment]
        sections["vouchers"]["food_voucher"]["term"]["last"] = "2026-05-31"
        sections["marks"][MARK]["valid_until"] = "2026-05-31"  # type: ignore[assignment]

    run = simulate(changed(scenario(VOUCHER), two_months))
    rows = dated(run)
    for month in ("2026-04", "2026-05"):
        own = rows[rows["date"].str.startswith(month)]
        issued = total(of(own, "issue", mark_to=MARK))
        assert issued == sum(entitled().values())
        assert issued == total(of(own, "payment", mark=MARK)) + total(of(own, "return", mark=MARK))
    april, may = (
        set(given(rows[rows["date"].str.startswith(month)])) for month in ("2026-04", "2026-05")
    )
    assert april != may


def test_a_rule_can_refuse_giving_out() -> None:
    """Goal: R15 and others guard giving out. Method: a rule that forbids it on 3 April."""

    def not_on_the_third(sections: dict[str, dict[str, dict[str, list[object]]]]) -> None:
        sections["rule_books"]["food_voucher"]["rules"].append(
            {
                "id": "not_on_fridays",
                "on": ["distribute"],
                "condition": {"kind": "time_window", "weekdays": ["mon", "tue", "wed", "thu"]},
                "text": {"en": "Nothing is given out on Fridays and at weekends."},
                "reference": "assumption",
            }
        )

    rows = dated(simulate(changed(scenario(VOUCHER, *EVERYBODY), not_on_the_third)))
    refused = of(rows, "distribute", "refused")
    assert set(refused["rule"]) == {"not_on_fridays"}
    assert set(refused["date"]) <= {"2026-04-03", "2026-04-04", "2026-04-05", "2026-04-10"}
    assert given(rows).items() | dict(
        zip(refused["payee"], refused["amount_tiyn"], strict=True)
    ).items() == set(entitled().items())


def test_who_activates_a_voucher_has_agreed_to_its_money() -> None:
    """Goal: R51 is read where money is given. Method: the rule changes its log alone."""

    def with_consent(sections: dict[str, dict[str, dict[str, list[object]]]]) -> None:
        sections["rule_books"]["food_voucher"]["rules"].append(
            {
                "id": "agreed",
                "on": ["distribute"],
                "condition": {"kind": "consented"},
                "text": {"en": "Money is given in this form to who agreed to it."},
                "reference": "assumption",
            }
        )

    asked = dated(simulate(changed(scenario(VOUCHER, *EVERYBODY), with_consent)))
    plain = dated(simulate(scenario(VOUCHER, *EVERYBODY)))
    assert given(asked) == given(plain)
    consents = [
        set(of(rows, "distribute")["evidence"] & Evidence.CONSENT_GIVEN.value)
        for rows in (plain, asked)
    ]
    assert consents == [{0}, {Evidence.CONSENT_GIVEN.value}]


def test_with_means_enough_a_voucher_moves_no_purchase() -> None:
    """Goal: money is fungible. Method: rich families; what is paid for what, in both arms."""

    def bought(name: str) -> dict[tuple[str, str], int]:
        rows = log(name, *ENDLESS_MEANS)
        paid = of(rows, "payment")
        mine = paid[paid["payer"].isin(set(entitled())) & paid["place"].ne("transfer")]
        sums = mine.groupby(["payer", "place"])["amount_tiyn"].sum().reset_index()
        return dict(
            zip(zip(sums["payer"], sums["place"], strict=True), sums["amount_tiyn"], strict=True)
        )

    with_voucher, with_cash = bought(VOUCHER), bought(CASH)
    assert with_voucher == with_cash
    assert len(with_voucher) > 100
    moved = run_of(VOUCHER, *ENDLESS_MEANS).metrics.set_index("metric")["value"]
    assert moved["voucher_infra_marginal_share"] > 0.5


def test_compiled_and_readable_code_give_and_take_alike() -> None:
    """Goal: one log. Method: the digest of the pilot in both engines."""
    assert run_of(VOUCHER).digest == run_of(VOUCHER, engine="reference").digest


def test_a_payment_from_purse_and_wallet_is_one_payment() -> None:
    """Goal: a split counts once. Method: intents of settled everyday payments against metrics."""
    run, rows = run_of(VOUCHER), log(VOUCHER)
    paid = of(rows, "payment", form=TENGE)
    paid = paid[paid["programme"] == "retail"]
    assert len(paid) > paid["intent"].nunique()
    digital = run.metrics.set_index("metric")["numerator"]["digital_share"]
    assert digital == paid["intent"].nunique()


@pytest.mark.parametrize(
    ("first", "last"), [("2026-01-31", "2026-03-01"), ("2026-12-15", "2027-01-02")]
)
def test_months_of_a_term_meet_without_gap_or_overlap(first: str, last: str) -> None:
    """Goal: no day twice. Method: days of odd terms against a walk through the calendar."""
    term = VoucherTermSection.model_validate(
        {"first": dt.date.fromisoformat(first), "last": dt.date.fromisoformat(last)}
    )
    months = list(months_of(term, dt.date(2030, 1, 1)))
    days = [
        start + dt.timedelta(days=number)
        for start, end in months
        for number in range((end - start).days + 1)
    ]
    assert days[0].isoformat() == first
    assert days[-1].isoformat() == last
    assert all(
        later - earlier == dt.timedelta(days=1) for earlier, later in itertools.pairwise(days)
    )
    for start, end in months[:-1]:
        assert end.day == calendar.monthrange(start.year, start.month)[1]
    assert list(months_of(term, term.first)) == []


@pytest.mark.parametrize("share", [0, 1])
def test_recipients_have_wallets(share: int) -> None:
    """Goal: a voucher comes in a wallet. Method: nobody wants one; grown-up recipients have it."""
    settings = only("wallets.demand.wallet.at_parity", f"{100 * share} %")
    accounts = run_of(VOUCHER, *settings).accounts
    plain = accounts[(accounts["form"].astype(str) == TENGE) & (accounts["mark"].astype(str) == "")]
    holders = set(plain["holder"].astype(str))
    assert set(entitled()) <= holders
    if not share:
        people = {name for name in holders if name.startswith("person-")}
        assert len(people) < 2 * len(entitled())


def test_a_frozen_purse_keeps_what_it_has_when_the_month_ends() -> None:
    """Goal: a freeze outlasts expiry, and says so once. Method: half of all people, all April."""

    def half_frozen(sections: dict[str, list[object]]) -> None:
        whom = {"people": {"value": "50 %", "low": "0 %", "high": "100 %", "source": "assumption"}}
        lasts = {"value": "50 days", "low": "1 days", "high": "60 days", "source": "assumption"}
        sections["freezes"] = [
            {
                "id": "raid",
                "authority": "watchdog",
                "whom": whom,
                "day": "2026-04-20",
                "at": "09:00",
                "schedule_source": "assumption",
                "lasts": lasts,
            }
        ]

    run = simulate(changed(scenario(VOUCHER, *EVERYBODY), half_frozen))
    rows = dated(run)
    refused = of(rows, "return", "refused", reason="account_frozen")
    assert len(refused) > 5
    assert refused["payer"].is_unique
    assert total(refused) == closing(run, mark=MARK) == metric(run, "voucher_held")
    issued, back = total(of(rows, "issue", mark_to=MARK)), total(of(rows, "return", mark=MARK))
    assert issued == total(of(rows, "payment", mark=MARK)) + back + total(refused)
