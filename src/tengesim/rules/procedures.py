"""Procedures: acts of institutions that a mark calls for; closed."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tengesim.parameter import Identifier, Section, TimeOfDay
from tengesim.rules.terms import Reference, Texts

__all__ = ["Procedure", "ReturnOnExpiry"]


class ReturnOnExpiry(Section):
    """R09: what is left in purses when the mark expires goes back to the mark's return account."""

    code: ClassVar[str] = "R09"
    kind: Literal["return_on_expiry"]
    id: Identifier
    at: TimeOfDay
    text: Texts
    reference: Reference


Procedure = Annotated[ReturnOnExpiry, Field()]
"""Acts of institutions that a mark calls for; closed."""
