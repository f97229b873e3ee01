"""The compiled half of writing the log as a Parquet file: values of a column become bytes.

Encodings are those of the format: places in a dictionary as runs and packed bits, whole numbers by
their differences, text by its length. Text is handed over in elements of Snappy that are known
without looking for them: names count, so a text is the head of one before it and further digits.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.compiled import kernel, put_long

__all__ = ["DIFFERENCES_MORE", "count_different", "measure", "pack_numbers", "pack_places"]
__all__ += ["pack_texts", "split"]

DIFFERENCES_MORE: Final = 1_024
"""Bytes that numbers may take beyond eight and a half each, for a head and an unfinished block."""

_BLOCK: Final = 128
_MINIBLOCK: Final = 32
_WORD: Final = 64
_RUN: Final = 8
"""Packed bits come in groups of eight values; a value that stays so long is a run."""
_GROUPS_MAX: Final = 63
_NEAR: Final = 2_048
_FAR: Final = 65_535
_SHORT: Final = 11
_COPY_MIN: Final = 4
_COPY_MAX: Final = 64
_LITERAL_MAX: Final = 60
_TEN: Final = 10
_LOW_BYTE: Final = 255
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_UPPER: Final = np.uint64(32)

_DIGITS: Final = 8
"""Digits that are one word."""
_WORD_END: Final = 10**_DIGITS
_FOUR: Final = np.uint64(10_000)
_HUNDRED, _HUNDREDTHS, _BY_HUNDRED = np.uint64(100), np.uint64(10_486), np.uint64(20)
_HUNDRED_LANES: Final = np.uint64(0x0000007F0000007F)
_TENTH, _TENTHS, _BY_TEN = np.uint64(10), np.uint64(103), np.uint64(10)
_TEN_LANES: Final = np.uint64(0x000F000F000F000F)
_ZEROS: Final = np.uint64(0x3030303030303030)
_LANE_32, _LANE_16, _LANE_8 = np.uint64(32), np.uint64(16), np.uint64(8)

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Places = NDArray[np.int32]
Words = NDArray[np.uint64]


@kernel
def count_different(values: Whole, keys: Whole, slots: Places, places: Places) -> int:
    """Number the different values in the order in which they come, and write which each one is.

    `slots` are zeros, at least twice as many as `keys` and a power of two. Returns how many there
    are, -1 where they are more than `keys` has room for.
    """
    count, mask = 0, len(slots) - 1
    place = 0
    for i in range(len(values)):
        value = values[i]
        if count == 0 or value != keys[place]:
            slot = np.int64((np.uint64(value) * _GOLDEN) >> _UPPER) & mask
            while slots[slot] != 0 and keys[slots[slot] - 1] != value:
                slot = (slot + 1) & mask
            if slots[slot] == 0:
                if count == len(keys):
                    return -1
                keys[count] = value
                count += 1
                slots[slot] = count
            place = slots[slot] - 1
        places[i] = place
    return count


@kernel
def _put_number(out: Bytes, at: int, number: int) -> int:
    """Write a number that is not negative, seven bits a byte."""
    while number > 127:
        out[at] = number & 127 | 128
        number >>= 7
        at += 1
    out[at] = number
    return at + 1


@kernel
def _put_signed(out: Bytes, at: int, number: np.int64) -> int:
    """Write a number that may be negative."""
    word = np.uint64((number << 1) ^ (number >> 63))
    while word > np.uint64(127):
        out[at] = np.uint8(word & np.uint64(127) | np.uint64(128))
        word >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(word)
    return at + 1


@kernel
def _put_word(out: Bytes, at: int, word: np.uint64, count: int) -> int:
    """Write the low `count` bytes of a word; what is behind them is written next."""
    put_long(out, at, word)
    return at + count


@kernel
def pack_places(places: Bytes, bits: int, out: Bytes) -> int:
    """Write places in a dictionary, of `bits` bits, eight at most; return how many bytes it took.

    A value is written once for as long as it stays, others are packed by eights.
    """
    at, i, count = 1, 0, len(places)
    out[0] = bits
    head, groups = 0, 0
    while i < count:
        run = 1
        while i + run < count and places[i + run] == places[i]:
            run += 1
        if run > _RUN or count - i < _RUN:
            at = _put_number(out, at, run << 1)
            out[at] = places[i]
            at += 1
            i += run
            groups = 0
            continue
        if groups in (0, _GROUPS_MAX):
            head, groups = at, 0
            at += 1
        word = np.uint64(0)
        for place in range(_RUN):
            word |= np.uint64(places[i + place]) << np.uint64(bits * place)
        at = _put_word(out, at, word, bits)
        groups += 1
        out[head] = groups << 1 | 1
        i += _RUN
    return at


@kernel
def pack_numbers(values: Whole, out: Bytes, at: int) -> int:
    """Write whole numbers by their differences from `at` on; return the place after them."""
    count = len(values)
    at = _put_number(out, at, _BLOCK)
    at = _put_number(out, at, _BLOCK // _MINIBLOCK)
    at = _put_number(out, at, count)
    at = _put_signed(out, at, values[0])
    start = 1
    while start < count:
        stop = min(count, start + _BLOCK)
        least = values[start] - values[start - 1]
        for i in range(start + 1, stop):
            least = min(least, values[i] - values[i - 1])
        at = _put_signed(out, at, least)
        widths = at
        at += _BLOCK // _MINIBLOCK
        for mini in range(_BLOCK // _MINIBLOCK):
            out[widths + mini] = 0
            first = start + mini * _MINIBLOCK
            if first < stop:
                last = min(stop, first + _MINIBLOCK)
                at = _pack_few(values, first, last, least, out, at, widths + mini)
        start = stop
    return at


@kernel
def _pack_few(  # noqa: PLR0917 - compiled code takes arrays by place
    values: Whole, first: int, last: int, least: np.int64, out: Bytes, at: int, width_at: int
) -> int:
    """Write the differences of one part of a block, above the least one, in as few bits as do."""
    used = np.uint64(0)
    for i in range(first, last):
        used |= np.uint64(values[i] - values[i - 1] - least)
    width = 0
    while width < _WORD and used >> np.uint64(width) != np.uint64(0):
        width += 1
    out[width_at] = width
    if width == 0:
        return at
    word, filled = np.uint64(0), 0
    for place in range(_MINIBLOCK):
        i = first + place
        value = np.uint64(0)
        if i < last:
            value = np.uint64(values[i] - values[i - 1] - least)
        word |= value << np.uint64(filled)
        filled += width
        if filled >= _WORD:
            at = _put_word(out, at, word, 8)
            filled -= _WORD
            word = value >> np.uint64(width - filled) if filled else np.uint64(0)
    return _put_word(out, at, word, filled // 8)


@kernel
def split(ids: Whole, blocks: Whole, wants_a_cell: int, heads: Whole, numbers: Whole) -> None:
    """Say of each id with which others it shares the head of its text, and its number among them.

    A name of a block shares it with its block, told as -1, -2, ... below the cells of the tape; the
    wants of a cell with their cell, told as twice its number and one; any other name with none.
    `blocks` has the first name of each block, and the one after its last.
    """
    first, end, head = 0, 0, 0
    for i in range(len(ids)):
        one = ids[i]
        if first <= one < end:
            # Most ids are of the block of the last one.
            heads[i], numbers[i] = head, one - first + 1
        elif one < 0:
            heads[i] = 2 * ((-1 - one) // wants_a_cell) + 1
            numbers[i] = (-1 - one) % wants_a_cell
        else:
            heads[i], numbers[i] = 2 * one, 0
            for block in range(len(blocks)):
                if blocks[block, 0] <= one < blocks[block, 1]:
                    first, end, head = blocks[block, 0], blocks[block, 1], -1 - block
                    heads[i], numbers[i] = head, one - first + 1


@kernel
def measure(  # noqa: PLR0917 - compiled code takes arrays by place
    heads: Places, numbers: Whole, starts: Whole, digits: Whole, ends: Whole, lengths: Whole
) -> int:
    """Write the length of each text, and return the length of all.

    Texts begin with the bytes of their head, from its place in `starts` to the next; a number
    follows where the head has `digits`, with as many or, from its end on, with as many as it needs.
    """
    total = 0
    for i in range(len(heads)):
        head = heads[i]
        length = starts[head + 1] - starts[head]
        if digits[head]:
            length += digits[head] if numbers[i] < ends[head] else _digits_of(numbers[i])
        lengths[i] = length
        total += length
    return total


@kernel
def _digits_of(number: int) -> int:
    count, limit = 1, _TEN
    while number >= limit:
        count += 1
        limit *= _TEN
    return count


@kernel
def _word_of(number: int) -> np.uint64:
    """Return eight digits as one word of text, the first digit in its lowest byte.

    Two numbers of four digits are split side by side, then four of two.
    """
    whole = np.uint64(number)
    upper = whole // _FOUR
    pair = upper | (whole - upper * _FOUR) << _LANE_32
    upper = ((pair * _HUNDREDTHS) >> _BY_HUNDRED) & _HUNDRED_LANES
    four = upper | (pair - upper * _HUNDRED) << _LANE_16
    upper = ((four * _TENTHS) >> _BY_TEN) & _TEN_LANES
    return (upper | (four - upper * _TENTH) << _LANE_8) + _ZEROS


@kernel
def pack_texts(  # noqa: PLR0917 - compiled code takes arrays by place
    heads: Places,
    numbers: Whole,
    lengths: Whole,
    lead: int,
    total: int,
    starts: Whole,
    texts: Bytes,
    spare: Bytes,
    known: Whole,
    words: Words,
    out: Bytes,
) -> int:
    """Write one block of Snappy of `total` bytes; return how many it took.

    First come the `lead` bytes that `spare` holds, the lengths, and then the texts. `known` says of
    each head where a text with it began last, -1 where none did, and with how many digits, `words`
    with which.
    """
    at = _put_number(out, 0, total)
    at = _put_length(lead, out, at)
    for place in range(lead):
        out[at + place] = spare[place]
    at += lead
    position = lead
    for i in range(len(heads)):
        head, number, length = heads[i], numbers[i], lengths[i]
        start = starts[head]
        before = starts[head + 1] - start
        width = length - before
        high, low = _ZEROS, _word_of(number % _WORD_END)
        if width > _DIGITS:
            high = _word_of(number // _WORD_END)
        offset = position - known[head, 0]
        shared = 0
        if known[head, 0] >= 0 and offset <= _FAR and known[head, 1] == width:
            shared = before
            if high == words[head, 1]:
                shared = length - _different_of(low ^ words[head, 0], min(width, _DIGITS))
        if shared < _COPY_MIN:
            shared = 0
        known[head, 0], known[head, 1] = position, width
        words[head, 0], words[head, 1] = low, high
        at = _put_copy(shared, offset, out, at)
        if shared < length:
            at = _put_length(length - shared, out, at)
            for place in range(shared, before):
                out[at] = texts[start + place]
                at += 1
            at = _put_digits(high, low, width, max(shared - before, 0), out, at)
        position += length
    return at


@kernel
def _different_of(difference: np.uint64, width: int) -> int:
    """Return how many of the last `width` digits come after the first that differs, and it."""
    if difference == np.uint64(0):
        return 0
    difference >>= np.uint64(8 * (_DIGITS - width))
    while difference & np.uint64(_LOW_BYTE) == np.uint64(0):
        difference >>= _LANE_8
        width -= 1
    return width


@kernel
def _put_digits(  # noqa: PLR0917 - compiled code takes arrays by place
    high: np.uint64, low: np.uint64, width: int, first: int, out: Bytes, at: int
) -> int:
    """Write the last `width` digits of two words from the one at `first` on."""
    place = _DIGITS - width + first
    while place < 0:
        out[at] = np.uint8((high >> np.uint64(8 * (_DIGITS + place))) & np.uint64(_LOW_BYTE))
        at += 1
        place += 1
    if place < _DIGITS:
        at = _put_word(out, at, low >> np.uint64(8 * place), _DIGITS - place)
    return at


@kernel
def _put_length(count: int, out: Bytes, at: int) -> int:
    """Write that `count` bytes follow as they are, one at least."""
    if count <= _LITERAL_MAX:
        out[at] = (count - 1) << 2
        return at + 1
    more = 1
    while count - 1 >= 1 << (8 * more):
        more += 1
    out[at] = (_LITERAL_MAX - 1 + more) << 2
    return _put_word(out, at + 1, np.uint64(count - 1), more)


@kernel
def _put_copy(count: int, offset: int, out: Bytes, at: int) -> int:
    """Write that `count` bytes are those that stand `offset` before."""
    while count > 0:
        piece = min(count, _COPY_MAX)
        if _COPY_MIN <= piece <= _SHORT and offset < _NEAR:
            out[at] = 1 | (piece - _COPY_MIN) << 2 | (offset >> 8) << 5
            out[at + 1] = offset & _LOW_BYTE
            at += 2
        else:
            out[at] = 2 | (piece - 1) << 2
            out[at + 1] = offset & _LOW_BYTE
            out[at + 2] = offset >> 8
            at += 3
        count -= piece
    return at
