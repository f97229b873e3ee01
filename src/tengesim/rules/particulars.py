"""What fills the placeholders of sentences about parties and contracts, and how values are written.

Apart from the sentences, which choose the words: here numbers become text with their units.
"""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from tengesim.money import format_amount
from tengesim.rules.contract_conditions import ContractCondition, InEstimate, PriceWithin
from tengesim.rules.party_conditions import OfflineAtMost, PartyCondition, PayeeNotListed
from tengesim.rules.verdicts import Verdict

__all__ = [
    "compared",
    "contract_words",
    "either",
    "joined",
    "party_words",
    "payments",
    "share",
]

_IN_TIYN: Final = frozenset(
    {
        "advance_at_most",
        "awards_at_most",
        "guarantee_at_least",
        "holding_at_most",
        "metered",
        "price_within",
        "subcontracted_at_most",
        "verified_above",
        "within_allowance",
        "within_progress",
    }
)


def party_words(part: PartyCondition, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what fills the placeholders of a sentence about payer and payee."""
    match part.kind:
        case "payee_not_listed":
            return {"payees": _unlisted(part, texts)}
        case "payee_in_good_standing":
            return {"names": joined([texts[one] for one in part.requires], texts["and"])}
        case "region_in":
            return {"names": either(part.regions, texts)}
        case "holding_at_most" | "verified_above":
            return {"limit": format_amount(part.limit)}
        case "tier_at_least":
            return {"limit": str(part.tier)}
        case "risk_at_most":
            return {"limit": str(part.score)}
        case "offline_at_most":
            return {"caps": _caps(part, texts)}
        case "within_allowance" | "biometrics_matched" | "consented" | "unaffiliated":
            return {}
        case _:
            assert_never(part.kind)


def contract_words(part: ContractCondition, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what fills the placeholders of a sentence about a contract."""
    match part.kind:
        case "in_estimate":
            return {"lines": _lines(part, texts)}
        case "price_within":
            return {"above": share(part.above), "reference": _reference(part, texts)}
        case "register_changed":
            return {"names": texts[part.of]}
        case "milestone_signed":
            return {"names": joined([texts[role] for role in part.by], texts["and"])}
        case "approved_by":
            names = joined([texts[role] for role in part.roles], texts["and"])
            return {"names": names, "count": str(part.required)}
        case "depth_at_most":
            return {"limit": _steps(part.depth, texts)}
        case "metered":
            return {"rate": format_amount(part.rate)}
        case "awards_at_most":
            return {"limit": format_amount(part.limit), "days": str(part.days)}
        case (
            "advance_at_most" | "guarantee_at_least" | "subcontracted_at_most" | "domestic_at_least"
        ):
            return {"share": share(part.share)}
        case "within_progress" | "duties_separated" | "subcontract_registered":
            return {}
        case _:
            assert_never(part.kind)


def compared(
    part: PartyCondition | ContractCondition, verdict: Verdict, texts: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return the key of the refusal of `part`, and its values and limits in their units."""
    key = f"{part.kind}.refused"
    value, limit = str(verdict.value), str(verdict.limit)
    if part.kind in _IN_TIYN:
        value, limit = format_amount(verdict.value), format_amount(verdict.limit)
    match part.kind:
        case "payee_not_listed":
            return key, {"payees": _unlisted(part, texts, ".refused")}
        case "tier_at_least":
            return key, {}
        case "offline_at_most":
            return key, {"compared": _broken(part, verdict, texts)}
        case "in_estimate" if verdict.reason > part.reason:
            is_price = verdict.reason is not max(part.reasons)
            if is_price:
                value, limit = format_amount(verdict.value), format_amount(verdict.limit)
            return f"{key}.{'price' if is_price else 'units'}", {"value": value, "limit": limit}
        case "depth_at_most":
            value, limit = _steps(verdict.value, texts), _steps(verdict.limit, texts)
        case "domestic_at_least":
            value, limit = share(verdict.value), share(verdict.limit)
        case _:
            pass
    return key, {"value": value, "limit": limit}


def either(names: Sequence[str], texts: Mapping[str, str]) -> str:
    """Return names of which one is enough."""
    return joined(names, texts["or"])


def joined(names: Sequence[str], word: str) -> str:
    """Return names with commas, and `word` before the last."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def payments(count: int, texts: Mapping[str, str]) -> str:
    """Return a number of payments."""
    return f"{count:,} {texts['payment' if count == 1 else 'payments']}"


def share(rate_bp: int) -> str:
    """Return a share in percent, with decimals only where there are some.

    >>> share(3_000), share(1_250)
    ('30 %', '12.50 %')
    """
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"


def _unlisted(part: PayeeNotListed, texts: Mapping[str, str], ending: str = "") -> str:
    ways = []
    if part.registers:
        ways.append(texts[f"payee_not_listed.registers{ending}"])
    if part.payees:
        named = texts[f"payee_not_listed.named{ending}"]
        ways.append(named.format(names=either(part.payees, texts)))
    return joined(ways, texts["or" if ending else "and"])


def _caps(part: OfflineAtMost, texts: Mapping[str, str]) -> str:
    caps = {
        "at_once": format_amount(part.limit),
        "total": None if part.total is None else format_amount(part.total),
        "payments": None if part.payments is None else payments(part.payments, texts),
        "days": None if part.days is None else str(part.days),
    }
    said = [
        texts[f"offline_at_most.{name}"].format(limit=limit)
        for name, limit in caps.items()
        if limit is not None
    ]
    return joined(said, texts["and"])


def _broken(part: OfflineAtMost, verdict: Verdict, texts: Mapping[str, str]) -> str:
    is_money = verdict.limit in {part.limit, part.total}
    say = format_amount if is_money else str
    words = {"value": say(verdict.value), "limit": say(verdict.limit)}
    return texts[f"offline_at_most.compared.{'money' if is_money else 'number'}"].format(**words)


def _lines(part: InEstimate, texts: Mapping[str, str]) -> str:
    return "; ".join(
        texts["in_estimate.line"].format(
            commodity=line.commodity,
            units=f"{line.units:,}",
            price=format_amount(line.unit_price),
        )
        for line in part.lines
    )


def _reference(part: PriceWithin, texts: Mapping[str, str]) -> str:
    if part.reference is None:
        return texts["price_within.register"]
    return format_amount(part.reference)


def _steps(count: int, texts: Mapping[str, str]) -> str:
    return texts[f"depth_at_most.{'step' if count == 1 else 'steps'}"].format(count=count)
