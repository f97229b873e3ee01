"""What fills the placeholders of sentences about effects and procedures.

Conditions inside them are said by `sentences`, which hands their words over.
"""

from collections.abc import Mapping
from typing import assert_never

from tengesim.clock import format_time_of_day
from tengesim.money import format_amount
from tengesim.rules.effects import Effect, Propagates, ShedsPart
from tengesim.rules.particulars import either, joined, share
from tengesim.rules.procedures import Escrow, Procedure

__all__ = ["effect_words", "procedure_words"]


def effect_words(part: Effect, texts: Mapping[str, str], parts: str) -> dict[str, str]:
    """Return what fills the placeholders of a sentence; `parts` are its conditions in words."""
    match part.kind:
        case "sheds_mark":
            return {"parts": parts}
        case "restores_mark":
            return {}
        case "splits_on_cap":
            return {"limit": format_amount(part.limit)}
        case "offsets_advance" | "retains" | "copays":
            return {"share": share(part.share)}
        case "propagates":
            return _propagation(part, texts)
        case "sheds_part":
            return {"parts": _uses(part, texts)}
        case "splits_tax":
            return {"rates": "; ".join(f"{share(one.value)} {one.since}" for one in part.rate.root)}
        case "coupon":
            return {"at_least": format_amount(part.at_least), "off": format_amount(part.off)}
        case "pays_by_meter":
            return {"rate": format_amount(part.rate)}
        case "splits_among":
            shares = [f"{one.payee} {share(one.share)}" for one in part.shares]
            return {"shares": joined(shares, texts["and"])}
        case _:
            assert_never(part.kind)


def procedure_words(part: Procedure, texts: Mapping[str, str], parts: str) -> dict[str, str]:
    """Return what fills the placeholders of a sentence; `parts` are its conditions in words."""
    match part.kind:
        case "return_on_expiry":
            return {"at": format_time_of_day(part.at)}
        case "refunds_if_unmet":
            return {"held": str(part.held), "within": str(part.refunded_within)}
        case "escrow":
            return {"stages": _stages(part, texts)}
        case "releases_retention":
            names = [texts[one] for one in part.registers]
            return {"after": str(part.after), "names": joined(names, texts["and"])}
        case "refunds_fast":
            return {
                "within": str(part.within),
                "risk": str(part.risk),
                "otherwise": str(part.otherwise_within),
            }
        case "mints_reward":
            return {
                "rate": format_amount(part.per_unit),
                "limit": format_amount(part.limit),
                "period": texts[f"period.{part.period}"],
            }
        case "pays_instalments":
            return {
                "count": str(part.count),
                "amount": format_amount(part.amount),
                "parts": parts,
                "missed": str(part.ends_after),
            }
        case "claws_back":
            return {"grounds": either([texts[f"ground.{one}"] for one in part.on], texts)}
        case "freezes":
            return {"by": texts[f"by.{part.by}"], "lasts": str(part.lasts)}
        case "reserves":
            return {"after": str(part.expires_after)}
        case "schedules":
            return {
                "day": str(part.day),
                "at": format_time_of_day(part.at),
                "retries": str(part.retries),
                "after": str(part.retry_after),
            }
        case "reconciles_offline":
            return {"within": str(part.within)}
        case _:
            assert_never(part.kind)


def _propagation(part: Propagates, texts: Mapping[str, str]) -> dict[str, str]:
    book = texts["propagates.same"]
    if part.rule_book is not None:
        book = texts["propagates.narrower"].format(book=part.rule_book)
    small = ""
    if part.except_below:
        small = texts["propagates.small"].format(limit=format_amount(part.except_below))
    return {"depth": str(part.depth), "book": book, "small": small}


def _uses(part: ShedsPart, texts: Mapping[str, str]) -> str:
    said = []
    for one in part.parts:
        use = f"{texts[one.use]} {share(one.share)}"
        if one.registers:
            names = joined([texts[register] for register in one.registers], texts["and"])
            use = texts["sheds_part.with"].format(use=use, names=names)
        said.append(use)
    return "; ".join(said)


def _stages(part: Escrow, texts: Mapping[str, str]) -> str:
    return "; ".join(
        texts["escrow.stage"].format(
            stage=one.id,
            weight=share(one.weight),
            names=joined([texts[role] for role in one.signed_by], texts["and"]),
        )
        for one in part.stages
    )
