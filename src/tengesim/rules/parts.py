"""What effects and procedures have in common: a name, a sentence, the law, sums of shares."""

from collections.abc import Sequence

from tengesim.money import BP
from tengesim.parameter import Identifier, Section, refusal
from tengesim.rules.terms import Reference, Texts

__all__ = ["Part", "check_names", "check_whole"]


class Part(Section):
    """An effect or a procedure, with the sentence and the law that stand behind it."""

    id: Identifier
    text: Texts
    reference: Reference


def check_names(key: str, name: str, names: Sequence[str]) -> None:
    """Raise a refusal unless each entry of a list has a name of its own."""
    seen: set[str] = set()
    for place, one in enumerate(names):
        if one in seen:
            raise refusal(
                "NAME_TWICE",
                f"{one!r} stands in the list twice",
                expected="each once",
                do="write one entry",
                at=(key, place, name),
            )
        seen.add(one)


def check_whole(key: str, name: str, shares_bp: Sequence[int]) -> None:
    """Raise a refusal unless the shares of a list add up to the whole."""
    total_bp = sum(shares_bp)
    if total_bp == BP:
        return
    raise refusal(
        "SHARES",
        f"the shares add up to {total_bp // 100}.{total_bp % 100:02d} %",
        expected="100 %",
        do="correct one of the shares",
        at=(key, len(shares_bp) - 1, name),
    )
