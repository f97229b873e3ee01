"""The month of a thousand households gives back what was put into it, within its sampling error."""

import pytest

from tests.household import Figure, household_run, inputs, left_out

STANDARD_ERRORS = 3.29
WIDE = {"mean withdrawal wanted"}
"""A thousand households take out too little cash for a mean to be told within a tenth."""


def figures() -> list[Figure]:
    """Return the aggregates of the shipped month."""
    return list(inputs(household_run()))


@pytest.mark.statistics
def test_monthly_aggregates_are_the_inputs_within_sampling_error() -> None:
    """Goal: what is stated happens. Method: counts and means against the scenario, one by one."""
    found = figures()
    assert len(found) == 20
    assert {one.name: one.deviation for one in found if abs(one.deviation) > STANDARD_ERRORS} == {}


@pytest.mark.statistics
def test_an_input_that_is_a_tenth_wrong_is_noticed() -> None:
    """Goal: the test above has power. Method: the same figures against inputs a tenth higher."""
    told = {
        one.name
        for one in figures()
        if abs(one._replace(stated=1.1 * one.stated).deviation) > STANDARD_ERRORS
    }
    assert told == {one.name for one in figures()} - WIDE


def test_what_was_left_out_is_told_with_its_miss() -> None:
    """Goal: no figure is both put in and called a success. Method: names of the two lists."""
    missed = list(left_out(household_run()))
    assert len(missed) == 7
    assert not {one.name for one in missed} & {one.name for one in figures()}
    assert all(one.simulated > 0 for one in missed)
