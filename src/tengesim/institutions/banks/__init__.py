"""The two tiers of banks: the National Bank issues, redeems and lends, others owe deposits.

They meet the rest of the world through the ledger and the bulletin alone. No bank pays interest
within a run: over a month it would add about one part in a hundred to every deposit of every arm
alike. Interest acts where it matters, in how much people want to hold (`population.wallets`).
"""

from tengesim.institutions.banks.credits import Credits
from tengesim.institutions.banks.liquidity import Lender
from tengesim.institutions.banks.model import BankSection, BanksSection, LiquiditySection
from tengesim.institutions.banks.national_bank import NationalBank
from tengesim.ports import Ports

__all__ = [
    "BankSection",
    "BanksSection",
    "Credits",
    "Lender",
    "LiquiditySection",
    "NationalBank",
    "build",
]


def build(section: BanksSection, treasury: str, ports: Ports) -> NationalBank:
    """Put the banks into the world."""
    if section.liquidity is not None:
        Lender(section, section.liquidity, ports)
    return NationalBank(section, treasury, ports)
