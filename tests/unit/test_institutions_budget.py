"""A budget year as its log tells it: registration, acts, orders, arrears, the end of the year."""

import datetime as dt
from collections import Counter
from functools import cache

import pandas as pd
import pytest

from tengesim.codes import Evidence, Form, Kind
from tengesim.institutions.treasury.behaviour import further_sums, hastened
from tengesim.institutions.treasury.budget import BudgetOffice, build_budget, contract_count
from tengesim.institutions.treasury.budget_model import BudgetSection
from tengesim.journal.events import COLUMNS
from tengesim.scenario.load import load_scenario
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams
from tests.budget_world import Stage, stage
from tests.dated_log import dated
from tests.worlds import only

BUDGET = "treasury.budget"
SMALL = ("population.scale=0.0003",)
LAPSE, STAYS = "budget_year", "budget_year_no_lapse"
BOTH = (LAPSE, STAYS)
CALM = (*only(f"{BUDGET}.behaviour.hurry", "0"), *only(f"{BUDGET}.behaviour.spend_savings", "0 %"))
YEAR_END = "2027-01-01"


@cache
def year(name: str, *settings: str) -> Scenario:
    """Return a shipped year at a small scale."""
    return load_scenario(name, settings=(*SMALL, *settings))


def section_of(scenario: Scenario) -> BudgetSection:
    """Return the budget of a scenario."""
    assert scenario.treasury.budget is not None
    return scenario.treasury.budget


def played(scenario: Scenario, seed: int = 1) -> tuple[Stage, BudgetOffice]:
    """Return a world in which the year waits to begin."""
    from tengesim.institutions import banks

    calendar = scenario.clock.calendar()
    world = stage(calendar.at(scenario.clock.start), calendar)
    banks.build(scenario.banks, scenario.treasury.id, world.ports)
    office = build_budget(
        section_of(scenario),
        world.ports,
        treasury=scenario.treasury.id,
        national_bank=scenario.banks.national_bank,
        banks=[(bank.id, bank.share.value) for bank in scenario.banks.second_tier],
        streams=Streams(seed),
        scale=scenario.population.scale,
    )
    return world, office


@cache
def log(name: str, *settings: str) -> pd.DataFrame:
    """Return the dated rows of a year."""
    from tengesim import simulate

    return dated(simulate(year(name, *settings)))


def of(rows: pd.DataFrame, kind: Kind, status: str, form: Form | None = None) -> pd.DataFrame:
    """Return rows of a kind and status, and of a form where one is given."""
    chosen = (rows["kind"] == kind.name.lower()) & (rows["status"] == status)
    if form is not None:
        chosen &= rows["form"] == form.name.lower()
    return rows[chosen]


def paid(rows: pd.DataFrame) -> pd.DataFrame:
    """Return every payment of the budget once."""
    return of(rows, Kind.BUDGET_PAYMENT, "settled", Form.CASH_CONTROL_ACCOUNT)


def total(rows: pd.DataFrame) -> int:
    """Return the exact sum in tiyn."""
    return sum(rows["amount_tiyn"].tolist())


def owner(intent: str) -> str:
    """Return the obligation that an act belongs to."""
    return intent.rpartition("/")[0]


@pytest.mark.parametrize("name", BOTH)
def test_no_payment_exceeds_its_registered_obligation(name: str) -> None:
    """Goal: at every row. Method: registrations and payments added up by obligation, in order."""
    left: Counter[str] = Counter()
    rows = log(name)
    chosen = pd.concat([of(rows, Kind.OBLIGATION, "recorded"), paid(rows)]).sort_index()
    for kind, intent, amount in zip(
        chosen["kind"], chosen["intent"], chosen["amount_tiyn"], strict=True
    ):
        if kind == "obligation":
            # A registration states what is still due, in place of any before it.
            left[str(intent)] = int(amount)
        else:
            left[owner(str(intent))] -= int(amount)
            assert left[owner(str(intent))] >= 0
    assert len(left) > 500


