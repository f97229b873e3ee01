"""Published figures against the people built: inputs come back, the others tell their miss."""

import pytest

from tengesim.population.validation import PublishedFigure, validation
from tests.nation import changed, made, nation, section


@pytest.fixture(scope="module")
def figures() -> dict[tuple[str, bool], PublishedFigure]:
    """Return the figures of a fiftieth of the country, by name and whether they are inputs."""
    found = validation(nation("0.02"), section())
    return {(one.name, one.is_input): one for one in found}


def test_figures_that_are_inputs_come_back(
    figures: dict[tuple[str, bool], PublishedFigure],
) -> None:
    """Goal: inputs are met. Method: within 7 %, which is five standard errors of the smallest."""
    inputs = [one for one in figures.values() if one.is_input]
    assert len(inputs) == 13
    for one in inputs:
        assert abs(one.miss_bp) < 700, one
    assert abs(figures["women and girls", True].miss_bp) < 50
    assert abs(figures["median wage", True].miss_bp) < 100


def test_every_figure_that_was_left_out_tells_its_miss(
    figures: dict[tuple[str, bool], PublishedFigure],
) -> None:
    """Goal: no miss is hidden. Method: the list, and that none is met by construction."""
    left_out = [one for one in figures.values() if not one.is_input]
    assert len(left_out) == 7
    for one in left_out:
        assert one.source.startswith("https://")
        assert one.miss_bp != 0


def test_a_miss_is_the_part_by_which_the_model_is_above() -> None:
    """Goal: signs are read right. Method: two figures, above and below."""
    above = PublishedFigure("a", "people", 200, 250, is_input=False, source="https://example.org/")
    assert above.miss_bp == 2_500
    assert above._replace(modelled=150).miss_bp == -2_500


def test_an_input_that_is_not_met_is_seen() -> None:
    """Goal: the table can fail. Method: people built with half the large families."""
    path = "programmes.large_family.recipients"
    built = made(changed(path, {"value": 302_100, "source": "https://example.org/"}), "0.02")
    (figure,) = (one for one in validation(built, section()) if one.name == "large_family")
    assert -5_500 < figure.miss_bp < -4_500


def test_people_without_programmes_or_wages_have_fewer_figures() -> None:
    """Goal: small worlds are no error. Method: a section without programmes."""
    plain = section().model_copy(update={"programmes": {}})
    names = {one.name for one in validation(made(plain, "0.0002"), plain)}
    assert "pension" not in names
    assert "people in families with targeted aid" not in names
    assert "most frequent wage" in names
