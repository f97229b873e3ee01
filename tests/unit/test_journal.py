"""Claims about the log: rows, names, digest and cube, whoever flushes and whenever."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Reason, Status, TrueLabel, column_text
from tengesim.errors import InvariantError
from tengesim.journal.cube import CUBE_KEYS, Cube
from tengesim.journal.digest import Digest
from tengesim.journal.events import BLOCK_ROWS, CODED, COLUMNS, NAMED, ROW, Rows, pack_row
from tengesim.journal.names import Names, intent_of_want, packed_names
from tengesim.journal.sink import Journal
from tengesim.payment import NameId
from tests.log_days import utc_days

DAY_US = 24 * 3_600 * 10**6


def example_row(seq: int) -> tuple[int, ...]:
    """Return a complete row whose columns vary with its number."""
    values = {name: (seq * 7 + place) % 100 for place, name in enumerate(COLUMNS)}
    values |= {"seq": seq, "time_us": seq * 1_000_003, "intent": -1 - seq}
    return tuple(values[name] for name in COLUMNS)


def example_rows(count: int) -> Rows:
    """Return that many rows, packed."""
    rows = np.zeros(count, dtype=ROW)
    seq = np.arange(count)
    for place, name in enumerate(COLUMNS):
        rows[name] = (seq * 7 + place) % 100
    rows["seq"], rows["time_us"], rows["intent"] = seq, seq * 1_000_003, -1 - seq
    return rows


def digest_of(rows: Rows, names: list[str], cuts: tuple[int, ...] = ()) -> str:
    """Return the digest of rows handed over in pieces that end at `cuts`."""
    digest = Digest()
    for start, stop in pairwise((0, *cuts, len(rows))):
        digest.update(rows[start:stop])
    return digest.close(packed_names(names))


def reference_digest(rows: Rows, names: list[str]) -> str:
    """Return the digest as its definition says it: one hash a block, each begun with the last."""
    head = hashlib.sha256(b"tengesim log, rows of journal.events").digest()
    content = rows.tobytes()
    width = BLOCK_ROWS * ROW.itemsize
    while len(content) >= width:
        head = hashlib.sha256(head + content[:width]).digest()
        content = content[width:]
    for name in names:
        content += len(name.encode()).to_bytes(4, "little") + name.encode()
    return hashlib.sha256(head + content).hexdigest()


@pytest.mark.parametrize(
    "count",
    [0, 1, 1_000, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS, 2 * BLOCK_ROWS + 1],
)
def test_the_digest_is_its_definition_around_every_block_end(count: int) -> None:
    """Goal: blocks are 65,536 rows. Method: a second implementation; cuts on and off the end."""
    rows, names = example_rows(count), ["", "national_bank", "Қарағанды"]
    expected = reference_digest(rows, names)
    assert digest_of(rows, names) == expected
    for cut in {1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, count - 1, count}:
        if 0 <= cut <= count:
            assert digest_of(rows, names, cuts=(cut, cut)) == expected


@given(st.sets(st.integers(0, 200)).map(sorted), st.integers(0, 200))
def test_the_digest_does_not_know_how_the_log_was_cut(cuts: list[int], count: int) -> None:
    """Goal: whoever flushes cannot change it. Method: any cuts against none."""
    rows = example_rows(count)
    inside = tuple(cut for cut in cuts if cut <= count)
    assert digest_of(rows, ["", "a"], inside) == digest_of(rows, ["", "a"])


def test_the_digest_changes_with_every_byte() -> None:
    """Goal: no byte of a row is left out. Method: flip one bit of each byte of three rows."""
    rows = example_rows(3)
    seen = {digest_of(rows, [""])}
    for place in range(rows.nbytes):
        content = bytearray(rows.tobytes())
        content[place] ^= 1
        seen.add(digest_of(np.frombuffer(bytes(content), dtype=ROW), [""]))
    assert len(seen) == 1 + rows.nbytes


def test_the_digest_changes_in_the_first_block_of_three() -> None:
    """Goal: blocks are chained. Method: change the first row of a log of two blocks and a bit."""
    rows = example_rows(2 * BLOCK_ROWS + 1)
    before = digest_of(rows, [""])
    rows["amount_tiyn"][0] += 1
    assert digest_of(rows, [""]) != before


@pytest.mark.parametrize(
    ("names", "others"),
    [
        (["", "a"], ["", "b"]),
        (["", "a", "b"], ["", "b", "a"]),
        (["", "ab", "c"], ["", "a", "bc"]),
        (["", "a"], ["", "a", ""]),
        (["", "a"], [""]),
        (["", "é"], ["", "e\u0301"]),
    ],
)
def test_the_digest_covers_names_and_where_they_end(names: list[str], others: list[str]) -> None:
    """Goal: an id cannot come to mean something else. Method: names that are nearly the same."""
    rows = example_rows(2)
    assert digest_of(rows, names) != digest_of(rows, others)


def test_closing_a_digest_does_not_end_it() -> None:
    """Goal: the digest of a prefix may be read at any time. Method: close, go on, close."""
    rows, digest = example_rows(10), Digest()
    digest.update(rows[:4])
    empty = [*packed_names([""])]
    assert digest.close(empty) == digest.close(empty) == digest_of(rows[:4], [""])
    digest.update(rows[4:])
    assert digest.close(empty) == digest_of(rows, [""])


def test_the_digest_of_a_small_log_is_what_it_always_was() -> None:
    """Goal: logs of different versions can be compared. Method: a value written down once."""
    assert ROW.itemsize == 107
    expected = "ed0a0235720df1917338eed19f7d1b6451869e06d0e20c9425ee75fcbab35a55"
    assert digest_of(example_rows(3), ["", "a"]) == expected


def test_a_journal_numbers_its_rows_and_keeps_them() -> None:
    """Goal: `seq` is given in one place. Method: append rows, read them back."""
    journal = Journal(Names())
    for seq in range(5):
        assert len(journal) == seq
        journal.append(example_row(seq)[1:])
    assert journal.rows().tolist() == [example_row(seq) for seq in range(5)]
    expected = np.array([example_row(seq) for seq in range(5)], dtype=ROW)
    assert journal.rows().tobytes() == expected.tobytes()


@pytest.mark.parametrize("at_once", [1, 3, 23])
def test_rows_that_come_packed_are_those_that_come_one_by_one(at_once: int) -> None:
    """Goal: one log for both ways. Method: every other piece packed, with a wrong `seq`."""
    journal, expected = Journal(Names()), example_rows(23)
    for start in range(0, 23, at_once):
        piece = expected[start : start + at_once].copy()
        if start // at_once % 2:
            for seq in piece["seq"].tolist():
                journal.append(example_row(seq)[1:])
        else:
            piece["seq"] = 77
            journal.append_many(piece)
    assert len(journal) == 23
    assert journal.rows().tobytes() == expected.tobytes()


@pytest.mark.parametrize("every", [1, 2, 7, 10**9])
def test_a_journal_is_the_same_however_often_it_is_flushed(every: int) -> None:
    """Goal: flushing cannot be seen. Method: flush after each n-th row; rows, digest, folds."""
    seen: list[bytes] = []
    journal = Journal(Names())
    journal.fold(lambda rows: seen.append(rows.tobytes()))
    for seq in range(23):
        journal.append(example_row(seq)[1:])
        if seq % every == 0:
            journal.flush()
    journal.flush()
    journal.flush()
    expected = example_rows(23)
    assert journal.rows().tobytes() == expected.tobytes() == b"".join(seen)
    assert journal.digest() == digest_of(expected, [""])
    assert all(seen)


def test_the_digest_of_a_journal_covers_rows_that_nobody_has_read_yet() -> None:
    """Goal: nothing is left behind. Method: the digest right after a row was appended."""
    journal = Journal(Names())
    journal.append(example_row(0)[1:])
    assert journal.digest() == digest_of(example_rows(1), [""])


def test_an_empty_journal_has_no_rows_and_a_digest() -> None:
    """Goal: a world where nothing happens is a world. Method: read a log nobody wrote to."""
    seen: list[Rows] = []
    journal = Journal(Names())
    journal.fold(seen.append)
    assert (len(journal), len(journal.rows()), journal.rows().dtype) == (0, 0, ROW)
    assert journal.digest() == digest_of(example_rows(0), [""])
    assert seen == []


def test_reading_a_journal_twice_gives_it_twice() -> None:
    """Goal: reading changes nothing. Method: rows before and after more rows were written."""
    journal = Journal(Names())
    journal.append(example_row(0)[1:])
    first = journal.rows()
    digest = journal.digest()
    assert journal.digest() == digest
    journal.append(example_row(1)[1:])
    assert len(first) == 1
    assert len(journal.rows()) == 2
    assert journal.digest() != digest


def test_a_name_that_nobody_wrote_changes_the_digest_of_a_journal() -> None:
    """Goal: names are covered. Method: the same rows with one more name."""
    names = Names()
    journal = Journal(names)
    journal.append(example_row(0)[1:])
    before = journal.digest()
    names.id("national_bank")
    assert journal.digest() != before


def test_names_are_numbered_in_order_of_first_use() -> None:
    """Goal: ids are the same in every run. Method: use some names twice."""
    names = Names()
    assert [names.id(text) for text in ("b", "a", "", "b", "c", "a")] == [1, 2, 0, 1, 3, 2]
    assert names.texts() == ["", "b", "a", "c"]
    assert [names.text(name) for name in range(4)] == names.texts()
    names.texts().append("nobody's")
    assert len(names.texts()) == 4


BLOCKS = st.lists(
    st.one_of(
        st.text("ab0é", max_size=3),
        st.tuples(st.sampled_from(["a", "b", "a0", "é"]), st.integers(1, 3), st.integers(0, 120)),
    ),
    max_size=8,
)


@given(BLOCKS, st.lists(st.text("ab01é²", max_size=4), max_size=10))
@example([("a", 2, 11), ("a0", 1, 1)], [])
@example([("a0", 1, 9), ("a", 2, 1)], [])
@example(["a01", ("a", 2, 1)], [])
@example([("a", 1, 9), "b", ("b", 3, 12)], ["a1", "a9", "a01", "a²", "b012", "b013"])
def test_a_block_of_names_is_those_names_one_by_one(
    acts: list[str | tuple[str, int, int]], asked: list[str]
) -> None:
    """Goal: a rule stands for strings. Method: blocks against a plain list of all names."""
    names, plain = Names(), [""]
    for act in acts:
        if isinstance(act, str):
            names.id(act)
            plain += [act] if act not in plain else []
            continue
        prefix, digits, count = act
        listed = [f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)]
        if count >= 10**digits or set(listed) & set(plain):
            with pytest.raises(ValueError, match=r"digits|already"):
                names.block(*act)
            continue
        assert names.block(*act) == len(plain)
        plain += listed
    assert len(names) == len(plain)
    assert names.texts() == plain
    assert [names.text(name) for name in range(len(plain))] == plain
    assert [names.id(text) for text in plain] == list(range(len(plain)))
    assert b"".join(names.packed()) == b"".join(packed_names(plain))
    for text in asked:
        plain += [text] if text not in plain else []
        assert names.id(text) == plain.index(text)


def test_the_names_of_a_block_are_found_only_as_they_are_written() -> None:
    """Goal: no two texts have one id. Method: a name of a nation, and others much like it."""
    names = Names()
    first = names.block("person-", 8, 20_000_000)
    assert names.id("person-00000001") == first
    assert names.id("person-20000000") == first + 19_999_999
    strangers = ["person-1", "person-00000000", "person-20000001", "person-0000001٣", "person-"]
    assert [names.id(text) for text in strangers] == [first + 20_000_000 + i for i in range(5)]
    assert names.text(first + 12_345_677) == "person-12345678"


def test_a_nation_of_names_takes_no_room_and_comes_in_small_pieces() -> None:
    """Goal: bounded memory. Method: the largest piece, and all bytes, of 1.2 million names."""
    names = Names()
    names.block("person-", 8, 1_200_000)
    sizes = [len(piece) for piece in names.packed()]
    assert sum(sizes) == 4 + 1_200_000 * (4 + 15)
    assert max(sizes) <= 10_000 * 19


@pytest.mark.parametrize(("digits", "count"), [(2, 100), (0, 0), (1, 10), (1, -1)])
def test_a_block_has_the_digits_it_needs(digits: int, count: int) -> None:
    """Goal: every name has the same width. Method: one too many, and no digit at all."""
    with pytest.raises(ValueError, match="digits do not count"):
        Names().block("person-", digits, count)


def test_ids_of_names_fit_their_column() -> None:
    """Goal: R-07, nothing wraps in the log. Method: a block up to the last id, and one more."""
    names = Names()
    names.block("a", 10, 2**31 - 1)
    assert names.text(2**31 - 1) == "a2147483647"
    with pytest.raises(ValueError, match="more than 2147483648 names"):
        names.id("b")


STRATA = st.integers(1, (1 << 18) - 1)
HOURS = st.integers(0, (1 << 20) - 1)
INDEXES = st.integers(0, (1 << 24) - 1)


@given(STRATA, HOURS, INDEXES)
@example(1, 0, 0)
@example((1 << 18) - 1, (1 << 20) - 1, (1 << 24) - 1)
def test_an_intent_of_the_tape_is_negative_and_says_its_place(
    stratum: int, hour: int, index: int
) -> None:
    """Goal: three numbers in one, none lost. Method: pack any of them and take them apart."""
    intent = intent_of_want(NameId(stratum), hour, index)
    assert -(2**63) <= intent < 0
    code = -1 - intent
    assert (code >> 44, code >> 24 & 0xFFFFF, code & 0xFFFFFF) == (stratum, hour, index)


def test_an_intent_reads_as_stratum_hour_and_index() -> None:
    """Goal: arms are joined by this text. Method: an example, computed by hand."""
    names = Names()
    stratum = names.id("school_meals/school-007/meal")
    # 2026-02-03 06:00 UTC is 20,487 days and 6 hours after the epoch.
    meal = intent_of_want(stratum, 20_487 * 24 + 6, 123)
    assert names.intent_text(meal) == "school_meals/school-007/meal/2026-02-03T06/000123"
    snack = intent_of_want(stratum, 20_487 * 24 + 7, 16_777_215)
    assert names.intent_text(snack) == "school_meals/school-007/meal/2026-02-03T07/16777215"
    assert names.intent_text(stratum) == "school_meals/school-007/meal"
    assert names.intent_text(0) == ""


@pytest.mark.parametrize(
    ("stratum", "hour", "index"),
    [(0, 0, 0), (1 << 18, 0, 0), (1, -1, 0), (1, 1 << 20, 0), (1, 0, -1), (1, 0, 1 << 24)],
)
def test_a_want_outside_its_cell_is_told(stratum: int, hour: int, index: int) -> None:
    """Goal: no intent silently becomes another. Method: one number out of range a row."""
    with pytest.raises(ValueError, match="holds no want"):
        intent_of_want(NameId(stratum), hour, index)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_number_beyond_its_column_is_an_error(value: int) -> None:
    """Goal: R-07, nothing wraps in the log. Method: one too many for 64 bits."""
    row = dict(zip(COLUMNS, example_row(0), strict=True)) | {"amount_tiyn": value}
    with pytest.raises(OverflowError):
        pack_row(0, tuple(row.values())[1:])


def test_every_column_is_little_endian_and_packed_without_gaps() -> None:
    """Goal: the same bytes on every machine. Method: read the dtype."""
    assert ROW.itemsize == sum(ROW[name].itemsize for name in COLUMNS)
    for name in COLUMNS:
        assert ROW[name].str in ("<i8", "<i4", "|u1")


def test_the_columns_of_names_and_codes_are_columns_and_apart() -> None:
    """Goal: each column becomes text in one way. Method: compare the lists."""
    assert set(NAMED) | set(CODED) <= set(COLUMNS)
    assert not set(NAMED) & set(CODED)


@pytest.mark.parametrize(
    ("codes", "numbers"),
    [
        (Form, list(range(1, 15))),
        (Kind, [*range(1, 84), 85]),
        (Status, [1, 2, 3, 4, 5, 6]),
        (
            Reason,
            [
                0,
                10,
                20,
                30,
                40,
                45,
                70,
                80,
                82,
                84,
                86,
                88,
                90,
                100,
                110,
                120,
                125,
                127,
                130,
                140,
                145,
                150,
                152,
                154,
                156,
                157,
                158,
                159,
                160,
                162,
                164,
                165,
                168,
                170,
                200,
            ],
        ),
        (TrueLabel, list(range(23))),
    ],
)
def test_codes_keep_their_numbers(codes: type[Kind], numbers: list[int]) -> None:
    """Goal: old logs keep their meaning. Method: the numbers, written down once."""
    assert sorted(codes) == numbers
    assert max(codes) <= 255


def test_a_code_reads_as_its_name_in_lower_case() -> None:
    """Goal: files say words. Method: a code, and the code for nothing."""
    assert column_text(Kind.REDEEM) == "redeem"
    assert column_text(Reason.INSUFFICIENT_FUNDS) == "insufficient_funds"
    assert column_text(Reason.NONE) == ""


CELL_ROWS = st.lists(
    st.tuples(
        st.integers(0, 4 * DAY_US),
        st.integers(1, 3),
        st.sampled_from([0, 1, 2, 2**31 - 1]),
        st.one_of(st.integers(0, 9), st.integers(-(2**63), 2**63 - 1)),
    ),
    max_size=40,
)


@given(CELL_ROWS, st.integers(0, 40), st.integers(1, 4))
@example([(4 * DAY_US, 1, 1, 2**63 - 1)] * 5 + [(0, 1, 1, -(2**63))] * 3, 4, 1)
def test_the_cube_counts_and_sums_each_cell_exactly(
    drawn: list[tuple[int, int, int, int]], cut: int, days: int
) -> None:
    """Goal: nothing is lost in the sums. Method: a dictionary in Python, sums beyond 64 bits.

    Times are in any order and the last day has no end.
    """
    rows = np.zeros(len(drawn), dtype=ROW)
    expected: dict[tuple[int, ...], list[int]] = {}
    for place, (time_us, kind, region, amount) in enumerate(drawn):
        for name, value in (("time_us", time_us), ("kind", kind), ("region", region)):
            rows[name][place] = value
        rows["amount_tiyn"][place] = amount
        key = {"day": 50 - min(time_us // DAY_US, days - 1), "kind": kind, "region": region}
        cell = expected.setdefault(tuple(key.get(name, 0) for name in CUBE_KEYS), [0, 0])
        cell[0] += 1
        cell[1] += amount
    numbers = np.arange(days, dtype=np.int64)
    cube = Cube(numbers * DAY_US, 50 - numbers)
    cube.consume(rows[:cut])
    cube.consume(rows[cut:])
    assert cube.cells() == [(*key, *expected[key]) for key in sorted(expected)]


def test_a_cube_of_many_cells_loses_none() -> None:
    """Goal: the table grows. Method: 20,000 cells in every column, counted by NumPy."""
    generator = np.random.default_rng(5)
    rows = np.zeros(60_000, dtype=ROW)
    for name in CUBE_KEYS[1:]:
        top = 2**8 if ROW[name].itemsize == 1 else 2**31
        rows[name] = generator.integers(0, top, 20_000)[generator.integers(0, 20_000, 60_000)]
    rows["amount_tiyn"] = generator.integers(0, 2**62, 60_000)
    cube = Cube(*utc_days())
    cube.consume(rows)
    table = [rows[name].tolist() for name in (*CUBE_KEYS[1:], "amount_tiyn")]
    expected: dict[tuple[int, ...], list[int]] = {}
    for *key, amount in zip(*table, strict=True):
        cell = expected.setdefault((0, *key), [0, 0])
        cell[0] += 1
        cell[1] += amount
    assert cube.cells() == [(*key, *expected[key]) for key in sorted(expected)]


def test_a_row_before_the_first_day_of_a_cube_is_named() -> None:
    """Goal: no row is counted on a day that is not its own. Method: one microsecond too early."""
    rows = example_rows(3)
    rows["time_us"] = [5, 4, 5]
    cube = Cube(np.array([5]), np.array([1]))
    with pytest.raises(InvariantError, match="row 1 is before the first day"):
        cube.consume(rows)


@pytest.mark.parametrize(
    ("starts_us", "days"), [([], []), ([5], [1, 2]), ([5, 5], [1, 2]), ([6, 5], [1, 2])]
)
def test_the_days_of_a_cube_ascend(starts_us: list[int], days: list[int]) -> None:
    """Goal: every moment has one day. Method: no day, one too many, and two in no order."""
    with pytest.raises(ValueError, match="ascending moments"):
        Cube(np.array(starts_us, dtype=np.int64), np.array(days, dtype=np.int64))


@pytest.mark.parametrize("column", CUBE_KEYS[1:])
def test_every_key_of_the_cube_is_its_own_column(column: str) -> None:
    """Goal: no key is mixed up or left out. Method: rows that differ in one column only."""
    rows = np.zeros(3, dtype=ROW)
    rows[column] = [2, 1, 2]
    cube = Cube(*utc_days())
    cube.consume(rows)
    place = CUBE_KEYS.index(column)
    assert [(cell[place], cell[-2]) for cell in cube.cells()] == [(1, 1), (2, 2)]
