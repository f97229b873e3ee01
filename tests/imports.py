"""Scenarios that import a table of payments, written into a folder of a test."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["COLUMNS", "GOOD", "write_import", "write_rows"]

COLUMNS: Final = ("id", "time", "payer", "payee", "amount", "purpose")
GOOD: Final = (
    ("1", "2026-03-01T10:00:00", "010203400017", "990203400017", "150.50", "5411"),
    ("2", "2026-03-01 09:00", "990203400017", "shop, ltd", "20", ""),
    ("3", "2026-03-01T12:00:00+05:00", "010203400018", "990203400017", "7.00", "5411"),
)
"""Three rows in which everything is right, in three ways of writing."""

_SCENARIO: Final = """\
format: 1
name: imported
title: A table of payments
question: What becomes of each row?
seed: 1
region: KZ-71
mci: {{value: 4325 KZT, low: 4325 KZT, high: 4325 KZT, source: assumption}}
clock:
  start: 2026-03-01
  end: 2026-03-03
  offsets: [{{from: 2024-03-01, utc_offset: "+05:00", source: assumption}}]
population: {{scale: 1}}
banks:
  national_bank: national_bank
  second_tier:
    - {{id: bank_a, share: {{value: 60 %, low: 60 %, high: 60 %, source: assumption}}}}
    - {{id: bank_b, share: {{value: 40 %, low: 40 %, high: 40 %, source: assumption}}}}
treasury:
  id: treasury
  appropriation_margin: {{value: 0 %, low: 0 %, high: 0 %, source: assumption}}
finance:
  base_rate: {{value: 18 %, low: 18 %, high: 18 %, source: assumption}}
  spread: {{value: 4 %, low: 4 %, high: 4 %, source: assumption}}
retail:
  import:
    file: {file}
    columns: {{id: id, time: time, payer: payer, payee: payee, amount: amount, purpose: purpose}}
    time_zone: "{time_zone}"
    amount_unit: {unit}
    opening:
      amount: {{value: {opening}, low: 0 KZT, high: 1 bn KZT, source: assumption}}
{more}"""


def write_rows(
    path: Path, rows: Iterable[Sequence[str]], *, columns: Sequence[str] = COLUMNS
) -> None:
    """Write rows as CSV under a line of column names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def write_import(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """Write a scenario that imports `payments.csv` of the folder, and return its path."""
    stated = {
        "file": "payments.csv",
        "time_zone": "+05:00",
        "unit": "KZT",
        "opening": "100 KZT",
        "more": "",
    }
    path = folder / "imported.yaml"
    path.write_text(_SCENARIO.format(**(stated | dict(changes or {}))), encoding="utf-8")
    return path
