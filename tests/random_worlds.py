"""Whole worlds drawn at random: few people, few days, and everything that can get in one's way.

A world is a shipped one cut down to two regions, three purposes and a handful of people, of which a
seed changes whatever decides about a payment. Its tape may be made dense: times of whole minutes,
so that wants meet one another and the institutions, and some wants in a form that is prescribed.
"""

import datetime as dt
import json
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim import load_scenario
from tengesim.codes import Form, Kind
from tengesim.engine import run as runs
from tengesim.engine.run import Engine, Run, simulate
from tengesim.institutions.social.desk import Desk
from tengesim.journal import relay, sink
from tengesim.payment import Move, Posting
from tengesim.population import society
from tengesim.population.chances import Chances, chances
from tengesim.population.lognormal import lognormal
from tengesim.population.society_model import SocietySection
from tengesim.ports import Complaint
from tengesim.retail import sources
from tengesim.retail.tape import FORM_SHIFT, Tape, Window, is_voucher
from tengesim.scenario.check import check
from tengesim.scenario.model import Scenario
from tests.imports import write_import, write_rows
from tests.random_offline import draw_offline
from tests.random_orders import draw_freezes, draw_refunds
from tests.random_vouchers import draw_vouchers
from tests.wallet_world import stated

__all__ = ["PAYMENTS_MAX", "RandomWorld", "cheap", "run_of", "tape_order", "world_of"]

PAYMENTS_MAX: Final = 300
ONE_PERSON: Final = 0.000000049
"""The scale at which the country has one person."""
_MINUTE_US: Final = 60_000_000
_HORIZON: Final = dt.date(2026, 2, 2)
_BUFFER_ROWS: Final = 150
_MEALS: Final = ("school_meals", "school_meals_social_wallet", "school_meals_headcount")
_FORMS: Final = (Form.DIGITAL_TENGE, Form.BANK_DEPOSIT, Form.CASH, Form.NATIONAL_FUND)
_RARE: Final = ("0 %", "5 %", "50 %")
_LEFT_OUT: Final = (
    "presence",
    "on_register",
    "contracted_caterer",
    "meals_only",
    "caterers_only",
)
_COVERED: Final = ("0 %", "50 %", "100 %")
Sections = dict[str, Any]


class RandomWorld(NamedTuple):
    """A scenario with its seed, and what is done to its tape."""

    scenario: Scenario
    seed: int
    is_dense: bool
    has_forms: bool
    is_prompt: bool
    """Whether complaints are met at once, and not on the next day."""


@cache
def _text_of(name: str) -> str:
    """Return a shipped scenario, cut down, as text."""
    sections = json.loads(load_scenario(name).model_dump_json(by_alias=True))
    sections["study"] = None
    if sections["population"]["people"] is not None:
        _cut_down(sections)
    return json.dumps(sections)


