"""Purses and the payments they made: value that left a device and has not yet reached the ledger.

The ledger keeps the money of a purse until the payee's device has been in contact with the
platform. Each spending of a purse bears a serial number that is settled at most once, so copying a
device can deceive a payee and never makes money.
"""

from dataclasses import dataclass, field

from tengesim.codes import TrueLabel
from tengesim.payment import AccountId, NameId

__all__ = ["Claim", "Purse", "Serial", "Till"]


@dataclass(slots=True)
class Purse:
    """A device of a payer.

    `pending_tiyn` was spent and has not reached the ledger; `payments` counts since the last
    contact. After `lost_us`, and once it is locked, it pays nothing.
    """

    person: int
    account: AccountId
    wallet: AccountId
    lost_us: int
    is_copied: bool
    pending_tiyn: int = 0
    payments: int = 0
    is_locked: bool = False


@dataclass(slots=True)
class Serial:
    """One value spent offline, once or, from a copied purse, twice."""

    number: int
    purse: Purse
    amount_tiyn: int
    open_claims: int = 1
    is_settled: bool = False

    def close(self, *, settled: bool) -> None:
        """Take note that one claim came to its end; free what nobody was paid."""
        self.open_claims -= 1
        if settled:
            self.is_settled = True
            self.purse.pending_tiyn -= self.amount_tiyn
        elif not self.open_claims and not self.is_settled:
            self.purse.pending_tiyn -= self.amount_tiyn


@dataclass(frozen=True, slots=True)
class Claim:
    """What a payee's device holds against a purse until it reaches the platform."""

    serial: Serial
    merchant: int
    payee: AccountId
    time_us: int
    intent: int
    region: NameId
    purpose: NameId
    true_label: TrueLabel
    posting_id: str
    expires_us: int


@dataclass(slots=True)
class Till:
    """The device of a payee and the claims it holds; once it is locked it takes no payment."""

    merchant: int
    lost_us: int
    claims: list[Claim] = field(default_factory=list)
    is_syncing: bool = False
    is_locked: bool = False
