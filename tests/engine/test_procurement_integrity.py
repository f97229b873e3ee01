"""Who cheats in whole worlds: what marking cannot see stays, who does not adapt does not move."""

from functools import cache
from typing import Any, Final

import pandas as pd
import pytest

import tengesim as ts
from tengesim.codes import column_text
from tengesim.institutions.procurement.typologies import SCHEMES, Channel, label_of
from tests.integrity_world import integrity
from tests.mining_world import assumed

EVENLY: Final[dict[str, Any]] = {
    "dishonest": assumed("100 %"),
    "adaptive": False,
    **{f"typologies.{one}.chosen": assumed("7 %") for one in SCHEMES},
    **{f"typologies.{one}.loss": assumed("1 %") for one in SCHEMES},
}
"""Everybody cheats, by every way alike, and nobody reads the rules."""
ARMS: Final = ("road_repair_evidence", "road_repair")
UNSEEN: Final = (
    Channel.OVERPRICING,
    Channel.TAILORED_SPECIFICATION,
    Channel.BID_RIGGING,
    Channel.RELATED_PARTY,
    Channel.PRICE_GROWTH,
    Channel.KICKBACK,
    Channel.CAPTURED_OWNER,
    Channel.COLLUDING_SUPERVISOR,
    Channel.OVERRIDE_ABUSE,
)
"""What follows neither from where money goes nor from who signs."""
SEEDS: Final = (1, 2)
ALL_ARMS: Final = (
    "road_repair_paper",
    "road_repair_evidence",
    "road_repair_control",
    "road_repair",
)


@cache
def ran(arm: str, seed: int, *changes: tuple[str, Any]) -> ts.Run:
    """Return an arm with other circles; values of `changes` are texts of shares or levels."""
    stated = EVENLY | {
        key: assumed(value) if isinstance(value, str) and "%" in value else value
        for key, value in changes
    }
    scenario = ts.load_scenario(arm)
    section = scenario.procurement
    assert section is not None
    firms = section.firms.model_copy(update={"responds": stated.pop("responds", True)})
    changed = section.model_copy(update={"integrity": integrity(stated), "firms": firms})
    return ts.simulate(scenario.model_copy(update={"procurement": changed}), seed=seed)


def lost(run: ts.Run) -> pd.DataFrame:
    """Return what every dishonest intent would cost, and by which typology."""
    frame = run.events[run.events["kind"] == "loss"]
    return frame[["intent", "true_label", "amount_tiyn"]].astype({"true_label": str})


def measured(run: ts.Run, name: str) -> Any:  # noqa: ANN401 - a number or none
    """Return a metric of the whole."""
    frame = run.metrics
    return frame.loc[frame["metric"] == name, "value"].to_list()[0]


def text(channel: Channel) -> str:
    """Return how the log writes a typology."""
    return column_text(label_of(channel))


@pytest.mark.parametrize("channel", UNSEEN)
def test_marking_changes_nothing_about_what_it_cannot_see(channel: Channel) -> None:
    """Goal: structural zeros. Method: leakage by each, marked less digital evidence, exactly 0.

    Nobody adapts, and no rule asks about price, affiliation or splitting.
    """
    attempts = 0
    for seed in SEEDS:
        runs = [ran(arm, seed) for arm in ARMS]
        evidence, marked = (measured(run, f"leaked_{text(channel)}") for run in runs)
        assert marked - evidence == 0
        attempts += (lost(runs[0])["true_label"] == text(channel)).sum()
    assert attempts > 0


def test_marking_stops_what_it_sees() -> None:
    """Goal: the test above can fail. Method: diverted advances and shell firms."""
    for channel in (Channel.DIVERTED_ADVANCE, Channel.SHELL_SUBCONTRACTOR):
        runs = [ran(arm, 1) for arm in ARMS]
        evidence, marked = (measured(run, f"leaked_{text(channel)}") for run in runs)
        assert evidence > marked == 0


@pytest.mark.parametrize("arm", ALL_ARMS)
def test_without_sensitivity_net_is_gross(arm: str) -> None:
    """Goal: at zero adapting changes nothing. Method: digests of logs with it and without."""
    adapting = ran(arm, 1, ("adaptive", True), ("sensitivity_at", "zero"))
    assert adapting.digest == ran(arm, 1).digest


def test_who_does_not_move_cheats_alike_in_every_arm() -> None:
    """Goal: displaced is 0. Method: typology of every contract in arms with the same evidence.

    On paper complaints find less, so that other contracts end early.
    """
    runs = [ran(arm, 1, ("responds", False)) for arm in ("road_repair_control", *ARMS)]
    first, *others = ({*zip(*_named(run), strict=True)} for run in runs)
    assert len(first) > 20
    assert [other ^ first for other in others] == [set()] * len(others)


def _named(run: ts.Run) -> tuple[list[str], list[str]]:
    """Return the contract and the typology of every dishonest intent."""
    frame = lost(run)
    return frame["intent"].str.partition("/")[0].to_list(), frame["true_label"].to_list()


def test_who_adapts_moves() -> None:
    """Goal: the test above can fail. Method: the same with the shipped sensitivity."""
    paper, marked = (
        lost(ran(arm, 1, ("adaptive", True))) for arm in ("road_repair_paper", "road_repair")
    )
    targeted = {text(Channel.DIVERTED_ADVANCE), text(Channel.SHELL_SUBCONTRACTOR)}
    assert paper["true_label"].isin(targeted).sum() > marked["true_label"].isin(targeted).sum()


@pytest.mark.parametrize("arm", ["road_repair_evidence", "road_repair_control", "road_repair"])
def test_where_supervisors_collude_no_fictitious_act_is_stopped(arm: str) -> None:
    """Goal: recall 0 at collusion of 100 %. Method: most cheat by acts; none must be unpaid.

    At no collusion some are stopped, so the claim can fail.
    """
    mostly = tuple((f"typologies.{one}.chosen", "1 %") for one in SCHEMES)
    mostly += tuple((f"typologies.{one}.loss", "0.1 %") for one in SCHEMES)
    mostly += (("typologies.fictitious_act.chosen", "80 %"),)
    mostly += (("typologies.fictitious_act.loss", "10 %"),)
    found = {}
    for collusion in ("100 %", "0 %"):
        run = ran(arm, 1, *mostly, ("collusion", collusion))
        acts = lost(run)
        acts = acts[acts["true_label"] == "fictitious_act"]
        rows = run.events
        is_paid = rows["kind"].isin(["budget_payment", "shed"]) & (rows["status"] == "settled")
        stopped = ~acts["intent"].isin(rows.loc[is_paid, "intent"])
        found[collusion] = int(stopped.sum()), len(acts)
    assert found["100 %"][0] == 0
    assert found["100 %"][1] > 15
    assert found["0 %"][0] > 10


def test_where_nobody_cheats_there_is_no_recall() -> None:
    """Goal: null, not 100 %. Method: nobody dishonest, in the marked arm."""
    run = ran("road_repair", 1, ("dishonest", "0 %"))
    assert lost(run).empty
    assert pd.isna(measured(run, "contract_recall"))
    assert measured(run, "contract_leakage") == 0
