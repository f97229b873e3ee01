"""The grid of payments: the one part of the page that Dash shows, because it asks the server.

Rows come page by page, so a day of a hundred thousand payments costs the browser no more than one
of ten. Community features only.
"""

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from dashboards.numbers import day_text, whole_text
from dashboards.payments import PAGE_ROWS_MAX, Choice
from dashboards.shown import Shown
from dashboards.texts import Texts

__all__ = ["payments_grid"]

_COLUMNS = (
    ("time", 80),
    ("arm", 150),
    ("kind", 110),
    ("status", 120),
    ("reason", 210),
    ("attempts", 100),
    ("place", 120),
    ("payer", 140),
    ("payee", 140),
    ("amount", 120),
    ("truth", 170),
)


def payments_grid(choice: Choice, study: Shown, t: Texts, total: int) -> list[Component]:
    """Return the grid for a day; its rows are asked for page by page."""
    day = study.clock.day(choice.day)
    said = t("payments.found", day=day_text(day, t), count=whole_text(total))
    if not total:
        return [html.P(said, role="status"), html.P(t("payments.nothing"), className="empty")]
    return [
        html.P([said, " ", t("payments.how")], role="status"),
        dag.AgGrid(
            id="payment-rows",
            columnDefs=[
                {
                    "field": name,
                    "headerName": t(_head(name, study)),
                    "width": width,
                    "sortable": False,
                    "cellClass": f"cell-{name}",
                }
                for name, width in _COLUMNS
            ],
            rowModelType="infinite",
            getRowId="params.data.id",
            dashGridOptions={
                "cacheBlockSize": PAGE_ROWS_MAX // 2,
                "maxBlocksInCache": 20,
                "rowSelection": {
                    "mode": "singleRow",
                    "checkboxes": False,
                    "enableClickSelection": True,
                },
                "suppressCellFocus": False,
                "rowHeight": 36,
                "headerHeight": 40,
                "localeText": {key: t(f"grid.{key}") for key in _GRID_TEXTS},
            },
            className="payments-table",
            style={"height": "444px", "width": "100%"},
        ),
    ]


def _head(name: str, study: Shown) -> str:
    """Return the text above a column; where no meals are served, a place is what one pays for."""
    is_purpose = name == "place" and not any(each.programmes for each in study.scenarios)
    return "column.purpose" if is_purpose else f"column.{name}"


_GRID_TEXTS = (
    "loadingOoo",
    "noRowsToShow",
    "loadingError",
    "ariaRowSelect",
    "ariaRowDeselect",
    "ariaRowToggleSelection",
)
