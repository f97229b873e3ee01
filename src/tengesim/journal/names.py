"""Names and intents as integers: ids while a run lasts, text in every file.

Ids are given in order of first use, which is the same in every engine. Names that only count, such
as those of millions of people, are a rule and not strings. An intent of the tape is three small
numbers in one integer, so that millions of them need no text until they are written.
"""

import datetime
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from tengesim.payment import NameId

__all__ = ["Block", "Names", "intent_of_want", "packed_names"]

_INDEX_BITS: Final = 24
_HOUR_BITS: Final = 20
_INDEX_MASK: Final = (1 << _INDEX_BITS) - 1
_HOUR_MASK: Final = (1 << _HOUR_BITS) - 1
_HOUR_SECONDS: Final = 3_600
_NAMES_MAX: Final = 1 << 31
"""Ids are 32-bit columns of the log."""
_LENGTH_BYTES: Final = 4
_TAIL_DIGITS: Final = 4
"""Digits of a block that are written once and repeated: 10,000 names a piece."""
_PIECE: Final = 4_096


class Block(NamedTuple):
    """Names `prefix` + number, from 1 to `size` with `digits` digits; `first` is the id of 1."""

    first: int
    prefix: str
    digits: int
    size: int
    before: int
    """How many names of earlier blocks there are."""

    def number(self, text: str) -> int:
        """Return the number in `text`, 0 where it is no name of this block."""
        tail = text[len(self.prefix) :]
        if len(tail) != self.digits or not text.startswith(self.prefix):
            return 0
        if not (tail.isascii() and tail.isdecimal()):
            return 0
        number = int(tail)
        return number if number <= self.size else 0

    def text(self, number: int) -> str:
        """Return the name with this number."""
        return f"{self.prefix}{number:0{self.digits}d}"

    def packed(self) -> Iterator[bytes]:
        """Yield length and text of all names: a template whose upper digits alone change."""
        prefix = self.prefix.encode()
        low = min(self.digits, _TAIL_DIGITS)
        span, high = 10**low, self.digits - low
        head = (len(prefix) + self.digits).to_bytes(_LENGTH_BYTES, "little") + prefix
        names = np.empty((span, len(head) + self.digits), dtype=np.uint8)
        names[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
        for place in range(low):
            digit = np.arange(span) // 10 ** (low - 1 - place) % 10
            names[:, len(head) + high + place] = ord("0") + digit
        for start in range(0, self.size + 1, span):
            if high:
                upper = f"{start // span:0{high}d}".encode()
                names[:, len(head) : len(head) + high] = np.frombuffer(upper, dtype=np.uint8)
            yield names[max(1 - start, 0) : self.size + 1 - start].tobytes()


class Names:
    """The names of one run; id 0 is the empty name."""

    __slots__ = ("_blocks", "_firsts", "_ids", "_texts")

    def __init__(self) -> None:
        """Start with the empty name only."""
        self._texts: list[str] = [""]
        self._ids: dict[str, NameId] = {"": NameId(0)}
        self._blocks: list[Block] = []
        self._firsts: list[int] = []

    def id(self, text: str) -> NameId:
        """Return the id of `text`, giving it the next one when it is first met."""
        known = self.find(text)
        if known is not None:
            return known
        name = self._next(1)
        self._texts.append(text)
        self._ids[text] = name
        return name

    def block(self, prefix: str, digits: int, count: int) -> NameId:
        """Give `count` names `prefix` + number (from 1, with `digits` digits) consecutive ids.

        Returns the first of them. Raises ValueError where one of them has an id already, and where
        the digits do not suffice.
        """
        if digits < 1 or not 0 <= count < 10**digits:
            raise ValueError(f"{digits} digits do not count to {count}")
        first = self._next(count)
        made = Block(first, prefix, digits, count, len(self) - len(self._texts))
        if not count:
            return first
        known = next((text for text in self._ids if made.number(text)), None)
        for other in self._blocks:
            # Both count from 1, so two blocks share a name only where one holds the other's first.
            for one, its_first in ((made, other.text(1)), (other, made.text(1))):
                known = its_first if one.number(its_first) else known
        if known is not None:
            raise ValueError(f"the name {known!r} of a block has an id already")
        self._blocks.append(made)
        self._firsts.append(first)
        return first

    def text(self, name: int) -> str:
        """Return the text of `name`."""
        place = bisect_right(self._firsts, name) - 1
        if place < 0:
            return self._texts[name]
        block = self._blocks[place]
        if name < block.first + block.size:
            return block.text(name - block.first + 1)
        return self._texts[name - block.before - block.size]

    def texts(self) -> list[str]:
        """Return all texts in id order."""
        return [text for part in self.parts() for text in _texts(part)]

    def packed(self) -> Iterator[bytes]:
        """Yield the bytes that the digest covers: of each name its length and its text."""
        for part in self.parts():
            if isinstance(part, Block):
                yield from part.packed()
                continue
            yield from packed_names(part)

    def parts(self) -> Iterator[Block | list[str]]:
        """Yield single names and blocks in id order."""
        taken = 0
        for block in self._blocks:
            yield self._texts[taken : block.first - block.before]
            taken = block.first - block.before
            yield block
        yield self._texts[taken:]

    def blocks(self) -> list[Block]:
        """Return the blocks in id order."""
        return self._blocks.copy()

    def intent_text(self, intent: int) -> str:
        """Return the stable text of an intent: a name, or `stratum/hour/index` of the tape."""
        if intent >= 0:
            return self.text(intent)
        code = -intent - 1
        index = code & _INDEX_MASK
        hour = code >> _INDEX_BITS & _HOUR_MASK
        stratum = code >> (_INDEX_BITS + _HOUR_BITS)
        moment = datetime.datetime.fromtimestamp(hour * _HOUR_SECONDS, tz=datetime.UTC)
        return f"{self.text(stratum)}/{moment:%Y-%m-%dT%H}/{index:06d}"

    def __len__(self) -> int:
        """Return the number of names."""
        blocks = self._blocks
        return len(self._texts) + (blocks[-1].before + blocks[-1].size if blocks else 0)

    def find(self, text: str) -> NameId | None:
        """Return the id of `text`; None where the log has not met it."""
        known = self._ids.get(text)
        if known is not None or not self._blocks:
            return known
        for block in self._blocks:
            number = block.number(text)
            if number:
                return NameId(block.first + number - 1)
        return None

    def _next(self, count: int) -> NameId:
        first = len(self)
        if first + count > _NAMES_MAX:
            raise ValueError(f"{first} names and {count} more are more than {_NAMES_MAX} names")
        return NameId(first)


def _texts(part: Block | list[str]) -> Iterable[str]:
    if isinstance(part, Block):
        return (part.text(number) for number in range(1, part.size + 1))
    return part


def packed_names(texts: Sequence[str]) -> Iterator[bytes]:
    """Yield the bytes that the digest covers of names in id order, in small pieces."""
    for start in range(0, len(texts), _PIECE):
        contents = [text.encode() for text in texts[start : start + _PIECE]]
        yield b"".join(
            part
            for content in contents
            for part in (len(content).to_bytes(_LENGTH_BYTES, "little"), content)
        )


def intent_of_want(stratum: NameId, hour: int, index: int) -> int:
    """Return the intent of the want `index` of the cell (`stratum`, UTC hour since the epoch)."""
    if not (0 <= index <= _INDEX_MASK and 0 <= hour <= _HOUR_MASK and 0 < stratum < 1 << 18):
        message = f"a tape cell holds no want {index} in hour {hour} of stratum {stratum}"
        raise ValueError(message)
    return -1 - (stratum << (_INDEX_BITS + _HOUR_BITS) | hour << _INDEX_BITS | index)
