"""Who does the work of a contract down to the last subcontractor, and where each tenge of it goes.

A chain is drawn once per contract and is the same in every arm. Whatever a firm is paid is divided
to the tiyn: what it passes on, materials, wages, taxes, and the rest, which is its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tengesim.institutions.procurement.contract_model import SUPPLIER, ChainSection
from tengesim.institutions.procurement.works import Award, Firm
from tengesim.money import BP, mul_div, split_exactly
from tengesim.streams import below_one, further_one

__all__ = ["Chain", "Costs", "Division", "Link", "costs_of", "divide", "draw_chain", "vat_within"]


class Link(NamedTuple):
    """One firm of a chain; the supplier is link 0, and `share_bp` is of its parent's contract."""

    id: str
    number: int
    firm: Firm
    depth: int
    parent: int
    share_bp: int
    amount_tiyn: int
    is_shell: bool = False
    """Truth: whether it does nothing for its money."""
    is_unmarked: bool = False
    """Whether this is about money of it that bears no mark and stands under no control."""


Chain = tuple[Link, ...]


class Costs(NamedTuple):
    """What a firm spends of what it keeps, in basis points of it."""

    materials_bp: int
    wages_bp: int
    payroll_tax_bp: int
    """Of the wages."""


class Division(NamedTuple):
    """What becomes of an amount that a firm of a chain is paid."""

    passed_on: tuple[tuple[int, int], ...]
    """Number of the link and tiyn, for every link below."""
    materials_tiyn: int
    wages_tiyn: int
    tax_tiyn: int
    rest_tiyn: int
    materials_before_tiyn: int = 0
    """Materials that an advance paid for before."""


def draw_chain(
    section: ChainSection, award: Award, firms: Sequence[Firm], word: int, *, shell_bp: int = 0
) -> Chain:
    """Return the chain of a contract: the one listed, else drawn from `firms`.

    The first subcontractor of every tier passes work on, so a chain is as wide at its end as at its
    beginning. A shell company stands beside the others and gets `shell_bp` of the contract.
    """
    chain = [Link(award.lot.id, 0, award.firm, 0, -1, BP, award.price_tiyn)]
    if section.listed:
        _list(section, chain, firms)
    elif section.subcontractors.value and section.passed_on.value:
        _draw(section, chain, firms, word)
    if shell_bp:
        chain.append(_shell(chain, firms, further_one(word, "shell"), shell_bp))
    return tuple(chain)


def _list(section: ChainSection, chain: list[Link], firms: Sequence[Firm]) -> None:
    by_name = {firm.id: firm for firm in firms}
    places = {SUPPLIER: 0}
    waiting = list(section.listed)
    while waiting:
        link = next(one for one in waiting if one.parent in places)
        waiting.remove(link)
        firm = by_name.get(link.firm)
        if firm is None:
            # A firm that never bids stands in the list alone; registers know nothing against it.
            above = chain[0].firm
            firm = above._replace(id=link.firm, is_small=True, group="", is_shell=False)
        places[link.firm] = len(chain)
        chain.append(_below(chain, places[link.parent], firm, link.share))


def _draw(section: ChainSection, chain: list[Link], firms: Sequence[Firm], word: int) -> None:
    honest = [firm for firm in firms if not firm.is_shell]
    used = {chain[0].firm.id}
    width = section.subcontractors.value
    shares = split_exactly(section.passed_on.value, dict.fromkeys(map(_digits, range(width)), 1))
    parent = 0
    for tier in range(section.tiers.value):
        first = len(chain)
        for number in range(width):
            firm = _pick(honest, used, further_one(word, "subcontractor", tier * width + number))
            if firm is None or not shares[_digits(number)]:
                continue
            used.add(firm.id)
            chain.append(_below(chain, parent, firm, shares[_digits(number)]))
        if len(chain) == first:
            return
        parent = first


def _digits(number: int) -> str:
    return f"{number:03d}"


def _pick(firms: Sequence[Firm], used: set[str], word: int) -> Firm | None:
    """Return a firm that is not in the chain yet, None where every one is."""
    if not firms:
        return None
    start = below_one(word, len(firms))
    for step in range(min(len(firms), len(used) + 1)):
        firm = firms[(start + step) % len(firms)]
        if firm.id not in used:
            return firm
    return None


def _below(chain: list[Link], parent: int, firm: Firm, share_bp: int) -> Link:
    above = chain[parent]
    return Link(
        f"{chain[0].id}/sub-{len(chain)}",
        len(chain),
        firm,
        above.depth + 1,
        parent,
        share_bp,
        mul_div(above.amount_tiyn, share_bp, BP),
    )


def _shell(chain: list[Link], firms: Sequence[Firm], word: int, shell_bp: int) -> Link:
    shells = [firm for firm in firms if firm.is_shell]
    firm = _pick(shells, {chain[0].firm.id}, word)
    if firm is None:
        above = chain[0].firm
        firm = above._replace(id=f"shell-{chain[0].id}", is_shell=True, is_tax_clear=False)
    passed_on = sum(link.share_bp for link in chain[1:] if link.parent == 0)
    link = _below(chain, 0, firm, min(shell_bp, BP - passed_on))
    return link._replace(is_shell=True)


def costs_of(section: ChainSection, word: int) -> Costs:
    """Return what the firms of a contract spend, at the prices of materials it meets."""
    swing_bp = section.price_swing.value
    moved_bp = below_one(further_one(word, "materials"), 2 * swing_bp + 1) - swing_bp
    return Costs(
        mul_div(section.materials.value, BP + moved_bp, BP),
        section.wages.value,
        section.payroll_tax.value,
    )


def vat_within(amount_tiyn: int, rate_bp: int) -> int:
    """Return the VAT that a price contains."""
    return mul_div(amount_tiyn, rate_bp, BP + rate_bp)


def divide(
    chain: Chain,
    number: int,
    amount_tiyn: int,
    costs: Costs,
    *,
    vat_bp: int = 0,
    offset_tiyn: int = 0,
) -> Division:
    """Divide what link `number` is paid; `offset_tiyn` is what an advance paid for before.

    VAT is due on what a firm adds, which is what is in its price without what is in the prices it
    pays; for what an advance paid it is due with the act that offsets the advance.
    """
    weights = {
        _digits(place): link.share_bp
        for place, link in enumerate(chain)
        if link.parent == number and link.share_bp
    }
    weights["own"] = BP - sum(weights.values())
    parts = split_exactly(amount_tiyn, weights)
    own_tiyn = parts.pop("own")
    if chain[number].is_shell:
        return Division((), 0, 0, 0, amount_tiyn)
    materials_tiyn = mul_div(own_tiyn, costs.materials_bp, BP)
    wages_tiyn = mul_div(own_tiyn, costs.wages_bp, BP)
    tax_tiyn = mul_div(wages_tiyn, costs.payroll_tax_bp, BP)
    own_before_tiyn = mul_div(offset_tiyn, weights["own"], BP)
    materials_before_tiyn = mul_div(own_before_tiyn, costs.materials_bp, BP)
    if chain[number].firm.is_vat_payer:
        added_before_tiyn = own_before_tiyn - materials_before_tiyn
        tax_tiyn += vat_within(own_tiyn - materials_tiyn + added_before_tiyn, vat_bp)
    tax_tiyn = min(tax_tiyn, own_tiyn - materials_tiyn - wages_tiyn)
    return Division(
        tuple((int(place), part) for place, part in parts.items() if part),
        materials_tiyn,
        wages_tiyn,
        tax_tiyn,
        own_tiyn - materials_tiyn - wages_tiyn - tax_tiyn,
        materials_before_tiyn,
    )
