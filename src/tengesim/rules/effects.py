"""Effects: what a use of money that passed does to its mark and to its amount; closed.

Each is data; what it comes to for an amount is computed in `rules.apply`, and what an institution
does about it later is a procedure.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tengesim.parameter import Amount, Count, Dated, Identifier, Rate, Section, refusal
from tengesim.rules.conditions import Condition
from tengesim.rules.parts import Part, check_names, check_whole
from tengesim.rules.terms import Listed, PartUse, Reference, Register, Several, Texts

__all__ = [
    "Copays",
    "Coupon",
    "Effect",
    "OffsetsAdvance",
    "PartShed",
    "PaysByMeter",
    "Propagates",
    "RestoresMark",
    "Retains",
    "Share",
    "ShedsMark",
    "ShedsPart",
    "SplitsAmong",
    "SplitsOnCap",
    "SplitsTax",
]


class ShedsMark(Section):
    """R29: money of a payee becomes unmarked when the condition passes, else it stays marked."""

    code: ClassVar[str] = "R29"
    kind: Literal["sheds_mark"]
    id: Identifier
    condition: Condition
    text: Texts
    reference: Reference


class RestoresMark(Section):
    """R40: a refund goes back to the purse it came from and under the mark it came with."""

    code: ClassVar[str] = "R40"
    kind: Literal["restores_mark"]
    id: Identifier
    text: Texts
    reference: Reference


class SplitsOnCap(Part):
    """R10: marked money pays up to the limit; the rest comes from the payer's own money."""

    code: ClassVar[str] = "R10"
    kind: Literal["splits_on_cap"]
    limit: Amount


class OffsetsAdvance(Part):
    """R21: of each act a share pays back the advance; the last act pays back what is left."""

    code: ClassVar[str] = "R21"
    kind: Literal["offsets_advance"]
    share: Rate


class Retains(Part):
    """R22: a share of each payment is kept until the warranty is over."""

    code: ClassVar[str] = "R22"
    kind: Literal["retains"]
    share: Rate


class Propagates(Part):
    """R26: money stays marked on its way down the supply chain, so many steps deep.

    Under `same` the child mark has the rule book of its parent, else the one named, which has to be
    narrower (R27). Payees below `depth`, and sums below `except_below`, get unmarked money.
    """

    code: ClassVar[str] = "R26"
    kind: Literal["propagates"]
    depth: Count
    except_below: Amount = 0
    rule_book: Identifier | None = Field(
        default=None, description="Rule book of child marks; that of the mark itself if left out."
    )


class PartShed(Section):
    """One use of marked money that frees it, up to a share of the contract."""

    use: PartUse = Field(strict=False)
    share: Rate
    registers: Listed[Annotated[Register, Field(strict=False)]] = ()

    @property
    def flags(self) -> int:
        """Return the union of the flags that the registers leave."""
        return sum({register.evidence.value for register in self.registers})


class ShedsPart(Part):
    """R30: wages, taxes and overhead are paid in unmarked money, each up to its share."""

    code: ClassVar[str] = "R30"
    kind: Literal["sheds_part"]
    parts: Several[PartShed]

    @model_validator(mode="after")
    def _has_each_use_once(self) -> Self:
        check_names("parts", "use", [str(part.use) for part in self.parts])
        return self


class SplitsTax(Part):
    """R32: the tax in the price goes to the tax authority in the payment itself.

    The rate is that of the turnover date. Payees that are not registered for the tax split nothing.
    """

    code: ClassVar[str] = "R32"
    kind: Literal["splits_tax"]
    rate: Dated[Rate]


class Copays(Part):
    """R34: the beneficiary pays a share of the price; the programme pays the rest."""

    code: ClassVar[str] = "R34"
    kind: Literal["copays"]
    share: Rate


class Coupon(Part):
    """R35: whoever spends enough at once gets an amount off, which the programme pays."""

    code: ClassVar[str] = "R35"
    kind: Literal["coupon"]
    at_least: Amount
    off: Amount

    @model_validator(mode="after")
    def _takes_off_no_more_than_the_price(self) -> Self:
        if self.off > self.at_least:
            raise refusal(
                "LIMITS_CROSSED",
                "more is taken off than has to be spent",
                expected="`off` of at most `at_least`",
                do="lower the one, or raise the other",
                at=("off",),
            )
        return self


class PaysByMeter(Part):
    """R37: each metered unit is paid at the rate; metering stops where the money ends."""

    code: ClassVar[str] = "R37"
    kind: Literal["pays_by_meter"]
    rate: Annotated[Amount, Field(ge=1)]


class Share(Section):
    """A payee and its share of a payment."""

    payee: Identifier
    share: Rate


class SplitsAmong(Part):
    """R43: one payment goes to several payees by their shares, all of it or nothing."""

    code: ClassVar[str] = "R43"
    kind: Literal["splits_among"]
    shares: Several[Share]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        check_names("shares", "payee", [one.payee for one in self.shares])
        check_whole("shares", "share", [one.share for one in self.shares])
        return self


Effect = Annotated[
    ShedsMark
    | RestoresMark
    | SplitsOnCap
    | OffsetsAdvance
    | Retains
    | Propagates
    | ShedsPart
    | SplitsTax
    | Copays
    | Coupon
    | PaysByMeter
    | SplitsAmong,
    Field(discriminator="kind"),
]
"""What a use of money does to its mark; closed."""
