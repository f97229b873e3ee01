"""What the server answers: to its own page everything it needs, to strangers nothing."""

import gzip
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.security import scrub_environment
from dashboards.study import Study
from tests.studies import ARMS, Ready

HOSTILE_NAMES = ["evil.example", "0.0.0.0", "127.0.0.1.evil.example", "localhost.", ""]  # noqa: S104


def document(client: FlaskClient) -> str:
    """Return the page."""
    return client.get("/").get_data(as_text=True)


def test_the_document_stands_before_any_script_runs(client: FlaskClient, study: Study) -> None:
    """Goal: the page opens at once. Method: the sentence and the numbers are in the HTML."""
    page = document(client)
    phantom = sum(study.prepared["arms"][0]["meals"]["phantom"]["accepted"]["by"])
    assert f"from {phantom:,} to" in page
    assert 'lang="en"' in page
    assert page.count("<h1>") == 1


def test_every_id_of_the_page_is_unique(client: FlaskClient) -> None:
    """Goal: labels and tabs point at one thing. Method: collect ids."""
    ids = re.findall(r'\sid="([^"]+)"', document(client))
    assert sorted(ids) == sorted(set(ids))


def test_every_chart_has_a_table_and_says_how_it_is_measured(client: FlaskClient) -> None:
    """Goal: nothing is shown in one way only. Method: panels of each card."""
    page = document(client)
    for name in ("phantom", "blocked", "meals", "money", "refusals"):
        assert f'id="{name}-chart"' in page
        assert f'id="{name}-table"' in page
        card = page[page.index(f'id="{name}-card"') :]
        assert 'class="explain"' in card[: card.index("</article>")]


