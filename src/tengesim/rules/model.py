"""Rules as data: rule books of conditions, effects and procedures, and the marks they serve.

A condition reads an observation and passes or fails; an effect says what a passed payment does to
the mark; a procedure is an act of an institution that the mark calls for. Each kind names the code
of the rule taxonomy (R01 to R56) that it expresses. Nothing here can be extended by a scenario, so
whatever loads can be checked, explained and run.
"""

import operator
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tengesim.parameter import Day, Identifier, Section, refusal
from tengesim.payment import Operation
from tengesim.rules.conditions import Condition
from tengesim.rules.effects import Effect, RestoresMark, ShedsMark
from tengesim.rules.procedures import Procedure, ReturnOnExpiry
from tengesim.rules.terms import (
    Listed,
    OnFailure,
    OperationName,
    Reference,
    Role,
    Several,
    Texts,
    day_number,
    union_of,
)

__all__ = ["RULES_MAX", "BookVersion", "MarkSection", "Override", "Rule", "RuleBook"]

RULES_MAX: Final = 200
_SIGNATURES_MIN: Final = 2


def _is_none(value: object) -> bool:
    return value is None


class Override(Section):
    """R55: in a declared emergency the rule yields to the signatures of all these roles."""

    roles: Several[Annotated[Role, Field(strict=False)]]
    until: Day = Field(description="Last day on which the rule may be overridden.")

    @cached_property
    def flags(self) -> int:
        """Return the union of the flags that the signatures leave."""
        return union_of(tuple(role.evidence for role in self.roles))

    @cached_property
    def last_day(self) -> int:
        """Return the number of the last day on which the rule may be overridden."""
        return day_number(self.until)

    @model_validator(mode="after")
    def _needs_two(self) -> Self:
        if self.flags.bit_count() < _SIGNATURES_MIN:
            raise refusal(
                "RANGE",
                "one signature would override the rule",
                expected="at least two different roles",
                do="name a second role",
                at=("roles",),
            )
        return self


class Rule(Section):
    """A condition on uses of money, with the sentence and the law that stand behind it.

    A payment that does not pass is rejected, or it is held in a queue for somebody to look at.
    """

    id: Identifier
    on: Several[Annotated[OperationName, Field(strict=False)]] = (OperationName.PAY,)
    condition: Condition
    text: Texts
    reference: Reference
    valid_from: Day | None = None
    valid_until: Day | None = None
    on_failure: OnFailure = Field(
        default=OnFailure.REJECT, strict=False, exclude_if=lambda way: way is OnFailure.REJECT
    )
    queue: Identifier | None = Field(default=None, exclude_if=_is_none)
    override: Override | None = Field(default=None, exclude_if=_is_none)

    @cached_property
    def first_day(self) -> int:
        """Return the number of the first day on which the rule is in force."""
        return -sys.maxsize if self.valid_from is None else day_number(self.valid_from)

    @cached_property
    def last_day(self) -> int:
        """Return the number of the last day on which the rule is in force."""
        return sys.maxsize if self.valid_until is None else day_number(self.valid_until)

    @model_validator(mode="after")
    def _has_a_queue_to_hold_in(self) -> Self:
        if (self.on_failure is OnFailure.HOLD) != (self.queue is not None):
            raise refusal(
                "RANGE",
                "a payment is held in a queue, and only a held one has a queue",
                expected="`on_failure: hold` and `queue: ...` together, or neither",
                do="name the queue, or leave both out to reject",
                at=("queue",),
            )
        return self


class BookVersion(Section):
    """R56: the book for money issued from a day on; older money keeps the book it had."""

    issued_from: Day
    rules: Annotated[Listed[Rule], Field(max_length=RULES_MAX)] = ()
    effects: Listed[Effect] = ()
    procedures: Listed[Procedure] = ()

    @cached_property
    def first_day(self) -> int:
        """Return the number of the first day whose money has this book."""
        return day_number(self.issued_from)

    @cached_property
    def book(self) -> "RuleBook":
        """Return the version as a book of its own."""
        return RuleBook(rules=self.rules, effects=self.effects, procedures=self.procedures)


class RuleBook(Section):
    """The rules that travel with a mark, or that a voucher control applies to ordinary money."""

    rules: Annotated[Listed[Rule], Field(max_length=RULES_MAX)] = ()
    effects: Listed[Effect] = ()
    procedures: Listed[Procedure] = ()
    versions: Listed[BookVersion] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="after")
    def _versions_follow_one_another(self) -> Self:
        for place, (one, other) in enumerate(pairwise(self.versions), 1):
            if other.issued_from <= one.issued_from:
                raise refusal(
                    "END_BEFORE_START",
                    f"the version from {other.issued_from} stands after that from"
                    f" {one.issued_from}",
                    expected="versions in the order of their first days",
                    at=("versions", place, "issued_from"),
                )
        return self

    def issued_on(self, day: int) -> "RuleBook":
        """Return the book of money that was issued on the local day number `day`."""
        later = [version for version in self.versions if version.first_day <= day]
        return later[-1].book if later else self

    def editions(self) -> Iterator[tuple[str, "RuleBook"]]:
        """Yield the book as it was first and each version, with what stands before their paths."""
        yield "", self.edition(-sys.maxsize)
        for place, version in enumerate(self.versions):
            yield f"versions.{place}.", version.book

    def edition(self, day: int) -> "RuleBook":
        """Return the book of money issued on `day` alone, as if there had never been another."""
        book = self.issued_on(day)
        return book.model_copy(update={"versions": ()}) if book.versions else book

    def in_force(self, day: int) -> tuple[str, "RuleBook"]:
        """Return what stands before the paths of the book of money issued on `day`, and it."""
        return list(self.editions())[sum(version.first_day <= day for version in self.versions)]

    @cached_property
    def guards(self) -> Mapping[Operation, tuple[Rule, ...]]:
        """Return the rules that guard each operation, in the order of the book."""
        return {
            name.operation: tuple(rule for rule in self.rules if name in rule.on)
            for name in OperationName
        }

    def shed(self) -> ShedsMark | None:
        """Return the effect that frees money of this book, if there is one."""
        return next((effect for effect in self.effects if isinstance(effect, ShedsMark)), None)

    def expiry(self) -> ReturnOnExpiry | None:
        """Return what becomes of money left when its mark expires, if the book says so."""
        ends = (one for one in self.procedures if isinstance(one, ReturnOnExpiry))
        return next(ends, None)

    def restores_mark(self) -> bool:
        """Return whether refunds come back under the mark."""
        return any(isinstance(effect, RestoresMark) for effect in self.effects)


class MarkSection(Section):
    """Purpose attached to money by the owner of the funds (facts on marking: who sets the mark)."""

    programme: Identifier
    owner: Identifier
    rule_book: Identifier
    cofog: Annotated[str, Field(pattern=r"^[0-9]{2}\.[0-9](\.[0-9])?$")]
    budget_programme: Identifier
    valid_from: Day
    valid_until: Day
    return_account: Identifier
    parent: Identifier | None = Field(
        default=None,
        description="Mark that money comes from; this one is narrower.",
        exclude_if=_is_none,
    )

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.valid_until < self.valid_from:
            raise refusal(
                "END_BEFORE_START",
                f"the mark ends on {self.valid_until}, before it starts on {self.valid_from}",
                expected="valid_until on or after valid_from",
                at=("valid_until",),
            )
        return self
