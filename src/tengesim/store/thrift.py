"""The little of Thrift's compact protocol that heads and footers of Parquet files are written in.

A record is its fields by number, each with its kind; what nobody fills in is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["Field", "Record", "binary", "long", "packed", "records", "short", "struct", "texts"]
__all__ += ["whole", "wholes"]

_I16, _I32, _I64, _BINARY, _LIST, _STRUCT = 4, 5, 6, 8, 9, 12
_LONG: Final = 15
"""From so many items on a list says their number apart."""


class Field(NamedTuple):
    """Kind of a field, and its bytes."""

    kind: int
    content: bytes


Record = Mapping[int, Field]


def short(number: int) -> Field:
    """Return a whole number of 16 bits."""
    return Field(_I16, _signed(number))


def whole(number: int) -> Field:
    """Return a whole number of 32 bits."""
    return Field(_I32, _signed(number))


def long(number: int) -> Field:
    """Return a whole number of 64 bits."""
    return Field(_I64, _signed(number))


def binary(content: bytes) -> Field:
    """Return bytes, or a text of UTF-8."""
    return Field(_BINARY, _counted(content))


def struct(record: Record) -> Field:
    """Return a record within a record."""
    return Field(_STRUCT, packed(record))


def wholes(numbers: Sequence[int]) -> Field:
    """Return a list of whole numbers of 32 bits."""
    return _list(_I32, [_signed(number) for number in numbers])


def texts(items: Sequence[str]) -> Field:
    """Return a list of texts."""
    return _list(_BINARY, [_counted(item.encode()) for item in items])


def records(items: Sequence[Record]) -> Field:
    """Return a list of records."""
    return _list(_STRUCT, [packed(item) for item in items])


def packed(record: Record) -> bytes:
    """Return the bytes of a record, its fields in their order."""
    written, before = bytearray(), 0
    for number, (kind, content) in sorted(record.items()):
        step = number - before
        written += bytes([step << 4 | kind]) + content
        before = number
    return bytes(written) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> Field:
    head = bytes([min(len(items), _LONG) << 4 | kind])
    count = _number(len(items)) if len(items) >= _LONG else b""
    return Field(_LIST, b"".join((head, count, *items)))


def _counted(content: bytes) -> bytes:
    return _number(len(content)) + content


def _signed(number: int) -> bytes:
    return _number(number << 1 if number >= 0 else (-number << 1) - 1)


def _number(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)
