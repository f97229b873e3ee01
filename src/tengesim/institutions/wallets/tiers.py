"""Limits of wallets as rule books, so that a refusal names its rule like any other.

A row carries the tier of the payer's wallet as evidence; whoever reads the log later finds by it
the book that decided.
"""

from typing import Final

from tengesim.codes import Evidence
from tengesim.population.wallets_model import LimitsSection, WalletsSection
from tengesim.rules.model import RuleBook

__all__ = ["ANY_TIER", "book_of_evidence", "tier_book", "tier_evidence"]

_FLAGS: Final = (Evidence.TIER_1.value, Evidence.TIER_2.value, Evidence.TIER_3.value)

ANY_TIER: Final = sum(_FLAGS)
"""Union of the flags of all tiers."""


def tier_evidence(level: int) -> int:
    """Return the flag of the kind of wallet with this index."""
    return _FLAGS[level]


def tier_book(section: LimitsSection) -> RuleBook:
    """Return the rules that a wallet of this kind pays by: R10 and R11."""
    payment, day = section.per_payment, section.per_day
    return RuleBook.model_validate(
        {
            "rules": [
                {
                    "id": f"{section.id}_per_payment",
                    "condition": {"kind": "amount_at_most", "limit": f"{payment.value} tiyn"},
                    "text": {"en": f"A {section.id} wallet pays a limited amount at once."},
                    "reference": payment.source,
                },
                {
                    "id": f"{section.id}_per_day",
                    "condition": {
                        "kind": "amount_per_period_at_most",
                        "period": "day",
                        "limit": f"{day.value} tiyn",
                    },
                    "text": {"en": f"A {section.id} wallet pays a limited amount in a day."},
                    "reference": day.source,
                },
            ]
        }
    )


def book_of_evidence(section: WalletsSection, evidence: int) -> RuleBook | None:
    """Return the book that decided on a row with this evidence; None without a wallet's tier."""
    for level, flag in zip(section.levels, _FLAGS, strict=False):
        if evidence & flag:
            return tier_book(level)
    return None
