"""The pages of public contracts: what they say is what the log and the metrics say."""

from collections.abc import Iterator

import pandas as pd
import pytest
from werkzeug.datastructures import MultiDict

from dashboards.app import create_app
from dashboards.build import build_shown
from dashboards.components.flags import judged_table
from dashboards.components.money_tree import Branch, branches
from dashboards.html import markup
from dashboards.programmes import Programmes, wanted_of
from dashboards.shown import FinishedArm, Shown
from dashboards.texts import texts
from tengesim import Run
from tengesim.report.programmes import (
    ORDERS,
    STATES,
    Wanted,
    contract_steps,
    contract_tree,
    contracts,
    paid_by_tier,
)
from tengesim.store.write import write_run
from tests.contract_runs import paid, play
from tests.metrics_world import values
from tests.studies import Ready

NAMES = ("road_repair_paper", "road_repair")


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """Return six roads on paper and in marked money."""
    return {name: play(name) for name in NAMES}


@pytest.fixture(scope="module")
def shown(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return both arms as pages see them."""
    folder = tmp_path_factory.mktemp("roads")
    arms = [
        FinishedArm(name, run.scenario.title, write_run(run, folder, engine_name="fast"))
        for name, run in runs.items()
    ]
    made = build_shown(arms)
    yield made
    made.close()


def test_the_list_adds_up_to_what_the_metrics_say(shown: Shown, runs: dict[str, Run]) -> None:
    """Goal: page and table agree. Method: count, prices and payments of both arms."""
    for arm, name in zip(shown.arms, NAMES, strict=True):
        found = contracts(arm.log, Wanted())
        metrics = values(runs[name].metrics, "numerator")
        assert found.count == metrics["lots_planned"]
        moved = [one for one in paid(runs[name]) if one.kind in {"advance", "budget_payment"}]
        retained = [one for one in paid(runs[name]) if one.kind == "retention"]
        assert found.paid_tiyn == sum(one.tiyn for one in [*moved, *retained])
        assert found.paid_tiyn == int(found.rows["paid_tiyn"].sum())
        assert set(found.rows["state"]) <= set(STATES)


@pytest.mark.parametrize("order", ORDERS)
def test_lists_are_sorted_and_cut_as_asked(shown: Shown, order: str) -> None:
    """Goal: pages of a list. Method: all at once against one contract a page."""
    log = shown.arms[0].log
    whole = contracts(log, Wanted(order=order)).rows["contract"].tolist()
    single = [
        contracts(log, Wanted(order=order, rows=1, skipped=place)).rows["contract"].tolist()
        for place in range(len(whole))
    ]
    assert [[name] for name in whole] == single


def test_a_search_and_a_stage_choose(shown: Shown) -> None:
    """Goal: filters. Method: the name of a supplier finds its contracts; a stage adds up."""
    log = shown.arms[1].log
    every = contracts(log, Wanted())
    supplier = str(every.rows["supplier"].iloc[0])
    own = every.rows[every.rows["supplier"] == supplier]
    found = contracts(log, Wanted(search=supplier.upper()))
    assert sorted(own["contract"]) == sorted(found.rows["contract"])
    assert every.count == sum(contracts(log, Wanted(state=state)).count for state in STATES)


def test_what_an_address_asks_for_is_known_or_left_out() -> None:
    """Goal: nothing from outside is trusted. Method: nonsense in every place."""
    asked = MultiDict(
        {"line": "x'; DROP", "state": "gone", "order": "1", "page": "-3", "search": "a" * 500}
    )
    assert wanted_of(asked, ["roads"]) == Wanted(search="a" * 80)
    asked = MultiDict({"line": "roads", "state": "closed", "order": "paid", "page": "3"})
    found = wanted_of(asked, ["roads"])
    assert (found.line, found.state, found.order, found.skipped) == ("roads", "closed", "paid", 100)


def test_the_tree_pays_out_what_the_chain_was_paid(shown: Shown, runs: dict[str, Run]) -> None:
    """Goal: the tree has every payment. Method: against a plain reading of the log."""
    for arm, name in zip(shown.arms, NAMES, strict=True):
        contract = str(contracts(arm.log, Wanted()).rows["contract"].iloc[0])
        edges = contract_tree(arm.log, contract)
        own = [one for one in paid(runs[name]) if one.lot == contract and one.kind != "penalty"]
        expected = sum(one.tiyn for one in own)
        assert expected == int(edges["amount_tiyn"].sum())
        assert (int(edges["marked_tiyn"].sum()) > 0) == (name == "road_repair")


def test_every_branch_of_the_tree_adds_up(shown: Shown) -> None:
    """Goal: nothing is lost between payer and payee. Method: every branch of every contract."""

    def walk(one: Branch) -> Iterator[Branch]:
        yield one
        for each in one.below:
            yield from walk(each)

    for arm in shown.arms:
        for row in contracts(arm.log, Wanted()).rows.to_dict("records"):
            edges = contract_tree(arm.log, str(row["contract"]))
            root = branches(edges, str(row["line"]), str(row["buyer"]))
            assert root.payee == "roads"
            assert root.tiyn == int(row["paid_tiyn"])
            every = list(walk(root))
            rests = [one for one in every if one.kinds in {("kept",), ("own",)}]
            paid = sum(one.tiyn for one in every if one.kinds and one not in rests)
            assert paid == int(edges["amount_tiyn"].sum())
            for one in every:
                own = sum(-each.tiyn if "own" in each.kinds else each.tiyn for each in one.below)
                came = sum(each.tiyn for each in every if each.payee == one.payee and each.kinds)
                came -= sum(each.tiyn for each in rests if each.payee == one.payee)
                assert not one.below or own == (came if one.kinds else one.tiyn)


def test_money_that_circles_back_ends_the_tree() -> None:
    """Goal: any log can be drawn. Method: a firm that pays its payer, and one paid by two."""
    rows = [
        ("buyer", "a", 100),
        ("a", "b", 60),
        ("b", "a", 10),
        ("a", "c", 20),
        ("b", "c", 30),
        ("c", "d", 70),
    ]
    edges = pd.DataFrame(
        [(payer, payee, "subpayment", tiyn, 0) for payer, payee, tiyn in rows],
        columns=["payer", "payee", "kind", "amount_tiyn", "marked_tiyn"],
    )
    supplier = branches(edges, "line", "buyer").below[0].below[0]
    assert [(one.payee, one.tiyn) for one in supplier.below] == [("b", 60), ("c", 20), ("a", 30)]
    first, second, _ = supplier.below
    assert [(one.payee, one.tiyn, len(one.below)) for one in first.below] == [
        ("c", 30, 0),
        ("a", 10, 0),
        ("b", 20, 0),
    ]
    assert [(one.payee, one.kinds, one.tiyn) for one in second.below] == [
        ("d", ("subpayment",), 70),
        ("c", ("own",), 20),
    ]


def test_nothing_to_judge_is_said_as_nothing(shown: Shown) -> None:
    """Goal: null, not 100 %. Method: indicators of six roads, too few to say anything of."""
    flags = Programmes(shown).flags(1)
    few = markup(judged_table(flags, shown.metrics[1], texts()))
    assert "%" not in few.replace(texts()("judged.caption"), "")
    assert few.count("a ratio needs at least 30") == 2
    many = shown.metrics[1].copy()
    is_recall = many["metric"] == "flag_recall"
    many.loc[is_recall, ["numerator", "denominator"]] = [33, 44]
    assert "75.0 %" in markup(judged_table(flags, many, texts()))


def test_the_way_back_ends_at_the_budget_line(shown: Shown) -> None:
    """Goal: the chain of funding of a contract. Method: against the whole allocation."""
    programmes = Programmes(shown)
    contract = str(contracts(shown.arms[1].log, Wanted()).rows["contract"].iloc[0])
    steps = contract_steps(shown.arms[1].log, contract)
    wage = int(steps[(steps["kind"] == "wage") & (steps["status"] == "settled")]["seq"].iloc[-1])
    chain = programmes.way_back(1, wage)
    assert chain is not None
    assert chain.equals(programmes.origins(1).back(wage))
    assert set(chain["line"]) == {"roads"}
    assert str(chain["kind"].iloc[-1]) == "issue"


def test_tiers_tell_how_deep_the_mark_goes(shown: Shown) -> None:
    """Goal: marked share by tier. Method: all marked above the scope, nothing on paper."""
    on_paper, marked = (paid_by_tier(arm.log) for arm in shown.arms)
    assert int(on_paper["marked_tiyn"].sum()) == 0
    suppliers = marked[marked["tier"] == 0].iloc[0]
    assert int(suppliers["marked_tiyn"]) == int(suppliers["amount_tiyn"])
    deepest = marked.iloc[-1]
    assert int(deepest["marked_tiyn"]) < int(deepest["amount_tiyn"])


def test_documents_of_a_contract_hold_no_truth(shown: Shown) -> None:
    """Goal: truth stays apart. Method: no row of truth among the steps."""
    log = shown.arms[0].log
    for contract in contracts(log, Wanted()).rows["contract"]:
        kinds = set(map(str, contract_steps(log, str(contract))["kind"]))
        assert kinds.isdisjoint({"loss", "true_cost"})
        assert {"plan", "tender", "award"} <= kinds


def test_lines_release_what_suppliers_are_paid(shown: Shown) -> None:
    """Goal: the tenge that is followed is the tenge that was paid. Method: both sums, both arms."""
    programmes = Programmes(shown)
    for number, arm in enumerate(shown.arms):
        released = int(programmes.origins(number).lines()["tiyn"].sum())
        assert contracts(arm.log, Wanted()).paid_tiyn == released


def test_every_page_answers_and_nonsense_is_not_found(shown: Shown) -> None:
    """Goal: routes. Method: ask for each page, and for what is not there."""
    client = create_app(Ready(shown)).server.test_client()
    contract = str(contracts(shown.arms[1].log, Wanted()).rows["contract"].iloc[0])
    steps = contract_steps(shown.arms[1].log, contract)
    paid_row = int(steps[steps["kind"] == "budget_payment"]["seq"].iloc[0])
    for there in (
        "/programmes",
        "/programmes?arm=0&order=paid&search=firm",
        f"/programmes/contract?arm=1&id={contract}",
        f"/programmes/story?arm=1&intent={contract}/act-1",
        "/follow?line=roads",
        f"/follow?arm=1&row={paid_row}",
    ):
        assert client.get(there).status_code == 200, there
    for missing in (
        "/programmes?arm=7",
        "/programmes/contract?id=lot-none",
        "/programmes/contract?id=",
        "/programmes/contract",
        "/programmes/story?intent=none",
        "/follow?row=999999999",
        "/follow?row=-1",
        "/follow?row=x",
    ):
        assert client.get(missing).status_code == 404, missing
    seen = client.get("/programmes/contract", headers={"Sec-Fetch-Mode": "navigate"})
    assert seen.status_code == 404
    assert 'href="/"' in seen.get_data(as_text=True)
