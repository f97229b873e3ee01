"""Where every number comes from: the parameters of the scenarios, and the runs themselves."""

from dashboards import html
from dashboards.html import Element
from dashboards.shown import Shown
from dashboards.texts import Texts
from tengesim.report.parameters import ParameterRow

__all__ = ["parameter_table", "run_table"]


def parameter_table(study: Shown, t: Texts) -> Element:
    """Return every number of the scenarios, with range and source."""
    columns = ("path", "value", "range", "source")
    head = html.tr([html.th(t(f"parameters.{name}"), scope="col") for name in columns])
    labels = {arm.id: arm.label for arm in study.arms}
    rows = [_row(row, labels, t) for row in study.text.parameters]
    assumed = sum(row.source.startswith("assumption") for row in study.text.parameters)
    sourced = sum(row.source.startswith("http") for row in study.text.parameters)
    return html.details(
        [
            html.summary(t("parameters.open", sourced=sourced, assumed=assumed)),
            html.div(
                html.table([html.thead(head), html.tbody(rows)], class_="plain-table"),
                class_="table-scroll",
                tabindex="0",
                role="region",
                **{"aria-label": t("table.of", title=t("parameters.title"))},
            ),
        ],
        class_="card fold",
    )


def _row(row: ParameterRow, labels: dict[str, str], t: Texts) -> Element:
    name: list[Element | str] = [html.code(row.path)]
    if row.arms:
        name.append(html.span(", ".join(labels[arm] for arm in row.arms), class_="unit"))
    if row.note:
        name.append(html.span(row.note, class_="unit"))
    spread = t("parameters.spread", low=row.low, high=row.high) if row.low and row.high else ""
    return html.tr(
        [html.th(name, scope="row"), html.td(row.value), html.td(spread), html.td(_source(row, t))]
    )


def _source(row: ParameterRow, t: Texts) -> Element | str:
    if row.source.startswith(("https://", "http://")):
        address, _, remark = row.source.partition(" ")
        link = html.a(
            address.split("/")[2],
            href=address,
            target="_blank",
            rel="noopener noreferrer",
            title=address,
        )
        return html.span([link, " ", remark])
    if row.source.startswith("assumption"):
        derived = row.source.partition("derived:")[2].strip()
        return t("parameters.derived", how=derived) if derived else t("parameters.assumption")
    return t("parameters.choice")


def run_table(study: Shown, t: Texts) -> Element:
    """Return which runs are shown, so that anybody can repeat or verify them."""
    head = html.tr(
        [html.th(t(f"runs.{name}"), scope="col") for name in ("arm", "run", "seed", "digest")]
    )
    rows = [
        html.tr(
            [
                html.th(arm.label, scope="row"),
                html.td(html.code(name)),
                html.td(str(arm.seed)),
                html.td(html.code(arm.digest[:16], title=arm.digest)),
            ]
        )
        for arm, name in zip(study.arms, study.run_names, strict=True)
    ]
    return html.div(
        html.table([html.thead(head), html.tbody(rows)], class_="plain-table"),
        class_="card table-scroll",
        tabindex="0",
        role="region",
        **{"aria-label": t("table.of", title=t("runs.title"))},
    )
