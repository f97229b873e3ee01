"""What stands around the outcomes of a comparison: what differs, what is assumed, how to repeat it.

Everything here is read off the manifest of the campaign, so the page cannot say more than what was
computed.
"""

from collections.abc import Sequence
from typing import Final

from dashboards import html
from dashboards.comparison import Comparison
from dashboards.components.parts import act_button, icon
from dashboards.html import Element
from dashboards.numbers import whole_text
from dashboards.texts import Texts
from tengesim.metrics.catalogue import METRICS
from tengesim.store.campaigns import scenario_file

__all__ = [
    "arm_cards",
    "assumption_table",
    "error_table",
    "influence_list",
    "lever_table",
    "meanings",
    "repeat_block",
    "stories_dialog",
    "variant_links",
]

# Below it, pairing saved too little to be told.
_WORTH_SAYING: Final = 1.1

_TITLES = {metric.name: metric.title for metric in METRICS}


def arm_cards(comparison: Comparison, t: Texts) -> Element:
    """Return A and B by name."""
    arms = (
        ("a", comparison.manifest.base, comparison.base_title),
        ("b", comparison.variant, comparison.variant_title),
    )
    return html.div(
        [
            html.div(
                [
                    html.span(
                        [
                            html.span(t(f"compare.arm.{letter}"), class_=f"letter letter-{letter}"),
                            html.strong(title),
                        ],
                        class_="arm-name",
                    ),
                    html.span(
                        [t(f"compare.role.{letter}"), " ", html.code(name)], class_="arm-lead"
                    ),
                ],
                class_=f"arm-button arm-{number}",
            )
            for number, (letter, name, title) in enumerate(arms)
        ],
        class_="arms compared",
    )


def variant_links(
    comparison: Comparison, campaigns: Sequence[tuple[str, str]], t: Texts
) -> Element | None:
    """Return links to the other variants of the campaign, and to other campaigns."""
    variants = comparison.manifest.variants
    links = [
        _link(
            f"/compare?campaign={comparison.name}&variant={number}",
            comparison.manifest.arms[arm].title,
            is_here=arm == comparison.variant,
        )
        for number, arm in enumerate(variants)
        if len(variants) > 1
    ]
    others = [
        _link(f"/compare?campaign={name}", title, is_here=name == comparison.name)
        for name, title in campaigns
        if len(campaigns) > 1
    ]
    if not links and not others:
        return None
    return html.div(
        [
            *([_links(t("compare.variants"), links)] if links else []),
            *([_links(t("compare.campaigns"), others)] if others else []),
        ],
        class_="choices",
    )


def lever_table(comparison: Comparison, t: Texts) -> Element:
    """Return everything in which B differs from A."""
    if not comparison.levers:
        return html.p(t("levers.none"), class_="card")
    head = html.tr([html.th(t(f"levers.{name}"), scope="col") for name in ("path", "a", "b")])
    rows = [
        html.tr(
            [
                html.th(html.code(lever.path), scope="row"),
                _lever_value(lever.base, t("levers.a"), t),
                _lever_value(lever.variant, t("levers.b"), t),
            ]
        )
        for lever in comparison.levers
    ]
    return _scrolled(
        html.table([html.thead(head), html.tbody(rows)], class_="plain-table levers"),
        t("levers.title"),
        t,
    )


def meanings(comparison: Comparison, t: Texts) -> Element:
    """Return what each of the two intervals says, in plain words and with this campaign's size."""
    manifest = comparison.manifest
    reduction = manifest.variance_reduction.get(comparison.variant)
    chance = [
        t(
            "intervals.chance.text",
            pairs=whole_text(manifest.replications),
            first=str(manifest.seed),
        )
    ]
    if reduction is not None and reduction >= _WORTH_SAYING:
        chance.append(t("intervals.chance.pairing", times=f"{reduction:.1f}"))
    drawn = "intervals.assumptions.text" if manifest.draws else "intervals.assumptions.without"
    assumptions = t(
        drawn, draws=whole_text(manifest.draws), count=whole_text(len(manifest.assumptions))
    )
    return html.div(
        [
            _meaning("chance", t("intervals.chance.title"), " ".join(chance)),
            _meaning("assumptions", t("intervals.assumptions.title"), assumptions),
        ],
        class_="pair meanings",
    )


def influence_list(comparison: Comparison, t: Texts) -> Element:
    """Return the assumption that matters most: of the headline at once, of other metrics on demand.

    What was tried alone at both ends of its range is known better than what the draws suggest, so
    it stands in front too.
    """
    first: list[Element] = []
    further: list[Element] = []
    for metric, entry in comparison.influences.items():
        is_tried = entry.swing_low is not None or metric == comparison.manifest.metric
        item = [html.strong(_TITLES.get(metric, metric)), html.p(entry.text), html.code(entry.path)]
        place = 0 if metric == comparison.manifest.metric else len(first)
        if is_tried:
            first.insert(place, html.li(item))
        else:
            further.append(html.li(item))
    if not first and not further:
        return html.p(t("influence.none"), class_="card empty")
    rest = html.details(
        [
            html.summary(t("influence.more", count=whole_text(len(further)))),
            html.ul(further, class_="influences"),
        ],
        class_="explain",
    )
    shown = html.ul(first, class_="influences") if first else html.p(t("influence.none"))
    return html.div([shown, rest] if further else [shown], class_="card")


