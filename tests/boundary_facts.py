"""Every payment that could matter to some conditions: one on each side of each boundary.

Only the facts that the conditions read are varied, each over the values at and next to their
constants, so all combinations can be tried.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product

from tengesim.clock import DAY_US
from tengesim.codes import Evidence
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import (
    AmountAtMost,
    AmountPerPeriodAtMost,
    Condition,
    CountPerPeriodAtMost,
)
from tengesim.rules.evaluate import Used, weekday_of
from tengesim.rules.regions import Box, Names
from tengesim.rules.terms import Period
from tests.fact_stories import facts_around
from tests.rule_books import Before, lunch

Story = tuple[Observation, Before]


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the parts of a condition that have no parts."""
    if condition.kind in {"all_of", "any_of"}:
        for part in condition.conditions:
            yield from leaves(part)
    elif condition.kind == "not":
        yield from leaves(condition.condition)
    else:
        yield condition


def boundary_facts(conditions: Iterable[Condition]) -> Iterator[Story]:
    """Yield every combination of values around the constants of `conditions`."""
    atoms = [leaf for one in conditions for leaf in leaves(one)]
    names = ("operation", "purpose", "category", "payee", "day", "time_of_day_us", "evidence")
    values = (
        _operations(atoms),
        _names(atoms, "purposes", "purpose_is"),
        _names(atoms, "categories", "merchant_category_in"),
        _names(atoms, "payees", "payee_in", "payee_not_listed"),
        _days(atoms),
        _times(atoms),
        _evidence(atoms),
    )
    for chosen in product(*values):
        plain = lunch(**dict(zip(names, chosen, strict=True)))
        for facts in facts_around(atoms):
            for amount_tiyn, used in _amounts(atoms):
                yield plain._replace(amount_tiyn=amount_tiyn, facts=facts), Before(used)


def lies_in(box: Box, story: Story) -> bool:
    """Return whether a payment lies inside a box, written apart from what makes boxes."""
    seen, before = story
    named = (
        (seen.purpose, box.purposes),
        (seen.category, box.categories),
        (seen.payee, box.payees),
    )
    numbers = [
        (seen.day, box.days),
        (seen.time_of_day_us, box.times),
        (seen.amount_tiyn, box.amounts),
    ]
    for period, total, count in zip(Period, box.totals, box.counts, strict=True):
        used = before.of(seen.payer, period, 0)
        numbers += [(used.amount_tiyn + seen.amount_tiyn, total), (used.payments + 1, count)]
    return (
        seen.operation in box.operations
        and weekday_of(seen.day) in box.weekdays
        and all(one.low <= number <= one.high for number, one in numbers)
        and all(is_among(name, names) for name, names in named)
        and seen.evidence & box.present == box.present
        and seen.evidence & box.absent == 0
    )


def is_among(name: str, names: Names) -> bool:
    """Return whether `name` is one of `names`."""
    return name in names.listed if names.is_inside else name not in names.listed


def _operations(atoms: list[Condition]) -> list[Operation]:
    reads = any(atom.kind == "conversion_forbidden" for atom in atoms)
    return [Operation.PAY, Operation.CONVERT] if reads else [Operation.PAY]


def _names(atoms: list[Condition], key: str, *kinds: str) -> list[str]:
    listed = (getattr(atom, key) for atom in atoms if atom.kind in kinds)
    return [*sorted(set(chain.from_iterable(listed))), "somebody_else"]


def _days(atoms: list[Condition]) -> list[int]:
    validities = [atom for atom in atoms if atom.kind == "within_validity"]
    days = {lunch().day}
    if any(atom.kind == "time_window" for atom in atoms):
        days |= {lunch().day + step for step in range(7)}
    for one in validities:
        days |= set(range(one.first_day - 1, one.first_day + 7))
        days |= set(range(one.last_day - 6, one.last_day + 2))
    return sorted(days)


