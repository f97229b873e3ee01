"""From rule books to the rows that compiled code decides by.

Two facts about the written precedence make a program a plain walk. The lowest reason decides, at
equal reasons the earlier part, and both `all_of` and the book take the first lowest of what they
hold: so every `all_of` outside another composition dissolves into its parts, and the parts of all
rules may stand sorted by reason, where the first that fails decides. And `any_of` and `not` answer
for themselves with the same values whatever their parts say: so inside them only passing counts.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Evidence, Reason
from tengesim.errors import InvariantError
from tengesim.payment import Observation, Operation
from tengesim.rules.conditions import (
    AmountAtMost,
    AmountPerPeriodAtMost,
    AnyOf,
    BeneficiaryEligible,
    Condition,
    ConversionForbidden,
    CountPerPeriodAtMost,
    EvidencePresent,
    MerchantCategoryIn,
    Not,
    PayeeIn,
    PresenceProven,
    PurposeIs,
    TimeWindow,
    WithinValidity,
)
from tengesim.rules.contract_conditions import ContractCondition
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.nesting import leaves_of, refusals
from tengesim.rules.party_conditions import PartyCondition, PayeeNotListed
from tengesim.rules.tables import (
    ALLOW,
    AMOUNT,
    ANY_FLAG,
    AT_MOST,
    CATEGORY,
    COUNT,
    DAY,
    ENOUGH_FLAGS,
    EVIDENCE,
    FACTS,
    MEMBER,
    NO_PART_PASSED,
    OWN_ANSWER,
    PART_PASSED,
    PAYEE,
    PURPOSE,
    ROW_WIDTH,
    TIME_OF_DAY,
    TOTAL,
    UNKNOWN,
    WEEKDAY,
    WEEKDAYS,
    WITHIN,
)
from tengesim.rules.terms import Period

__all__ = ["RuleTables", "code_of", "compile_books", "facts_of"]

_LARGEST: Final = 2**63 - 1
_WORD_BITS: Final = 64
_CONTRACTED: Final = Evidence.PAYEE_CONTRACTED.value
_LISTED: Final = Evidence.PAYEE_LISTED.value
_AFFILIATED: Final = Evidence.PAYEE_AFFILIATED.value
_STEP_UP: Final = Evidence.STEP_UP.value

_Single = (
    PurposeIs
    | MerchantCategoryIn
    | WithinValidity
    | AmountAtMost
    | AmountPerPeriodAtMost
    | CountPerPeriodAtMost
    | BeneficiaryEligible
    | PresenceProven
    | EvidencePresent
)
_Deciding = (
    _Single
    | PartyCondition
    | ContractCondition
    | PayeeIn
    | TimeWindow
    | ConversionForbidden
    | AnyOf
    | Not
)
_Question = tuple[int, int, int, int]
_Row = tuple[int, int, int, int, int, int, int, int]


class RuleTables(NamedTuple):
    """All rule books of a world; compiled code takes `rows`, `members` and `starts`.

    Rules are numbered through all books in their order; `rule_ids` gives the id of each. The codes
    of purposes, categories and payees are their places in the sorted texts that the books name.
    Nothing is given a name id here: names are numbered when the log first needs them. Effects and
    procedures are acts of institutions, which readable code carries out; no row is laid for them.
    """

    rows: NDArray[np.int64]
    """int64[n, ROW_WIDTH]: the questions, each program in a piece."""
    members: NDArray[np.int64]
    """Sets of codes as words of 64 bits, one after the other."""
    starts: NDArray[np.int64]
    """int64[books, operations + 1]: where a program begins, by code of `Operation`."""
    rule_ids: tuple[str, ...]
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    payees: tuple[str, ...]


class _Clause(NamedTuple):
    """A part of a rule that refuses for one reason."""

    reason: Reason
    number: int
    rule: Rule
    condition: _Deciding


def compile_books(books: Sequence[RuleBook]) -> RuleTables:
    """Return the tables of `books`; a book is known in them by its place.

    Raises:
        ValueError: A rule is one of the `refusals`.
    """
    for book in books:
        for refused in refusals(book):
            raise ValueError(refused.text)
    laid = _Layout(books)
    starts = np.full((len(books), max(Operation) + 1), ALLOW, dtype=np.int64)
    first = 0
    for place, book in enumerate(books):
        for operation in Operation:
            starts[place, operation] = laid.program(book, operation, first)
        first += len(book.rules)
    return RuleTables(
        np.array(laid.rows, dtype=np.int64).reshape(-1, ROW_WIDTH),
        np.array(laid.words, dtype=np.uint64).view(np.int64),
        starts,
        tuple(rule.id for book in books for rule in book.rules),
        laid.purposes,
        laid.categories,
        laid.payees,
    )


def code_of(texts: tuple[str, ...], text: str) -> int:
    """Return the code of `text` among the sorted `texts` of the tables, `UNKNOWN` if not there."""
    place = bisect_left(texts, text)
    return place if place < len(texts) and texts[place] == text else UNKNOWN


def facts_of(tables: RuleTables, observation: Observation) -> NDArray[np.int64]:
    """Return what `tables.decide` reads of a payment whose payer used nothing before."""
    facts = np.zeros(FACTS, dtype=np.int64)
    facts[AMOUNT] = facts[TOTAL : TOTAL + len(Period)] = observation.amount_tiyn
    facts[COUNT : COUNT + len(Period)] = 1
    facts[DAY] = observation.day
    facts[TIME_OF_DAY] = observation.time_of_day_us
    # Day 0 is a Thursday.
    facts[WEEKDAY] = (observation.day + 3) % 7
    facts[EVIDENCE] = observation.evidence
    facts[PURPOSE] = code_of(tables.purposes, observation.purpose)
    facts[CATEGORY] = code_of(tables.categories, observation.category)
    facts[PAYEE] = code_of(tables.payees, observation.payee)
    return facts


class _Layout:
    """Rows and sets while they are laid."""

    def __init__(self, books: Sequence[RuleBook]) -> None:
        leaves = [
            leaf for book in books for rule in book.rules for leaf in leaves_of(rule.condition)
        ]
        self.purposes = _sorted(
            name for leaf in leaves if isinstance(leaf, PurposeIs) for name in leaf.purposes
        )
        self.categories = _sorted(
            name
            for leaf in leaves
            if isinstance(leaf, MerchantCategoryIn)
            for name in leaf.categories
        )
        self.payees = _sorted(
            name
            for leaf in leaves
            if isinstance(leaf, PayeeIn | PayeeNotListed)
            for name in leaf.payees
        )
        self.rows: list[tuple[int, ...]] = []
        self.words: list[int] = []
        self._sets: dict[tuple[tuple[str, ...], frozenset[str]], int] = {}

    def program(self, book: RuleBook, operation: Operation, first: int) -> int:
        """Lay what guards `operation` and return its first row; rules count from `first`."""
        clauses = [
            _Clause(part.reason, first + place, rule, part)
            for place, rule in enumerate(book.rules)
            if any(name.operation is operation for name in rule.on)
            for part in _deciding(rule.condition)
        ]
        # Sorting keeps the order of the book among equals.
        clauses.sort(key=lambda clause: clause.reason)
        piece = _Piece(self, operation)
        start = ALLOW
        for clause in reversed(clauses):
            start = piece.clause(clause, start)
        # Rows were laid from the last to the first, because each has to know where to go on.
        end = len(self.rows) + len(piece.rows) - 1
        for kind, fact, one, two, passed, failed, number, reason in reversed(piece.rows):
            ways = (way if way < 0 else end - way for way in (passed, failed))
            self.rows.append((kind, fact, one, two, *ways, number, reason))
        return start if start < 0 else end - start

    def set_of(self, texts: tuple[str, ...], names: Sequence[str]) -> int:
        """Return the first word of the set of the codes of `names` among `texts`."""
        key = (texts, frozenset(names))
        if key not in self._sets:
            self._sets[key] = len(self.words)
            bits = sum(1 << code_of(texts, name) for name in key[1])
            for shift in range(0, len(texts), _WORD_BITS):
                self.words.append((bits >> shift) & (2**_WORD_BITS - 1))
        return self._sets[key]


class _Piece:
    """Rows of one program, laid backwards."""

    def __init__(self, layout: _Layout, operation: Operation) -> None:
        self._layout = layout
        self._operation = operation
        self.rows: list[_Row] = []

    def clause(self, clause: _Clause, follows: int) -> int:
        """Lay one clause before the row `follows` and return its first row."""
        match clause.condition.kind:
            case "any_of":
                refusal = NO_PART_PASSED
            case "not":
                refusal = PART_PASSED
            case _:
                refusal = OWN_ANSWER
        first = self._lay(clause, clause.condition, passed=follows, failed=refusal)
        rule = clause.rule
        if rule.valid_from is None and rule.valid_until is None:
            return first
        in_force = (WITHIN, DAY, rule.first_day, min(rule.last_day + 1, _LARGEST))
        return self._put(clause, in_force, passed=first, failed=follows)

    def _lay(self, clause: _Clause, condition: Condition, *, passed: int, failed: int) -> int:
        """Lay `condition` so that it goes on at `passed` or `failed`; return its first row."""
        match condition.kind:
            case "all_of":
                for part in reversed(condition.conditions):
                    passed = self._lay(clause, part, passed=passed, failed=failed)
                return passed
            case "any_of":
                for part in reversed(condition.conditions):
                    failed = self._lay(clause, part, passed=passed, failed=failed)
                return failed
            case "not":
                return self._lay(clause, condition.condition, passed=failed, failed=passed)
            case "time_window":
                hours = (WITHIN, TIME_OF_DAY, condition.since, condition.end_us)
                in_time = self._put(clause, hours, passed=passed, failed=failed)
                numbers = condition.weekday_numbers
                weekdays = (WEEKDAYS, WEEKDAY, sum(1 << day for day in numbers), len(numbers))
                return self._put(clause, weekdays, passed=in_time, failed=failed)
            case "payee_in":
                named, flag = condition.payees, _CONTRACTED if condition.contracted else 0
                return self._named(clause, named, flag, passed=passed, failed=failed)
            case "payee_not_listed":
                # Whoever is named or listed fails: yes and no change places.
                named, flag = condition.payees, _LISTED if condition.registers else 0
                return self._named(clause, named, flag, passed=failed, failed=passed)
            case "unaffiliated":
                return self._put(clause, _any_of(_AFFILIATED), passed=failed, failed=passed)
            case "verified_above":
                small = (AT_MOST, AMOUNT, _bounded(condition.limit), 0)
                above = self._put(clause, small, passed=passed, failed=failed)
                return self._put(clause, _any_of(_STEP_UP), passed=passed, failed=above)
            case "conversion_forbidden":
                # A program guards one operation, so the answer is known; yet a row is laid, since
                # only rows refuse.
                is_met = self._operation is not Operation.CONVERT
                known = (ENOUGH_FLAGS, EVIDENCE, 0, 0) if is_met else _any_of(0)
                return self._put(clause, known, passed=passed, failed=failed)
            case _:
                return self._put(clause, self._question(condition), passed=passed, failed=failed)

    def _named(
        self, clause: _Clause, names: Sequence[str], flag: int, *, passed: int, failed: int
    ) -> int:
        """Lay the question whether the payee has the flag or one of the names."""
        if names:
            named = self._layout.set_of(self._layout.payees, names)
            failed = self._put(clause, (MEMBER, PAYEE, named, 0), passed=passed, failed=failed)
        if not flag:
            return failed
        return self._put(clause, _any_of(flag), passed=passed, failed=failed)

    def _put(self, clause: _Clause, question: _Question, *, passed: int, failed: int) -> int:
        self.rows.append((*question, passed, failed, clause.number, int(clause.reason)))
        return len(self.rows) - 1

    def _question(self, leaf: _Single | PartyCondition | ContractCondition) -> _Question:
        """Return kind, fact and constants of a condition that is one question."""
        layout = self._layout
        match leaf.kind:
            case "purpose_is":
                return MEMBER, PURPOSE, layout.set_of(layout.purposes, leaf.purposes), 0
            case "merchant_category_in":
                return MEMBER, CATEGORY, layout.set_of(layout.categories, leaf.categories), 0
            case "within_validity":
                return WITHIN, DAY, leaf.first_day, leaf.last_day + 1
            case "amount_at_most":
                return AT_MOST, AMOUNT, _bounded(leaf.limit), 0
            case "amount_per_period_at_most":
                return AT_MOST, TOTAL + _place(leaf.period), _bounded(leaf.limit), 0
            case "count_per_period_at_most":
                return AT_MOST, COUNT + _place(leaf.period), _bounded(leaf.limit), 0
            case "beneficiary_eligible":
                return _any_of(Evidence.BENEFICIARY_ELIGIBLE.value)
            case "biometrics_matched":
                return _any_of(Evidence.PRESENCE_BIOMETRIC.value)
            case "consented":
                return _any_of(Evidence.CONSENT_GIVEN.value)
            case "presence_proven" | "tier_at_least":
                return _any_of(leaf.flags)
            case "evidence_present" | "payee_in_good_standing" | "milestone_signed":
                return ENOUGH_FLAGS, EVIDENCE, leaf.flags, leaf.flags.bit_count()
            case "approved_by":
                return ENOUGH_FLAGS, EVIDENCE, leaf.flags, leaf.required
            case _:
                raise InvariantError(f"{leaf.kind} was not refused, and has no row")


def _any_of(flags: int) -> _Question:
    return ANY_FLAG, EVIDENCE, flags, 0


def _deciding(condition: Condition) -> Iterator[_Deciding]:
    """Yield, in order, the parts that refuse for a reason of their own."""
    if condition.kind == "all_of":
        for part in condition.conditions:
            yield from _deciding(part)
    else:
        yield condition


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _place(period: Period) -> int:
    return list(Period).index(period)


def _bounded(limit: int) -> int:
    # Sums of money stay below 2**62, so a larger limit never refuses, and neither does this one.
    return min(limit, _LARGEST)
