"""Red flags: how often each is raised and how often rightly, and the contracts that have some."""

import math
from typing import Any, Final

import pandas as pd

from dashboards import html
from dashboards.components.contracts import address, count, table
from dashboards.components.parts import truth_badge
from dashboards.html import Children, Element
from dashboards.numbers import share_text, whole_text
from dashboards.texts import Texts
from tengesim.metrics.red_flags import RED_FLAGS

__all__ = ["JUDGED_COLUMNS", "flag_table", "judged_table"]

JUDGED_COLUMNS: Final = ("indicator", "raised", "precision", "recall")
"""Columns of the table that judges indicators."""

_TITLES: Final = {flag.code: flag.title for flag in RED_FLAGS}


def flag_table(arm: int, flags: pd.DataFrame, t: Texts, *, most: int) -> Element:
    """Return the red flags, those of the most flagged contracts first."""
    if flags.empty:
        return html.p(t("flags.none"), class_="empty")
    by_contract = flags.groupby("contract", sort=False)
    order = sorted(by_contract, key=lambda pair: (-len(pair[1]), str(pair[0])))
    rows = []
    for contract, own in order[:most]:
        said = [
            html.li(_raised(str(flag), float(value), float(limit), t))
            for flag, value, limit in zip(own["flag"], own["value"], own["threshold"], strict=True)
        ]
        link = html.a(str(contract), href=address("/programmes/contract", arm=arm, id=contract))
        rows.append(
            html.tr(
                [
                    html.th(link, scope="row"),
                    count(len(own)),
                    html.td(html.ul(said, class_="flags")),
                ]
            )
        )
    counts = {"count": whole_text(len(flags)), "contracts": whole_text(len(order))}
    caption = (
        t("flags.caption", **counts)
        if len(order) <= most
        else t("flags.caption.first", most=whole_text(most), **counts)
    )
    heads = [t(f"flags.{name}") for name in ("contract", "count", "which")]
    return table(caption, heads, rows, numbers=(1,))


def _raised(flag: str, value: float, limit: float, t: Texts) -> str:
    said = t("flags.raised", code=flag, title=_TITLES[flag], value=f"{value:,.4g}")
    return said if math.isnan(limit) else f"{said} {t('flags.from', limit=f'{limit:,.4g}')}"


def judged_table(flags: pd.DataFrame, metrics: pd.DataFrame, t: Texts) -> Element:
    """Return how each indicator does against the truth; what rests on too few says so."""
    known: dict[str, dict[Any, Any]] = {
        str(row["metric"]): row for row in metrics.to_dict("records")
    }
    raised = flags.groupby("flag")["contract"].nunique().to_dict()
    every = int(flags["contract"].nunique()) if len(flags) else 0
    rows = [_judged(t("judged.any"), every, "", known, t, class_="total")]
    rows += [
        _judged(
            f"{flag.code} {flag.title}", int(raised.get(flag.code, 0)), f"_{flag.name}", known, t
        )
        for flag in RED_FLAGS
    ]
    heads: list[Children] = [t(f"judged.{name}") for name in JUDGED_COLUMNS[:2]]
    heads += [
        [t(f"judged.{name}"), " ", truth_badge(t, is_truth=True)] for name in JUDGED_COLUMNS[2:]
    ]
    return table(t("judged.caption"), heads, rows, numbers=(1, 2, 3))


def _judged(
    name: str,
    raised: int,
    suffix: str,
    known: dict[str, dict[Any, Any]],
    t: Texts,
    *,
    class_: str | None = None,
) -> Element:
    return html.tr(
        [
            html.th(name, scope="row"),
            count(raised),
            _rate(known.get(f"flag_precision{suffix}"), t, is_whole=not suffix),
            _rate(known.get(f"flag_recall{suffix}"), t, is_whole=not suffix),
        ],
        class_=class_,
    )


def _rate(row: dict[Any, Any] | None, t: Texts, *, is_whole: bool) -> Element:
    """Return a share, or a dash: nothing to judge is neither 0 nor 100 %.

    Why there is none is said once, where all indicators are judged together.
    """
    if row is None or pd.isna(row["denominator"]):
        why = str(row["why"]) if row is not None and is_whole else ""
        return html.td(
            [t("unit.none"), html.span(why, class_="unit why") if why else None], class_="number"
        )
    part, whole = int(row["numerator"]), int(row["denominator"])
    said = t("judged.of", part=whole_text(part), whole=whole_text(whole))
    return html.td(
        [share_text(part, whole, t), html.span(said, class_="unit why")], class_="number"
    )
