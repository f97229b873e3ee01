"""One sentence that says what happened, made of the numbers of the prepared file.

The wording is chosen by the sign of each change, so the sentence cannot claim what the numbers do
not say. It is about the whole run, whatever the clock shows.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from dashboards.numbers import whole_text
from dashboards.shown import short_name
from dashboards.study import EFFECTS, Study
from dashboards.texts import Texts

__all__ = ["change_of", "headline", "total"]


def total(arm: Mapping[str, Any], *path: str) -> int:
    """Return the final value of a series of an arm of the prepared file."""
    series: Any = arm
    for name in path:
        series = series[name]
    return sum(series["by"])


def change_of(before: int, after: int) -> str:
    """Return which wording a change takes: less, more or same."""
    if after == before:
        return "same"
    return "less" if after < before else "more"


def headline(study: Study, t: Texts) -> str:
    """Return the sentence about the whole study."""
    arms = study.prepared["arms"]
    pairs = [EFFECTS.get((one["id"], two["id"])) for one, two in pairwise(arms)]
    if pairs == ["evidence", "marking"]:
        return _of_evidence_and_marking(arms, t)
    return " ".join(
        _of_one_arm(short_name(arm, t), content, t)
        for arm, content in zip(study.arms, arms, strict=True)
    )


def _of_evidence_and_marking(arms: list[Mapping[str, Any]], t: Texts) -> str:
    reported, proven, marked = arms
    phantoms = [total(arm, "meals", "phantom", "accepted") for arm in arms]
    blocked = [total(arm, "meals", "honest", "refused") for arm in arms]
    evidence = t(
        f"headline.evidence.{change_of(phantoms[0], phantoms[1])}",
        before=whole_text(phantoms[0]),
        after=whole_text(phantoms[1]),
    )
    honest = t(
        f"headline.blocked.{change_of(blocked[0], blocked[1])}",
        before=whole_text(blocked[0]),
        after=whole_text(blocked[1]),
    )
    marking = t(
        f"headline.marking.{change_of(phantoms[1], phantoms[2])}",
        change=whole_text(abs(phantoms[2] - phantoms[1])),
    )
    waiting = _waiting(proven["waiting_days"], marked["waiting_days"], t)
    _ = reported
    return t(
        "headline.sentence", evidence=evidence, honest=honest, marking=marking, waiting=waiting
    )


def _waiting(before: str | None, after: str | None, t: Texts) -> str:
    if before is None or after is None:
        return t("headline.waiting.open")
    tenths = [int(each.replace(".", "")) for each in (before, after)]
    return t(f"headline.waiting.{change_of(*tenths)}", before=before, after=after)


def _of_one_arm(name: str, arm: Mapping[str, Any], t: Texts) -> str:
    honest = total(arm, "meals", "honest", "accepted")
    phantom = total(arm, "meals", "phantom", "accepted")
    refused = total(arm, "meals", "honest", "refused")
    return t(
        "headline.one_arm",
        arm=name,
        paid=whole_text(honest + phantom + total(arm, "meals", "double", "accepted")),
        phantom=whole_text(phantom),
        blocked=whole_text(refused),
    )
