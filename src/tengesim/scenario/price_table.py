"""Tables of past prices, CSV by day: every row is good and kept, or all mistakes are told.

Returns are read from one row to the next, so a table with a gap or two prices for one day is not
read at all: it would show days that never were.
"""

import csv
import datetime
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from tengesim.errors import Finding, ScenarioError
from tengesim.market.laws import PriceTable
from tengesim.scenario.text import shorten
from tengesim.scenario.tree import nearest

__all__ = ["DAYS_MIN", "header_of", "price_digest", "read_prices"]

DAYS_MIN: Final = 31
_BYTES_MAX: Final = 50_000_000
_LISTED_MAX: Final = 50
_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
_PLAIN: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXPECTED: Final = "a positive number in plain digits, such as 96500.25"


@dataclass(slots=True)
class _Reading:
    """What has been read of a table so far, and what is wrong with it."""

    shown: str
    date: int
    prices: Mapping[str, int]
    """Place of the column of each asset."""
    width: int
    days: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Keep one row, or say what is wrong with it."""
        text = cells[self.date] if self.date < len(cells) else ""
        day = _day_of(text)
        is_whole = len(cells) == self.width
        if not is_whole:
            message = f"{len(cells)} cells where the header has {self.width}"
            self._say("TABLE_ROW", message, line, "one cell for each column")
        elif day is None:
            message = f"{shorten(text)!r} is not a date"
            self._say("TABLE_TIME", message, line, "year-month-day, such as 2026-02-01")
        if day is not None:
            self._take_day(line, day)
        elif self.days:
            # Taken for the day that was due, or the next one would seem to come after a gap.
            self._keep_day(line, self.days[-1] + 1)
        if not is_whole:
            return
        row = []
        for asset, place in self.prices.items():
            price = _price_of(cells[place])
            if price is None:
                message = f"{shorten(cells[place])!r} is no price of {asset}"
                self._say("PRICE_VALUE", message, line, _EXPECTED)
            else:
                row.append(price)
        self.values.append(row)

    def _take_day(self, line: int, day: int) -> None:
        """Keep a day that follows the one before."""
        written = datetime.date.fromordinal(day)
        if self.days and day != self.days[-1] + 1:
            before = datetime.date.fromordinal(self.days[-1])
            if day == self.days[-1]:
                message = f"{written} is there twice, first in line {self.lines[-1]}"
                self._say("TABLE_TWICE", message, line, "each day once")
            elif day < self.days[-1]:
                message = f"{written} stands after {before}"
                self._say("PRICE_ORDER", message, line, "dates that ascend")
            else:
                number = day - self.days[-1] - 1
                message = f"{number} day{'s' * (number > 1)} missing between {before} and {written}"
                self._say("PRICE_GAP", message, line, "every day")
        self._keep_day(line, day)

    def _keep_day(self, line: int, day: int) -> None:
        self.days.append(day)
        self.lines.append(line)

    def _say(self, code: str, message: str, line: int, expected: str) -> None:
        self.findings.append(Finding(code, message, self.shown, line, None, expected))


def price_digest(path: Path) -> str:
    """Return the SHA-256 of a file; raise OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def header_of(path: Path, shown: str) -> list[str]:
    """Return the names of the columns of a table; raise ScenarioError if it cannot be read."""
    lines = _lines(path, shown)
    return next(csv.reader(lines[:1], delimiter=_delimiter(lines[0])))


def read_prices(
    path: Path, shown: str, *, date: str, columns: Mapping[str, str], where: str = ""
) -> PriceTable:
    """Return the prices that a table has in `columns`, by asset.

    `shown` is how the file is called, `where` the path of the columns in the scenario. Raises
    ScenarioError with every mistake.
    """
    lines = _lines(path, shown)
    delimiter = _delimiter(lines[0])
    header = next(csv.reader(lines[:1], delimiter=delimiter))
    findings = list(_column_findings(header, {"date": date, **columns}, shown, where))
    if findings:
        raise ScenarioError(findings)
    places = {asset: header.index(column) for asset, column in columns.items()}
    reading = _Reading(shown, header.index(date), places, len(header))
    rows = csv.reader(lines[1:], delimiter=delimiter, strict=True)
    try:
        for cells in rows:
            if cells:
                reading.take(rows.line_num + 1, cells)
    except csv.Error as error:
        message = f"the row cannot be read: {error}"
        reading.findings.append(Finding("TABLE_ROW", message, shown, rows.line_num + 1))
    if not reading.findings and len(reading.days) < DAYS_MIN:
        message = f"the table has {len(reading.days)} days"
        expected = f"at least {DAYS_MIN}"
        reading.findings.append(Finding("PRICES_FEW", message, shown, None, None, expected))
    if reading.findings:
        raise ScenarioError(_shortened(reading.findings, shown))
    values = np.array(reading.values, dtype=np.float64)
    return PriceTable(
        np.array(reading.days, dtype=np.int64) - _EPOCH,
        {asset: np.ascontiguousarray(values[:, place]) for place, asset in enumerate(columns)},
    )


def _lines(path: Path, shown: str) -> list[str]:
    """Return the lines of a table; raise ScenarioError if there are none to be read."""
    code, message = "", ""
    content = b""
    try:
        if not path.is_file():
            code, message = "UNREADABLE", "there is no such file"
        else:
            with path.open("rb") as file:
                content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        code, message = "UNREADABLE", f"the table cannot be read: {error.strerror or error}"
    if len(content) > _BYTES_MAX:
        code, message = "UNREADABLE", f"the table has more than {_BYTES_MAX:,} bytes"
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        code, message, lines = "ENCODING", "the table is not UTF-8 text", []
    if not code and (not lines or not lines[0].strip()):
        code, message = "EMPTY_FILE", "the table is empty"
    if code:
        do = "check the path" if code == "UNREADABLE" else None
        raise ScenarioError([Finding(code, message, shown, do=do)])
    return lines


def _delimiter(header: str) -> str:
    return max((",", ";", "\t"), key=header.count)


def _column_findings(
    header: Sequence[str], named: Mapping[str, str], shown: str, where: str
) -> Iterator[Finding]:
    """Yield columns that are missing or there twice."""
    for what, column in named.items():
        if column in header and header.count(column) == 1:
            continue
        close = nearest(column, header)
        is_there = column in header
        yield Finding(
            "TABLE_COLUMN",
            f"the column {shorten(column)!r} is there twice"
            if is_there
            else f"there is no column {shorten(column)!r} for {what}",
            shown,
            1,
            where or None,
            f"one of {', '.join(shorten(name) for name in header[:12])}",
            f"did you mean {close!r}?" if close and not is_there else None,
        )


def _day_of(text: str) -> int | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def _price_of(text: str) -> float | None:
    """Return a positive number that stands in plain digits."""
    if _PLAIN.fullmatch(text) is None:
        return None
    # The language reads decimal digits to the nearest double, on every processor.
    price = float(text)
    return price if price > 0 else None


def _shortened(findings: Sequence[Finding], shown: str) -> Iterator[Finding]:
    """Yield the first findings of each code, and how many more there are."""
    for code in dict.fromkeys(finding.code for finding in findings):
        alike = [finding for finding in findings if finding.code == code]
        yield from alike[:_LISTED_MAX]
        if len(alike) > _LISTED_MAX:
            yield Finding(code, f"and {len(alike) - _LISTED_MAX} more such rows", shown)
