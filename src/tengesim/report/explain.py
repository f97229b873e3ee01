"""Pages of `tengesim explain`: findings, reasons of refusal, metrics and rule codes."""

import difflib
from collections.abc import Callable
from typing import get_args

from tengesim.codes import Reason
from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES
from tengesim.metrics.catalogue import METRICS
from tengesim.reasons import REASON_TEXTS
from tengesim.rules.model import Condition, Effect, Procedure

__all__ = ["explanation"]


def explanation(code: str) -> str:
    """Return the page about `code`; raise ScenarioError with near codes when there is none."""
    pages = _pages()
    found = pages.get(code) or pages.get(code.upper()) or pages.get(code.lower())
    if found is not None:
        return found()
    close = difflib.get_close_matches(code.upper(), pages, n=3)
    close += difflib.get_close_matches(code.lower(), pages, n=3)
    finding = Finding(
        "NAME_UNKNOWN",
        f"nothing is called {code!r}",
        expected="a finding, a reason, a metric or a rule code such as R16",
        do=f"did you mean {' or '.join(close)}?" if close else "see docs/rules.md, docs/metrics.md",
    )
    raise ScenarioError([finding])


def _pages() -> dict[str, Callable[[], str]]:
    pages: dict[str, Callable[[], str]] = {}
    for code in FINDING_CODES:
        pages[code] = lambda code=code: _finding(code)
    for reason in REASON_TEXTS:
        pages[reason.name] = lambda reason=reason: _reason(reason)
    for metric in METRICS:
        pages[metric.name] = lambda metric=metric: "\n".join(
            (
                f"{metric.name}: {metric.title}",
                f"  question: {metric.question}",
                f"  formula:  {metric.formula}",
                f"  unit:     {metric.unit}",
                f"  better:   {metric.direction}",
                f"  truth:    {'uses what only the simulator knows' if metric.uses_truth else 'observable'}",
                f"  source:   {metric.source}",
            )
        )
    for code, texts in _rule_codes().items():
        pages[code] = lambda code=code, texts=texts: "\n".join((code, *texts))
    return pages


def _finding(code: str) -> str:
    text = FINDING_CODES[code]
    return "\n".join(
        (
            f"{code}: {text.title}",
            f"  {text.what}",
            f"  expected: {text.expected}",
            f"  do: {text.do}",
        )
    )


def _reason(reason: Reason) -> str:
    text = REASON_TEXTS[reason]
    return "\n".join(
        (
            f"{reason.name}: {text.title}",
            f"  {text.what}",
            f"  do: {text.do}",
            f"  ISO 20022: {text.iso}",
            f"  precedence: {reason.value} (the lowest failing reason is logged)",
        )
    )


def _rule_codes() -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for union in (Condition, Effect, Procedure):
        for kind in _members(union):
            code = getattr(kind, "code", None)
            if code is not None:
                name = kind.model_fields["kind"].annotation
                sentence = (kind.__doc__ or "").partition(": ")[2]
                codes.setdefault(code, []).append(f"  kind: {get_args(name)[0]}: {sentence}")
    return codes


def _members(union: object) -> tuple[type, ...]:
    inner = get_args(union)[0]
    return get_args(inner) or (inner,)
