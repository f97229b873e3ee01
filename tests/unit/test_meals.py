"""Meals at one canteen: what is true, what the controls can see, and what chance has decided."""

import datetime as dt
from functools import cache
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from tengesim import load_scenario
from tengesim.clock import HOUR_US, MINUTE_US, SECOND_US, Calendar, Duration
from tengesim.codes import Evidence, TrueLabel
from tengesim.payment import NameId
from tengesim.retail.meals import Canteen, KioskStratum, MealStratum, Terms, method_of
from tengesim.retail.model import METHODS, MealsBehaviour
from tengesim.retail.tape import Cell
from tengesim.streams import Streams
from tests.worlds import WALLET, behaviour

PUPILS = 2_000
UNREGISTERED = 8
"""Number of the pupil whom the register omits; pupils are numbered from 1."""
PRICE_TIYN = 81_100
CALENDAR = Calendar(((dt.date(2000, 1, 1), 5 * HOUR_US),))
MONDAY = dt.date(2026, 2, 2)
DAYS = {CALENDAR.day_number(start): int(start) for start in (CALENDAR.at(MONDAY),)}
(DAY,) = DAYS
START_US = DAYS[DAY]
FLAGS = {
    "card": int(Evidence.PRESENCE_CARD),
    "qr": int(Evidence.PRESENCE_QR),
    "palm": int(Evidence.PRESENCE_PALM),
}
PRESENCE = sum(FLAGS.values()) | int(Evidence.PRESENCE_MANUAL | Evidence.PRESENCE_REPORT)
BASE = int(Evidence.BENEFICIARY_ELIGIBLE | Evidence.PAYEE_CONTRACTED)


@cache
def behaving(**values: str) -> MealsBehaviour:
    """Return the shipped behaviour with values replaced; `__` stands for a dot."""
    return load_scenario(WALLET, settings=behaviour(**values)).behaviour["school_meals"]


def every_method(**values: str) -> dict[str, str]:
    """Return the same values for each method."""
    return {f"methods__{m}__{name}": value for m in METHODS for name, value in values.items()}


def stratum(
    acting: MealsBehaviour | None = None,
    *,
    stem: str = "meal",
    evidence: Literal["report", "digital"] = "digital",
    method: str = "qr",
    is_dishonest: bool = True,
    seed: int = 1,
) -> MealStratum:
    """Return the meals, or second scans, of one large canteen on one Monday."""
    return MealStratum(
        terms(acting, evidence=evidence, seed=seed),
        canteen(method, is_dishonest=is_dishonest),
        NameId(1),
        f"school_meals/school-001/{stem}",
        category="5811",
    )


def terms(
    acting: MealsBehaviour | None = None,
    *,
    evidence: Literal["report", "digital"] = "digital",
    seed: int = 1,
) -> Terms:
    """Return what holds for the canteen; people act as shipped unless told otherwise."""
    return Terms(
        programme="school_meals",
        behaviour=acting or behaving(),
        streams=Streams(seed),
        price_tiyn=PRICE_TIYN,
        evidence=evidence,
        day_starts=DAYS,
    )


def canteen(method: str = "qr", *, is_dishonest: bool = True) -> Canteen:
    """Return a school of 2,000 pupils, one of whom the register omits."""
    pupils = np.arange(PUPILS)
    return Canteen(
        school="school-001",
        place=NameId(2),
        pupils=pupils,
        is_registered=pupils + 1 != UNREGISTERED,
        purses=pupils + 10_001,
        payee=99,
        method=method,
        is_dishonest=is_dishonest,
    )


