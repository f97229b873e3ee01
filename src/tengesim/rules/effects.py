"""Effects: what a use of money that passed does to its mark; closed."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tengesim.parameter import Identifier, Section
from tengesim.rules.conditions import Condition
from tengesim.rules.terms import Reference, Texts

__all__ = ["Effect", "RestoresMark", "ShedsMark"]


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


Effect = Annotated[ShedsMark | RestoresMark, Field(discriminator="kind")]
"""What a use of money does to its mark; closed."""
