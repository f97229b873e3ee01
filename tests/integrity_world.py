"""Circles and controls alone: the shipped section with changes, plain lots, and who chose what."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML

from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.integrity import Circles, Terms, terms_of
from tengesim.institutions.procurement.integrity_model import ControlsSection, IntegritySection
from tengesim.institutions.procurement.typologies import Channel, ControlName
from tengesim.institutions.procurement.works import Award, Bid, Buyer, Firm, Lot, Method
from tengesim.scenario.shipped import shipped
from tengesim.streams import Streams

__all__ = [
    "ADVANCE_BP",
    "BASE",
    "award",
    "circles",
    "controls",
    "counted",
    "integrity",
    "lot",
    "lots",
    "with_controls",
]

ADVANCE_BP = 3_000
_BUYERS = 40


def _stated(part: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of the shipped section; keys of `changes` are paths with dots."""
    text = (shipped() / "shared" / "integrity.yaml").read_text(encoding="utf-8")
    section: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["procurement"][part]
    for path, value in changes.items():
        *above, last = path.split(".")
        place = section
        for key in above:
            place = place[key]
        place[last] = value
    return section


def integrity(changes: Mapping[str, Any] | None = None) -> IntegritySection:
    """Return who would cheat, as shipped but for `changes`."""
    return IntegritySection.model_validate(_stated("integrity", changes or {}))


def controls(changes: Mapping[str, Any] | None = None) -> ControlsSection:
    """Return who looks, as shipped but for `changes`."""
    return ControlsSection.model_validate(_stated("controls", changes or {}))


BASE = terms_of(MoneySection(arm="paper_ordinary"), frozenset(), controls())


def with_controls(*names: ControlName, is_digital: bool = False) -> Terms:
    """Return the base arm's terms with more controls in force."""
    return Terms(BASE.in_force | {*names}, is_digital)


def lot(number: int, **changes: Any) -> Lot:  # noqa: ANN401 - any field of a lot
    """Return a large lot of works under an open tender, bought by one of forty buyers."""
    buyer = Buyer(f"buyer-{number % _BUYERS}", "KZ-31", "04", "roads", "local")
    plain = Lot(
        id=f"lot-{number:06d}",
        buyer=buyer,
        layer="large",
        category="works",
        commodity="road",
        title="A road",
        estimate_tiyn=10_000_000_000,
        true_cost_tiyn=9_000_000_000,
        units=1,
        reference_price_tiyn=10_000_000_000,
        method=Method.OPEN_TENDER,
        planned_on=dt.date(2026, 1, 12),
        duration_days=120,
    )
    return plain._replace(**changes)


def lots(count: int) -> list[Lot]:
    """Return so many lots."""
    return [lot(number) for number in range(count)]


def _firm(name: str) -> Firm:
    """Return an honest supplier."""
    return Firm(
        name,
        "bank-1",
        "KZ-31",
        is_small=False,
        cost_bp=10_000,
        capacity=5,
        group="",
        is_vat_payer=True,
        is_shell=False,
        is_tax_clear=True,
        is_listed=False,
    )


def award(of: Lot, price_tiyn: int = 9_500_000_000, bids: int = 3) -> Award:
    """Return an award after a first round with so many bids."""
    offers = tuple(
        Bid(_firm(f"firm-{place}"), price_tiyn, is_admissible=True) for place in range(1, bids + 1)
    )
    return Award(of, offers[0].firm, price_tiyn, offers, of.method, 0, 1)


def circles(
    section: IntegritySection, now: Terms = BASE, *, base: Terms = BASE, seed: int = 1
) -> Circles:
    """Return the circles of one arm, before anything became known."""
    return Circles(
        section,
        controls(),
        Streams(seed),
        base=base,
        now=now,
        advance_bp=lambda _: ADVANCE_BP,
        clock=lambda: 0,
    )


def counted(world: Circles, asked: Iterable[Lot]) -> Counter[Channel]:
    """Return how many of the lots' circles take each way; honest ones together."""
    found: Counter[Channel] = Counter()
    for one in asked:
        world.of_lot(one)
        found[world.channel_of(one.id)] += 1
    return found
