"""Every kind of rule part with its example, what it reads, what its failing does, and its test.

The unions in `model` say what can be written; this says what it means to those who write it. A
test walks the unions, so that no kind is without its entry, and runs every example.
"""

from typing import Final

from pydantic import TypeAdapter

from tengesim.rules.act_kinds import ACT_KINDS
from tengesim.rules.conditions import Condition
from tengesim.rules.contract_kinds import CONTRACT_KINDS
from tengesim.rules.effects import Effect
from tengesim.rules.everyday_kinds import EVERYDAY_KINDS
from tengesim.rules.kind_text import KindText
from tengesim.rules.party_kinds import PARTY_KINDS
from tengesim.rules.procedures import Procedure

__all__ = ["KINDS", "parsed"]

_CONDITION: Final[TypeAdapter[Condition]] = TypeAdapter(Condition)
_EFFECT: Final[TypeAdapter[Effect]] = TypeAdapter(Effect)
_PROCEDURE: Final[TypeAdapter[Procedure]] = TypeAdapter(Procedure)
KINDS: Final[tuple[KindText, ...]] = tuple(
    sorted((*EVERYDAY_KINDS, *PARTY_KINDS, *CONTRACT_KINDS, *ACT_KINDS), key=lambda text: text.code)
)
"""In the order of their codes; compositions last."""


def parsed(text: KindText) -> Condition | Effect | Procedure:
    """Return the example of a kind as the model reads it."""
    if text.union == "effect":
        return _EFFECT.validate_python(dict(text.example))
    if text.union == "procedure":
        return _PROCEDURE.validate_python(dict(text.example))
    return _CONDITION.validate_python(dict(text.example))
