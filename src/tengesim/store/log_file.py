"""The log as a Parquet file: packed rows go in, text for their ids comes out, in compiled code.

A library that writes any table makes a text of every id first and then looks for repetitions in
it. Here it is known that names count and that stories repeat heads of their names, so groups of
rows become pages without a text for any row. What is written is plain Parquet.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tengesim.errors import InvariantError
from tengesim.journal.events import CODED, COLUMNS, NAMED, Rows
from tengesim.journal.names import Block, Names
from tengesim.journal.sql import check_clash
from tengesim.journal.tables import WANTS_A_CELL, code_texts
from tengesim.store import thrift
from tengesim.store.log_group import Group
from tengesim.store.log_kernel import (
    DIFFERENCES_MORE,
    count_different,
    measure,
    pack_numbers,
    pack_places,
    pack_texts,
    split,
)

__all__ = [
    "NAME_COLUMNS",
    "ROWS_A_GROUP",
    "LogFile",
    "Pages",
    "Paging",
    "Target",
    "Texts",
    "groups_of_names",
    "pages_of",
]

ROWS_A_GROUP: Final = 1 << 17
"""Rows that become pages together; groups are cut by place and nothing else."""

NAME_COLUMNS: Final = ("id", "name")
"""Columns of the table of all names."""

_MAGIC: Final = b"PAR1"
_MAKER: Final = b"tengesim"
_VERSION: Final = 2
_WORDED: Final = frozenset((*NAMED, *CODED, "intent", "name"))
_INDEX_DIGITS: Final = 6
_HEADS: Final = 1 << 11
"""Different heads of the texts of a group for which there is room at first."""
_AHEAD: Final = 3
"""Groups that are in the making at once."""
_WRITERS: Final = 2

_INT64, _BYTE_ARRAY = 2, 6
_UTF8: Final = 0
_PLAIN, _RLE, _DIFFERENCES, _LENGTHS, _DICTIONARY = 0, 3, 5, 6, 8
_ROWS_PAGE, _DICTIONARY_PAGE = 0, 2
_UNPACKED, _SNAPPY = 0, 1
_TEXT_PIECE: Final = 16
"""Bytes that the elements of a text may take beyond the text itself."""


Bytes = NDArray[np.uint8]


class Target(Protocol):
    """What takes the bytes of a file one after another."""

    def write(self, content: bytes, /) -> int:
        """Take all of `content` and return how many bytes that are."""


class Pages(NamedTuple):
    """One column of a group of rows: its pages, and what the footer says of them."""

    content: bytes
    dictionary: int
    """Bytes of the first page where it is a dictionary, else 0."""
    encoding: int
    codec: int
    plain: int
    """Bytes of the pages if they were not compressed."""
    least: bytes | None
    most: bytes | None
    body: int
    """Where the values begin, after all that tells what they are."""
    keys: NDArray[np.int64] | None = None
    """What stands in the dictionary, as it was packed."""
    ids: bytes | None = None
    """What stands there as text, in numbers by their differences."""


Remember = Callable[[int, Sequence[Pages], int], None]


class LogFile:
    """A file that takes groups of pages one after another."""

    __slots__ = ("_at", "_columns", "_groups", "_rows", "_target")

    def __init__(self, target: Target, columns: Sequence[str] = COLUMNS) -> None:
        """Begin the file of these columns."""
        self._target = target
        self._columns = columns
        self._groups: list[thrift.Record] = []
        self._rows = 0
        self._at = target.write(_MAGIC)

    def add(self, rows: int, group: list[Pages]) -> int:
        """Write the pages of so many further rows; return where they begin."""
        start = self._at
        columns = [
            self._column(rows, column, pages)
            for column, pages in zip(self._columns, group, strict=True)
        ]
        self._groups.append(
            {
                1: thrift.records(columns),
                2: thrift.long(sum(pages.plain for pages in group)),
                3: thrift.long(rows),
                5: thrift.long(start),
                6: thrift.long(self._at - start),
            }
        )
        self._rows += rows
        return start

    def close(self) -> None:
        """Write the footer; the file is whole after that."""
        schema: list[thrift.Record] = [
            {4: thrift.binary(b"log"), 5: thrift.whole(len(self._columns))},
            *map(_described, self._columns),
        ]
        footer = thrift.packed(
            {
                1: thrift.whole(_VERSION),
                2: thrift.records(schema),
                3: thrift.long(self._rows),
                4: thrift.records(self._groups),
                6: thrift.binary(_MAKER),
                7: thrift.records([{1: thrift.struct({})} for _ in self._columns]),
            }
        )
        self._target.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)

    def _column(self, rows: int, column: str, pages: Pages) -> thrift.Record:
        at = self._at
        self._at += self._target.write(pages.content)
        about = {
            1: thrift.whole(_BYTE_ARRAY if column in _WORDED else _INT64),
            2: thrift.wholes([_PLAIN, pages.encoding] if pages.dictionary else [pages.encoding]),
            3: thrift.texts([column]),
            4: thrift.whole(pages.codec),
            5: thrift.long(rows),
            6: thrift.long(pages.plain),
            7: thrift.long(len(pages.content)),
            9: thrift.long(at + pages.dictionary),
        }
        if pages.dictionary:
            about[11] = thrift.long(at)
        if pages.least is not None and pages.most is not None:
            most, least = thrift.binary(pages.most), thrift.binary(pages.least)
            about[12] = thrift.struct({3: thrift.long(0), 5: most, 6: least})
        return {2: thrift.long(at), 3: thrift.struct(about)}


def _described(column: str) -> thrift.Record:
    """Return what the footer says of a column; no value is ever missing."""
    if column not in _WORDED:
        return {1: thrift.whole(_INT64), 3: thrift.whole(0), 4: thrift.binary(column.encode())}
    return {
        1: thrift.whole(_BYTE_ARRAY),
        3: thrift.whole(0),
        4: thrift.binary(column.encode()),
        6: thrift.whole(_UTF8),
    }


class Texts:
    """What ids and codes of one run read like; what was made once is not made again."""

    __slots__ = ("_codes", "_heads", "_names")

    def __init__(self, names: Names) -> None:
        """Read `names`, of which there may be more whenever something is asked."""
        self._names = names
        self._heads: dict[int, bytes] = {}
        self._codes = {column: code_texts(codes) for column, codes in CODED.items()}

    def bounds(self) -> NDArray[np.int64]:
        """Return the first name of each block and the one after its last."""
        bounds = [(block.first, block.first + block.size) for block in self._names.blocks()]
        return np.array(bounds, dtype=np.int64).reshape(-1, 2)

    def of(self, column: str, ids: NDArray[np.int64]) -> list[bytes]:
        """Return the texts of some ids or codes of a column."""
        if column in CODED:
            return [self._code(column, code).encode() for code in ids.tolist()]
        self.check_ids(column, ids)
        if column == "intent":
            self.heads(2 * ((-1 - ids[ids < 0]) // WANTS_A_CELL) + 1)
        return [self._names.intent_text(one).encode() for one in ids.tolist()]

    def check_ids(self, column: str, ids: NDArray[np.int64]) -> None:
        """Raise InvariantError for an id that is no name; an intent below 0 is one of the tape."""
        is_below = column != "intent" and int(ids.min()) < 0
        if is_below or int(ids.max()) >= len(self._names):
            raise InvariantError(f"column {column} has an id that is no name")

    def heads(self, keys: NDArray[np.int64]) -> tuple[list[bytes], NDArray[np.int64]]:
        """Return the heads that `split` told apart, and with how many digits a number follows."""
        contents, digits = [], []
        known, blocks = self._heads, self._names.blocks()
        for key in keys.tolist():
            if key < 0:
                block: Block = blocks[-1 - key]
                contents.append(block.prefix.encode())
                digits.append(block.digits)
                continue
            if not key & 1:
                contents.append(self._names.text(key >> 1).encode())
                digits.append(0)
                continue
            content = known.get(key)
            if content is None:
                content = known[key] = self._cell(key >> 1)
            contents.append(content)
            digits.append(_INDEX_DIGITS)
        return contents, np.array(digits, dtype=np.int64)

    def check(self) -> None:
        """Raise InvariantError if a name reads exactly like a want of a cell that was met."""
        check_clash(self._names, {head.decode() for head in self._heads.values()})

    def _cell(self, cell: int) -> bytes:
        return self._names.intent_text(-1 - cell * WANTS_A_CELL)[:-_INDEX_DIGITS].encode()

    def _code(self, column: str, code: int) -> str:
        texts = self._codes[column]
        if code >= len(texts) or (code and not texts[code]):
            raise InvariantError(f"{code} stands for nothing; expected a known name or code")
        return texts[code]


class Paging:
    """Rows on their way into a file: groups of them become pages beside whoever brings them."""

    __slots__ = ("_file", "_free", "_group", "_pool", "_remember", "_texts", "_waiting")

    def __init__(self, names: Names, file: LogFile, remember: Remember | None = None) -> None:
        """Write to `file` what rows read like by `names`.

        `remember` is told of every group: its rows, its pages, and where in the file they begin.
        """
        self._texts = Texts(names)
        self._file = file
        self._remember = remember
        self._group = Group(ROWS_A_GROUP)
        self._free: list[Group] = []
        self._waiting: deque[tuple[Group, Future[list[Pages]]]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    def add(self, rows: Rows) -> None:
        """Take further rows, and write a group that became pages meanwhile."""
        done = 0
        while done < len(rows):
            done += self._group.take(rows[done:])
            if self._group.is_full:
                self._hand_over()

    def finish(self) -> None:
        """Write what is left.

        Raises InvariantError, as `add` does, for a row with a name or code that is none, and if a
        name reads exactly like a want of the tape.
        """
        while self._waiting:
            self._write()
        if len(self._group):
            self._write_group(self._group, pages_of(self._group, self._texts))
        self._texts.check()
        self._file.close()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _hand_over(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_WRITERS)
        self._waiting.append((self._group, self._pool.submit(pages_of, self._group, self._texts)))
        if len(self._waiting) >= _AHEAD:
            self._write()
        self._group = self._free.pop() if self._free else Group(ROWS_A_GROUP)

    def _write(self) -> None:
        group, made = self._waiting.popleft()
        self._write_group(group, made.result())
        self._free.append(group)

    def _write_group(self, group: Group, made: list[Pages]) -> None:
        at = self._file.add(len(group), made)
        if self._remember is not None:
            self._remember(len(group), made, at)
        group.empty()


def pages_of(group: Group, texts: Texts) -> list[Pages]:
    """Return the pages of each column of a group of one row at least."""
    room = np.empty(9 * len(group) + DIFFERENCES_MORE, dtype=np.uint8)
    found = []
    with np.errstate(over="ignore"):
        for column, values, places in group.columns():
            if places is not None:
                found.append(_by_dictionary(column, values, places, texts, room))
            elif column in _WORDED:
                found.append(_by_text(column, values, texts, room))
            else:
                found.append(_by_differences(values, room))
    return found


def groups_of_names(names: Names) -> Iterator[tuple[int, list[Pages]]]:
    """Yield number of rows and pages of some names after others, with their ids."""
    texts, count = Texts(names), len(names)

    def pages(ids: range) -> list[Pages]:
        values = np.arange(ids.start, ids.stop, dtype=np.int64)
        room = np.empty(9 * len(values) + DIFFERENCES_MORE, dtype=np.uint8)
        with np.errstate(over="ignore"):
            return [_by_differences(values, room), _by_text("name", values, texts, room)]

    starts = range(0, count, ROWS_A_GROUP)
    yield from _made((range(at, min(at + ROWS_A_GROUP, count)) for at in starts), pages)


def _made(
    pieces: Iterable[range], make: Callable[[range], list[Pages]]
) -> Iterator[tuple[int, list[Pages]]]:
    """Yield length and pages of each piece, made two at a time, in the order of pieces."""
    waiting: deque[tuple[int, Future[list[Pages]]]] = deque()
    with ThreadPoolExecutor(_WRITERS) as pool:
        for piece in pieces:
            waiting.append((len(piece), pool.submit(make, piece)))
            if len(waiting) >= _AHEAD:
                count, made = waiting.popleft()
                yield count, made.result()
        while waiting:
            count, made = waiting.popleft()
            yield count, made.result()


def _by_differences(values: NDArray[np.int64], room: Bytes) -> Pages:
    size = pack_numbers(values, room, 0)
    page = _page(len(values), _DIFFERENCES, room[:size].tobytes())
    bounds = (_eight(values.min()), _eight(values.max()))
    return Pages(page, 0, _DIFFERENCES, _UNPACKED, len(page), *bounds, len(page) - size)


def _by_dictionary(
    column: str, keys: NDArray[np.int64], places: Bytes, texts: Texts, room: Bytes
) -> Pages:
    contents = texts.of(column, keys) if column in _WORDED else [*map(_eight, keys)]
    listed = contents
    if column in _WORDED:
        listed = [len(content).to_bytes(4, "little") + content for content in contents]
        least, most = min(contents), max(contents)
    else:
        least, most = _eight(keys.min()), _eight(keys.max())
    plain = b"".join(listed)
    about = {1: thrift.whole(len(keys)), 2: thrift.whole(_PLAIN)}
    head = _head(_DICTIONARY_PAGE, len(plain), len(plain), 7, about)
    size = pack_places(places, max(1, (len(keys) - 1).bit_length()), room)
    page = _page(len(places), _DICTIONARY, room[:size].tobytes())
    first = len(head) + len(plain)
    content, known = b"".join((head, plain, page)), keys.copy()
    body = len(content) - size
    return Pages(content, first, _DICTIONARY, _UNPACKED, len(content), least, most, body, known)


def _by_text(column: str, values: NDArray[np.int64], texts: Texts, room: Bytes) -> Pages:
    count = len(values)
    heads, numbers = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    texts.check_ids(column, values)
    split(values, texts.bounds(), WANTS_A_CELL, heads, numbers)
    keys, places = _numbered(heads)
    used = len(keys)
    contents, digits = texts.heads(keys)
    starts = np.zeros(used + 1, dtype=np.int64)
    np.cumsum([len(content) for content in contents], out=starts[1:])
    lengths = np.empty(count, dtype=np.int64)
    ends = 10**digits
    total = measure(places, numbers, starts, digits, ends, lengths)
    out = np.empty(total + _TEXT_PIECE * count + len(room), dtype=np.uint8)
    known, words = np.full((used, 2), -1, dtype=np.int64), np.zeros((used, 2), dtype=np.uint64)
    together = np.frombuffer(b"".join(contents), dtype=np.uint8)
    lead = pack_numbers(lengths, room, 0)
    plain = lead + total
    size = pack_texts(
        places, numbers, lengths, lead, plain, starts, together, room, known, words, out
    )
    page = _page(count, _LENGTHS, out[:size].tobytes(), plain)
    plain += len(page) - size
    ids = room[: pack_numbers(values, room, 0)].tobytes()
    body = len(page) - size
    return Pages(page, 0, _LENGTHS, _SNAPPY, plain, None, None, body, ids=ids)


def _numbered(
    heads: NDArray[np.int64], most: int = _HEADS
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the different heads in the order in which they come, and which each one is."""
    places, keys = np.empty(len(heads), dtype=np.int32), np.empty(most, dtype=np.int64)
    slots = np.zeros(1 << (2 * most).bit_length(), dtype=np.int32)
    used = count_different(heads, keys, slots, places)
    return (keys[:used], places) if used >= 0 else _numbered(heads, len(heads))


def _page(values: int, encoding: int, content: bytes, plain: int | None = None) -> bytes:
    about = {
        1: thrift.whole(values),
        2: thrift.whole(encoding),
        3: thrift.whole(_RLE),
        4: thrift.whole(_RLE),
    }
    size = len(content) if plain is None else plain
    return _head(_ROWS_PAGE, size, len(content), 5, about) + content


def _head(kind: int, plain: int, size: int, number: int, about: thrift.Record) -> bytes:
    return thrift.packed(
        {
            1: thrift.whole(kind),
            2: thrift.whole(plain),
            3: thrift.whole(size),
            number: thrift.struct(about),
        }
    )


def _eight(number: Any) -> bytes:  # noqa: ANN401 - an integer of NumPy
    return int(number).to_bytes(8, "little", signed=True)
