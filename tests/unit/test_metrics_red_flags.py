"""Red flags on tenders written by hand: each is raised by what it is about, and by nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tengesim.codes import Kind, TrueLabel
from tengesim.metrics import red_flags as flags
from tengesim.metrics.contracts import METHODS
from tengesim.metrics.red_flags import RED_FLAGS, red_flags, red_flags_page
from tests.contract_log import ContractLog

PAGE = Path(__file__).resolve().parents[2] / "docs" / "red_flags.md"
OPEN, SCORING = METHODS.index("open_tender") + 1, METHODS.index("scoring_tender") + 1
DIRECT = METHODS.index("direct") + 1
ORDINARY = ((100, True), (110, True), (120, True))
"""Prices of bids and whether they are valid; the lowest valid one wins."""

Bids = tuple[tuple[int, bool], ...]


def tender(
    log: ContractLog,
    lot: str,
    bids: Bids = ORDINARY,
    *,
    days: int = 9,
    late: int = 0,
    method: int = OPEN,
    buyer: str = "buyer-1",
    firms: tuple[str, ...] = (),
    winner: int | None = None,
) -> None:
    """Announce, receive bids and award; firms are those of the lot alone unless named."""
    named = firms or tuple(f"{lot}-firm-{number}" for number in range(len(bids)))
    log.record(Kind.PLAN, lot, buyer, "treasury", 130, limit=method)
    start = log.day
    announced = {"rule": "announced", "value": method, "attempt": 1}
    log.record(Kind.TENDER, lot, buyer, "treasury", 130, limit=log.due(days), **announced)
    log.day += days + late
    valid = [(price, number) for number, (price, is_valid) in enumerate(bids) if is_valid]
    place = min(valid)[1] if winner is None else winner
    for number, (price, is_valid) in enumerate(bids):
        log.record(Kind.BID, lot, buyer, named[number], price, value=int(is_valid), attempt=1)
    price = bids[place][0]
    log.record(
        Kind.AWARD, lot, buyer, named[place], price, value=len(valid), limit=method, attempt=1
    )
    log.day = start


def raised(log: ContractLog) -> dict[str, list[str]]:
    """Return the flags of each lot."""
    frame = red_flags(log.events())
    found: dict[str, list[str]] = {}
    for lot, flag in zip(frame["contract"].tolist(), frame["flag"].tolist(), strict=True):
        found.setdefault(lot, []).append(flag.removeprefix("OCP-"))
    return found


def crowd(log: ContractLog, count: int = 12) -> None:
    """Hold ordinary tenders of ordinary firms, whose margins differ a little."""
    for number in range(count):
        bids = ((1_000, True), (1_090 + 5 * (number % 5), True), (1_300, True))
        tender(log, f"lot-{number:02d}", bids, buyer=f"buyer-{number % 4}")


PLANTED: dict[str, Callable[[ContractLog], None]] = {
    "R003": lambda log: tender(log, "odd", days=6),
    "R018": lambda log: tender(log, "odd", ((100, True),)),
    "R024": lambda log: tender(log, "odd", ((1_000, True), (1_001, True))),
    "R028": lambda log: tender(log, "odd", ((100, True), (110, True), (110, True))),
    "R030": lambda log: tender(log, "odd", late=1),
    "R058": lambda log: tender(log, "odd", ((1_000, True), (2_000, True))),
}


@pytest.mark.parametrize("flag", PLANTED)
def test_a_planted_case_is_found_and_nothing_else(flag: str) -> None:
    """Goal: each flag about a lot sees its own case. Method: one odd lot among ordinary ones."""
    log = ContractLog()
    crowd(log)
    PLANTED[flag](log)
    assert raised(log) == {"odd": [flag]}


def test_disqualified_rivals_raise_their_flags() -> None:
    """Goal: only the winner valid, and the lowest bid out. Method: both together among others.

    The buyer disqualifies half of its bids where others disqualify none, which is a flag too; the
    firms bid once each, so none of theirs is.
    """
    log = ContractLog()
    crowd(log)
    tender(log, "odd", ((90, False), (100, True), (120, False)), buyer="buyer-x")
    tender(log, "odd-2", buyer="buyer-x")
    assert raised(log) == {"odd": ["R035", "R036", "R038"]}
    frame = red_flags(log.events()).set_index("flag")
    assert frame.loc["OCP-R035", "value"] == 2
    assert frame.loc["OCP-R038", "value"] == 2 / 6


def test_a_losing_bidder_is_flagged_with_all_its_bids() -> None:
    """Goal: much bid and nothing won. Method: one firm loses ten tenders that others win in turn.

    Five firms bid in each of ten lots; each of four wins its share, the fifth nothing: quartiles of
    the shares won are 0.2 and 0.3, so the fence is at 0.05.
    """
    log = ContractLog()
    for number in range(10):
        firms = (f"firm-{number % 4}", *(f"firm-{(number + n) % 4}" for n in (1, 2, 3)), "loser")
        bids = ((1_000, True), (1_100, True), (1_200, True), (1_300, True), (1_400, True))
        tender(log, f"lot-{number}", bids, firms=firms)
    assert raised(log) == {f"lot-{number}": ["R025"] for number in range(10)}
    frame = red_flags(log.events())
    assert set(frame["value"]) == {0.0}
    assert np.allclose(frame["threshold"], 0.2 - 1.5 * 0.1)


def test_a_supplier_of_everything_is_flagged() -> None:
    """Goal: variety beyond the fence. Method: nine suppliers of one good each, one of six."""
    log = ContractLog()
    for number in range(9):
        log.lot(f"lot-{number}", supplier=f"firm-{number}", method=DIRECT)
        log.record(Kind.INVOICE, f"lot-{number}", "buyer-1", f"firm-{number}", 900, rule="asphalt")
    for number in range(6):
        log.lot(f"odd-{number}", supplier="firm-x", method=DIRECT)
        log.record(Kind.INVOICE, f"odd-{number}", "buyer-1", "firm-x", 900, rule=f"good-{number}")
    assert raised(log) == {f"odd-{number}": ["R048"] for number in range(6)}


def test_a_scoring_tender_may_be_shorter() -> None:
    """Goal: short notice is by method. Method: five days are short for one and not the other."""
    log = ContractLog()
    crowd(log)
    tender(log, "open", days=5)
    tender(log, "scoring", days=5, method=SCORING)
    assert raised(log) == {"open": ["R003"]}


def test_flags_are_judged_by_the_truth() -> None:
    """Goal: precision and recall. Method: two flagged lots, two dishonest ones, one both."""
    log = ContractLog()
    crowd(log)
    tender(log, "both", ((100, True),))
    tender(log, "honest", ((100, True),))
    for lot in ("both", "lot-03"):
        log.record(
            Kind.LOSS,
            lot,
            "buyer-1",
            "firm",
            10,
            intent=f"{lot}/act",
            true_label=TrueLabel.KICKBACK,
        )
    numbers = ContractLog.exact(flags.measure(log.readings()))
    assert numbers["flag_precision_single_bid"] == (1, 2)
    assert numbers["flag_recall_single_bid"] == (1, 2)
    assert numbers["flag_precision"] == (1, 2)
    assert numbers["lots_flagged"] == (2, 14)


def test_without_tenders_nothing_is_flagged() -> None:
    """Goal: empty worlds have empty tables. Method: a log of one direct award."""
    log = ContractLog()
    log.lot(method=DIRECT)
    assert raised(log) == {}


def test_codes_cannot_be_taken_for_rules() -> None:
    """Goal: no clash with R01 to R56. Method: every code has its publisher before it."""
    assert [flag.code for flag in RED_FLAGS] == sorted({flag.code for flag in RED_FLAGS})
    assert all(flag.code.startswith("OCP-R0") for flag in RED_FLAGS)


def test_the_page_of_red_flags_is_up_to_date() -> None:
    """Goal: docs/red_flags.md is the list. Method: make it again and compare.

    To write it: python -c "from pathlib import Path; from tengesim.metrics.red_flags import
    red_flags_page; Path('docs/red_flags.md').write_text(red_flags_page(), encoding='utf-8')"
    """
    assert PAGE.read_text(encoding="utf-8") == red_flags_page()