@pytest.mark.parametrize("name", BOTH)
def test_what_is_accepted_and_unpaid_is_the_arrears_at_every_event(name: str) -> None:
    """Goal: an identity, not an average. Method: step by step, the log's sums against the list.

    At every step, too, the cash-control accounts hold what the single account holds.
    """
    scenario = year(name, "population.scale=0.0001")
    world, office = played(scenario)
    open_tiyn = steps = 0
    unpaid: dict[str, int] = {}
    cash: Counter[int] = Counter()
    names = world.journal.names

    def watch(row: tuple[int, ...]) -> None:
        nonlocal open_tiyn
        seen = dict(zip(COLUMNS[1:], row, strict=True))
        intent = names.text(seen["intent"])
        if seen["kind"] == Kind.ACCEPTANCE:
            open_tiyn += seen["amount_tiyn"]
            unpaid[intent] = seen["amount_tiyn"]
        moved = seen["status"] == 2
        if moved and seen["payer"] == seen["keeper"]:
            cash[seen["form"]] += seen["amount_tiyn"]
        if moved and seen["payee"] == seen["keeper_to"]:
            cash[seen["form"]] -= seen["amount_tiyn"]
        is_payment = seen["kind"] == Kind.BUDGET_PAYMENT and moved
        if is_payment and seen["form"] == Form.CASH_CONTROL_ACCOUNT:
            open_tiyn -= seen["amount_tiyn"]
            del unpaid[intent]

    sink = world.journal.append
    world.book._sink = _Tee(sink, watch)
    end_us = scenario.clock.calendar().at(scenario.clock.end)
    while world.env.peek() < end_us:
        world.env.step()
        steps += 1
        assert office.execution.arrears_tiyn == open_tiyn
        assert office.execution.unpaid == unpaid
        assert cash[Form.CASH_CONTROL_ACCOUNT] == cash[Form.TREASURY_SINGLE_ACCOUNT]
    assert steps > 1_000
    assert max(unpaid.values(), default=0) >= 0
    world.audit()


class _Tee:
    """A sink that shows each row to somebody before it is kept."""

    def __init__(self, keep: object, watch: object) -> None:
        self._keep, self._watch = keep, watch

    def append(self, row: tuple[int, ...]) -> None:
        self._watch(row)  # type: ignore[operator]
        self._keep(row)  # type: ignore[operator]


def test_without_hurry_the_lapse_changes_nothing_before_the_year_ends() -> None:
    """Goal: the excess is what people do, not an input. Method: both years row by row, calm."""
    columns = ["time_us", "kind", "status", "reason", "payer", "payee", "form", "amount_tiyn"]
    first, second = (
        rows[(rows["date"] < YEAR_END) & (rows["kind"] != "lapse")][columns]
        for rows in (log(name, *CALM) for name in BOTH)
    )
    pd.testing.assert_frame_equal(
        first.reset_index(drop=True), second.reset_index(drop=True), check_categorical=False
    )
    assert len(first) > 3_000


def test_hurry_and_savings_each_add_to_december() -> None:
    """Goal: both channels work, more of either pays more before the lapse. Method: paired years."""
    hurry = only(f"{BUDGET}.behaviour.hurry", "60")
    spend = only(f"{BUDGET}.behaviour.spend_savings", "80 %")
    spent = {
        name: total(in_year[in_year["date"] >= "2026-11-01"])
        for name, in_year in (
            (name, rows[rows["date"] < YEAR_END])
            for name, rows in (
                ("calm", paid(log(LAPSE, *CALM))),
                ("hurry", paid(log(LAPSE, *CALM, *hurry))),
                ("spend", paid(log(LAPSE, *CALM, *spend))),
            )
        )
    }
    assert spent["hurry"] > spent["calm"]
    assert spent["spend"] > spent["calm"]


def test_what_lapses_is_what_the_line_did_not_spend() -> None:
    """Goal: appropriation = paid + lapsed, line by line. Method: rows against the section."""
    rows = log(LAPSE)
    lapsed = of(rows, Kind.LAPSE, "recorded")
    assert set(lapsed["date"]) == {"2026-12-31"}
    in_year = paid(rows)
    in_year = in_year[in_year["date"] < YEAR_END]
    _, office = played(year(LAPSE))
    for line in office.lines.values():
        own = total(in_year[in_year["programme"] == line.id])
        assert total(lapsed[lapsed["programme"] == line.id]) == line.appropriation_tiyn - own
    assert of(log(STAYS), Kind.LAPSE, "recorded").empty


