"""Parquet files put together as one without reading their pages: bytes side by side, one footer.

A footer is a record in Thrift's compact protocol, in which every place in a file counts from its
beginning. Read as a tree, with the places moved and the groups of rows counted on, it is written
again; what a tree holds besides is handed through as it is.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

__all__ = ["join_files"]

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
"""Bytes after a footer: its length and the magic."""
_CHUNK: Final = 1 << 20

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE = range(1, 8)
_BINARY, _LIST, _SET, _MAP, _STRUCT = range(8, 13)
_WHOLE: Final = (_I16, _I32, _I64)
_LONG: Final = 15
"""From so many items on a list says their number apart."""

# Fields of the footer, of a group of rows, of a chunk of a column and of what is said about it.
_ROWS, _GROUPS = 3, 4
_COLUMNS, _GROUP_AT, _ORDINAL = 1, 5, 7
_CHUNK_AT, _ABOUT, _OFFSETS_AT, _INDEX_AT = 2, 3, 4, 6
_PAGES_AT: Final = (9, 10, 11, 14)
"""First page of data, of an index, of a dictionary, and the filter."""


class _Field(NamedTuple):
    kind: int
    value: Any


_Record = dict[int, _Field]


class _Items(NamedTuple):
    kind: int
    values: list[Any]


def join_files(parts: Sequence[Path], target: BinaryIO) -> None:
    """Write the rows of `parts`, which have the same columns, one after another into one file.

    Raises ValueError where a part is no Parquet file.
    """
    target.write(_MAGIC)
    at, whole, groups = len(_MAGIC), None, list[_Record]()
    for part in parts:
        with part.open("rb") as source:
            length, footer = _footer(source, part)
            for group in footer[_GROUPS].value.values:
                groups.append(_moved(group, at - len(_MAGIC), len(groups)))
            if whole is None:
                whole = footer
            else:
                rows = whole[_ROWS].value + footer[_ROWS].value
                whole = {**whole, _ROWS: _Field(_I64, rows)}
            source.seek(len(_MAGIC))
            _copy(source, target, length)
            at += length
    if whole is None:
        raise ValueError("no file can be made of no parts")
    said = io.BytesIO()
    _write_record(said, {**whole, _GROUPS: _Field(_LIST, _Items(_STRUCT, groups))})
    target.write(said.getvalue())
    target.write(len(said.getvalue()).to_bytes(4, "little") + _MAGIC)


def _footer(source: BinaryIO, part: Path) -> tuple[int, _Record]:
    """Return how many bytes there are between the first magic and the footer, and the footer."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - _TAIL))
    tail = source.read()
    length = int.from_bytes(tail[:4], "little")
    start = size - _TAIL - length
    if tail[4:] != _MAGIC or start < len(_MAGIC):
        raise ValueError(f"{part} is no Parquet file")
    source.seek(start)
    return start - len(_MAGIC), _read_record(io.BytesIO(source.read(length)))


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length:
        piece = source.read(min(length, _CHUNK))
        if not piece:
            raise ValueError("a part became shorter while it was copied")
        target.write(piece)
        length -= len(piece)


def _moved(group: _Record, by: int, ordinal: int) -> _Record:
    """Return a group of rows that stands `by` bytes further on, as the one with this number."""
    columns = [
        _shifted(
            {**column, _ABOUT: _Field(_STRUCT, _shifted(column[_ABOUT].value, _PAGES_AT, by))},
            (_CHUNK_AT, _OFFSETS_AT, _INDEX_AT),
            by,
        )
        for column in group[_COLUMNS].value.values
    ]
    moved = {**group, _COLUMNS: _Field(_LIST, _Items(_STRUCT, columns))}
    if _ORDINAL in moved:
        moved[_ORDINAL] = _Field(_I16, ordinal)
    return _shifted(moved, (_GROUP_AT,), by)


def _shifted(record: _Record, fields: Sequence[int], by: int) -> _Record:
    """Return a record with the places in `fields` moved; 0 says that there is nothing."""
    places = {one: record[one] for one in fields if one in record and record[one].value}
    return {
        **record,
        **{one: _Field(field.kind, field.value + by) for one, field in places.items()},
    }


def _read_number(source: BinaryIO) -> int:
    number = shift = 0
    while True:
        byte = source.read(1)[0]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number


def _read_whole(source: BinaryIO) -> int:
    number = _read_number(source)
    return number >> 1 ^ -(number & 1)


def _read_record(source: BinaryIO) -> _Record:
    record: _Record = {}
    number = 0
    while head := source.read(1)[0]:
        kind, step = head & 15, head >> 4
        number = number + step if step else _read_whole(source)
        is_truth = kind in (_TRUE, _FALSE)
        record[number] = _Field(kind, None if is_truth else _read(source, kind))
    return record


def _read(source: BinaryIO, kind: int) -> Any:  # noqa: ANN401 - of any kind there is
    if kind in _WHOLE:
        return _read_whole(source)
    if kind == _BINARY:
        return source.read(_read_number(source))
    if kind == _STRUCT:
        return _read_record(source)
    if kind in (_LIST, _SET):
        head = source.read(1)[0]
        count = head >> 4 if head >> 4 < _LONG else _read_number(source)
        return _Items(head & 15, [_read(source, head & 15) for _ in range(count)])
    if kind in (_TRUE, _FALSE, _BYTE):
        return source.read(1)
    if kind == _DOUBLE:
        return source.read(8)
    raise ValueError(f"a footer of Parquet has nothing of kind {kind}")


def _number(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _whole(number: int) -> bytes:
    return _number(number << 1 if number >= 0 else (-number << 1) - 1)


def _write_record(target: BinaryIO, record: _Record) -> None:
    before = 0
    for number in sorted(record):
        kind, value = record[number]
        step = number - before
        target.write(
            bytes([step << 4 | kind]) if step < _LONG + 1 else bytes([kind]) + _whole(number)
        )
        if kind not in (_TRUE, _FALSE):
            _write(target, kind, value)
        before = number
    target.write(b"\0")


def _write(target: BinaryIO, kind: int, value: Any) -> None:  # noqa: ANN401 - of any kind there is
    if kind in _WHOLE:
        target.write(_whole(value))
    elif kind == _BINARY:
        target.write(_number(len(value)) + value)
    elif kind == _STRUCT:
        _write_record(target, value)
    elif kind in (_LIST, _SET):
        count = len(value.values)
        target.write(bytes([min(count, _LONG) << 4 | value.kind]))
        if count >= _LONG:
            target.write(_number(count))
        for one in value.values:
            _write(target, value.kind, one)
    else:
        target.write(value)
