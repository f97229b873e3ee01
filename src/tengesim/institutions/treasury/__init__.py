"""The Treasury: holds the budget's money, pays what is due from it, and closes the year."""

from tengesim.institutions.treasury.model import TreasurySection
from tengesim.institutions.treasury.office import Treasury, build

__all__ = ["Treasury", "TreasurySection", "build"]
