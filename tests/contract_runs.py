"""Roads repaired in the shipped arms, few of them, and plain readings of what was paid."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tengesim import Run, load_scenario, simulate
from tengesim.scenario.model import Scenario

__all__ = ["ARMS", "FEW", "Paid", "paid", "play", "recorded", "roads", "without_rules"]

ARMS = ("road_repair_paper", "road_repair_evidence", "road_repair_control", "road_repair")
FEW = ("population.scale=0.2", "procurement.integrity.adaptive=false")
"""Six roads, whose circles do not read the rules."""

_FROM_BUDGET = ("advance", "budget_payment", "retention")
_BEHIND = ("bank_reserve", "treasury_single_account")
_MOVED = (*_FROM_BUDGET, "subpayment", "wage", "tax", "penalty")


class Paid(NamedTuple):
    """One payment under a contract: between whom, how much, for what."""

    lot: str
    kind: str
    payer: str
    payee: str
    tiyn: int
    intent: str


def roads(name: str, *settings: str) -> Scenario:
    """Return a shipped scenario with settings."""
    return load_scenario(name, settings=settings)


def without_rules(scenario: Scenario) -> Scenario:
    """Return a scenario in which nobody is asked about money."""
    section = scenario.procurement
    assert section is not None
    assert section.money is not None
    money = section.money.model_copy(update={"release": None, "account": None})
    return scenario.model_copy(update={"procurement": section.model_copy(update={"money": money})})


@cache
def play(name: str, *, has_rules: bool = True, settings: tuple[str, ...] = FEW) -> Run:
    """Return a run of few roads, played once."""
    scenario = roads(name, *settings)
    return simulate(scenario if has_rules else without_rules(scenario))


def paid(run: Run) -> Iterator[Paid]:
    """Yield every payment once, from the account it leaves to whoever has it in the end.

    Money between banks and of the single account stands behind the accounts of the parties.
    """
    settled = run.events[(run.events["status"] == "settled") & run.events["kind"].isin(_MOVED)]
    columns = ["ref", "form", "payer", "keeper", "payee", "keeper_to"]
    columns += ["place", "kind", "amount_tiyn", "intent"]
    rows = zip(*(settled[column].tolist() for column in columns), strict=True)
    for _, group in groupby(rows, key=itemgetter(0)):
        own = [row for row in group if row[1] not in _BEHIND]
        first = next(row for row in own if row[2] != row[3])
        last = [row for row in own if row[4] != row[5]][-1]
        yield Paid(first[6], first[7], first[2], last[4], int(last[8]), first[9])


def recorded(run: Run, kind: str) -> Mapping[str, int]:
    """Return amounts of a kind of recorded rows by intent."""
    rows = run.events[(run.events["kind"] == kind) & (run.events["status"] == "recorded")]
    return dict(zip(rows["intent"].astype(str), map(int, rows["amount_tiyn"]), strict=True))
