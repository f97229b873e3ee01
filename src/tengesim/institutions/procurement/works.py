"""The nouns of public procurement, which all of its parts share: who buys, who bids, what, when.

What is true of the world stands here beside what can be seen: `true_cost_tiyn`, `is_shell` and the
two conducts are truth, and no control may read them. None of it depends on how the money is paid,
so arms of a study share every lot, bid and contract, and differ in what is paid on which evidence.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol

__all__ = [
    "CATEGORIES",
    "HONEST_CONTRACT",
    "HONEST_LOT",
    "PART",
    "Award",
    "Bid",
    "Buyer",
    "Category",
    "ContractConduct",
    "Expectation",
    "Firm",
    "Honest",
    "Integrity",
    "Layer",
    "Level",
    "Lot",
    "LotConduct",
    "Method",
    "Sign",
]

Category = Literal["works", "goods", "services"]
CATEGORIES: Final[tuple[Category, ...]] = ("works", "goods", "services")
Layer = Literal["large", "small"]
Level = Literal["republican", "local"]


class Method(StrEnum):
    """How a supplier is found; `SINGLE_SOURCE` follows a tender that failed."""

    OPEN_TENDER = "open_tender"
    SCORING_TENDER = "scoring_tender"
    AUCTION = "auction"
    QUOTATIONS = "quotations"
    E_STORE = "e_store"
    DIRECT = "direct"
    SINGLE_SOURCE = "single_source"

    @property
    def code(self) -> int:
        """Return the number that stands for the method in rows of the log."""
        return _CODES[self]

    @property
    def is_competitive(self) -> bool:
        """Return whether bids are compared."""
        return self.code <= _CODES[Method.E_STORE]


_CODES: Final = {method: number for number, method in enumerate(Method, start=1)}


class Buyer(NamedTuple):
    """An institution that buys; `line` is the id of the budget line it pays from."""

    id: str
    region: str
    cofog: str
    line: str
    level: Level


class Firm(NamedTuple):
    """A supplier; `cost_bp` is what it costs it to do what costs others 10,000.

    `group` is the affiliation of its owners, empty for none: that of a buyer's officials is the
    buyer's id. `is_vat_payer`, `is_tax_clear` and `is_listed` (as unreliable) are what registers
    answer; `is_group_registered` says whether the company register shows the group.
    """

    id: str
    bank: str
    region: str
    is_small: bool
    cost_bp: int
    capacity: int
    group: str
    is_vat_payer: bool
    is_shell: bool
    is_tax_clear: bool
    is_listed: bool
    is_group_registered: bool = True


class Lot(NamedTuple):
    """What is to be bought; the contract on it has the lot's id.

    `true_cost_tiyn` is its efficient cost with a normal margin, which is truth.
    """

    id: str
    buyer: Buyer
    layer: Layer
    category: Category
    commodity: str
    title: str
    estimate_tiyn: int
    true_cost_tiyn: int
    units: int
    reference_price_tiyn: int
    method: Method
    planned_on: datetime.date
    duration_days: int


class Bid(NamedTuple):
    """What a firm asks for a lot; one without its documents is not admissible."""

    firm: Firm
    price_tiyn: int
    is_admissible: bool


class Award(NamedTuple):
    """Who does the work, for how much, after which round of which method."""

    lot: Lot
    firm: Firm
    price_tiyn: int
    bids: tuple[Bid, ...]
    method: Method
    awarded_us: int
    round: int


Sign = Callable[[Award], None]
"""What is done with an award: a contract is signed."""

Expectation = Callable[[Lot], int]
"""How many days after its act a supplier expects money for a lot, beyond what is agreed."""


@dataclass(frozen=True, slots=True)
class LotConduct:
    """What is dishonest about a lot from its planning to its award, decided once.

    `overpricing_bp` is what quantities are inflated by, which every bidder prices; `split_into` the
    number of direct contracts that a need becomes, 1 where it stays whole.
    """

    rigged: bool = False
    tailored: bool = False
    split_into: int = 1
    related: bool = False
    overpricing_bp: int = 0
    captured_owner: bool = False


@dataclass(frozen=True, slots=True)
class ContractConduct:
    """What is dishonest about a contract from signing to closing, decided once.

    Shares are of the price, but for `diverted_bp`, which is of the advance.
    """

    fictitious_bp: int = 0
    fictitious_milestone: int = 0
    diverted_bp: int = 0
    shell_bp: int = 0
    growth_bp: int = 0
    kickback_bp: int = 0
    colluding_supervisor: bool = False
    override_abuse: bool = False


HONEST_LOT: Final = LotConduct()
PART: Final = "-part-"
"""What the id of a lot has before the number of the part that a need was split into."""
HONEST_CONTRACT: Final = ContractConduct()


class Integrity(Protocol):
    """Who would cheat, and how; asked once about every lot and every contract."""

    def of_lot(self, lot: Lot) -> LotConduct:
        """Return what is dishonest about a lot; asked when it is planned."""
        ...

    def of_contract(self, award: Award) -> ContractConduct:
        """Return what is dishonest about a contract; asked when it is signed."""
        ...

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """Let the scheme of a lot end, because its tender is held again, openly."""
        ...

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Take notice of what became of a dishonest intent."""
        ...


class Honest:
    """Nobody cheats."""

    def of_lot(self, lot: Lot) -> LotConduct:
        """Return that nothing is dishonest about `lot`."""
        del lot
        return HONEST_LOT

    def of_contract(self, award: Award) -> ContractConduct:
        """Return that nothing is dishonest about the contract on `award`."""
        del award
        return HONEST_CONTRACT

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """Ignore that `lot` is tendered again: there is no scheme to end."""
        del lot, was_found

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Ignore what became of `case`: it was honest."""
        del case, was_stopped, time_us
