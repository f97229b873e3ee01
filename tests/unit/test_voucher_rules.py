"""What the procedures of a voucher's rule book come to in a run: who gets what when, or not.

Goal: what a book says is carried out, to the tiyn and alike in both engines. Method: worlds of
`tests/cases/worlds`, with few people, against what the book says of who is entitled.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

from tengesim import Run, Scenario, load_scenario, simulate
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
