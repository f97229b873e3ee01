"""Pages of `tengesim explain`: findings, reasons, metrics, red flags and rule codes."""

import difflib
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from tengesim.codes import Reason
from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES, FindingText
from tengesim.metrics.catalogue import METRICS
from tengesim.metrics.metric import Metric
from tengesim.metrics.red_flags import RED_FLAGS, RedFlag
from tengesim.reasons import REASON_TEXTS, ReasonText
from tengesim.rules.conditions import Condition
from tengesim.rules.effects import Effect
from tengesim.rules.procedures import Procedure

__all__ = ["explanation", "pages"]


def explanation(code: str) -> str:
    """Return the page about `code`; raise ScenarioError with near codes when there is none."""
    known = pages()
    for spelling in (code, code.upper(), code.lower()):
        if spelling in known:
            return known[spelling]
    close = difflib.get_close_matches(code.upper(), known, n=3)
    close += difflib.get_close_matches(code.lower(), known, n=3)
    finding = Finding(
        "NAME_UNKNOWN",
        f"nothing is called {code!r}",
        expected="a finding, a reason, a metric, a red flag or a rule code such as R16",
        do=f"did you mean {' or '.join(close)}?" if close else "see docs/rules.md, docs/metrics.md",
    )
    raise ScenarioError([finding])


def pages() -> dict[str, str]:
    """Return every page by its code."""
    rules: dict[str, list[str]] = {}
    for code, line in _rule_lines():
        rules.setdefault(code, [code]).append(line)
    return {
        **{code: _finding(code, text) for code, text in FINDING_CODES.items()},
        **{reason.name: _reason(reason, text) for reason, text in REASON_TEXTS.items()},
        **{metric.name: _metric(metric) for metric in METRICS},
        **{flag.code: _red_flag(flag) for flag in RED_FLAGS},
        **{code: "\n".join(lines) for code, lines in rules.items()},
    }


def _finding(code: str, text: FindingText) -> str:
    return f"{code}: {text.title}\n  {text.what}\n  expected: {text.expected}\n  do: {text.do}"


def _reason(reason: Reason, text: ReasonText) -> str:
    return (
        f"{reason.name}: {text.title}\n  {text.what}\n  do: {text.do}\n  ISO 20022: {text.iso}\n"
        f"  precedence: {reason.value} (the lowest failing reason is logged)"
    )


def _metric(metric: Metric) -> str:
    truth = "uses what only the simulator knows" if metric.uses_truth else "observable"
    return (
        f"{metric.name}: {metric.title}\n  question: {metric.question}\n"
        f"  formula:  {metric.formula}\n  unit:     {metric.unit}\n"
        f"  better:   {metric.direction}\n  truth:    {truth}\n  source:   {metric.source}"
    )


def _red_flag(flag: RedFlag) -> str:
    least = "the fence of the quartiles" if flag.threshold is None else f"{flag.threshold:g}"
    return (
        f"{flag.code}: {flag.title}\n  raised when: {flag.definition}\n  threshold: {least}\n"
        f"  about: {flag.about}\n  judged by: flag_precision_{flag.name}, flag_recall_{flag.name}"
    )


def _rule_lines() -> Iterator[tuple[str, str]]:
    for union in (Condition, Effect, Procedure):
        for kind in _members(union):
            code = getattr(kind, "code", None)
            if code is not None:
                (name,) = get_args(kind.model_fields["kind"].annotation)
                sentence = (kind.__doc__ or "").partition(": ")[2]
                yield code, f"  kind: {name}: {sentence}"


def _members(union: object) -> tuple[type[BaseModel], ...]:
    inner = get_args(union)[0]
    return get_args(inner) or (inner,)