def _times(atoms: list[Condition]) -> list[int]:
    times = {lunch().time_of_day_us}
    for atom in atoms:
        if atom.kind == "time_window":
            times |= {0, atom.since - 1, atom.since, atom.end_us - 1, atom.end_us, DAY_US - 1}
    return sorted(time for time in times if 0 <= time < DAY_US)


def _evidence(atoms: list[Condition]) -> list[int]:
    read = {
        "payee_in": [Evidence.PAYEE_CONTRACTED],
        "beneficiary_eligible": [Evidence.BENEFICIARY_ELIGIBLE],
        "presence_proven": [Evidence.PRESENCE_QR, Evidence.PRESENCE_PALM],
        "payee_not_listed": [Evidence.PAYEE_LISTED],
        "payee_in_good_standing": [Evidence.PAYEE_TAX_CLEAR, Evidence.PAYEE_VAT_REGISTERED],
        "tier_at_least": [Evidence.TIER_1, Evidence.TIER_2, Evidence.TIER_3],
        "verified_above": [Evidence.STEP_UP],
        "biometrics_matched": [Evidence.PRESENCE_BIOMETRIC],
        "offline_at_most": [Evidence.OFFLINE],
        "consented": [Evidence.CONSENT_GIVEN],
        "unaffiliated": [Evidence.PAYEE_AFFILIATED],
        "register_changed": [Evidence.REGISTER_CHANGED],
        "subcontract_registered": [Evidence.SUBCONTRACT_REGISTERED],
        "milestone_signed": [Evidence.SUPERVISOR_SIGNED, Evidence.CUSTOMER_SIGNED],
        "approved_by": [Evidence.SUPERVISOR_SIGNED, Evidence.CUSTOMER_SIGNED],
    }
    named = {
        register.evidence.value
        for atom in atoms
        if atom.kind == "evidence_present"
        for register in atom.registers
    }
    flags = sorted(named | {flag.value for atom in atoms for flag in read.get(atom.kind, ())})
    some = chain.from_iterable(combinations(flags, size) for size in range(len(flags) + 1))
    return [sum(chosen) for chosen in some]


def _amounts(atoms: list[Condition]) -> Iterator[tuple[int, dict[Period, Used]]]:
    totals = [one for one in atoms if isinstance(one, AmountPerPeriodAtMost)]
    numbers = [one for one in atoms if isinstance(one, CountPerPeriodAtMost)]
    read = {one.period for one in totals} | {one.period for one in numbers}
    periods = [period for period in Period if period in read]
    singles = [one for one in atoms if isinstance(one, AmountAtMost)]
    sums = {one.limit for one in totals} | {one.limit for one in singles}
    sums |= {one.limit for one in atoms if one.kind == "verified_above"}
    counts = {one.limit for one in numbers}
    amounts = sorted(
        {1, *(limit + step for limit in sums for step in (-1, 0, 1)), lunch().amount_tiyn} - {0, -1}
    )
    befores = {Used(0, 0)}
    for payments in {1, *(limit + step for limit in counts for step in (-1, 0, 1))}:
        for amount_tiyn in {1, *(limit + step for limit in sums for step in (-2, -1, 0))}:
            if payments > 0 and amount_tiyn > 0:
                befores.add(Used(payments, amount_tiyn))
    for amount_tiyn in amounts if sums else [lunch().amount_tiyn]:
        for before in product(sorted(befores), repeat=len(periods)):
            used = dict(zip(periods, before, strict=True))
            if _is_consistent(used):
                yield amount_tiyn, used


def _is_consistent(used: dict[Period, Used]) -> bool:
    """Return whether the day lies inside the longer periods, and the month inside the year."""
    today = used.get(Period.DAY, Used(0, 0))
    month = used.get(Period.MONTH, Used(0, 0))
    longer = [used[period] for period in (Period.WEEK, Period.MONTH) if period in used]
    inside = [(today, one) for one in longer]
    if Period.YEAR in used:
        inside += [(today, used[Period.YEAR]), (month, used[Period.YEAR])]
    return all(
        one.payments <= whole.payments and one.amount_tiyn <= whole.amount_tiyn
        for one, whole in inside
    )
