"""Who belongs to a programme, as its institutions know them: purses and payees, by name only."""

from dataclasses import dataclass

from tengesim.payment import AccountId, NameId

__all__ = ["Payee", "Roster"]


@dataclass(frozen=True, slots=True)
class Payee:
    """A caterer under contract: where it banks and at which places it serves."""

    name: str
    bank: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """The register of a programme at the start of its term."""

    programme: str
    region: NameId
    national_bank: str
    treasury: str
    purses: tuple[AccountId, ...]
    """Purses of the pupils on the register, in order."""
    payees: tuple[Payee, ...]