def _cut_down(sections: Sections) -> None:
    people = sections["population"]["people"]
    count = people["count"]["value"]
    people["regions"] = {
        "KZ-75": {"population": stated(count // 2), "urban": stated("100 %")},
        "KZ-61": {"population": stated(count - count // 2), "urban": stated("27 %")},
    }
    people["merchants"]["count"] = stated(count // 3)
    shares = {"5411": "70 %", "4900": "30 %"}
    categories = people["merchants"]["categories"]
    people["merchants"]["categories"] = [
        {**row, "share": shares[row["category"]]} for row in categories if row["category"] in shares
    ]
    everyday = sections["retail"]["everyday"]
    kept = {"5411": "70 %", "transfer": "30 %"}
    everyday["purposes"] = {
        name: {**everyday["purposes"][name], "share": stated(share)} for name, share in kept.items()
    }


def world_of(seed: int, folder: Path) -> RandomWorld:
    """Return the world of a seed; a table that it imports is written into `folder`."""
    drawn = random.Random(seed)  # noqa: S311 - nobody's secret
    is_dense = drawn.random() < 0.6
    draw = drawn.choices((_imported, _of_meals, _of_people, _of_both), (1, 4, 8, 2))[0]
    scenario = draw(drawn, folder)
    has_forms = scenario.has_people and drawn.random() < 0.3
    return RandomWorld(scenario, drawn.randrange(40), is_dense, has_forms, drawn.random() < 0.7)


def _valid(sections: Sections) -> Scenario:
    scenario = Scenario.model_validate_json(json.dumps(sections))
    findings = check(scenario)
    if findings:
        raise ValueError(f"a world of chance has findings: {findings}")
    return scenario


def _imported(drawn: random.Random, folder: Path) -> Scenario:
    """Return a world that replays a table."""
    rows = []
    for number in range(drawn.randrange(20, 200)):
        payer, payee = drawn.sample(range(12), 2)
        minute = drawn.randrange(2 * 24 * 60) // 30 * 30
        time = (dt.datetime(2026, 3, 1) + dt.timedelta(minutes=minute)).isoformat()  # noqa: DTZ001
        tiyn = drawn.randrange(1, 12_000)
        amount = f"{tiyn // 100}.{tiyn % 100:02d}"
        rows.append((str(number), time, f"p{payer}", f"p{payee}", amount, drawn.choice(("", "a"))))
    write_rows(folder / "payments.csv", rows)
    opening = drawn.choice(("0 KZT", "30 KZT", "1000 KZT"))
    return load_scenario(write_import(folder, {"opening": opening}))


def _of_meals(drawn: random.Random, _: Path) -> Scenario:
    sections = json.loads(_text_of(drawn.choice(_MEALS)))
    _draw_clock(sections, drawn, days=drawn.randrange(1, 4))
    _draw_meals(sections, drawn)
    return _valid(sections)


def _of_people(drawn: random.Random, _: Path) -> Scenario:
    sections = _people_of(drawn)
    return _valid(sections)


def _of_both(drawn: random.Random, _: Path) -> Scenario:
    sections = _people_of(drawn)
    meals = json.loads(_text_of(drawn.choice(_MEALS)))
    of_vouchers = {name: sections.get(name) or {} for name in ("marks", "rule_books")}
    for name in ("marks", "rule_books", "programmes", "behaviour"):
        sections[name] = meals[name]
    sections["treasury"]["appropriation_margin"] = meals["treasury"]["appropriation_margin"]
    pupils = {name: meals["population"][name] for name in meals["population"] if name != "people"}
    sections["population"] |= {**pupils, "scale": sections["population"]["scale"]}
    _draw_meals(sections, drawn)
    for name, own in of_vouchers.items():
        sections[name] = {**sections[name], **own}
    return _valid(sections)


def _draw_clock(sections: Sections, drawn: random.Random, *, days: int) -> None:
    start = _HORIZON + dt.timedelta(days=drawn.choice((0, 1, 2, 3, 4, 7, 8, 22, 23)))
    sections["clock"] |= {"start": str(start), "end": str(start + dt.timedelta(days=days))}


def _draw_meals(sections: Sections, drawn: random.Random) -> None:
    population, behaviour = sections["population"], sections["behaviour"]["school_meals"]
    pupils = drawn.randrange(4, 34)
    if population.get("people") is None:
        population["scale"] = 1
        counts = {"pupils": pupils, "schools": drawn.randrange(1, 3), "caterers": 2}
    else:
        # The scale is that of the people; pupils are as many as the scale leaves of these.
        whole = int(1 / float(population["scale"]))
        counts = {"pupils": pupils * whole, "schools": 2 * whole, "caterers": whole}
    population |= {name: stated(count) for name, count in counts.items()}
    population["dishonest_caterers"] = stated(drawn.choice(("0 %", "50 %", "100 %")))
    population["register_omissions"] = stated(drawn.choice(_RARE))
    for name in ("absence", "double_scan", "unserved", "kiosk_attempt"):
        behaviour[name] = stated(drawn.choice(("0 %", "10 %", "50 %")))
    for method in behaviour["methods"].values():
        method["failure"] = stated(drawn.choice(("0 %", "30 %", "70 %")))
        method["spoof"] = stated(drawn.choice(("10 %", "90 %")))
    breaks = drawn.sample(("06:30", "10:00", "12:30", "15:30"), 2)
    behaviour["lunch_breaks"] = [
        {"at": at, "share": "50 %", "source": "assumption"} for at in sorted(breaks)
    ]
    last = dt.date.fromisoformat(sections["clock"]["end"]) - dt.timedelta(days=1)
    term = sections["programmes"]["school_meals"]["term"]
    term |= {"first": sections["clock"]["start"], "last": str(last)}
    if drawn.random() < 0.6:
        _meet_at_lunch(sections)
    _draw_books(sections, drawn)


def _meet_at_lunch(sections: Sections) -> None:
    """Let the programme act while pupils eat, one act within the hour of the one before."""
    breaks = sections["behaviour"]["school_meals"]["lunch_breaks"]
    breaks[-1]["at"] = "12:30"
    section = sections["programmes"]["school_meals"]
    section["refund_at"] = "12:32"
    if section["marked"] is not None:
        section["marked"] |= {"shed_at": "12:35", "redeem_at": "12:40"}
    if section["claims"] is not None:
        section["claims"]["submit_at"] = "12:35"


def _draw_books(sections: Sections, drawn: random.Random) -> None:
    """Leave some rules out, so that those behind them are the ones that refuse."""
    for book in sections["rule_books"].values():
        left_out = [name for name in _LEFT_OUT if drawn.random() < 0.4]
        book["rules"] = [rule for rule in book["rules"] if rule["id"] not in left_out]
    section = sections["programmes"]["school_meals"]
    if section["marked"] is not None:
        section["marked"]["conversion_attempt"] = stated(drawn.choice(_RARE))
        if drawn.random() < 0.5:
            _expire(sections)


def _expire(sections: Sections) -> None:
    """Let the mark end with the first day."""
    last = sections["clock"]["start"]
    sections["programmes"]["school_meals"]["term"]["last"] = last
    for mark in sections["marks"].values():
        mark["valid_until"] = last
    for book in sections["rule_books"].values():
        for rule in book["rules"]:
            if rule["condition"]["kind"] == "within_validity":
                rule["condition"]["until"] = last


def _people_of(drawn: random.Random) -> Sections:
    is_offline = drawn.random() < 0.3
    name = "offline_village" if is_offline else "household_month"
    sections: Sections = json.loads(_text_of(name))
    days = 3 if is_offline else drawn.randrange(1, 4)
    _draw_clock(sections, drawn, days=days)
    people = drawn.choice((2, 5, 9, 16, 28))
    sections["population"]["scale"] = people * ONE_PERSON
    wants = drawn.randrange(20, 85)
    # Three quarters of the people are old enough to pay.
    everyday = sections["retail"]["everyday"]
    everyday["number"] = stated(min(900_000, wants * 30 * 1_000 // (people * days)))
    everyday["ticket"] = stated(drawn.choice(("1000 KZT", "13482 KZT", "60000 KZT")))
    everyday["withdrawals"]["number"] = stated(min(900_000, 5 * 30 * 1_000 // (people * days)))
    everyday["choice"]["cash"] = stated(drawn.choice(("0 %", "25 %", "100 %")))
    everyday["choice"]["digital"] = stated(drawn.choice(("0 %", "50 %", "100 %")))
    if drawn.random() < 0.4:
        hour = drawn.randrange(24)
        everyday["hours"]["weights"] = [int(place in {hour, 11}) for place in range(24)]
    merchants = sections["population"]["people"]["merchants"]
    for where in ("urban", "rural"):
        for which in ("digital", "offline"):
            merchants[where][which] = stated(drawn.choice(_COVERED))
    _draw_banks(sections, drawn)
    _draw_income(sections, drawn)
    _draw_wallets(sections, drawn)
    _draw_outages(sections, drawn)
    if is_offline:
        draw_offline(sections, drawn)
    draw_refunds(sections, drawn)
    draw_vouchers(sections, drawn)
    draw_freezes(sections, drawn)
    return sections


def _draw_banks(sections: Sections, drawn: random.Random) -> None:
    shares = drawn.choice(((100, 0), (50, 50), (60, 30, 10), (70, 8, 12, 10)))
    banks = sections["banks"]
    banks["second_tier"] = [
        {"id": f"bank_{letter}", "share": stated(f"{share} %")}
        for letter, share in zip("abcd", shares, strict=False)
    ]
    banks["reserve_ratio"] = stated(drawn.choice(("0 %", "0 %", "1 %", "10 %")))
    banks["liquidity"]["tranche"] = stated(drawn.choice(("1 KZT", "5000 KZT", "1000000 KZT")))


def _draw_income(sections: Sections, drawn: random.Random) -> None:
    income = sections["income"]
    income["wages"]["digital"] = stated(drawn.choice(_COVERED))
    income["wages"]["at"] = drawn.choice(("10:00", "11:00", "12:30"))
    for benefit in income["benefits"].values():
        benefit["digital"] = stated(drawn.choice(_COVERED))


def _draw_wallets(sections: Sections, drawn: random.Random) -> None:
    wallets = sections["wallets"]
    per_payment = drawn.choice((300, 5_000, 100_000))
    per_day = per_payment * drawn.choice((1, 2, 10))
    balance = drawn.choice((1_000, 20_000, 1_000_000))
    low, high = wallets["tiers"]
    for tier, factor in ((low, 1), (high, drawn.choice((1, 3, 50)))):
        tier["per_payment"] = stated(f"{per_payment * factor} KZT")
        tier["per_day"] = stated(f"{per_day * factor} KZT")
        tier["balance"] = stated(f"{balance * factor} KZT")
    share = drawn.choice((0, 30, 100))
    low["share"], high["share"] = stated(f"{share} %"), stated(f"{100 - share} %")
    child = wallets["delegated"]
    child["share"] = stated(drawn.choice(_COVERED))
    for name, most in (("per_payment", 200), ("per_day", 300), ("balance", 900)):
        child[name] = stated(f"{most} KZT")
    limit = drawn.choice((None, "1500 KZT", "30000 KZT"))
    wallets["holding_limit"] = limit and stated(limit)
    demand = wallets["demand"]
    demand["wallet"]["at_parity"] = stated(drawn.choice(("50 %", "100 %", "100 %")))
    demand["balance"]["at_parity"] = stated(drawn.choice(("5 %", "50 %", "100 %")))
    demand["deposit_rate"] = stated(drawn.choice(("0 %", "14 %")))
    wallets["funding"]["automatic"] = stated(drawn.choice(_COVERED))
    wallets["funding"]["largest"] = stated(drawn.choice(("1000 KZT", "500000 KZT")))
    wallets["merchants"] |= {
        "sweep": drawn.choice(("daily", "at_once")),
        "at": drawn.choice(("12:00", "23:00")),
    }
    wallets["run"] = None
    if drawn.random() < 0.3:
        wallets["run"] = {
            "first": sections["clock"]["start"],
            "days": stated(1),
            "joining": stated(drawn.choice(("30 %", "100 %"))),
            "leaving": stated(drawn.choice(("50 %", "100 %"))),
            "opening": stated("50 %"),
            "at": drawn.choice(("09:00", "12:00")),
            "schedule_source": "assumption",
        }


def _draw_outages(sections: Sections, drawn: random.Random) -> None:
    systems = ["platform"] + [bank["id"] for bank in sections["banks"]["second_tier"]]
    start = dt.date.fromisoformat(sections["clock"]["start"])
    end = dt.date.fromisoformat(sections["clock"]["end"])
    outages: list[Sections] = []
    free: dict[str, int] = dict.fromkeys(systems, 0)
    for number in range(drawn.choice((0, 0, 1, 3, 5))):
        system = drawn.choice(systems)
        # One system is down once at a time; those of different systems overlap.
        first = free[system] + drawn.randrange(1, 14 * 60)
        lasts = drawn.choice((1, 30, 240, 600))
        free[system] = first + lasts
        if first + lasts < (end - start).days * 24 * 60:
            day, minute = divmod(first, 24 * 60)
            outages.append(
                {
                    "id": f"outage-{number}",
                    "system": system,
                    "day": str(start + dt.timedelta(days=day)),
                    "at": f"{minute // 60:02d}:{minute % 60:02d}",
                    "lasts": stated(f"{lasts} min"),
                    "schedule_source": "assumption",
                }
            )
    sections["outages"] = outages


def run_of(world: RandomWorld, engine: Engine) -> Run:
    """Return the run of a world, with its tape as it is to be, the same for both engines."""
    with ExitStack() as stack:
        stack.enter_context(cheap())
        if world.is_dense or world.has_forms:
            stack.enter_context(patch.object(Tape, "columns", _columns_of(world)))
        # Few rows fill a buffer, so that compiled code has to stop for it.
        for module in (relay, sink):
            stack.enter_context(patch.object(module, "BUFFER_ROWS", _BUFFER_ROWS))
        if world.is_prompt:
            stack.enter_context(patch.object(Desk, "hear", _met_at_once))
        return simulate(world.scenario, seed=world.seed, engine=engine)


def _met_at_once(desk: Desk, complaint: object) -> None:
    """Pay back at the very moment, before anybody else pays then."""

    def pay_back() -> Generator[simpy.Event, None, None]:
        assert isinstance(complaint, Complaint)
        move = Move(complaint.payee, complaint.payer, complaint.amount_tiyn)
        yield desk.ports.until(desk.ports.now())
        name = f"met/{complaint.intent}"
        columns = desk.refund_particulars(complaint)
        desk.ports.ledger.post(Posting(name, Kind.REFUND, (move,), columns))

    desk.ports.start(pay_back())


def _columns_of(world: RandomWorld) -> Callable[[Tape, int], Window]:
    plain = Tape.columns

    def columns(tape: Tape, hour: int) -> Window:
        window = plain(tape, hour)
        if world.has_forms:
            window = _with_forms(window, tape)
        return _with_ties(window) if world.is_dense else window

    return columns


def _with_ties(window: Window) -> Window:
    """Return the wants at whole minutes, in the order of the tape."""
    window = window._replace(time_us=window.time_us // _MINUTE_US * _MINUTE_US)
    order = tape_order(window)
    base = window.intent_base
    moved = (column[order] for column in window._replace(intent_base=order))
    return Window._make(moved)._replace(intent_base=base)


def tape_order(window: Window) -> NDArray[np.intp]:
    """Return the order of wants by time, then by stratum, then by number."""
    return np.lexsort((window.number, window.rank, window.time_us))


def _with_forms(window: Window, tape: Tape) -> Window:
    """Return the wants with a form prescribed for some of those that are under no programme."""
    is_retail = np.array([not is_voucher(one) for one in tape.strata], dtype=np.bool_)
    forms = np.array([*_FORMS, 0, 0, 0, 0], dtype=np.uint8)[(window.word % 8).astype(np.intp)]
    flags = window.flags | (np.where(is_retail[window.rank], forms, 0) << FORM_SHIFT)
    return window._replace(flags=flags.astype(np.uint8))


_lognormal = lru_cache(maxsize=None)(lognormal)
_known: Final[dict[str, Chances]] = {}


def _chances(section: SocietySection) -> Chances:
    """Return what `chances` says, once for all worlds whose people are alike."""
    key = section.model_dump_json(exclude={"merchants"})
    if key not in _known:
        _known[key] = chances(section)
    return _known[key]


class _NoCollector:
    """What stands for the garbage collector, which would take longer than a small world."""

    collect = freeze = unfreeze = enable = disable = staticmethod(lambda: None)
    isenabled = staticmethod(lambda: False)
    get_freeze_count = staticmethod(lambda: 0)


@contextmanager
def cheap() -> Iterator[None]:
    """Make worlds that resemble one another cheap: what is built of one is built once."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(runs, "gc", _NoCollector))
        stack.enter_context(patch.object(sources, "lognormal", _lognormal))
        stack.enter_context(patch.object(society, "chances", _chances))
        yield