def test_the_content_policy_allows_only_our_own(client: FlaskClient) -> None:
    """Goal: nothing else loads or runs. Method: the header, directive by directive."""
    answer = client.get("/")
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    scripts = policy.pop("script-src").split()
    assert scripts[0] == "'self'"
    assert all(re.fullmatch(r"'sha256-[\w+/=]+'", one) for one in scripts[1:])
    assert policy == {
        "default-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_every_inline_script_is_one_of_the_hashed(client: FlaskClient) -> None:
    """Goal: the policy does not break the page. Method: hash what stands inline."""
    import base64
    import hashlib

    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    inline = re.findall(r"<script(?![^>]*src=)([^>]*)>(.*?)</script>", document(client), re.DOTALL)
    running = [text for attributes, text in inline if "application/json" not in attributes]
    assert running
    for text in running:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


@pytest.mark.parametrize("path", ["/", "/playback.json", "/texts/en.json", "/assets/90_start.js"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    """Goal: no way around them. Method: a page, a file, a route and an asset."""
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("host", HOSTILE_NAMES)
@pytest.mark.parametrize("path", ["/", "/playback.json", "/_dash-layout", "/assets/90_start.js"])
def test_other_hosts_are_refused(client: FlaskClient, host: str, path: str) -> None:
    """Goal: no DNS rebinding. Method: the Host header of a stranger's name."""
    assert client.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "localhost", "localhost:1"])
def test_our_own_names_are_served(client: FlaskClient, host: str) -> None:
    """Goal: the rule above can pass. Method: the names of this machine."""
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_other_pages_cannot_read_or_ask(client: FlaskClient, headers: dict[str, str]) -> None:
    """Goal: no cross-site request. Method: what a browser says of a foreign page."""
    assert client.get("/playback.json", headers=headers).status_code == 403


def test_a_link_from_elsewhere_opens_the_page(client: FlaskClient) -> None:
    """Goal: addresses can be passed on. Method: a navigation from another site."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=headers).status_code == 200


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    """Goal: memory stays bounded. Method: three megabytes."""
    answer = client.post(
        "/_dash-update-component", data=b"x" * 3_000_000, content_type="application/json"
    )
    assert answer.status_code == 413
    assert "Traceback" not in answer.get_data(as_text=True)


def test_the_prepared_file_is_sent_compressed_and_once(client: FlaskClient, study: Study) -> None:
    """Goal: one quick file. Method: decompress, compare, ask again with its tag."""
    answer = client.get("/playback.json")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.get_data())) == study.prepared
    again = client.get("/playback.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_all_figures_come_in_one_file(client: FlaskClient) -> None:
    """Goal: charts need no callback. Method: names in the file against places on the page."""
    content = json.loads(gzip.decompress(client.get("/figures/en.json").get_data()))
    places = set(re.findall(r'data-figure="([^"]+)"', document(client)))
    assert set(content["figures"]) == places
    assert content["config"]["showSendToCloud"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/figures/xx.json",
        "/texts/xx.json",
        "/texts/..%2F..%2Fpyproject.json",
        "/assets/..%2Fapp.py",
        "/assets/../app.py",
        "/console",
        "/_mcp",
        "/anything",
        "/story",
        "/story?arm=marked&intent=none",
        "/story?arm=../../x&intent=%00",
        "/_dash-component-suites/unknown/x.js",
        "/_dash-component-suites/dash/../../../etc/passwd",
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    """Goal: no path of a stranger is followed. Method: unknown names and ways out."""
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert "root:" not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)


def test_before_the_study_is_there_the_page_waits() -> None:
    """Goal: the page opens at once. Method: an application without a study."""
    client = create_app(Ready(None)).server.test_client()
    assert 'data-waiting="true"' in document(client)
    assert client.get("/progress.json").get_json()["is_ready"] is False
    for path in ("/playback.json", "/figures/en.json", "/story?arm=marked&intent=x"):
        assert client.get(path).status_code == 404


def test_the_language_of_the_address_is_kept(client: FlaskClient) -> None:
    """Goal: state lives in the address. Method: the cookie that later requests carry."""
    answer = client.get("/?lang=en")
    assert "lang=en" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert client.get("/?lang=<script>").status_code == 200
    assert "Set-Cookie" not in client.get("/?lang=<script>").headers


def test_the_story_of_a_payment_tells_the_deciding_rule_and_the_truth_apart(
    client: FlaskClient, study: Study
) -> None:
    """Goal: from a number to a reason. Method: the first refused honest meal."""
    log = study.arms[list(ARMS).index("marked")].log
    row = log.query(
        "SELECT intent, rule FROM events WHERE status = 'refused' AND true_label = 'honest'"
        " AND kind = 'payment' ORDER BY seq LIMIT 1"
    ).iloc[0]
    answer = client.get("/story", query_string={"arm": "marked", "intent": row["intent"]})
    told = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert str(row["rule"]) in told
    assert told.index("truth-box") > told.index("story-steps")
    assert "The pupil was there and the meal was due" in told


VALUES: list[Any] = [
    None,
    "",
    -1,
    10**30,
    1e308,
    [],
    {},
    [[]],
    {"day": {"day": []}},
    "x" * 100_000,
    True,
    "\0",
    "../../etc/passwd",
    {"day": "2026-02-10", "arm": "../..", "status": ["refused"], "reason": {"a": 1}},
    {"day": "2026-99-99"},
    {"day": "9" * 50},
    {"startRow": -5, "endRow": 10**12},
    {"startRow": "0", "endRow": "100"},
    {"startRow": 0, "endRow": 100},
    [{"arm_number": 10**9, "intent": "x"}],
    [{"arm_number": True, "intent": ["x"]}],
]


def callbacks(client: FlaskClient) -> list[dict[str, Any]]:
    """Return the callbacks that the server answers."""
    listed: list[dict[str, Any]] = client.get("/_dash-dependencies").get_json()
    return [one for one in listed if not one.get("clientside_function")]


def asked(client: FlaskClient, callback: dict[str, Any], value: object) -> int:
    """Return the status of a callback that is given `value` for everything."""
    parts = {
        name: [{**one, "value": value} for one in callback[name]] for name in ("inputs", "state")
    }
    name, _, prop = callback["output"].strip(".").rpartition(".")
    body = {
        "output": callback["output"],
        "outputs": {"id": name, "property": prop},
        "changedPropIds": [f"{callback['inputs'][0]['id']}.{callback['inputs'][0]['property']}"],
        **parts,
    }
    return client.post("/_dash-update-component", json=body).status_code


def test_no_callback_fails_whatever_it_is_given(client: FlaskClient) -> None:
    """Goal: every argument is hostile and nothing breaks. Method: each value to each callback."""
    listed = callbacks(client)
    assert len(listed) >= 2
    for callback in listed:
        for value in VALUES:
            assert asked(client, callback, value) in {200, 204}, (callback["output"], value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"output": "x.y"},
        {"output": "payments-grid.children"},
        {"output": "payments-grid.children", "inputs": "x"},
        {"output": "payments-grid.children", "inputs": [{"id": "other", "property": "p"}]},
        {"output": ["payments-grid.children"], "inputs": []},
        None,
    ],
)
def test_what_is_no_question_of_the_page_is_refused(client: FlaskClient, body: object) -> None:
    """Goal: Dash never sees it. Method: bodies that name nothing, or the wrong thing."""
    assert client.post("/_dash-update-component", json=body).status_code in {400, 415}


def test_an_error_inside_tells_a_reader_nothing_of_the_inside(
    monkeypatch: pytest.MonkeyPatch, study: Study
) -> None:
    """Goal: no secret of the machine leaks. Method: let a route fail with a telling text."""
    jobs = Ready(study)
    client = create_app(jobs).server.test_client()
    monkeypatch.setattr(jobs, "snapshot", lambda: 1 / 0)
    answer = client.get("/progress.json")
    assert answer.status_code == 500
    assert "division" not in answer.get_data(as_text=True)


def test_the_environment_cannot_open_the_page() -> None:
    """Goal: debug, MCP and other hosts stay off. Method: the switches Dash and Flask read."""
    environment = {
        "DASH_DEBUG": "true",
        "FLASK_DEBUG": "1",
        "HOST": "0.0.0.0",  # noqa: S104 - what a stranger might set
        "PORT": "1",
        "DASH_MCP_ENABLED": "true",
        "DASH_HOT_RELOAD": "true",
        "PATH": "kept",
    }
    removed = scrub_environment(environment)
    assert environment == {"PATH": "kept"}
    assert len(removed) == 6


def test_debugging_and_agents_are_off(monkeypatch: pytest.MonkeyPatch, study: Study) -> None:
    """Goal: nothing opens by accident. Method: create the page with the switches on."""
    for name in ("DASH_DEBUG", "FLASK_DEBUG", "DASH_MCP_ENABLED", "DASH_UI", "DASH_HOT_RELOAD"):
        monkeypatch.setenv(name, "true")
    app = create_app(Ready(study))
    client = app.server.test_client()
    assert app.server.debug is False
    assert not any("_mcp" in str(rule) for rule in app.server.url_map.iter_rules())
    assert '"hot_reload"' not in document(client)
