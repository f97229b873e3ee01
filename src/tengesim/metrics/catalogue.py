"""The closed catalogue of metrics: what is not in it is not reported anywhere.

METRICS are those of one run, PAIRED_METRICS those of two arms. Each group defines its metrics next
to the code that computes them; here they stand together, in the order in which they are shown.
"""

from collections.abc import Mapping
from typing import Final

from tengesim.metrics import (
    access,
    budget,
    chain,
    confiscation,
    deposits,
    fiscal,
    harm,
    income,
    integrity,
    leakage,
    mining,
    privacy,
    procurement,
    purchases,
    reach,
    red_flags,
    reserve,
    retail,
    suppliers,
    supplies,
    supply,
    tax,
    transparency,
    vouchers,
)
from tengesim.metrics.metric import GROUPS, Group, Metric
from tengesim.metrics.paired import PAIRED_METRICS

__all__ = ["GROUPS", "METRICS", "METRICS_BY_NAME", "PAIRED_METRICS", "Group", "Metric"]

_PARTS: Final = (
    reach.METRICS,
    integrity.METRICS,
    harm.METRICS,
    access.METRICS,
    access.OFFLINE_METRICS,
    transparency.METRICS,
    fiscal.METRICS,
    budget.METRICS,
    income.METRICS,
    retail.METRICS,
    procurement.METRICS,
    leakage.METRICS,
    red_flags.METRICS,
    suppliers.METRICS,
    tax.METRICS,
    chain.METRICS,
    supply.METRICS,
    deposits.METRICS,
    vouchers.METRICS,
    reserve.METRICS,
    confiscation.METRICS,
    mining.METRICS,
    purchases.METRICS,
    supplies.METRICS,
    privacy.METRICS,
)

METRICS: Final[tuple[Metric, ...]] = tuple(
    # Sorting is stable: within a group the parts keep their order.
    sorted((metric for part in _PARTS for metric in part), key=lambda one: GROUPS.index(one.group))
)

METRICS_BY_NAME: Final[Mapping[str, Metric]] = {metric.name: metric for metric in METRICS}
