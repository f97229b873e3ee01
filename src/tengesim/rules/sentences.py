"""Rules and verdicts in words that a person without the code can read.

All words stand in one catalogue by kind, so a translation is another catalogue and no code. Dates
and times are written the way scenarios write them, which no language and no locale changes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from tengesim.clock import SECOND_US, format_time_of_day
from tengesim.money import format_amount
from tengesim.rules.act_words import effect_words, procedure_words
from tengesim.rules.conditions import Condition, PayeeIn, TimeWindow, reasons_of
from tengesim.rules.contract_conditions import ContractCondition
from tengesim.rules.effects import Effect
from tengesim.rules.evaluate import weekday_of
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.particulars import (
    compared,
    contract_words,
    either,
    joined,
    party_words,
    payments,
)
from tengesim.rules.party_conditions import PartyCondition
from tengesim.rules.phrases import ENGLISH
from tengesim.rules.procedures import Procedure
from tengesim.rules.regions import Box, Example
from tengesim.rules.terms import Weekday
from tengesim.rules.verdicts import Verdict

__all__ = ["book_sentence", "payment_sentence", "rule_sentence", "sentence", "verdict_sentence"]

_EPOCH: Final = date(1970, 1, 1)
_WEEKDAYS: Final = tuple(Weekday)
_RANGE_MIN: Final = 3


def sentence(part: Condition | Effect | Procedure, texts: Mapping[str, str] = ENGLISH) -> str:
    """Return what a part of a rule book demands or does, without a full stop.

    >>> from tengesim.rules.conditions import AmountAtMost
    >>> sentence(AmountAtMost.model_validate({"kind": "amount_at_most", "limit": "811 KZT"}))
    'One payment is at most 811 KZT'
    """
    return texts[part.kind].format(**_particulars(part, texts))


def rule_sentence(rule: Rule, texts: Mapping[str, str] = ENGLISH) -> str:
    """Return what a rule demands, when, and what else may become of a payment that fails."""
    said = sentence(rule.condition, texts)
    for key, day in (("rule.since", rule.valid_from), ("rule.until", rule.valid_until)):
        if day is not None:
            said = texts[key].format(text=said, day=day)
    if rule.queue is not None:
        said = texts["rule.hold"].format(text=said, queue=rule.queue)
    if rule.override is not None:
        names = joined([texts[role] for role in rule.override.roles], texts["and"])
        words = {"text": said, "until": str(rule.override.until), "names": names}
        said = texts["rule.override"].format(**words)
    return said


def book_sentence(book: RuleBook, texts: Mapping[str, str] = ENGLISH) -> str:
    """Return from which days on money has which version of a book, which has some."""
    days = [str(version.issued_from) for version in book.versions]
    return texts["book.versions"].format(since=joined(days, texts["and"]))


def verdict_sentence(
    rule: Rule, verdict: Verdict | None, texts: Mapping[str, str] = ENGLISH
) -> str:
    """Return what a rule said about a payment, with the values compared; None: not applied."""
    if verdict is None:
        return texts["not_applied"]
    if not verdict.reason:
        return texts["passed"].format(text=_lowered(sentence(rule.condition, texts)))
    condition = _deciding(rule.condition, verdict)
    return texts["refused"].format(text=_refusal(condition, verdict, texts))


def payment_sentence(
    example: Example,
    subjects: Collection[str] = Box._fields,
    texts: Mapping[str, str] = ENGLISH,
) -> str:
    """Return which payment an example is, in the facts that `subjects` names (fields of a box)."""
    seen = example.observation
    words = {
        "payees": {"payee": repr(seen.payee)},
        "purposes": {"purpose": repr(seen.purpose)},
        "categories": {"category": seen.category},
        "days": {"weekday": texts[_WEEKDAYS[weekday_of(seen.day)]], "day": str(_day(seen.day))},
        "times": {"time": _time(seen.time_of_day_us)},
    }
    said = [
        texts[f"example.{subject}"].format(**facts)
        for subject, facts in words.items()
        if subject in subjects
    ]
    if "amounts" in subjects:
        said.extend(
            texts["example.used"].format(
                payments=payments(used.payments, texts),
                amount=format_amount(used.amount_tiyn),
                now=texts[f"now.{period}"],
            )
            for period, used in example.used.items()
            if used.payments
        )
    amount = format_amount(seen.amount_tiyn)
    return texts["example"].format(amount=amount, particulars="".join(said))


def _particulars(  # noqa: C901, PLR0911, PLR0912 - an arm for each kind
    part: Condition | Effect | Procedure, texts: Mapping[str, str]
) -> dict[str, str]:
    """Return what fills the placeholders of the sentence of `part`."""
    if isinstance(part, PartyCondition):
        return party_words(part, texts)
    if isinstance(part, ContractCondition):
        return contract_words(part, texts)
    match part.kind:
        case "purpose_is":
            return {"names": either(part.purposes, texts)}
        case "merchant_category_in":
            return {"names": either(part.categories, texts)}
        case "payee_in":
            return {"payees": _payees(part, texts)}
        case "time_window":
            return {"times": _times(part, texts)}
        case "within_validity":
            return {"since": str(part.since), "until": str(part.until)}
        case "amount_at_most":
            return {"limit": format_amount(part.limit)}
        case "amount_per_period_at_most":
            return {"limit": format_amount(part.limit), "period": texts[f"period.{part.period}"]}
        case "count_per_period_at_most":
            limit = payments(part.limit, texts)
            return {"limit": limit, "period": texts[f"period.{part.period}"]}
        case "presence_proven":
            return {"names": either([texts[method] for method in part.methods], texts)}
        case "evidence_present":
            names = [texts[register] for register in part.registers]
            return {"names": joined(names, texts["and"])}
        case "all_of" | "any_of":
            return {"parts": _parts(part.conditions, texts)}
        case "not":
            return {"parts": _parts([part.condition], texts)}
        case "sheds_mark":
            return effect_words(part, texts, _parts([part.condition], texts))
        case "pays_instalments":
            return procedure_words(part, texts, _parts([part.condition], texts))
        case "beneficiary_eligible" | "conversion_forbidden":
            return {}
        case (
            "restores_mark"
            | "splits_on_cap"
            | "offsets_advance"
            | "retains"
            | "propagates"
            | "sheds_part"
            | "splits_tax"
            | "copays"
            | "coupon"
            | "pays_by_meter"
            | "splits_among"
        ):
            return effect_words(part, texts, "")
        case _:
            return procedure_words(part, texts, "")


def _refusal(condition: Condition, verdict: Verdict, texts: Mapping[str, str]) -> str:
    """Return why a condition failed, with the values that its verdict compared."""
    value, limit = str(verdict.value), str(verdict.limit)
    key = f"{condition.kind}.refused"
    words = _particulars(condition, texts)
    if isinstance(condition, PartyCondition | ContractCondition):
        key, filled = compared(condition, verdict, texts)
        return texts[key].format(**{**words, **filled})
    match condition.kind:
        case "amount_at_most" | "amount_per_period_at_most":
            value, limit = format_amount(verdict.value), format_amount(verdict.limit)
        case "count_per_period_at_most":
            value = payments(verdict.value, texts)
        case "within_validity":
            is_early = verdict.value < verdict.limit
            key += ".early" if is_early else ".late"
            # The evaluator compares with the first day that is too late.
            value, limit = str(_day(verdict.value)), str(_day(verdict.limit - (not is_early)))
        case "payee_in":
            words["payees"] = _payees(condition, texts, ".refused")
        case "time_window":
            return _refused_time(condition, verdict, texts)
        case _:
            pass
    if condition.kind in {"amount_per_period_at_most", "count_per_period_at_most"}:
        words["now"] = texts[f"now.{condition.period}"]
    return texts[key].format(**{**words, "value": value, "limit": limit})


def _refused_time(condition: TimeWindow, verdict: Verdict, texts: Mapping[str, str]) -> str:
    if 1 <= verdict.value <= 7 and verdict.value - 1 not in condition.weekday_numbers:
        weekday = texts[_WEEKDAYS[verdict.value - 1]]
        allowed = _weekdays(condition, texts)
        return texts["time_window.refused.weekday"].format(weekday=weekday, weekdays=allowed)
    key = "early" if verdict.value < verdict.limit else "late"
    return texts[f"time_window.refused.{key}"].format(
        value=_time(verdict.value), limit=_time(verdict.limit)
    )


def _deciding(condition: Condition, verdict: Verdict) -> Condition:
    """Return the part of a conjunction that `verdict` comes from."""
    if condition.kind != "all_of":
        return condition
    leaves = [_deciding(part, verdict) for part in condition.conditions]
    alike = [leaf for leaf in leaves if verdict.reason in reasons_of(leaf)]
    compared = [leaf for leaf in alike if verdict.limit in _limits(leaf)]
    return next(iter([*compared, *alike]), condition)


def _limits(condition: Condition) -> tuple[int, ...]:
    """Return the limits that a failing verdict of `condition` may name."""
    match condition.kind:
        case "amount_at_most" | "amount_per_period_at_most" | "count_per_period_at_most":
            return (condition.limit,)
        case "holding_at_most" | "verified_above" | "awards_at_most":
            return (condition.limit,)
        case "risk_at_most":
            return (condition.score,)
        case "depth_at_most":
            return (condition.depth,)
        case "domestic_at_least":
            return (condition.share,)
        case "approved_by":
            return (condition.required,)
        case "time_window":
            return (condition.since, condition.end_us, len(condition.weekday_numbers))
        case "within_validity":
            return (condition.first_day, condition.last_day + 1)
        case "evidence_present":
            return (condition.flags.bit_count(),)
        case "any_of":
            return (1,)
        case _:
            return (0,)


def _payees(condition: PayeeIn, texts: Mapping[str, str], ending: str = "") -> str:
    ways = []
    if condition.payees:
        names = either(condition.payees, texts)
        ways.append(texts[f"payee_in.named{ending}"].format(names=names))
    if condition.contracted:
        ways.append(texts[f"payee_in.contracted{ending}"])
    return f" {texts['and' if ending else 'or']} ".join(ways)


def _times(condition: TimeWindow, texts: Mapping[str, str]) -> str:
    words = {"since": _time(condition.since), "until": _time(condition.until or 0)}
    said = []
    if len(condition.weekday_numbers) < len(_WEEKDAYS):
        weekdays = _weekdays(condition, texts)
        said.append(texts["time_window.weekdays"].format(weekdays=weekdays))
    if condition.since and condition.until is not None:
        said.append(texts["time_window.between"].format(**words))
    elif condition.until is not None:
        said.append(texts["time_window.until"].format(**words))
    elif condition.since:
        said.append(texts["time_window.since"].format(**words))
    return " ".join(said) or texts["time_window.always"]


def _weekdays(condition: TimeWindow, texts: Mapping[str, str]) -> str:
    numbers = sorted(condition.weekday_numbers)
    names = [texts[_WEEKDAYS[number]] for number in numbers]
    is_range = numbers[-1] - numbers[0] + 1 == len(numbers) >= _RANGE_MIN
    if is_range:
        return texts["to"].format(first=names[0], last=names[-1])
    return either(names, texts)


def _parts(conditions: Sequence[Condition], texts: Mapping[str, str]) -> str:
    # Brackets keep a composition inside a composition apart from its neighbours.
    return "; ".join(
        f"({text})" if condition.kind in {"all_of", "any_of", "not"} else text
        for condition in conditions
        for text in [_lowered(sentence(condition, texts))]
    )


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)


def _time(time_of_day_us: int) -> str:
    return format_time_of_day(time_of_day_us - time_of_day_us % SECOND_US)
