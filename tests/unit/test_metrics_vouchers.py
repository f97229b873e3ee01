"""Claims about the metrics of vouchers: columns agree with plain loops over the rows."""

from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from tengesim import Run, load_scenario, simulate
from tengesim.clock import DAY_US
from tests.worlds import changed, only

MARK = "food_voucher.2026-04"

MAY_US = 1_777_575_600_000_000
"""1 May 2026, 00:00 in Kazakhstan."""


def two_months(sections: dict[str, Any]) -> None:
    """Let the pilot go on for a second month, of which the horizon sees ten days."""
    sections["clock"]["end"] = "2026-05-11"
    sections["vouchers"]["food_voucher"]["term"]["last"] = "2026-05-31"
    sections["marks"][MARK]["valid_until"] = "2026-05-31"


@cache
def run_of(*settings: str) -> Run:
    """Return the run of two months, with the vouchers of some sixty families."""
    asked = load_scenario("food_voucher", settings=["population.scale=0.003", *settings])
    return simulate(changed(asked, two_months))


@cache
def rows() -> list[dict[str, Any]]:
    """Return the rows of the run that settled."""
    events = run_of().events
    settled = events[events["status"] == "settled"]
    return [{str(name): value for name, value in row.items()} for row in settled.to_dict("records")]


def exact(name: str, *settings: str) -> tuple[Any, Any]:
    """Return numerator and denominator of a metric."""
    line = run_of(*settings).metrics.set_index("metric").loc[name]
    return line["numerator"], line["denominator"]


class Purse:
    """One sum given to one family, and what came of it."""

    def __init__(self, row: dict[str, Any]) -> None:
        """Begin with the row that gave it."""
        self.given_tiyn = row["amount_tiyn"]
        self.given_us = row["time_us"]
        self.first_us: int | None = None
        self.returned_tiyn: int | None = None


@cache
def purses() -> dict[str, list[Purse]]:
    """Return the sums of each family in order."""
    found: dict[str, list[Purse]] = defaultdict(list)
    for row in rows():
        if row["kind"] == "distribute":
            found[row["payee"]].append(Purse(row))
        elif row["mark"] == MARK and row["payer"] != "treasury":
            purse = found[row["payer"]][-1]
            if row["kind"] == "return":
                purse.returned_tiyn = row["amount_tiyn"]
            elif purse.first_us is None:
                purse.first_us = row["time_us"]
    return found


def every() -> list[Purse]:
    """Return all sums given."""
    return [purse for one in purses().values() for purse in one]


def test_what_returns_is_told_of_months_that_have_ended() -> None:
    """Goal: an open month is neither spent nor lost. Method: purses one by one, April alone."""
    ended = [purse for one in purses().values() for purse in one[:1] if purse.given_us < MAY_US]
    returned = [purse.returned_tiyn for purse in ended if purse.returned_tiyn is not None]
    assert len(every()) > len(ended) > 30
    given_tiyn = sum(purse.given_tiyn for purse in ended)
    assert exact("voucher_unspent_share") == (sum(returned), given_tiyn)
    assert exact("voucher_used_up_share") == (len(ended) - len(returned), len(ended))
    assert 0 < len(returned) < len(ended)


def test_first_uses_are_counted_from_each_sum() -> None:
    """Goal: every month starts anew. Method: purses one by one."""
    waited = [one.first_us - one.given_us for one in every() if one.first_us is not None]
    assert exact("voucher_days_to_first_use") == (sum(waited), len(waited) * DAY_US)
    assert exact("voucher_never_used_share") == (len(every()) - len(waited), len(every()))


def test_families_that_would_buy_as_much_anyway_are_counted() -> None:
    """Goal: infra-marginal means all that is paid in such shops. Method: sums in plain loops."""
    eligible = {row["place"] for row in rows() if row["kind"] == "payment" and row["mark"] == MARK}
    assert eligible == {"5411", "5499"}
    bought: dict[str, int] = defaultdict(int)
    from_purse: dict[str, int] = defaultdict(int)
    for row in rows():
        if row["kind"] == "payment" and row["payer"] in purses() and row["place"] in eligible:
            bought[row["payer"]] += row["amount_tiyn"]
            if row["mark"] == MARK:
                from_purse[row["payer"]] += row["amount_tiyn"]
    more = [
        name for name, own in purses().items() if bought[name] >= sum(one.given_tiyn for one in own)
    ]
    assert exact("voucher_infra_marginal_share") == (len(more), len(purses()))
    set_free = sum(from_purse[name] for name in more)
    assert exact("voucher_displaced_share") == (set_free, sum(from_purse.values()))
    assert 0 < len(more) < len(purses())


def test_sums_are_those_of_the_rows() -> None:
    """Goal: issued = spent + returned + held. Method: rows by kind."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows():
        if MARK in {row["mark"], row["mark_to"]}:
            sums[row["kind"]] += row["amount_tiyn"]
    spent, returned, held = (exact(f"voucher_{name}")[0] for name in ("spent", "returned", "held"))
    assert (spent, returned) == (sums["payment"], sums["return"])
    assert held == sums["issue"] - spent - returned > 0
    assert exact("voucher_activation") == (sums["distribute"], sums["issue"])


@pytest.mark.parametrize("mode", ["summary", "sampled"])
def test_what_is_kept_of_the_log_changes_no_sum(mode: str) -> None:
    """Goal: told in every mode, or not at all. Method: each metric against the full log."""
    full = run_of().metrics.set_index("metric")
    less = run_of(f"run.log={mode}").metrics.set_index("metric")
    for name in map(str, full.index[full.index.str.startswith("voucher")]):
        if less.loc[name, "why"] != "needs the full log":
            assert exact(name) == exact(name, f"run.log={mode}")
    assert less.loc["voucher_days_to_first_use", "why"] == "needs the full log"


def test_without_activation_nothing_is_given_and_all_returns() -> None:
    """Goal: shares of nothing say so. Method: nobody activates."""
    settings = only("vouchers.food_voucher.activation", "0 %")
    assert exact("voucher_given", *settings)[0] == 0
    assert exact("voucher_spent", *settings)[0] == 0
    frame = run_of(*settings).metrics.set_index("metric")
    assert "at least 30" in str(frame.loc["voucher_unspent_share", "why"])
