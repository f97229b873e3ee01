"""Suppliers, drawn once: what they cost, who owns them, and what registers say of them.

A supplier's name says nothing about it. What a register answers may be wrong; what is true stands
beside it where something depends on it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.institutions.procurement.firms_model import FirmsSection
from tengesim.institutions.procurement.works import Buyer, Firm
from tengesim.money import BP
from tengesim.population.model import SMALL_WORLD, scaled
from tengesim.streams import Streams, Words, below, by_quota, chance

__all__ = ["Bank", "Firms", "draw_firms"]

Bank = tuple[str, int]
"""Id of a second-tier bank and its share of accounts in basis points."""


@dataclass(frozen=True, slots=True)
class Firms:
    """All suppliers: those of the region first, then those from elsewhere."""

    all: tuple[Firm, ...]
    local_count: int
    relatives: Mapping[str, Firm]
    """Suppliers that belong to relatives of a buyer's officials, by the buyer's id."""

    @property
    def local(self) -> tuple[Firm, ...]:
        """The suppliers of the region."""
        return self.all[: self.local_count]


class _Chances(NamedTuple):
    """Random words of the firms of one origin, by the name of what is drawn."""

    streams: Streams
    origin: str
    numbers: NDArray[np.int64]

    def __call__(self, what: str) -> Words:
        return self.streams.words(f"procurement/firms/{self.origin}/{what}", self.numbers)


def draw_firms(
    section: FirmsSection,
    buyers: Sequence[Buyer],
    *,
    region: str,
    banks: Sequence[Bank],
    streams: Streams,
    scale: Decimal,
) -> Firms:
    """Return the suppliers that `buyers` of a region can choose from."""
    local = scaled(section.local.value, scale, at_least=SMALL_WORLD)
    outside = scaled(section.outside.value, scale, at_least=SMALL_WORLD)
    firms = [
        *_of_origin(section, _Chances(streams, "firm", _numbers(local)), banks, region),
        *_of_origin(section, _Chances(streams, "outside", _numbers(outside)), banks, "KZ"),
    ]
    relatives: dict[str, Firm] = {}
    for number, buyer in _relatives(section, buyers, firms[:local], streams).items():
        firms[number] = relatives[buyer] = firms[number]._replace(group=buyer)
    return Firms(tuple(firms), local, relatives)


def _numbers(count: int) -> NDArray[np.int64]:
    return np.arange(count, dtype=np.int64)


def _of_origin(
    section: FirmsSection, words: _Chances, banks: Sequence[Bank], region: str
) -> list[Firm]:
    origin = words.origin
    registers = section.registers
    error_bp = registers.errors.value
    spread_bp = section.cost_spread.value
    columns = (
        by_quota(words("bank"), [share for _, share in banks]).tolist(),
        chance(words("small"), section.small.value).tolist(),
        (BP - spread_bp + below(words("cost"), 2 * spread_bp + 1)).tolist(),
        _groups(section, words),
        chance(words("vat"), registers.vat.value).tolist(),
        chance(words("shell"), registers.shells.value).tolist(),
        # An error turns the answer round, whatever is true.
        (
            chance(words("tax_debt"), registers.tax_debt.value)
            ^ chance(words("tax_error"), error_bp)
        ).tolist(),
        (
            chance(words("listed"), registers.listed.value) ^ chance(words("list_error"), error_bp)
        ).tolist(),
        (~chance(words("group_error"), error_bp)).tolist(),
    )
    return [
        Firm(
            id=f"{origin}-{number + 1:05d}",
            bank=banks[bank][0],
            region=region,
            is_small=is_small,
            cost_bp=cost_bp,
            capacity=(section.capacity_small if is_small else section.capacity).value,
            group=f"{origin}-{group}" if group else "",
            is_vat_payer=is_vat_payer,
            is_shell=is_shell,
            is_tax_clear=not has_debt,
            is_listed=is_listed,
            is_group_registered=is_group_registered,
        )
        for number, (
            bank,
            is_small,
            cost_bp,
            group,
            is_vat_payer,
            is_shell,
            has_debt,
            is_listed,
            is_group_registered,
        ) in enumerate(zip(*columns, strict=True))
    ]


def _groups(section: FirmsSection, words: _Chances) -> list[str]:
    """Return the group of each firm, empty for none; a group of one is none."""
    is_grouped = chance(words("grouped"), section.grouped.value)
    order = np.argsort(words("group"), kind="stable")
    names = [""] * len(order)
    members = [number for number in order.tolist() if is_grouped[number]]
    for place, number in enumerate(members):
        names[number] = f"group-{place // section.group_size.value + 1:04d}"
    sizes = Counter(names)
    return [name if sizes[name] > 1 else "" for name in names]


def _relatives(
    section: FirmsSection, buyers: Sequence[Buyer], local: Sequence[Firm], streams: Streams
) -> dict[int, str]:
    """Return which suppliers belong to relatives of officials, each to those of one buyer."""
    relatives: dict[int, str] = {}
    for buyer in buyers:
        words = streams.words(f"procurement/relative/{buyer.id}", np.arange(2, dtype=np.int64))
        if not chance(words[:1], section.related.value)[0]:
            continue
        first = int(below(words[1:], len(local))[0])
        for step in range(len(local)):
            number = (first + step) % len(local)
            if number not in relatives and not local[number].group:
                relatives[number] = buyer.id
                break
    return relatives
