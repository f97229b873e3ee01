"""One question put to one condition: the verdict, and the sentence that tells it."""

from tengesim.codes import Evidence, Reason
from tengesim.payment import NO_FACTS
from tengesim.rules.evaluate import verdict
from tengesim.rules.sentences import verdict_sentence
from tengesim.rules.verdicts import Verdict
from tests.rule_books import NOTHING_BEFORE, Raw, lunch, rule

Answer = tuple[Reason, int, int]

PASSES: Answer = (Reason.NONE, 0, 0)


def answer(raw: Raw, *flags: Evidence, amount_tiyn: int = 100, **facts: object) -> Answer:
    """Return reason, value and limit of `raw` about a payment with these flags and facts."""
    found = _verdict(raw, *flags, amount_tiyn=amount_tiyn, **facts)
    return found.reason, found.value, found.limit


def told(raw: Raw, *flags: Evidence, amount_tiyn: int = 100, **facts: object) -> str:
    """Return the sentence of the same verdict."""
    found = _verdict(raw, *flags, amount_tiyn=amount_tiyn, **facts)
    return verdict_sentence(rule("r", raw), found)


def _verdict(raw: Raw, *flags: Evidence, amount_tiyn: int, **facts: object) -> Verdict:
    evidence = sum(flag.value for flag in flags)
    known = NO_FACTS._replace(**facts)  # type: ignore[arg-type]
    seen = lunch(amount_tiyn=amount_tiyn, evidence=evidence, facts=known)
    return verdict(rule("r", raw).condition, seen, NOTHING_BEFORE)
