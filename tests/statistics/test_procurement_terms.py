"""Acts are due after the stated mean, and are late as often as is stated; twins 10 % off fail."""

import math
from collections.abc import Sequence

import pytest

from tengesim import load_scenario
from tengesim.institutions.procurement.contract_model import ContractsSection
from tengesim.institutions.procurement.evidence import papers_of
from tengesim.institutions.procurement.stages import term_days
from tengesim.streams import further_one

pytestmark = pytest.mark.statistics

STANDARD_ERRORS = 3.29
DRAWS = 20_000


def _section() -> ContractsSection:
    section = load_scenario("road_repair").procurement
    assert section is not None
    assert section.contracts is not None
    return section.contracts


def _agrees(numbers: Sequence[int], mean: float) -> bool:
    found = sum(numbers) / len(numbers)
    variance = sum((number - found) ** 2 for number in numbers) / (len(numbers) - 1)
    return abs(found - mean) <= STANDARD_ERRORS * math.sqrt(variance / len(numbers))


def test_acts_are_due_after_the_mean_term() -> None:
    """Goal: 18 days on average, 5 to 45. Method: a z test, and one against a mean 10 % longer."""
    term = _section().payment_term
    days = [term_days(term, further_one(7, "term", number)) for number in range(DRAWS)]
    assert (min(days), max(days)) == (term.shortest.value, term.longest.value)
    assert _agrees(days, term.mean.value)
    assert not _agrees(days, term.mean.value * 1.1)


@pytest.mark.parametrize("is_digital", [False, True])
def test_signatures_are_late_as_often_as_stated(*, is_digital: bool) -> None:
    """Goal: lateness is that of the documents. Method: a z test, and one against 10 % more."""
    section = _section()
    documents = section.digital if is_digital else section.paper
    late = [
        papers_of(
            documents, further_one(7, "word", number), 0, is_digital=is_digital, owes_tax=False
        ).customer_us
        > 0
        for number in range(DRAWS)
    ]
    share = documents.late_signature.value / 10_000
    assert _agrees(late, share)
    assert not _agrees(late, share * 1.1)
