"""Arms of a study of procurement share everything that is true, and both engines write one log.

Goal: a difference between arms is one of money and evidence, never of needs, suppliers or bids.
Method: a small year is played in all arms with suppliers who do not mind waiting and circles that
do not adapt, and what comes before signing is compared row by row.
"""

from functools import cache
from typing import Any

import pytest

from tengesim import Run, load_scenario, simulate
from tests.worlds import only

ARMS = (
    "procurement_year_paper",
    "procurement_year_evidence",
    "procurement_year_control",
    "procurement_year",
)
SMALL = ("population.scale=0.001",)
PAIRED = ("procurement.firms.responds=false", "procurement.integrity.adaptive=false")
BEFORE_SIGNING = ("plan", "true_cost", "tender", "bid", "award")


@cache
def run_of(name: str, *settings: str) -> Run:
    """Return a small run of an arm."""
    return simulate(load_scenario(name, settings=(*SMALL, *settings)))


def before_signing(run: Run) -> list[tuple[Any, ...]]:
    """Return every row that stands before a contract, without its place in the log."""
    columns = (
        *("time_us", "kind", "status", "reason", "rule", "value", "limit", "payer", "payee"),
        *("amount_tiyn", "intent", "attempt", "true_label", "place"),
    )
    rows = run.query("SELECT * FROM events ORDER BY seq")
    rows = rows.loc[rows["kind"].isin(BEFORE_SIGNING), list(columns)]
    return list(rows.itertuples(index=False, name=None))


@pytest.mark.parametrize("arm", ARMS[1:])
def test_arms_share_plan_bids_and_awards(arm: str) -> None:
    """What is planned, bid and awarded, by whom and for how much, is the same on paper."""
    first = before_signing(run_of(ARMS[0], *PAIRED))

    assert first
    assert before_signing(run_of(arm, *PAIRED)) == first


def test_arms_do_not_share_what_is_paid() -> None:
    """The comparison can fail: the logs as wholes differ."""
    assert len({run_of(arm, *PAIRED).digest for arm in ARMS}) == len(ARMS)


@pytest.mark.parametrize("arm", ARMS)
def test_both_engines_write_one_log(arm: str) -> None:
    """Procurement has no retail, and still every row and balance is the same in both."""
    scenario = load_scenario(arm, settings=SMALL)

    assert simulate(scenario, engine="reference").digest == run_of(arm).digest


def test_thirty_days_more_bring_no_bidder_and_lower_no_price() -> None:
    """In the whole world too: a later payment term, read by suppliers, has one direction."""
    terms = [
        setting
        for name, days in (("longest", 75), ("mean", 48), ("shortest", 35))
        for setting in only(f"procurement.contracts.payment_term.{name}", str(days))
    ]
    soon, late = (
        run.query("SELECT count(*) AS bids FROM events WHERE kind = 'bid'")["bids"][0]
        for run in (run_of(ARMS[1], PAIRED[1]), run_of(ARMS[1], PAIRED[1], *terms))
    )

    assert late < soon
