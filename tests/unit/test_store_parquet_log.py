"""The log as a Parquet file: its text, where it is cut, and parts put together as one."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Kind, Status
from tengesim.journal.events import Rows
from tengesim.journal.names import Names, intent_of_want
from tengesim.journal.sql import connect, frame_of, quoted
from tengesim.journal.tables import events_frame
from tengesim.store import log_texts, parquet
from tengesim.store.parquet import PackedLog, write_log
from tengesim.store.parquet_parts import join_files
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
    with connect() as connection:
        write_log(connection, log, path)
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
        patch.setattr(parquet, "_ROWS_A_PART", part)
        patch.setattr(log_texts, "TEXTS_MAX", part % 9)
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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=5), st.sampled_from(["v1", "v2"]))
def test_joined_files_hold_their_parts_in_order(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], version: str
) -> None:
    """Goal: bytes side by side are one file. Method: parts of many types against their rows.

    Groups of two thousand rows; a filter, statistics and dictionaries move with the pages.
    """
    folder = tmp_path_factory.mktemp("parts")
    parts = [folder / f"{number}.parquet" for number in range(len(sizes))]
    with connect() as connection:
        for size, part in zip(sizes, parts, strict=True):
            sql = (
                f"FROM range({size}) AS rows(i) SELECT i, i % 7 = 0 AS is_it,"
                " (i % 5)::VARCHAR AS few, 'text ' || i AS many, i / 3.0 AS real,"
                " CASE WHEN i % 2 = 0 THEN i END AS gaps"
            )
            options = f"FORMAT parquet, ROW_GROUP_SIZE 2048, PARQUET_VERSION {version}"
            connection.execute(f"COPY ({sql}) TO {quoted(str(part))} ({options})")
        with (folder / "whole.parquet").open("wb") as target:
            join_files(parts, target)
        files = ", ".join(quoted(str(part)) for part in parts)
        whole = quoted(str(folder / "whole.parquet"))
        expected = connection.execute(f"FROM read_parquet([{files}])").fetchall()
        assert expected == connection.execute(f"FROM read_parquet({whole})").fetchall()
        few = "SELECT count(*) WHERE few = '3' AND i BETWEEN 2000 AND 2500"
        filtered = [
            connection.execute(f"FROM read_parquet({one}) {few}").fetchall()
            for one in (f"[{files}]", whole)
        ]
        assert filtered[0] == filtered[1]
        ordinals = connection.execute(
            f"FROM parquet_metadata({whole}) SELECT DISTINCT row_group_id"
        ).fetchall()
    assert len(ordinals) == sum(-(-size // 2048) for size in sizes)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"x" * 20, b"PAR1\xff\0\0\0PAR1"])
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Goal: no file of nonsense. Method: parts that are too short or end otherwise."""
    part = tmp_path / "part"
    part.write_bytes(content)
    with pytest.raises(ValueError, match="is no Parquet file"):
        join_files([part], io.BytesIO())


def test_rows_are_not_needed_to_name_columns(tmp_path: Path) -> None:
    """Goal: an empty log is a table. Method: no rows; the columns are all there."""
    empty: Rows = random_log(1, 0)
    log = PackedLog(empty, Names())
    assert is_as_told(log, written(log, tmp_path / "events.parquet"))