def test_what_stays_can_be_spent_in_january() -> None:
    """Goal: without a lapse acts that come late are paid from what is kept. Method: January."""
    january = {
        name: total(rows[(rows["date"] >= YEAR_END) & (rows["evidence"] & INVOICE > 0)])
        for name, rows in ((name, paid(log(name))) for name in BOTH)
    }
    assert january[STAYS] > january[LAPSE]


INVOICE = int(Evidence.INVOICE_MATCHED)


@pytest.mark.parametrize("name", BOTH)
def test_orders_are_carried_out_on_business_days_before_the_cut_off(name: str) -> None:
    """Goal: cut-off and calendar hold. Method: time and date of every payment and refusal."""
    rows = log(name)
    rows = rows[(rows["kind"] == "budget_payment")]
    calendar = year(name).clock.calendar()
    assert all(calendar.is_business_day(dt.date.fromisoformat(day)) for day in set(rows["date"]))
    assert rows["at"].min() >= "09:00"
    assert rows["at"].max() < "16:00"
    # Two of nine hours lie beyond the cut-off, so many orders wait for the next morning.
    assert (paid(rows)["at"] == "09:00").mean() > 0.1


def test_an_order_above_the_obligation_is_refused_and_comes_again_as_the_act_says() -> None:
    """Goal: OBLIGATION_EXCEEDED, then paid in full. Method: every order over-billed."""
    rows = log(LAPSE, *only(f"{BUDGET}.contracts.over_billed", "100 %"))
    refused = of(rows, Kind.BUDGET_PAYMENT, "refused")
    assert set(refused["reason"]) == {"obligation_exceeded"}
    assert (refused["value"] > refused["limit"]).all()
    assert (refused["amount_tiyn"] == refused["value"]).all()
    accepted = of(rows, Kind.ACCEPTANCE, "recorded").set_index("intent")["amount_tiyn"]
    settled = paid(rows).set_index("intent")["amount_tiyn"]
    again = settled[settled.index.isin(refused["intent"])]
    assert len(again) > 500
    assert (again == accepted[again.index]).all()


def test_a_contract_without_room_in_the_plan_is_refused_and_tried_again() -> None:
    """Goal: APPROPRIATION_EXCEEDED until the plan grows. Method: nothing planned before June."""
    late = str(["0 %"] * 5 + ["100 %"] + ["0 %"] * 6)
    rows = log(LAPSE, f"{BUDGET}.plans.obligations={late}")
    refused = of(rows, Kind.OBLIGATION, "refused")
    assert set(refused["reason"]) == {"appropriation_exceeded"}
    assert (refused["value"] > refused["limit"]).all()
    bound = of(rows, Kind.OBLIGATION, "recorded")
    contracts = bound[~bound["intent"].str.contains("regular")]
    assert contracts["date"].min() == "2026-06-01"
    in_time = refused[refused["date"] < "2026-06-01"]
    assert len(in_time) > 100
    # A few contracts that save nothing find the plan used up, even when it is open.
    assert len(set(in_time["intent"]) - set(contracts["intent"])) < len(in_time) // 10


def test_without_plan_or_cash_acts_are_arrears_and_nobody_is_paid() -> None:
    """Goal: held back, with the cause. Method: a year without plan, and one without cash."""
    never = str(["0 %"] * 11 + ["100 %"])
    rows = log(STAYS, f"{BUDGET}.plans.payments={never}")
    held = of(rows, Kind.ARREARS, "recorded")
    assert "plan_of_payments" in set(held["rule"])
    acts = paid(rows)
    assert acts[acts["evidence"] & INVOICE > 0]["date"].min() == "2026-12-01"
    broke = [
        setting
        for level in ("republican", "local")
        for name in ("taxes", "borrowing", "opening_cash")
        for setting in only(f"{BUDGET}.levels.{level}.{name}", "0 KZT")
    ]
    poor = log(
        STAYS,
        *broke,
        *only(f"{BUDGET}.subventions", "0 KZT"),
        f"{BUDGET}.national_fund.transfer.value=0 KZT",
    )
    assert paid(poor).empty
    assert set(of(poor, Kind.ARREARS, "recorded")["rule"]) >= {"cash"}
    assert total(of(poor, Kind.ACCEPTANCE, "recorded")) > 0


