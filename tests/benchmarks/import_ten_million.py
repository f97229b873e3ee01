"""Ten million payments of a table, replayed on the reference engine, each compared with a plan.

Run it by hand (`python tests/benchmarks/import_ten_million.py --payments 1000000`). What each row
comes to is predicted by a ledger of one dictionary; the run must agree row by row, so that none is
lost and none settles without means. No test judges the time, because that belongs to the machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_GIB = 2**30
_DAYS: Final = 31
_COLUMNS: Final = """
    SELECT row_number() OVER () AS id,
           strftime(TIMESTAMP '2026-03-01' + to_seconds(second), '%Y-%m-%dT%H:%M:%S') AS time,
           printf('%012d', payer + 10000000000) AS payer,
           printf('%012d', payee + 10000000000) AS payee,
           printf('%d.%02d', tiyn // 100, tiyn % 100) AS amount
    FROM drawn
"""
_SCENARIO: Final = """\
format: 1
name: import_benchmark
title: A table of payments
question: Does every row settle or get refused?
seed: 1
region: KZ-71
mci: {value: 4325 KZT, low: 4325 KZT, high: 4325 KZT, source: assumption}
clock:
  start: 2026-03-01
  end: 2026-04-01
  offsets: [{from: 2024-03-01, utc_offset: "+05:00", source: assumption}]
population: {scale: 1}
banks:
  national_bank: national_bank
  second_tier:
    - {id: bank_a, share: {value: 70 %, low: 70 %, high: 70 %, source: assumption}}
    - {id: bank_b, share: {value: 30 %, low: 30 %, high: 30 %, source: assumption}}
treasury:
  id: treasury
  appropriation_margin: {value: 0 %, low: 0 %, high: 0 %, source: assumption}
finance:
  base_rate: {value: 18 %, low: 18 %, high: 18 %, source: assumption}
  spread: {value: 4 %, low: 4 %, high: 4 %, source: assumption}
retail:
  import:
    file: payments.csv
    columns: {id: id, time: time, payer: payer, payee: payee, amount: amount}
    time_zone: "+05:00"
    opening:
      amount: {value: 60000 KZT, low: 60000 KZT, high: 60000 KZT, source: assumption}
"""


def write_table(folder: Path, payments: int, parties: int) -> None:
    """Write a table of payments and a scenario that imports it."""
    import duckdb

    (folder / "import.yaml").write_text(_SCENARIO, encoding="utf-8")
    chance = np.random.default_rng(5)
    second = np.sort(chance.integers(0, _DAYS * 86_400, payments))
    payer = chance.integers(0, parties, payments)
    payee = (payer + chance.integers(1, parties, payments)) % parties
    tiyn = np.maximum(1, chance.lognormal(13.0, 1.2, payments)).astype(np.int64)
    columns = {"second": second, "payer": payer, "payee": payee, "tiyn": tiyn}
    with duckdb.connect(":memory:") as ask:
        ask.execute("SET preserve_insertion_order = true")
        # DuckDB reads arrays by the name of the variable that holds them.
        ask.register("drawn", _frame(columns))
        ask.sql(_COLUMNS).write_csv(str(folder / "payments.csv"), header=True)


def _frame(columns: dict[str, NDArray[np.int64]]) -> object:
    import pandas as pd

    return pd.DataFrame(columns)


def predicted(table: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - read here only
    """Return which rows have the means when they are due, by the plainest ledger there is."""
    held = table.opening_tiyn.tolist()
    settles = np.zeros(len(table.row), dtype=np.bool_)
    rows = zip(table.payer.tolist(), table.payee.tolist(), table.amount_tiyn.tolist(), strict=True)
    for number, (payer, payee, amount_tiyn) in enumerate(rows):
        if held[payer] >= amount_tiyn:
            held[payer] -= amount_tiyn
            held[payee] += amount_tiyn
            settles[number] = True
    return settles


def measure(payments: int, parties: int) -> dict[str, Any]:
    """Import and replay a table in this Python, and return what it took."""
    from tengesim.codes import Kind, Reason, Status
    from tengesim.engine.run import simulate
    from tengesim.engine.size import check_size, estimate_bytes
    from tengesim.scenario.load import load_scenario
    from tests.benchmarks.full_month import peak_bytes

    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        begun = time.perf_counter()
        write_table(Path(name), payments, parties)
        seconds["write table"] = time.perf_counter() - begun
        size = (Path(name) / "payments.csv").stat().st_size
        begun = time.perf_counter()
        scenario = load_scenario(Path(name) / "import.yaml")
        seconds["load"] = time.perf_counter() - begun
    check_size(scenario)
    loaded_bytes = peak_bytes()
    run = simulate(scenario)
    seconds |= run.phases
    table = scenario.retail.imported.table if scenario.retail and scenario.retail.imported else None
    if table is None:
        raise RuntimeError("the scenario has no table")
    rows = run.rows[run.rows["kind"] == Kind.PAYMENT]
    _, first = np.unique(rows["ref"], return_index=True)
    answers = rows[first]
    settled = answers["status"] == Status.SETTLED
    refused = (answers["status"] == Status.REFUSED) & (
        answers["reason"] == Reason.INSUFFICIENT_FUNDS
    )
    return {
        "payments": payments,
        "parties": len(table.parties),
        "digest": run.digest,
        "rows": len(run.rows),
        "settled": int(settled.sum()),
        "refused": int(refused.sum()),
        "none lost": bool(len(answers) == payments and np.all(settled | refused)),
        "each as predicted": bool(
            len(answers) == payments
            and np.array_equal(settled, predicted(table))
            and np.array_equal(answers["amount_tiyn"], table.amount_tiyn)
        ),
        "seconds": {phase: round(value, 1) for phase, value in seconds.items()},
        "payments_per_s": round(payments / run.phases["simulate"]),
        "table_bytes": size,
        "peak_bytes": {"load": loaded_bytes, "all": peak_bytes()},
        "estimate_bytes": estimate_bytes(scenario),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was measured, in words."""
    peaks = found["peak_bytes"]
    return [
        f"payments        {found['payments']:,} between {found['parties']:,} parties",
        f"settled         {found['settled']:,}",
        f"refused         {found['refused']:,} for insufficient funds",
        f"none lost       {found['none lost']}",
        f"as predicted    {found['each as predicted']}, row by row",
        f"rows of log     {found['rows']:,}",
        f"log digest      {found['digest']}",
        *(f"{phase:<15} {value:,.1f} s" for phase, value in found["seconds"].items()),
        f"rate            {found['payments_per_s']:,} payments per second of `simulate`",
        f"memory, load    {peaks['load'] / _GIB:.2f} GiB at most",
        f"memory, all     {peaks['all'] / _GIB:.2f} GiB at most",
        f"estimate        {found['estimate_bytes'] / _GIB:.2f} GiB (engine/size.py)",
    ]


def main() -> None:
    """Measure in a fresh Python and print it; exit 1 where a row is lost or not as predicted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--payments", type=int, default=10_000_000)
    parser.add_argument("--parties", type=int, default=200_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    if chosen.here:
        sys.path.insert(0, str(root))
        print(json.dumps(measure(chosen.payments, chosen.parties)))  # noqa: T201
        return
    command = [sys.executable, __file__, "--here", "--payments", str(chosen.payments)]
    command += ["--parties", str(chosen.parties)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root)
    found = json.loads(answer.stdout)
    print(json.dumps(found) if chosen.json else "\n".join(lines(found)))  # noqa: T201
    sys.exit(not (found["none lost"] and found["each as predicted"]))


if __name__ == "__main__":
    main()
