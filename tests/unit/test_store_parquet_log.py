"""The log as a Parquet file: its text, where it is cut, and parts put together as one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows
from tengesim.journal.names import Names, intent_of_want
from tengesim.journal.sql import connect, frame_of, quoted
from tengesim.journal.tables import events_frame
from tengesim.store import log_file, parquet
from tengesim.store.parquet import PackedLog, write_log, write_names
from tests.fold_logs import random_log


def named_log(seed: int, count: int) -> PackedLog:
    """Return random rows over single names, a block of people and wants of three cells."""
    generator, names = np.random.default_rng(seed), Names()
    for number in range(8):
        names.id(f"name {number} 'Қ'")
    first = names.block("person-", 4, 900)
    rows = random_log(seed, count)
    rows["kind"], rows["status"] = Kind.PAYMENT, generator.choice([*Status], count)
    for side in ("payer", "payee"):
        rows[side] = np.where(
            generator.random(count) < 0.8, first + generator.integers(0, 900, count), rows[side]
        )
    rows["place"] = generator.integers(0, first + 900, count)
    indexes = generator.choice([0, 7, 999_999, 1_000_000, 16_777_215], count)
    wants = intent_of_want(names.id("name 1 'Қ'"), 490_000, 0) - indexes
    wants -= generator.integers(0, 3, count) * (1 << 24)
    rows["intent"] = np.where(generator.random(count) < 0.6, wants, rows["payer"])
    return PackedLog(rows, names)


def written(log: PackedLog, path: Path) -> Path:
    """Write a log and return its file."""
    write_log(log, path)
    return path


def is_as_told(log: PackedLog, path: Path) -> bool:
    """Return whether a file holds what the table of the log in memory does, in its order."""
    expected = events_frame(*log)
    with connect() as connection:
        found = frame_of(connection, f"FROM read_parquet({quoted(str(path))})")
    return [*expected.columns] == [*found.columns] and all(
        expected[column].astype(found[column].dtype).equals(found[column])
        for column in expected.columns
    )


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1 << 30), count=st.integers(0, 700), part=st.integers(90, 400))
def test_a_log_reads_the_same_however_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, part: int
) -> None:
    """Goal: cuts and dictionaries decide nothing. Method: random logs, parts and dictionaries."""
    folder, log = tmp_path_factory.mktemp("log"), named_log(seed, count)
    assert is_as_told(log, written(log, folder / "whole.parquet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "ROWS_A_GROUP", part)
        cut = written(log, folder / "cut.parquet")
        assert is_as_told(log, cut)
        assert cut.read_bytes() == written(log, folder / "again.parquet").read_bytes()
    assert {"whole.parquet", "cut.parquet", "again.parquet"} == {p.name for p in folder.iterdir()}


def test_every_column_with_few_texts_has_a_dictionary(tmp_path: Path) -> None:
    """Goal: no text is made for rows that share it. Method: what a file says of its columns."""
    path = written(named_log(1, 5_000), tmp_path / "events.parquet")
    with connect() as connection:
        sql = f"FROM parquet_metadata({quoted(str(path))}) SELECT path_in_schema, encodings"
        found = dict(connection.execute(sql).fetchall())
    plain = {column for column, encodings in found.items() if "DICTIONARY" not in encodings}
    assert not plain & {"kind", "status", "reason", "form", "keeper", "region", "true_label"}


def many_named(lengths: list[int], digits: int) -> tuple[Names, int]:
    """Return names of these lengths, none like another, and the first of a block behind them."""
    names = Names()
    for number, length in enumerate(lengths):
        names.id(f"{number}-".ljust(length, "ә"))
    return names, names.block("merchant-", digits, 10**4)


WHOLE = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 3)


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(WHOLE, min_size=1, max_size=40),
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=400),
    count=st.integers(257, 3_000),
    seed=st.integers(0, 1 << 30),
)
def test_any_numbers_and_texts_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    numbers: list[int],
    lengths: list[int],
    count: int,
    seed: int,
) -> None:
    """Goal: bits and lengths are right at every width. Method: an independent reader of the file.

    Numbers jump over the whole range or stay; names are longer than what one element may copy, come
    again nearer and further than an element may reach, and count in steps of one or at random.
    """
    names, first = many_named(lengths, 7 + seed % 6)
    generator, rows = np.random.default_rng(seed), random_log(seed, count)
    rows["kind"], rows["status"] = Kind.PAYMENT, Status.SETTLED
    for column in ("value", "limit", "ref", "amount_tiyn"):
        rows[column] = generator.choice(np.array(numbers, dtype=np.int64), count)
    rows["limit"][:257] += np.arange(257)
    near, far = first + np.arange(count), first + generator.integers(0, 10**4, count)
    rows["payer"] = np.where(generator.random(count) < 0.9, near, far)
    rows["payee"] = np.where(generator.random(count) < 0.5, far, far[0])
    rows["place"] = generator.integers(0, len(lengths) + 1, count)
    rows["intent"] = np.where(generator.random(count) < 0.5, far, rows["place"])
    path = written(PackedLog(rows, names), tmp_path_factory.mktemp("log") / "events.parquet")
    assert is_as_told(PackedLog(rows, names), path)


def test_a_row_about_nobody_is_refused(tmp_path: Path) -> None:
    """Goal: no file of wrong texts. Method: ids and codes that stand for nothing, few and many."""
    for count in (5, 1_000):
        for column, wrong in (("payer", 950), ("payer", -1), ("intent", 950), ("status", 200)):
            log = named_log(2, count)
            log.rows[column][count // 2] = wrong
            with pytest.raises(InvariantError, match=r"no name|stands for nothing"):
                write_log(log, tmp_path / f"{column}{wrong}{count}.parquet")


def test_a_name_that_reads_like_a_want_is_refused(tmp_path: Path) -> None:
    """Goal: a text of an intent says what it is. Method: a name like a want, among few and many."""
    for count in (5, 2_000):
        log = named_log(3, count)
        log.names.id(log.names.intent_text(int(log.rows["intent"].min())))
        with pytest.raises(InvariantError, match="reads like a want"):
            write_log(log, tmp_path / f"{count}.parquet")


def test_rows_are_not_needed_to_name_columns(tmp_path: Path) -> None:
    """Goal: an empty log is a table. Method: no rows; the columns are all there."""
    empty: Rows = random_log(1, 0)
    log = PackedLog(empty, Names())
    assert is_as_told(log, written(log, tmp_path / "events.parquet"))


def test_many_names_are_written_as_few_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a file of millions of names has them all. Method: blocks and groups that do not fit."""
    monkeypatch.setattr(parquet, "_NAMES_AT_ONCE", 100)
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", 257)
    names = Names()
    for single, block in (("first", ("person-", 6, 1_000)), ("жаңа", ("merchant-", 3, 300))):
        names.id(single)
        names.block(*block)
    names.id("last")
    path = tmp_path / "names.parquet"
    with connect() as connection:
        write_names(connection, names, path)
        found = connection.read_parquet(str(path)).fetchall()
    assert list(enumerate(names.texts())) == found
