"""What of marked or controlled money is freed for wages, taxes and overhead, each up to its share.

What was freed before is kept for each firm and contract, so that shares hold over all of it.
"""

from tengesim.institutions.procurement.chain import Link
from tengesim.institutions.procurement.desk import Contract, Desk
from tengesim.institutions.procurement.tiers import tier_at
from tengesim.rules.apply import Parted, effect_of, shed_part
from tengesim.rules.effects import ShedsPart
from tengesim.rules.terms import PartUse

__all__ = ["Parts"]


class Parts:
    """What firms of chains have paid in money that was freed for a part of their work."""

    def __init__(self, desk: Desk) -> None:
        """Start with nothing freed."""
        self.desk = desk
        self._freed: dict[tuple[str, int, PartUse], int] = {}

    def effect(self, contract: Contract, link: Link) -> ShedsPart | None:
        """Return by which effect money of a firm is freed, where it is under rules that do."""
        desk = self.desk
        if contract.is_expired or not desk.arm.controls(contract.terms, link):
            return None
        tier = tier_at(desk.seams.account, link.depth)
        if tier is None:
            return None
        return effect_of(tier.book.issued_on(desk.issue_day(contract)), ShedsPart)

    def of(
        self, contract: Contract, link: Link, use: PartUse, amount_tiyn: int, *, evidence: int
    ) -> Parted:
        """Return what of an amount is free for a use, and what is asked as any other payment."""
        effect = self.effect(contract, link)
        if effect is None:
            return Parted(0, amount_tiyn)
        price_tiyn = link.amount_tiyn if link.depth else contract.price_tiyn
        return shed_part(
            effect,
            use,
            amount_tiyn,
            evidence=evidence,
            contract_tiyn=price_tiyn,
            shed_tiyn=self.freed(contract, link, use),
        )

    def freed(self, contract: Contract, link: Link, use: PartUse) -> int:
        """Return what a firm has paid so for a use of a contract, in tiyn."""
        return self._freed.get((contract.id, link.number, use), 0)

    def add(self, contract: Contract, link: Link, use: PartUse, amount_tiyn: int) -> None:
        """Note that an amount was paid so."""
        key = contract.id, link.number, use
        self._freed[key] = self._freed.get(key, 0) + amount_tiyn