def day_of(source: MealStratum | KioskStratum) -> Cell:
    """Return the cells of the whole day as one, ordered by pupil."""
    cells = [source.draw(hour) for hour in sorted(source.hours())]
    widths = {cell.evidence.shape[1] for cell in cells}
    assert len(widths) == 1
    columns = [np.concatenate(parts) for parts in zip(*cells, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    return Cell(*(column[order] for column in columns))


def labelled(cell: Cell, label: TrueLabel) -> NDArray[np.int64]:
    """Return the pupils whose want bears a label."""
    chosen: NDArray[np.int64] = cell.number[cell.true_label == label]
    return chosen


def passes(cell: Cell) -> NDArray[np.bool_]:
    """Return where any attempt shows a proof of presence."""
    return np.asarray(((cell.evidence & PRESENCE) > 0).any(axis=1))


def test_everybody_eats_once_when_nobody_is_absent() -> None:
    """Goal: chance 0 is exact. Method: absence 0 %; every pupil once, honest, one price each."""
    cell = day_of(stratum(behaving(absence="0 %")))
    assert cell.number.tolist() == list(range(1, PUPILS + 1))
    assert set(cell.true_label.tolist()) == {TrueLabel.HONEST}
    assert set(cell.amount_tiyn.tolist()) == {PRICE_TIYN}
    assert (cell.payer - cell.number == 10_000).all()
    assert set(cell.payee.tolist()) == {99}


def test_nobody_is_honest_when_everybody_is_absent() -> None:
    """Goal: chance 10,000 is exact. Method: absence 100 %, an honest and a dishonest caterer."""
    assert len(day_of(stratum(behaving(absence="100 %"), is_dishonest=False)).number) == 0
    cell = day_of(stratum(behaving(absence="100 %"), evidence="report"))
    assert set(cell.true_label.tolist()) == {TrueLabel.PHANTOM}
    assert UNREGISTERED not in cell.number.tolist()


def test_an_honest_caterer_forges_nothing_whatever_the_gain() -> None:
    """Goal: phantoms need a forger. Method: free spoofing, no risk, an honest caterer."""
    free = every_method(spoof="100 %", forging_cost="0 KZT")
    cell = day_of(stratum(behaving(risk_cost_max="0 KZT", **free), is_dishonest=False))
    assert len(labelled(cell, TrueLabel.PHANTOM)) == 0


@pytest.mark.parametrize("method", METHODS)
def test_no_phantom_passes_when_nothing_can_be_forged(method: str) -> None:
    """Goal: model §1. Method: spoof 0 %, fallback 0 %, forging free of cost and risk."""
    impossible = every_method(spoof="0 %", forging_cost="0 KZT")
    cell = day_of(
        stratum(
            behaving(manual_fallback="0 %", risk_cost_max="0 KZT", absence="50 %", **impossible),
            method=method,
        )
    )
    phantom = cell.true_label == TrueLabel.PHANTOM
    assert phantom.sum() > 500
    assert not passes(cell)[phantom].any()


def test_forging_that_costs_more_than_it_brings_tempts_nobody() -> None:
    """Goal: caterers count. Method: spoof and fallback 0 %, forging at its shipped cost."""
    cell = day_of(
        stratum(behaving(manual_fallback="0 %", absence="50 %", **every_method(spoof="0 %")))
    )
    assert len(labelled(cell, TrueLabel.PHANTOM)) == 0


def test_free_spoofing_makes_digital_proof_worth_a_report() -> None:
    """Goal: model §1. Method: the same pupils are forged, and all of them pass."""
    free = every_method(spoof="100 %", forging_cost="0 KZT")
    digital = day_of(stratum(behaving(**free)))
    report = day_of(stratum(behaving(**free), evidence="report"))
    forged = labelled(digital, TrueLabel.PHANTOM)
    assert forged.tolist() == labelled(report, TrueLabel.PHANTOM).tolist()
    assert len(forged) > 50
    assert passes(digital)[digital.true_label == TrueLabel.PHANTOM].all()


def test_forging_falls_as_spoofing_gets_harder() -> None:
    """Goal: no outcome is an input. Method: phantoms that pass, at falling chances of spoofing."""
    counts = []
    for spoof in ("100 %", "60 %", "20 %", "0 %"):
        values = every_method(spoof=spoof, forging_cost="20 KZT")
        cell = day_of(stratum(behaving(manual_fallback="0 %", absence="50 %", **values)))
        counts.append(int((passes(cell) & (cell.true_label == TrueLabel.PHANTOM)).sum()))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[2] > counts[3] == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_scan_proves_presence_by_the_method_of_the_school(method: str) -> None:
    """Goal: flags match the method. Method: scanners that never fail; first attempt's flags."""
    cell = day_of(stratum(behaving(absence="0 %", **every_method(failure="0 %")), method=method))
    registered = cell.number != UNREGISTERED
    first = cell.evidence[:, 0]
    assert set(first[registered].tolist()) == {BASE | FLAGS[method]}
    assert first[~registered].tolist() == [int(Evidence.PAYEE_CONTRACTED) | FLAGS[method]]


@pytest.mark.parametrize("method", METHODS)
def test_failed_scans_are_followed_by_a_second_scan_and_an_entry_by_hand(method: str) -> None:
    """Goal: what each attempt shows. Method: scanners always fail; second scan 0 or 100 %."""
    broken = every_method(failure="100 %")
    always = {"absence": "0 %", "manual_fallback": "100 %"}
    for second_scan, shown in (("0 %", 0), ("100 %", FLAGS[method])):
        cell = day_of(stratum(behaving(second_scan=second_scan, **always, **broken), method=method))
        columns = [set((cell.evidence[:, i] & PRESENCE).tolist()) for i in range(3)]
        assert columns == [{0}, {shown}, {int(Evidence.PRESENCE_MANUAL)}]


def test_without_fallback_there_is_no_third_attempt() -> None:
    """Goal: nobody is asked for what is not offered. Method: columns at fallback 0 % and 1 %."""
    assert day_of(stratum(behaving(manual_fallback="0 %"))).evidence.shape[1] == 2
    assert day_of(stratum(behaving(manual_fallback="1 %"))).evidence.shape[1] == 3


def test_a_report_is_one_attempt_that_shows_a_report() -> None:
    """Goal: head-counts prove nothing else. Method: flags of all wants in the report arm."""
    cell = day_of(stratum(evidence="report"))
    assert cell.evidence.shape[1] == 1
    assert set((cell.evidence[:, 0] & PRESENCE).tolist()) == {int(Evidence.PRESENCE_REPORT)}


def test_absence_is_the_same_however_meals_are_evidenced() -> None:
    """Goal: common random numbers. Method: honest pupils and their times, by every evidence."""
    found = [
        day_of(stratum(evidence="report")),
        day_of(stratum(method="card")),
        day_of(stratum(method="palm")),
    ]
    honest = [labelled(cell, TrueLabel.HONEST).tolist() for cell in found]
    times = [cell.time_us[cell.true_label == TrueLabel.HONEST].tolist() for cell in found]
    served = [cell.is_unserved[cell.true_label == TrueLabel.HONEST].tolist() for cell in found]
    assert honest[0] == honest[1] == honest[2]
    assert times[0] == times[1] == times[2]
    assert served[0] == served[1] == served[2]
    assert 0.89 * PUPILS < len(honest[0]) < 0.95 * PUPILS


def test_everybody_eats_within_a_lunch_break() -> None:
    """Goal: wants keep to their hour. Method: minutes after each break's start, share of each."""
    cell = day_of(stratum(behaving(absence="0 %")))
    minutes = (cell.time_us - START_US) // MINUTE_US
    starts = [10 * 60 + 30, 11 * 60 + 30, 12 * 60 + 30, 13 * 60 + 30]
    slot = np.searchsorted(starts, minutes, side="right") - 1
    after = minutes - np.array(starts)[slot]
    assert (after >= 0).all()
    assert (after < 20).all()
    assert np.bincount(slot, minlength=4).min() > PUPILS // 5


def test_a_spread_to_the_full_hour_stays_in_its_cell() -> None:
    """Goal: the boundary of a cell. Method: 30 minutes from half past, the longest allowed."""
    meals = stratum(behaving(absence="0 %", lunch_spread="30 min"))
    for hour in meals.hours():
        assert set((meals.draw(hour).time_us // HOUR_US).tolist()) == {hour}
    doubles = stratum(
        behaving(absence="0 %", lunch_spread="30 min", double_scan="100 %"), stem="double"
    )
    for hour in doubles.hours():
        assert set((doubles.draw(hour).time_us // HOUR_US).tolist()) == {hour}


def test_wants_of_a_cell_come_in_order_of_time_and_number() -> None:
    """Goal: a cell is sorted. Method: pairs of a usual day, and of one where all come at once."""
    usual = behaving(absence="0 %")
    at_once = usual.lunch_spread.model_copy(update={"value": Duration(1, "us")})
    for acting in (usual, usual.model_copy(update={"lunch_spread": at_once})):
        meals = stratum(acting)
        for hour in meals.hours():
            cell = meals.draw(hour)
            pairs = list(zip(cell.time_us.tolist(), cell.number.tolist(), strict=True))
            assert pairs == sorted(pairs)


def test_a_double_follows_its_meal_within_a_minute_and_bears_its_own_label() -> None:
    """Goal: rescans are mistakes of the present. Method: every meal scanned twice, pair by pair."""
    always = {"absence": "20 %", "double_scan": "100 %", **every_method(failure="10 %")}
    meals, doubles = (
        day_of(stratum(behaving(**always))),
        day_of(stratum(behaving(**always), stem="double")),
    )
    assert set(doubles.true_label.tolist()) == {TrueLabel.DOUBLE}
    first_scan = (meals.evidence[:, 0] & PRESENCE) > 0
    due = (meals.true_label == TrueLabel.HONEST) & first_scan & (meals.number != UNREGISTERED)
    assert doubles.number.tolist() == meals.number[due].tolist()
    waits = doubles.time_us - meals.time_us[due]
    assert waits.min() >= 1
    assert waits.max() <= 60 * SECOND_US + 1
    assert doubles.evidence.shape[1] == 1
    assert len(day_of(stratum(behaving(double_scan="0 %"), stem="double")).number) == 0


def test_a_report_cannot_be_scanned_twice() -> None:
    """Goal: doubles need a scanner. Method: the rescan stratum under reports."""
    assert (
        len(day_of(stratum(behaving(double_scan="100 %"), stem="double", evidence="report")).number)
        == 0
    )


def test_only_honest_meals_go_unserved() -> None:
    """Goal: a phantom is never complained about. Method: unserved 100 % and 0 %, by label."""
    cell = day_of(stratum(behaving(unserved="100 %", absence="50 %"), evidence="report"))
    assert cell.is_unserved.tolist() == (cell.true_label == TrueLabel.HONEST).tolist()
    assert len(labelled(cell, TrueLabel.PHANTOM)) > 100
    assert not day_of(stratum(behaving(unserved="0 %"))).is_unserved.any()
    assert not day_of(
        stratum(behaving(unserved="100 %", double_scan="100 %"), stem="double")
    ).is_unserved.any()


def test_an_unregistered_pupil_is_never_forged_or_scanned_twice() -> None:
    """Goal: who is not on the register brings no gain. Method: everything else at 100 %."""
    certain = {"double_scan": "100 %", "risk_cost_max": "0 KZT", "absence": "50 %"}
    free = every_method(spoof="100 %", forging_cost="0 KZT")
    for stem in ("meal", "double"):
        for seed in range(5):
            cell = day_of(stratum(behaving(**certain, **free), stem=stem, seed=seed))
            mine = cell.true_label[cell.number == UNREGISTERED].tolist()
            assert set(mine) <= {TrueLabel.HONEST}


def test_kiosks_are_tried_in_the_hour_before_lunch_by_those_who_are_there() -> None:
    """Goal: off-purpose wants. Method: everybody goes; time, label, amount, payee, evidence."""
    ported = terms(behaving(kiosk_attempt="100 %", absence="20 %"))
    kiosk = KioskStratum(ported, canteen(), NameId(1), "school_meals/school-001/kiosk", kiosk=55)
    cell = day_of(kiosk)
    present = labelled(day_of(stratum(behaving(absence="20 %"))), TrueLabel.HONEST)
    assert cell.number.tolist() == present.tolist()
    assert set(((cell.time_us - START_US) // HOUR_US).tolist()) == {9}
    assert set(cell.true_label.tolist()) == {TrueLabel.OFF_PURPOSE}
    assert set(cell.amount_tiyn.tolist()) == {30_000}
    assert set(cell.payee.tolist()) == {55}
    eligible = int(Evidence.BENEFICIARY_ELIGIBLE)
    registered = cell.number != UNREGISTERED
    assert set(cell.evidence[registered, 0].tolist()) == {eligible | FLAGS["qr"]}
    assert not cell.is_unserved.any()
    assert kiosk.category == "5441"


def test_nobody_goes_to_a_kiosk_at_chance_nought() -> None:
    """Goal: chance 0 is exact. Method: the kiosk of a canteen where nobody is tempted."""
    ported = terms(behaving(kiosk_attempt="0 %"))
    kiosk = KioskStratum(ported, canteen(), NameId(1), "kiosk", kiosk=55)
    assert len(day_of(kiosk).number) == 0


@pytest.mark.parametrize("stem", ["meal", "double"])
def test_hours_without_lunch_hold_no_wants(stem: str) -> None:
    """Goal: cells are those of the calendar. Method: hours of the day, and a day without meals."""
    source = stratum(stem=stem)
    lunch = {(START_US + hour * HOUR_US) // HOUR_US for hour in (10, 11, 12, 13)}
    assert source.hours() == lunch
    with pytest.raises(ValueError, match="lies on no day with meals of school_meals"):
        source.draw(min(lunch) + 24)


def test_methods_are_dealt_in_the_shares_of_the_scenario() -> None:
    """Goal: schools use what is said. Method: 40,000 schools at 25, 65, 10 %; then one only."""
    words = Streams(1).words("schools.method", np.arange(40_000))
    dealt = method_of(behaving(), words)
    shares = [dealt.count(method) / len(dealt) for method in METHODS]
    assert shares == pytest.approx([0.25, 0.65, 0.10], abs=3.29 * 0.5 / 200)
    alone = {"methods__card__share": "0 %", "methods__qr__share": "0 %"}
    assert set(method_of(behaving(**alone, methods__palm__share="100 %"), words)) == {"palm"}


@pytest.mark.statistics
@pytest.mark.parametrize(("rate", "is_noticed"), [("3 %", False), ("3.3 %", True)])
def test_first_scans_fail_at_the_rate_of_the_scanner(rate: str, *, is_noticed: bool) -> None:
    """Goal: Binomial(n, f), model §1. Method: 60 seeds × 2,000 pupils; 10 % off is noticed."""
    failed, scans = 0, 0
    for seed in range(60):
        cell = day_of(stratum(behaving(absence="0 %", methods__qr__failure=rate), seed=seed))
        failed += int(((cell.evidence[:, 0] & PRESENCE) == 0).sum())
        scans += len(cell.number)
    off = abs(failed - 0.03 * scans) / (0.03 * 0.97 * scans) ** 0.5
    assert (off > 3.29) is is_noticed
