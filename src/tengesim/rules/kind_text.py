"""The page of one kind of rule part: what it reads, what its failing does, which test shows it.

Apart from the pages themselves, which stand by subject: everyday money, parties, contracts, acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tengesim.codes import Reason

__all__ = ["EVALUATE_TESTS", "TEXTS", "KindText", "of_condition"]

TEXTS: Final = {"text": {"en": "One sentence for a minister."}, "reference": "assumption"}
_EACH_USE: Final = "at every use of the money that the rule is `on`, at that moment"
_REFUSED: Final = "the attempt is refused, or held by a rule that is `on_failure: hold`"
EVALUATE_TESTS: Final = "tests/unit/test_rules_evaluate.py"


@dataclass(frozen=True, slots=True)
class KindText:
    """Page of one kind: its code in the taxonomy, its union, an example as a scenario writes it.

    `reason` is that of a refusal, None where nothing is refused or a part of it decides.
    """

    code: str
    union: str
    example: Mapping[str, Any]
    evaluated: str
    reads: str
    failing: str
    test: str
    reason: Reason | None = None

    @property
    def kind(self) -> str:
        """Return the word that stands for the kind in scenarios."""
        return str(self.example["kind"])


def of_condition(
    code: str,
    example: Mapping[str, Any],
    *,
    reads: str,
    reason: Reason | None,
    test: str,
    evaluated: str = _EACH_USE,
) -> KindText:
    """Return the page of a condition; `test` is a function of the usual file, or a whole path."""
    return KindText(
        code=code,
        union="composition" if code == "composition" else "condition",
        example=example,
        evaluated=evaluated,
        reads=reads,
        failing=_REFUSED,
        test=test if "::" in test else f"{EVALUATE_TESTS}::{test}",
        reason=reason,
    )
