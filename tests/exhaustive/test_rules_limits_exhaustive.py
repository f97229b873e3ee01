"""What limits leave of an amount: words, tables and counting down agree on every small case."""

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

import numpy as np

from tengesim.payment import Observation, Operation
from tengesim.rules.evaluate import Used
from tengesim.rules.limits import part_left_tiyn, tables_of
from tengesim.rules.model import RuleBook
from tengesim.rules.tables import AMOUNT, DAY, FACTS, TOTAL, part_left
from tengesim.rules.terms import Period

AT_ONCE: Final = {"kind": "amount_at_most", "limit": "3 tiyn"}
BY_DAY: Final = {"kind": "amount_per_period_at_most", "period": "day", "limit": "5 tiyn"}
BY_MONTH: Final = {"kind": "amount_per_period_at_most", "period": "month", "limit": "6 tiyn"}
TWICE: Final = {"kind": "count_per_period_at_most", "period": "day", "limit": "2 payments"}
FOOD: Final = {"kind": "merchant_category_in", "categories": ["5411"]}
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    AT_ONCE,
    BY_DAY,
    BY_MONTH,
    TWICE,
    {"kind": "all_of", "conditions": [FOOD, BY_DAY]},
    {"kind": "all_of", "conditions": [{"kind": "all_of", "conditions": [AT_ONCE]}, TWICE]},
    {"kind": "any_of", "conditions": [AT_ONCE, FOOD]},
    {"kind": "not", "condition": BY_DAY},
    {"kind": "all_of", "conditions": [{"kind": "any_of", "conditions": [AT_ONCE]}, BY_MONTH]},
)
DATES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"valid_from": "1970-01-11"},
    {"valid_until": "1970-01-11"},
    {"valid_from": "1970-01-10", "valid_until": "1970-01-10"},
)
DAYS: Final = (9, 10, 11)


class Spent:
    """What was used, the same in every window of a period."""

    def __init__(self, used: dict[Period, int]) -> None:
        """Take the tiyn by period."""
        self._used = used

    def of(self, _payer: str, period: Period, _window: int) -> Used:
        """Return what was used."""
        return Used(1, self._used[period])


def stand_alone(condition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the limits on amounts that refuse by themselves."""
    if condition["kind"] == "all_of":
        for part in condition["conditions"]:
            yield from stand_alone(part)
    elif "amount" in condition["kind"]:
        yield condition


def naive(rules: list[dict[str, Any]], day: int, amount: int, used: dict[Period, int]) -> int:
    """Return the largest amount, counting down, that no limit refuses."""
    epoch = np.datetime64("1970-01-01")
    for tiyn in range(amount, 0, -1):
        fits = True
        for rule in rules:
            first = np.datetime64(rule.get("valid_from", "1900-01-01"))
            last = np.datetime64(rule.get("valid_until", "2100-01-01"))
            if not first <= epoch + day <= last:
                continue
            for limit in stand_alone(rule["condition"]):
                before = used[Period(limit["period"])] if "period" in limit else 0
                fits &= before + tiyn <= int(limit["limit"].split()[0])
        if fits:
            return tiyn
    return 0


def rule(name: str, condition: dict[str, Any], dates: dict[str, str]) -> dict[str, Any]:
    """Return a rule on payments."""
    text = {"en": "A rule."}
    return {"id": name, "condition": condition, "text": text, "reference": "assumption", **dates}


def test_what_is_left_is_the_most_that_no_limit_refuses() -> None:
    """Goal: one meaning, two forms. Method: pairs of conditions, dates, days, amounts and uses."""
    pairs = [
        [rule("one", one, dates), rule("two", two, {})]
        for (one, two), dates in product(product(CONDITIONS, repeat=2), DATES)
    ]
    books = [RuleBook.model_validate({"rules": rules}) for rules in pairs]
    tables = tables_of(books)
    facts = np.zeros(FACTS, dtype=np.int64)
    bound = 0
    for number, (rules, book) in enumerate(zip(pairs, books, strict=True)):
        for day, amount, today, month in product(DAYS, (1, 4, 7), (0, 4), (0, 6, 9)):
            used = dict.fromkeys(Period, today) | {Period.MONTH: month, Period.YEAR: month}
            seen = Observation(Operation.PAY, 0, day, 0, "payer", "payee", "", "5411", amount, 0)
            facts[AMOUNT], facts[DAY] = amount, day
            for place, period in enumerate(Period):
                facts[TOTAL + place] = amount + used[period]
            expected = naive(rules, day, amount, used)
            first, end = tables.starts[number : number + 2].tolist()
            assert part_left_tiyn(book, seen, Spent(used)) == expected
            assert part_left(tables.rows, first, end, facts) == expected
            bound += 0 < expected < amount
    assert bound > 1_000


def test_limits_of_other_uses_leave_payments_alone() -> None:
    """Goal: rules guard what they name. Method: a limit on refunds, and the same on payments."""
    limits = [{**rule("one", AT_ONCE, {}), "on": [use]} for use in ("refund", "pay")]
    books = [RuleBook.model_validate({"rules": [limit]}) for limit in limits]
    assert tables_of(books).starts.tolist() == [0, 0, 1]
    seen = Observation(Operation.PAY, 0, 9, 0, "payer", "payee", "", "", 4, 0)
    nothing = Spent(dict.fromkeys(Period, 0))
    assert [part_left_tiyn(book, seen, nothing) for book in books] == [4, 3]
