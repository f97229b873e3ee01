"""Privacy: what each observer learns about persons from its own view of the log."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from tengesim.clock import DAY_US
from tengesim.codes import Evidence
from tengesim.metrics.log import Whole
from tengesim.metrics.metric import Measure, Metric
from tengesim.metrics.readings import Readings
from tengesim.metrics.views import OBSERVER_TEXTS, OBSERVERS

__all__ = ["METRICS", "measure"]

WINDOW_DAYS: Final = 30
_YEAR_DAYS: Final = 365

METRICS: Final = (
    *(
        Metric(
            name=f"persons_identified_{observer}",
            title=f"Persons identified, {observer}",
            unit="share",
            group="privacy",
            question=f"Which share of the pupils can the {observer} name from the log?",
            formula="Pupils whose name stands in a row of this view within 30 days of the first"
            " want ÷ pupils who wanted a meal, or for whom one was forged, in these days.",
            source="Identified by number or name; identification from four points of place and"
            " time (de Montjoye et al. 2013) needs a number that links rows, which no view without"
            " names has",
            direction="down",
            uses_truth=False,
            needs="full",
            text={"en": OBSERVER_TEXTS[observer]},
        )
        for observer in OBSERVERS
    ),
    *(
        Metric(
            name=f"linkable_payments_{observer}",
            title=f"Meals linkable to a pupil, {observer}",
            unit="meals",
            group="privacy",
            question=f"How many meals of one pupil can the {observer} link to each other?",
            formula="Median over pupils of their accepted meals in this view that bear their name,"
            " within 30 days of the first want.",
            source="Median linkable payments per person over 30 days",
            direction="down",
            uses_truth=False,
            needs="full",
            text={"en": OBSERVER_TEXTS[observer]},
        )
        for observer in OBSERVERS
    ),
    Metric(
        name="templates_held",
        title="Palm templates held",
        unit="person-years",
        group="privacy",
        question="For how many persons is a feature kept that they can never change?",
        formula="Pupils whose palm was accepted as proof at least once × days of the horizon ÷"
        " 365.",
        source="Person-years of irrevocable templates held",
        direction="down",
        uses_truth=False,
        needs="full",
        text={"en": "A card or a code can be replaced after a breach, a palm cannot."},
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of privacy, all of which follow single persons."""
    if not readings.is_full:
        return
    log, terms = readings.log, readings.terms
    wants = np.flatnonzero(log.is_want)
    first_us = int(log.time_us[wants].min(initial=terms.end_us))
    recent = wants[log.time_us[wants] < first_us + WINDOW_DAYS * DAY_US]
    persons = np.unique(log.payer[recent])
    cases = "pupils are in the log"
    for observer in OBSERVERS:
        view = readings.view(observer)
        named = recent[view.is_seen[recent] & view.is_person_seen[recent]]
        yield Measure(
            f"persons_identified_{observer}",
            len(np.unique(log.payer[named])),
            len(persons),
            cases=cases,
        )
        meals = log.payer[named[log.is_accepted[named]]]
        numerator, denominator = _median(_counts(persons, meals))
        yield Measure(
            f"linkable_payments_{observer}", numerator, denominator, base=len(persons), cases=cases
        )
    palm = wants[log.evidence[wants] & int(Evidence.PRESENCE_PALM) > 0]
    days = (terms.end_us - terms.start_us) // DAY_US
    templates = len(np.unique(log.payer[palm]))
    yield Measure("templates_held", templates * days, _YEAR_DAYS)


def _counts(persons: Whole, payers: Whole) -> Whole:
    """Return for each of `persons`, in order, how often it stands among `payers`."""
    return np.bincount(np.searchsorted(persons, payers), minlength=len(persons))


def _median(counts: Whole) -> tuple[int, int]:
    """Return the median as a fraction of whole numbers; 0 of nobody."""
    if not len(counts):
        return 0, 1
    ordered = np.sort(counts)
    middle = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    return int(middle), 2