def test_the_year_takes_in_what_the_scenario_states() -> None:
    """Goal: no tiyn of revenue is lost in dividing it. Method: sums by place over the year."""
    rows = log(LAPSE)
    rows = rows[(rows["date"] < YEAR_END) & (rows["form"] == "cash_control_account")]
    found = {
        place: total(rows[(rows["place"] == place) & (rows["status"] == "settled")])
        for place in ("taxes", "borrowing", "national_fund", "subventions")
    }
    # 0.0003 of 29.9, 5.7, 2.8 and 5.1 tn KZT.
    assert found == {
        "taxes": 897_000_000_000,
        "borrowing": 171_000_000_000,
        "national_fund": 84_000_000_000,
        "subventions": 153_000_000_000,
    }
    by_month = rows[rows["place"] == "taxes"].groupby(rows["date"].str[:7])["amount_tiyn"].sum()
    shares = (by_month / by_month.sum()).round(4).tolist()
    assert shares == [0.06, 0.08, 0.08, 0.09, 0.09, 0.08, 0.08, 0.09, 0.08, 0.08, 0.1, 0.09]


@pytest.mark.parametrize(("share", "digital"), [("0 %", 0), ("100 %", 1)])
def test_the_share_in_digital_tenge_is_paid_so_and_becomes_a_deposit(
    share: str, digital: int
) -> None:
    """Goal: all or nothing, and redeemed after the payee's delay. Method: both ends of the lever.

    The amounts and days of what is paid are those of the other end.
    """
    rows = log(LAPSE, *only(f"{BUDGET}.dt.budget_share", share))
    payments = paid(rows)
    in_digital = of(rows, Kind.BUDGET_PAYMENT, "settled", Form.DIGITAL_TENGE)
    assert total(in_digital) == digital * total(payments)
    redeemed = of(rows, Kind.REDEEM, "settled", Form.DIGITAL_TENGE)
    outstanding = total(in_digital) - total(redeemed)
    late = in_digital[in_digital["date"] >= "2027-01-26"]
    # Three business days pass from payment to redemption; the horizon ends on 1 February.
    assert outstanding == total(late[late["date"] > "2027-01-26"]) or digital == 0
    other = paid(log(LAPSE, *only(f"{BUDGET}.dt.budget_share", "50 %")))
    assert payments["amount_tiyn"].tolist() == other["amount_tiyn"].tolist()
    assert payments["time_us"].tolist() == other["time_us"].tolist()


def test_local_money_has_a_region_and_republican_money_has_none() -> None:
    """Goal: a note by region adds up. Method: regions of payments by line, shares by people.

    Wages and transfers follow the people of the regions to the tiyn, in sum and month by month.
    """
    rows = paid(log(LAPSE))
    section = section_of(year(LAPSE))
    people = {code: entry.value for code, entry in section.regions.items()}
    for line_id, line in section.lines.items():
        own = rows[rows["programme"] == line_id]
        if line.level == "republican":
            assert set(own["region"]) == {""}
            continue
        wages = own[(own["evidence"] & INVOICE == 0) & (own["date"] < YEAR_END)]
        assert wages.groupby("region")["amount_tiyn"].count().tolist() == [12] * 20
        whole = total(wages)
        for code, group in wages.groupby("region"):
            exact = whole * people[str(code)] / sum(people.values())
            assert abs(total(group) - exact) <= 12
    held = of(log(LAPSE), Kind.ARREARS, "recorded")
    held = held[held["rule"] == "plan_of_payments"]
    assert (held["limit"] < held["value"]).all()
    assert not held["intent"].str.contains("/regular/").any()


def test_contracts_of_a_line_do_not_depend_on_the_other_lines() -> None:
    """Goal: a line more leaves the others as they were. Method: draw with and without roads."""
    scenario = year(LAPSE)
    section = section_of(scenario)
    fewer = section.model_copy(
        update={"lines": {key: line for key, line in section.lines.items() if key != "roads"}}
    )
    changed = scenario.model_copy(
        update={"treasury": scenario.treasury.model_copy(update={"budget": fewer})}
    )
    _, whole = played(scenario)
    _, part = played(changed)
    kept = [contract for contract in whole.contracts if contract.line != "roads"]
    assert kept == part.contracts
    assert len(kept) < len(whole.contracts)


