"""What the procedures of a voucher's rule book come to in a run: who gets what when, or not.

Goal: what a book says is carried out, to the tiyn and alike in both engines. Method: worlds of
`tests/cases/worlds`, with few people, against what the book says of who is entitled.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
from tengesim.institutions.vouchers.model import RewardSection
from tengesim.institutions.vouchers.rewards import Register
from tengesim.streams import Streams
from tests.dated_log import closing, dated, of, total
from tests.worlds import changed

WORLDS: Final = Path(__file__).resolve().parents[1] / "cases" / "worlds"
FEW: Final = ("population.scale=0.002",)
MARK: Final = "food_voucher.2026-04"
Raw = dict[str, Any]


def scenario(name: str, *settings: str) -> Scenario:
    """Return a world of the cases with few people."""
    return load_scenario(str(WORLDS / f"{name}.yaml"), settings=[*FEW, *settings])


@cache
def run_of(name: str, *settings: str) -> Run:
    """Return its run."""
    return simulate(scenario(name, *settings))


@cache
def log(name: str, *settings: str) -> pd.DataFrame:
    """Return its rows with the local date and time of each."""
    return dated(run_of(name, *settings))


def metric(run: Run, name: str) -> float:
    """Return the value of a metric."""
    return float(run.metrics.set_index("metric")["value"][name])


def moments(rows: pd.DataFrame) -> set[str]:
    """Return the dates and times of rows."""
    return set(rows["date"] + " " + rows["at"])


CASES: Final = sorted(path.stem for path in WORLDS.glob("voucher_*.yaml"))


@pytest.mark.parametrize("name", CASES)
def test_compiled_and_readable_code_write_one_log(name: str) -> None:
    """Goal: one meaning. Method: digests of the case in the fast and the readable engine."""
    assert run_of(name).digest == simulate(scenario(name), engine="reference").digest


@pytest.mark.parametrize("name", CASES)
def test_what_is_issued_is_spent_returned_or_held(name: str) -> None:
    """Goal: nothing is lost. Method: the identity of the mark from rows and closing balances."""
    rows = log(name)
    issued = total(of(rows, "issue", mark_to=MARK))
    out = sum(total(of(rows, kind, mark=MARK)) for kind in ("payment", "return", "clawback"))
    back = total(of(rows, "refund", mark_to=MARK))
    assert issued == out - back + closing(run_of(name), mark=MARK) > 0


ON_SCHEDULE: Final = "voucher_on_schedule"


def procedure(sections: Raw, kind: str) -> Raw:
    """Return a procedure of the voucher's rule book."""
    listed = sections["rule_books"]["food_voucher"]["procedures"]
    found: Raw = next(one for one in listed if one["kind"] == kind)
    return found


def test_what_fails_on_the_day_is_tried_again() -> None:
    """Goal: R44. Method: the platform is down at two tries; all are given at the third."""
    rows = log(ON_SCHEDULE)
    given, failed = of(rows, "distribute"), of(rows, "distribute", "refused")
    assert moments(given) == {"2026-04-17 09:00"}
    assert moments(failed) == {"2026-04-15 09:00", "2026-04-16 09:00"}
    assert set(failed["reason"]) == {"system_unavailable"}
    assert set(failed["rule"]) == {"flood"}
    assert set(given["attempt"]) == {2}
    assert sorted([*given["payee"], *given["payee"]]) == sorted(failed["payee"])
    assert len(given) > 20
    assert metric(run_of(ON_SCHEDULE), "voucher_given_late") == 1
    # Whoever activated the voucher got it in the arm with days of their own too.
    freely = dated(simulate(load_scenario("food_voucher", settings=FEW)))
    columns = ["payee", "amount_tiyn"]
    assert sorted(map(tuple, given[columns].to_numpy().tolist())) == sorted(
        map(tuple, of(freely, "distribute")[columns].to_numpy().tolist())
    )


def test_after_the_last_try_the_money_returns() -> None:
    """Goal: so many tries and no more. Method: one retry, within the outage."""

    def once(sections: Raw) -> None:
        procedure(sections, "schedules")["retries"] = 1

    run = simulate(changed(scenario(ON_SCHEDULE), once))
    rows = dated(run)
    assert len(of(rows, "distribute")) == 0
    assert set(of(rows, "distribute", "refused")["attempt"]) == {0, 1}
    assert total(of(rows, "return", mark=MARK)) == total(of(rows, "issue", mark_to=MARK))
    why = run.metrics.set_index("metric")["why"]
    assert why["voucher_given_late"] == "no voucher was given"


def test_money_that_is_not_there_yet_is_tried_for_again() -> None:
    """Goal: no money is no end. Method: the day of giving comes an hour before the issue."""

    def too_early(sections: Raw) -> None:
        sections["outages"] = []
        sections["vouchers"]["food_voucher"]["activated_within"] |= {"value": 1, "low": 1}
        procedure(sections, "schedules").update(day=1, at="05:00", retry_after="2 h")

    rows = dated(simulate(changed(scenario(ON_SCHEDULE), too_early)))
    failed = of(rows, "distribute", "refused")
    assert moments(failed) == {"2026-04-01 05:00"}
    assert set(failed["reason"]) == {"insufficient_funds"}
    assert moments(of(rows, "distribute")) == {"2026-04-01 07:00"}


