"""One small study for all tests of the page; nothing here is changed by a test."""

from collections.abc import Iterator

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.study import Study
from dashboards.texts import Texts, texts
from tengesim.engine.run import Run
from tests.studies import Ready, stored_study


@pytest.fixture(scope="session")
def study_and_runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Study, dict[str, Run]]]:
    """Return the study of three arms and the runs it was made of."""
    made = stored_study(tmp_path_factory.mktemp("runs"))
    yield made
    made[0].close()


@pytest.fixture(scope="session")
def study(study_and_runs: tuple[Study, dict[str, Run]]) -> Study:
    """Return the study."""
    return study_and_runs[0]


@pytest.fixture(scope="session")
def runs(study_and_runs: tuple[Study, dict[str, Run]]) -> dict[str, Run]:
    """Return the runs by arm."""
    return study_and_runs[1]


@pytest.fixture(scope="session")
def t() -> Texts:
    """Return the words in English."""
    return texts("en")


@pytest.fixture(scope="session")
def application(study: Study) -> Dash:
    """Return the application of a study that is there."""
    return create_app(Ready(study))


@pytest.fixture
def client(application: Dash) -> FlaskClient:
    """Return a browser without scripts, and without cookies of earlier tests."""
    made: FlaskClient = application.server.test_client()
    return made