def test_contracts_use_their_part_of_the_line_but_for_what_the_award_saves() -> None:
    """Goal: amounts add up. Method: plan, awards and acts of every line."""
    scenario = year(LAPSE)
    section = section_of(scenario)
    _, office = played(scenario)
    for line in office.lines.values():
        contracts = [one for one in office.contracts if one.line == line.id]
        awarded = sum(one.amount_tiyn for one in contracts)
        assert line.contracted_tiyn * 95 // 100 <= awarded <= line.contracted_tiyn
        for one in contracts:
            assert sum(act.amount_tiyn for act in one.acts) == one.amount_tiyn
            assert all(one.signed_on <= act.accepted_on <= act.ordered_on for act in one.acts)
    number = contract_count(section, scenario.population.scale)
    assert abs(number - len(office.contracts)) <= len(office.lines)


def test_a_year_that_began_before_the_world_is_refused() -> None:
    """Goal: no half year by accident. Method: a clock that starts in February."""
    scenario = year(LAPSE)
    calendar = scenario.clock.calendar()
    world = stage(calendar.at(dt.date(2026, 2, 1)), calendar)
    with pytest.raises(ValueError, match="2026 has begun"):
        build_budget(
            section_of(scenario),
            world.ports,
            treasury="treasury",
            national_bank="national_bank",
            banks=[("bank_a", 10_000)],
            streams=Streams(1),
            scale=scenario.population.scale,
        )


@pytest.mark.statistics
def test_nothing_but_the_lapse_makes_december_heavy() -> None:
    """Goal: orders as drawn are even by business day. Method: December against July to November.

    The number of acts is within four standard errors; ten per cent more would be seen.
    """
    scenario = year(STAYS, "population.scale=0.02")
    _, office = played(scenario)
    calendar = scenario.clock.calendar()
    days = [act.ordered_on for contract in office.contracts for act in contract.acts]
    july, december, after = (dt.date(2026, 7, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1))
    usual = sum(july.toordinal() <= day < december.toordinal() for day in days)
    last = sum(december.toordinal() <= day < after.toordinal() for day in days)
    ratio = len(calendar.business_days(december, after)) / len(
        calendar.business_days(july, december)
    )
    error = (last + usual * ratio**2) ** 0.5
    assert abs(last - usual * ratio) < 4 * error
    assert 0.1 * usual * ratio > 5 * error


@pytest.mark.parametrize("seed", [1, 2])
def test_the_lapse_makes_december_heavy(seed: int) -> None:
    """Goal: the same contracts, the same chance, a heavier December. Method: paired years."""
    lapse, stays = (_excess(name, (), seed) for name in BOTH)
    assert lapse > stays + 0.1


def _excess(name: str, settings: tuple[str, ...], seed: int) -> float:
    from tengesim import simulate

    metrics = simulate(year(name, *settings), seed=seed).metrics.set_index("metric")["value"]
    return float(metrics["december_excess"])


@pytest.mark.parametrize(
    ("day", "reach", "expected"), [(100, 50, {100}), (105, 4, {105}), (105, 5, {100})]
)
def test_only_what_can_be_made_up_for_is_brought_forward(
    day: int, reach: int, expected: set[int]
) -> None:
    """Goal: in time stays, too late stays. Method: all words, on both sides of the reach."""
    assert {hastened(day, last=100, reach=reach, word=word) for word in range(50)} == expected


def test_who_hurries_goes_no_further_than_it_can() -> None:
    """Goal: from the earliest possible day to the last. Method: every word, ten days to spare."""
    days = {hastened(105, last=100, reach=15, word=word) for word in range(100)}
    assert days == set(range(90, 101))


@pytest.mark.parametrize(
    ("unbound", "spent_bp", "sums"),
    [(0, 5_000, []), (1_000, 5_000, [250, 250]), (999, 10_000, [249, 249, 249, 252]), (100, 1, [])],
)
def test_what_is_left_is_spent_on_contracts_of_ordinary_size(
    unbound: int, spent_bp: int, sums: list[int]
) -> None:
    """Goal: sums add up to the part that is spent. Method: tables around the ordinary size."""
    assert further_sums(unbound, spent_bp=spent_bp, ordinary_tiyn=250) == sums