def test_a_day_without_offices_is_the_next_with_them() -> None:
    """Goal: the calendar of R44. Method: the 18th is a Saturday."""

    def on_a_saturday(sections: Raw) -> None:
        sections["outages"] = []
        procedure(sections, "schedules")["day"] = 18

    run = simulate(changed(scenario(ON_SCHEDULE), on_a_saturday))
    assert moments(of(dated(run), "distribute")) == {"2026-04-20 09:00"}
    assert metric(run, "voucher_given_late") == 0


REWARD: Final = "voucher_reward"
PER_UNIT, LIMIT = 50_000, 400_000


def by_payee(rows: pd.DataFrame, column: str = "amount_tiyn") -> dict[str, int]:
    """Return the sum of a column by who is paid."""
    return {str(name): int(one[column].sum()) for name, one in rows.groupby("payee", observed=True)}


def test_verified_acts_earn_money_up_to_the_limit() -> None:
    """Goal: R36 to the tiyn. Method: what each purse got against its verified acts."""
    rows = log(REWARD)
    units = by_payee(of(rows, "verified", "recorded"), "value")
    expected = {name: min(count * PER_UNIT, LIMIT) for name, count in units.items()}
    assert by_payee(of(rows, "distribute")) == expected
    assert len(expected) > 20
    assert {LIMIT} < set(expected.values())
    above = of(rows, "verified", "refused", reason="limit_per_period")
    assert set(above["rule"]) == {"per_bag"}
    assert total(of(rows, "verified", "recorded")) - total(above) == sum(expected.values())
    # Money comes into being as it is earned, and not before.
    issued = of(rows, "issue", mark_to=MARK)
    assert total(issued) == sum(expected.values())
    assert moments(issued) == moments(of(rows, "distribute"))
    found = run_of(REWARD).metrics.set_index("metric")["numerator"]
    assert found["reward_verified"] == sum(units.values()) * PER_UNIT
    assert found["reward_above_limit"] == total(above)


def perfect(sections: Raw) -> None:
    """Let the register show what was done, and nothing else."""
    for name in ("missed", "mistaken"):
        sections["vouchers"]["food_voucher"]["reward"][name] |= {"value": "0 %", "low": "0 %"}


def test_a_register_with_errors_changes_what_is_paid_and_nobodys_acts() -> None:
    """Goal: truth apart. Method: acts shown and missed against those of a perfect register."""
    rows, told = log(REWARD), dated(simulate(changed(scenario(REWARD), perfect)))
    missed = of(rows, "verified", "refused", reason="milestone_not_met")
    done = by_payee(of(told, "verified", "recorded"), "value")
    assert by_payee(missed, "limit") == {name: done[name] for name in by_payee(missed, "limit")}
    assert len(missed) > 5
    lost = by_payee(of(rows, "loss", "recorded"))
    shown = by_payee(of(rows, "verified", "recorded"), "value")
    assert lost
    for name, given_tiyn in by_payee(of(rows, "distribute")).items():
        hit = by_payee(missed, "value").get(name, done.get(name, 0))
        assert lost.get(name, 0) == max(0, given_tiyn - hit * PER_UNIT)
        assert shown[name] >= hit
    assert not len(of(told, "loss", "recorded"))
    assert not len(of(told, "verified", "refused", reason="milestone_not_met"))
    found = run_of(REWARD).metrics.set_index("metric")["numerator"]
    assert (found["reward_missed"], found["reward_undue"]) == (total(missed), sum(lost.values()))


def test_a_limit_of_a_year_holds_over_its_months() -> None:
    """Goal: so much in a period. Method: two months under a limit of a year, against a month's."""

    def given(period: str) -> dict[str, int]:
        def two_months(sections: Raw) -> None:
            sections["clock"]["end"] = "2026-06-03"
            sections["vouchers"]["food_voucher"]["term"]["last"] = "2026-05-31"
            sections["marks"][MARK]["valid_until"] = "2026-05-31"
            procedure(sections, "mints_reward")["period"] = period

        return by_payee(of(dated(simulate(changed(scenario(REWARD), two_months))), "distribute"))

    year, month = given("year"), given("month")
    assert max(year.values()) == LIMIT < max(month.values())
    assert sum(one == LIMIT for one in year.values()) > 10


@pytest.mark.parametrize(("rates", "is_right"), [((1_000, 500), True), ((1_100, 550), False)])
def test_registers_err_as_often_as_is_said(rates: tuple[int, int], *, is_right: bool) -> None:
    """Goal: stated rates. Method: shares of 240,000 acts; a register that errs a tenth more."""
    most, people = 12, np.arange(20_000)
    said = {"low": 0, "high": 100, "source": "assumption"}
    section = RewardSection.model_validate(
        {
            "acts": {**said, "value": most},
            "missed": {**said, "high": "100 %", "low": "0 %", "value": f"{rates[0] // 100} %"},
            "mistaken": {**said, "high": "100 %", "low": "0 %", "value": f"{rates[1] / 100} %"},
        }
    )
    acts = Register("bags", section, Streams(7)).of(people, 24_315)
    assert set(np.unique(acts.done)) == set(range(most + 1))
    done, left = int(acts.done.sum()), int((most - acts.done).sum())
    found = (1 - acts.shown.sum() / done, acts.mistaken.sum() / left)
    near = [
        abs(share - expected) < 4 * (expected * (1 - expected) / count) ** 0.5
        for share, expected, count in zip(found, (0.10, 0.05), (done, left), strict=True)
    ]
    assert all(near) is is_right
    assert (acts.shown <= acts.done).all()
    assert (acts.mistaken <= most - acts.done).all()
