"""The wallet platform of the National Bank: holding limits, top-ups, payments, credits, a run."""

from tengesim.institutions.wallets.build import Platform, build
from tengesim.institutions.wallets.marked import MarkedRail
from tengesim.institutions.wallets.purses import VOUCHERS_MAX, Purses, Voucher
from tengesim.institutions.wallets.rail import DigitalRail
from tengesim.institutions.wallets.tiers import book_of_evidence, tier_book, tier_evidence
from tengesim.institutions.wallets.watch import LimitWatch

__all__ = [
    "VOUCHERS_MAX",
    "DigitalRail",
    "LimitWatch",
    "MarkedRail",
    "Platform",
    "Purses",
    "Voucher",
    "book_of_evidence",
    "build",
    "tier_book",
    "tier_evidence",
]
