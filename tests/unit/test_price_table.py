"""Tables of past prices: good ones are read to the last digit, bad ones are told line by line."""

import datetime
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tengesim.errors import Finding, ScenarioError
from tengesim.findings import FINDING_CODES
from tengesim.market import build
from tengesim.market.laws import BootstrapSection, PriceTable
from tengesim.scenario.digest import resolved_yaml, scenario_digest
from tengesim.scenario.imports import folder_of, same_folder, with_tables
from tengesim.scenario.load import check_scenario, load_scenario
from tengesim.scenario.price_table import DAYS_MIN, header_of, read_prices
from tengesim.streams import Streams
from tests.market_sections import assumed

FIRST = datetime.date(2025, 1, 1)
COLUMNS = {"bitcoin": "btc", "us_dollar": "usd"}


def rows(number: int = 40) -> list[str]:
    """Return the lines of a good table."""
    lines = ["day,btc,usd"]
    for place in range(number):
        day = FIRST + datetime.timedelta(place)
        lines.append(f"{day},{90_000 + 700 * math.sin(place):.2f},{500 + 3 * math.cos(place):.4f}")
    return lines


def read(folder: Path, lines: Sequence[str], **columns: str) -> PriceTable:
    """Return the prices of a table of these lines."""
    path = folder / "prices.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_prices(path, "prices.csv", date="day", columns=columns or COLUMNS)


def refused(folder: Path, lines: Sequence[str], **columns: str) -> list[Finding]:
    """Return what is wrong with a table of these lines."""
    with pytest.raises(ScenarioError) as stopped:
        read(folder, lines, **columns)
    assert all(finding.code in FINDING_CODES for finding in stopped.value.findings)
    return list(stopped.value.findings)


def test_a_good_table_is_read_to_the_last_digit(tmp_path: Path) -> None:
    """Goal: nothing is guessed. Method: days and prices as written."""
    lines = rows()
    table = read(tmp_path, lines)
    epoch = datetime.date(1970, 1, 1)
    assert table.days.tolist() == [(FIRST - epoch).days + place for place in range(40)]
    assert table.prices["bitcoin"].tolist() == [float(line.split(",")[1]) for line in lines[1:]]
    assert list(table.prices) == ["bitcoin", "us_dollar"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_may_be_parted_by_other_signs(tmp_path: Path, delimiter: str) -> None:
    """Goal: tables of spreadsheets. Method: three delimiters, quotes and a byte order mark."""
    lines = [delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in rows()]
    lines[0] = "\ufeff" + lines[0]
    assert read(tmp_path, lines).prices["us_dollar"][0] == 503
    assert header_of(tmp_path / "prices.csv", "prices.csv") == ["day", "btc", "usd"]


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [
        ("NaN", "PRICE_VALUE", "'NaN' is no price of bitcoin"),
        ("", "PRICE_VALUE", "'' is no price of bitcoin"),
        ("-5", "PRICE_VALUE", "'-5' is no price"),
        ("0", "PRICE_VALUE", "'0' is no price"),
        ("0.00", "PRICE_VALUE", "'0.00' is no price"),
        ("inf", "PRICE_VALUE", "'inf' is no price"),
        ("1e5", "PRICE_VALUE", "'1e5' is no price"),
        ("90 000", "PRICE_VALUE", "'90 000' is no price"),
        ("9,5", "TABLE_ROW", "4 cells where the header has 3"),
        ("٣", "PRICE_VALUE", "is no price"),
    ],
)
def test_a_wrong_price_is_told_with_its_line(
    tmp_path: Path, cell: str, code: str, said: str
) -> None:
    """Goal: gone cells do not become zeros. Method: line 12 with one wrong cell."""
    lines = rows()
    day, _, dollar = lines[11].split(",")
    lines[11] = f"{day},{cell},{dollar}"
    (finding,) = refused(tmp_path, lines)
    assert (finding.code, finding.line, finding.file) == (code, 12, "prices.csv")
    assert said in finding.message


def test_days_missing_repeated_or_out_of_order_are_told(tmp_path: Path) -> None:
    """Goal: returns are from day to day. Method: one line removed, doubled, moved, misspelled."""
    lines = rows()
    gap = refused(tmp_path, lines[:5] + lines[7:])
    assert [(one.code, one.line) for one in gap] == [("PRICE_GAP", 6)]
    assert gap[0].message == "2 days missing between 2025-01-04 and 2025-01-07"
    twice = refused(tmp_path, [*lines[:5], lines[4], *lines[5:]])
    assert [(one.code, one.line) for one in twice] == [("TABLE_TWICE", 6)]
    assert twice[0].message == "2025-01-04 is there twice, first in line 5"
    back = refused(tmp_path, [lines[0], *lines[:0:-1]])
    assert [(one.code, one.line) for one in back] == [
        ("PRICE_ORDER", line) for line in range(3, 42)
    ]
    assert back[0].message == "2025-02-08 stands after 2025-02-09"
    for wrong in ("2025-02-30", "01.02.2025", ""):
        misspelled = [*lines[:9], f"{wrong},1,1", *lines[10:]]
        assert [one.code for one in refused(tmp_path, misspelled)] == ["TABLE_TIME"]


