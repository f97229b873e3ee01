"""The catalogue as a page for people: docs/metrics.md is this text, so that it cannot grow old."""

from typing import Final

from tengesim.metrics.catalogue import GROUPS, METRICS, PAIRED_METRICS, Group, Metric
from tengesim.metrics.chain import CONTRACT_OBSERVERS, SEEN_BY_ARM
from tengesim.metrics.metric import SMALLEST_BASE
from tengesim.metrics.views import OBSERVER_TEXTS

__all__ = ["metrics_page"]

_TITLES: Final[dict[Group, str]] = {
    "reach": "Reach",
    "integrity": "Integrity",
    "harm": "Harm to the honest",
    "access": "Access to money",
    "payments": "Payments of people",
    "transparency": "Transparency",
    "fiscal": "Budget",
    "procurement": "Public procurement",
    "money": "Money",
    "reserve": "Reserve",
    "privacy": "Privacy",
}

_OPENING: Final = f"""\
# Metrics

This page is made from the catalogue in `src/tengesim/metrics`; it is not written by hand.

## Units

What is counted is the **intent**: a wish to pay for one meal, or to have it recorded. A first scan,
a second scan and an entry by hand are attempts of one intent. An intent is *accepted* when one of
its attempts is paid (marked money) or recorded for a claim (ordinary money), and *refused* when
none is. A refund bears the intent that it undoes. An intent is *undue* when it is a phantom meal,
a second scan of one meal, or a purchase of something else; all others are *honest*.

Each metric has a numerator and a denominator in whole numbers; money is in tiyn there and in KZT
in the value. A ratio is missing, with the reason, when it rests on fewer than {SMALLEST_BASE}
cases. Metrics with **truth** use what a payment really was, which no authority can know; the others
can be computed from what was observed.

Metrics that need the **cube** can be computed whatever a run keeps of its log: from the cube, the
rows of institutions, and levels of money that are folded while rows pass. Metrics that need the
**full** log read single payments, and are missing in a run that keeps a sample or a summary.

Amounts and counts are those of the simulated scale.

## Observers
"""

_WAYS: Final = {"up": "more is better", "down": "less is better", "neither": "neither is better"}


def metrics_page() -> str:
    """Return the catalogue as Markdown, ending with a newline."""
    parts = [_OPENING]
    parts += [f"- **{name}.** {text}" for name, text in OBSERVER_TEXTS.items()]
    parts.append("\nOf public contracts:\n")
    parts += [f"- **{name}.** {text}" for name, text in CONTRACT_OBSERVERS.items()]
    parts += ["\nWhat each can tie to a contract, by arm; further arms name what they add:\n"]
    parts += ["| observer | paper | evidence | control | marked |", "|---|---|---|---|---|"]
    parts += [
        f"| {name} | {' | '.join(seen or 'nothing more' for seen in arms)} |"
        for name, arms in SEEN_BY_ARM.items()
    ]
    for group in GROUPS:
        parts.append(f"\n## {_TITLES[group]}")
        parts += [_entry(metric) for metric in METRICS if metric.group == group]
    parts.append("\n## Two arms together")
    parts += [_entry(metric) for metric in PAIRED_METRICS]
    return "\n".join(parts) + "\n"


def _entry(metric: Metric) -> str:
    knowledge = "truth" if metric.uses_truth else "observed"
    return (
        f"\n### `{metric.name}`\n\n"
        f"**{metric.title}** · {metric.unit} · {_WAYS[metric.direction]} · {knowledge} ·"
        f" needs {metric.needs}\n\n"
        f"{metric.question}\n\n"
        f"- Formula: {metric.formula}\n"
        f"- Source: {metric.source}\n"
        f"- {metric.text['en']}"
    )