def assumption_table(comparison: Comparison, t: Texts) -> Element:
    """Return every assumption that was drawn, with its range."""
    names = ("path", "low", "value", "high", "source")
    head = html.tr([html.th(t(f"assumptions.{name}"), scope="col") for name in names])
    rows = [
        html.tr(
            [
                html.th(
                    [
                        html.code(each.path),
                        html.span(each.note, class_="unit") if each.note else None,
                    ],
                    scope="row",
                ),
                *(html.td(text) for text in (each.low, each.value, each.high, each.source)),
            ]
        )
        for each in comparison.assumptions
    ]
    count = whole_text(len(comparison.assumptions))
    table = html.table([html.thead(head), html.tbody(rows)], class_="plain-table")
    return html.details(
        [
            html.summary(t("assumptions.open", count=count)),
            html.div(
                table,
                class_="table-scroll",
                tabindex="0",
                role="region",
                **{"aria-label": t("table.of", title=t("assumptions.title"))},
            ),
        ],
        class_="card fold",
    )


def error_table(comparison: Comparison, t: Texts) -> Element:
    """Return the replications without a result, each with the command that shows why."""
    names = ("arm", "draw", "seed", "message", "command")
    head = html.tr([html.th(t(f"unfinished.{name}"), scope="col") for name in names])
    titles = {name: arm.title for name, arm in comparison.manifest.arms.items()}
    rows = [
        html.tr(
            [
                html.th(titles.get(error.arm, error.arm), scope="row"),
                html.td(whole_text(error.draw)),
                html.td(str(error.seed)),
                html.td([html.strong(error.kind), " ", error.message]),
                html.td(html.code(error.command)),
            ]
        )
        for error in comparison.errors
    ]
    return _scrolled(
        html.table([html.thead(head), html.tbody(rows)], class_="plain-table"),
        t("unfinished.title"),
        t,
    )


def repeat_block(comparison: Comparison, t: Texts) -> Element:
    """Return what anybody needs to make the same comparison again."""
    manifest = comparison.manifest
    # The scenarios as they were resolved: what was set on the command line is in them.
    files = " ".join(scenario_file(place) for place in range(1 + len(manifest.variants)))
    command = (
        f"tengesim compare {files} --replications {manifest.replications}"
        f" --draws {manifest.draws} --seed {manifest.seed} --metric {manifest.metric}"
    )
    parts: list[tuple[str, Element]] = [
        (t("repeat.command"), html.code(command)),
        (t("repeat.campaign"), html.code(comparison.name)),
        (t("repeat.digest"), html.code(manifest.ensemble_digest)),
        *(
            (f"{t('repeat.scenario')} {letter}", html.code(arm.scenario_digest))
            for letter, arm in (
                (t("compare.arm.a"), manifest.arms[manifest.base]),
                (t("compare.arm.b"), manifest.arms[comparison.variant]),
            )
        ),
    ]
    return html.dl(
        [html.div([html.dt(name), html.dd(shown)]) for name, shown in parts], class_="card repeat"
    )


def stories_dialog(t: Texts) -> Element:
    """Return the drawer in which one payment is told twice."""
    return html.dialog(
        [
            html.div(
                [
                    html.h2(t("stories.title"), id="stories-title"),
                    act_button(
                        "close-stories", t("story.close"), shown=icon("close"), name="quiet square"
                    ),
                ],
                class_="row",
            ),
            html.div(id="stories"),
        ],
        id="stories-dialog",
        class_="drawer drawer-wide",
        **{"aria-labelledby": "stories-title"},
    )


def _meaning(kind: str, title: str, text: str) -> Element:
    sample = html.span(
        html.span(class_=f"ci-bar ci-{kind} sample"), class_="ci-sample", **{"aria-hidden": "true"}
    )
    return html.article([html.h3([sample, title]), html.p(text)], class_="card meaning")


def _lever_value(value: str | None, label: str, t: Texts) -> Element:
    shown = html.span(t("levers.absent"), class_="empty") if value is None else html.code(value)
    return html.td(shown, **{"data-label": label})


def _link(address: str, title: str, *, is_here: bool) -> Element:
    return html.a(title, href=address, **{"aria-current": "page" if is_here else None})


def _links(name: str, links: Sequence[Element]) -> Element:
    return html.nav(
        [html.span(name, class_="unit"), html.ul([html.li(link) for link in links])],
        class_="link-row",
        **{"aria-label": name},
    )


def _scrolled(table: Element, title: str, t: Texts) -> Element:
    return html.div(
        table,
        class_="card table-scroll",
        tabindex="0",
        role="region",
        **{"aria-label": t("table.of", title=title)},
    )
