"""The figures that the documentation quotes, and the runs that they come from.

`docs/numbers.json` holds them, so that every page can be compared with them at once; a slow test
runs everything again and compares the file. To write the file:

    python -m tests.examples.study_numbers
"""

import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import tengesim
from tengesim.metrics.metric import Metric
from tengesim.scenario.digest import scenario_digest
from tengesim.store.layout import RESULTS_VERSION, folder_name
from tests.household import household_run, inputs, left_out

ROOT: Final = Path(__file__).resolve().parents[2]
NUMBERS: Final = ROOT / "docs" / "numbers.json"
SEED: Final = 1
BY_HAND: Final = "behaviour.school_meals.manual_fallback"
ACCEPTED: Final = ("settled", "recorded")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A run that the documentation quotes: the scenario and what is set in it."""

    scenario: str
    settings: tuple[str, ...] = ()

    def load(self) -> tengesim.Scenario:
        """Return the scenario as it is run."""
        return tengesim.load_scenario(self.scenario, settings=self.settings)

    @property
    def command(self) -> str:
        """Return the command that makes the run."""
        said = "".join(f' --set "{setting}"' for setting in self.settings)
        return f"tengesim run {self.scenario} --seed {SEED}{said}"

    @property
    def folder(self) -> str:
        """Return the name of the folder that the command writes."""
        scenario = self.load()
        return folder_name(scenario.name, scenario_digest(scenario), SEED)


QUOTED: Final[Mapping[str, Quoted]] = {
    "headcount": Quoted("school_meals_headcount"),
    "social_wallet": Quoted("school_meals_social_wallet"),
    "marked": Quoted("school_meals"),
    "marked, none by hand": Quoted("school_meals", (f"{BY_HAND}=0 %",)),
    "marked, 60 % by hand": Quoted("school_meals", (f"{BY_HAND}=60 %",)),
}


def stored() -> dict[str, Any]:
    """Return the figures as they are written down."""
    found: dict[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    return found


def figures(quoted: Quoted) -> dict[str, Any]:
    """Run a quoted scenario and return its figures."""
    run = tengesim.simulate(quoted.load(), seed=SEED)
    metrics = run.metrics
    return {
        "command": quoted.command,
        "run": quoted.folder,
        "log_digest": run.digest,
        "payments": run.payments,
        "rows": len(run.rows),
        "metrics": {
            str(row["metric"]): None if row["value"] != row["value"] else row["value"]
            for row in metrics.to_dict("records")
        },
        "counts": counts(run),
    }


def counts(run: tengesim.Run) -> dict[str, int]:
    """Return how meals ended, in numbers that no metric gives."""
    events = run.events
    meals = events[events["kind"].isin(("payment", "delivery"))]
    last = meals.sort_values("attempt").groupby("intent", sort=False, observed=True).last()
    truth, reason = last["true_label"].astype(str), last["reason"].astype(str)
    accepted = last["status"].astype(str).isin(ACCEPTED)
    by_hand = last["attempt"] == 2
    chosen = {
        "phantom_tried": truth == "phantom",
        "phantom_paid_by_hand": accepted & (truth == "phantom") & by_hand,
        "phantom_paid_on_forged_proof": accepted & (truth == "phantom") & ~by_hand,
        "honest_refused_by_the_register": (truth == "honest")
        & (reason == "beneficiary_not_eligible"),
        "honest_refused_without_proof": (truth == "honest") & (reason == "presence_not_proven"),
        "honest_accepted_by_hand": accepted & (truth == "honest") & by_hand,
        "second_scans_refused": (truth == "double") & ~accepted,
        "other_purchases_refused": (truth == "off_purpose") & ~accepted,
    }
    return {name: int(rows.sum()) for name, rows in chosen.items()}


def measured() -> dict[str, Any]:
    """Run everything that is quoted, two at a time, and return all figures."""
    # Fresh processes: a fork of a test session would carry its threads.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        month = pool.submit(household)
        answers = dict(zip(QUOTED, pool.map(figures, QUOTED.values()), strict=True))
        return {
            "results_version": RESULTS_VERSION,
            "seed": SEED,
            "runs": answers,
            "household_month": month.result(),
        }


def household() -> dict[str, list[dict[str, Any]]]:
    """Run the month of households; return what was put in and what was left out, with the run's."""
    run = household_run(SEED)
    return {
        name: [
            {**figure._asdict(), "standard_error": figure.standard_error if is_input else None}
            for figure in found
        ]
        for name, found, is_input in (
            ("inputs", inputs(run), True),
            ("left_out", left_out(run), False),
        )
    }


def text_of(metric: Metric, value: float | None) -> str:
    """Return a value of a metric as the pages write it."""
    if value is None:
        return "–"
    if metric.unit == "share":
        return f"{value * 100:,.2f} %"
    if metric.unit == "days":
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def main() -> None:
    """Write the figures."""
    text = json.dumps(measured(), indent=2, ensure_ascii=False)
    NUMBERS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