def test_every_mistake_of_a_table_is_told_at_once(tmp_path: Path) -> None:
    """Goal: nobody reads a table twice. Method: four kinds together; of many, the first 50."""
    lines = rows(200)
    lines[3] = "2025-01-03,NaN,-1"
    del lines[20]
    lines[30] += ",9"
    codes = [finding.code for finding in refused(tmp_path, lines)]
    assert sorted(codes) == ["PRICE_GAP", "PRICE_VALUE", "PRICE_VALUE", "TABLE_ROW"]
    bad = refused(tmp_path, [lines[0], *(f"{line.split(',')[0]},x,1" for line in rows(200)[1:])])
    assert len(bad) == 51
    assert bad[-1].message == "and 150 more such rows"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n", "EMPTY_FILE"),
        (b"\xff\xfe\x00", "ENCODING"),
        (b"date,btc,usd\n", "TABLE_COLUMN"),
        (b"day,btc,btc,usd\n", "TABLE_COLUMN"),
        (b"day,btc,usd\n", "PRICES_FEW"),
        (b'day,btc,usd\n2025-01-01,"1,1\n', "TABLE_ROW"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """Goal: an answer to any file. Method: contents that hold no prices."""
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as stopped:
        read_prices(path, "prices.csv", date="day", columns=COLUMNS)
    assert [finding.code for finding in stopped.value.findings] == [code]


def test_a_month_of_prices_is_the_least(tmp_path: Path) -> None:
    """Goal: the bound is exact. Method: 30 and 31 days."""
    assert len(read(tmp_path, rows(DAYS_MIN)).days) == DAYS_MIN
    assert [one.code for one in refused(tmp_path, rows(DAYS_MIN - 1))] == ["PRICES_FEW"]


def test_neither_a_folder_nor_nothing_is_read(tmp_path: Path) -> None:
    """Goal: only files. Method: a folder and a name of nothing."""
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(ScenarioError) as stopped:
            read_prices(path, "prices.csv", date="day", columns=COLUMNS)
        assert [finding.code for finding in stopped.value.findings] == ["UNREADABLE"]


def written(folder: Path, **law: object) -> Path:
    """Write a scenario whose market draws days from a table beside it."""
    names = ("bitcoin", "us_dollar")
    asset: dict[str, Any] = {"price": assumed(500), "volatility": assumed(0.5)}
    section: dict[str, Any] = {
        "kind": "bootstrap",
        "file": "prices.csv",
        "columns": {"date": "day", "prices": COLUMNS},
        "block": assumed(10),
    }
    scenario = {
        "format": 1,
        "extends": "school_meals",
        "name": "past_prices",
        "market": {
            "fixing": assumed(1),
            "assets": dict.fromkeys(names, asset),
            "correlation": {"bitcoin": {"us_dollar": assumed(0)}},
            "law": section | law,
        },
    }
    path = folder / "past_prices.yaml"
    path.write_text(json.dumps(scenario), encoding="utf-8")
    return path


def test_a_scenario_reads_the_table_beside_it_and_remembers_which(tmp_path: Path) -> None:
    """Goal: a stored scenario says which table it was. Method: digest in, changed table out."""
    read(tmp_path, rows())
    scenario = load_scenario(written(tmp_path))
    assert scenario.market is not None
    law = scenario.market.law
    assert isinstance(law, BootstrapSection)
    assert len(law.sha256) == 64
    assert folder_of(scenario) == str(tmp_path.resolve())
    prices = build(scenario.market, Streams(1), scenario.clock.days())
    assert len(prices.assets) == 2
    # What stands for the scenario elsewhere is its text and the folder.
    text = tmp_path / "again.yaml"
    text.write_text(resolved_yaml(scenario), encoding="utf-8")
    again = load_scenario(text)
    assert scenario_digest(again) == scenario_digest(scenario)
    moved = same_folder(again.model_copy(deep=True), scenario)
    assert folder_of(moved) == str(tmp_path.resolve())
    found = with_tables(moved, tmp_path).market
    assert found is not None
    assert build(found, Streams(1), scenario.clock.days()) == prices
    read(tmp_path, rows(41))
    (finding,) = check_scenario(text)
    assert (finding.code, finding.path) == ("TABLE_CHANGED", "market.law.file")


@pytest.mark.parametrize(
    ("law", "code"),
    [
        ({"file": "../prices.csv"}, "PATH_OUTSIDE"),
        ({"file": "no.csv"}, "UNREADABLE"),
        ({"columns": {"date": "dat", "prices": COLUMNS}}, "TABLE_COLUMN"),
    ],
)
def test_a_table_that_cannot_be_taken_is_a_finding(
    tmp_path: Path, law: dict[str, object], code: str
) -> None:
    """Goal: refused at load. Method: a path outside, no file, no column."""
    read(tmp_path, rows())
    assert [one.code for one in check_scenario(written(tmp_path, **law))] == [code]
