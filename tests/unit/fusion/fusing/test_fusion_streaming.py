"""Fusing from file to folder: the draws of one pass in memory, bounded, and resumable."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fusion_core.errors import Cancelled, ConflictError, CorruptFileError, InputError
from fusion_core.fusion import (
    FusionModel,
    fuse,
    fuse_to_folder,
    read_implicates,
    train,
    write_implicates,
)
from fusion_core.fusion.base.streams import CHUNK_ROWS
from fusion_core.fusion.fusing._recipient_files import ROW_GROUP, encode_to_file, read_encoded
from fusion_core.fusion.implicates.files import begin_implicates, locked, write_part

X = ["size", "income", "region"]
ROWS = 2 * CHUNK_ROWS + 700

# Fuses, and is killed without notice in the second of three parts.
KILLED = """
import os, signal, sys
from pathlib import Path
from fusion_core.fusion import fuse_to_folder

def die(share, message):
    if share > 0.6:
        os.kill(os.getpid(), signal.SIGKILL)

file, saved, out, memory = sys.argv[1:]
fuse_to_folder(Path(file), Path(saved), Path(out), m=2, seed=9, memory=int(memory), progress=die)
"""


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    settings = small_settings.replace(leaves=(8,), maximum_trees=8)
    return train(
        donor, ["fuel", "gas", ["heating_share", "other_share"]], X, settings=settings, seed=0
    )


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    model.save(folder)
    return folder


@pytest.fixture(scope="module")
def households(recipient) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    return recipient.iloc[draw.integers(0, len(recipient), ROWS)].reset_index(drop=True)


@pytest.fixture
def file(households, tmp_path):
    # Small row groups, so that parts and row groups never end together.
    households.to_parquet(tmp_path / "recipient.parquet", row_group_size=1500)
    return tmp_path / "recipient.parquet"


@pytest.fixture(scope="module")
def expected(households, model):
    return fuse(households, model, implicates=2, seed=9)


def memory_for(chunks: int, model: FusionModel) -> int:
    """Memory that lets one thread keep this many chunks of two implicates."""
    from fusion_core.fusion.fusing import streaming
    from fusion_core.fusion.fusing._drawing import Draws

    low, high = 0, 10**12
    while high - low > 1:
        middle = (low + high) // 2
        try:
            fits = streaming._part_rows(model, Draws(2, seed=0), middle) >= chunks * CHUNK_ROWS
        except InputError:
            fits = False
        low, high = (low, middle) if fits else (middle, high)
    return high


def assert_equal(folder, expected):
    found = read_implicates(folder)
    assert found.names == expected.names
    assert found.notes == expected.notes
    for name in found.names:
        assert (found[name].values == expected[name].values).all()
        assert found[name].values.dtype == expected[name].values.dtype
        assert found[name].levels == expected[name].levels


def test_neither_parts_nor_threads_change_a_draw(file, model, saved, expected, tmp_path):
    for chunks, threads in ((1, 1), (2, 1), (5, 3)):
        memory = memory_for(chunks, model) * threads
        fuse_to_folder(
            file, saved, tmp_path / "out", implicates=2, seed=9, threads=threads, memory=memory
        )
        assert_equal(tmp_path / "out", expected)


def test_workers_that_share_the_files_draw_the_same(file, model, saved, expected, tmp_path):
    # A cluster's executor looks like this one; threads would not notice what cannot be pickled.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        fuse_to_folder(
            file,
            saved,
            tmp_path / "out",
            implicates=2,
            seed=9,
            memory=memory_for(1, model),
            executor=executor,
        )
    assert_equal(tmp_path / "out", expected)


def test_what_an_interrupted_fusion_finished_is_kept(file, model, saved, expected, tmp_path):
    def stop_in_second_part(share: float, _message: str) -> None:
        if share > 0.6:
            raise Cancelled("Stopped")

    memory = memory_for(1, model)
    with pytest.raises(Cancelled):
        fuse_to_folder(
            file,
            saved,
            tmp_path / "out",
            implicates=2,
            seed=9,
            memory=memory,
            progress=stop_in_second_part,
        )
    with pytest.raises(CorruptFileError, match="missing"):
        read_implicates(tmp_path / "out")
    first = tmp_path / "out" / "00_fuel" / "part-00000.parquet"
    written = first.stat().st_mtime_ns
    shares: list[float] = []
    fuse_to_folder(
        file,
        saved,
        tmp_path / "out",
        implicates=2,
        seed=9,
        progress=lambda share, _: shares.append(share),
    )
    assert first.stat().st_mtime_ns == written
    assert shares[1] > 0.4
    assert_equal(tmp_path / "out", expected)


def test_parts_of_another_seed_or_a_damaged_part_are_not_gone_on_with(
    file, model, saved, expected, tmp_path
):
    def stop(share: float, _message: str) -> None:
        if share > 0.95:
            raise Cancelled("Stopped")

    for seed in (1, 9):
        with pytest.raises(Cancelled):
            fuse_to_folder(
                file,
                saved,
                tmp_path / "out",
                implicates=2,
                seed=seed,
                memory=memory_for(1, model),
                progress=stop,
            )
    damaged = tmp_path / "out" / "01_gas" / "part-00001.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    fuse_to_folder(file, saved, tmp_path / "out", implicates=2, seed=9)
    assert_equal(tmp_path / "out", expected)


def test_a_wrong_level_in_the_last_row_is_told_before_any_work(
    households, saved, expected, tmp_path
):
    wrong = households.astype({"region": "str"})
    wrong.loc[ROWS - 1, "region"] = "Atlantis"
    wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=3000)
    write_implicates(expected, tmp_path / "out")
    with pytest.raises(InputError, match="levels the donor does not have: 'Atlantis'"):
        fuse_to_folder(tmp_path / "wrong.parquet", saved, tmp_path / "out", implicates=2, seed=0)
    assert_equal(tmp_path / "out", expected)


def test_an_infinite_number_is_told_by_its_row_in_the_whole_file(households, saved, tmp_path):
    wrong = households.copy()
    wrong.loc[ROWS - 2, "income"] = np.inf
    wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=3000)
    with pytest.raises(InputError, match=f"first in row {ROWS - 2}"):
        fuse_to_folder(tmp_path / "wrong.parquet", saved, tmp_path / "out", implicates=2)


def test_files_and_limits_that_cannot_work_are_refused(file, households, saved, tmp_path):
    with pytest.raises(InputError, match=r"needs \d+ MB, but 1 MB are allowed"):
        fuse_to_folder(file, saved, tmp_path / "out", implicates=2, memory=1_000_000, seed=0)
    households[["size"]].to_parquet(tmp_path / "narrow.parquet")
    with pytest.raises(InputError, match="income"):
        fuse_to_folder(tmp_path / "narrow.parquet", saved, tmp_path / "out", seed=0)
    households.head(0).to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="no rows"):
        fuse_to_folder(tmp_path / "empty.parquet", saved, tmp_path / "out", seed=0)
    (tmp_path / "damaged.parquet").write_bytes(file.read_bytes()[:-50])
    with pytest.raises(CorruptFileError, match="missing or damaged"):
        fuse_to_folder(tmp_path / "damaged.parquet", saved, tmp_path / "out", seed=0)


def test_a_killed_fusion_goes_on_after_its_last_finished_part(
    file, model, saved, expected, tmp_path
):
    arguments = [file, saved, tmp_path / "out", memory_for(1, model)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, arguments)], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    first = tmp_path / "out" / "00_fuel" / "part-00000.parquet"
    written = first.stat().st_mtime_ns
    with pytest.raises(CorruptFileError, match="missing"):
        read_implicates(tmp_path / "out")
    fuse_to_folder(file, saved, tmp_path / "out", implicates=2, seed=9)
    assert first.stat().st_mtime_ns == written
    assert_equal(tmp_path / "out", expected)


def test_a_zipped_model_is_as_good_as_its_folder_and_leaves_nothing_behind(
    file, model, expected, tmp_path, monkeypatch
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    model.save(tmp_path / "model.zip")
    arguments = [file, tmp_path / "model.zip", tmp_path / "out", memory_for(1, model)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, arguments)], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not list(temporary.iterdir())
    first = tmp_path / "out" / "00_fuel" / "part-00000.parquet"
    written = first.stat().st_mtime_ns
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        fuse_to_folder(
            file,
            str(tmp_path / "model.zip"),
            tmp_path / "out",
            implicates=2,
            seed=9,
            executor=executor,
        )
    assert first.stat().st_mtime_ns == written
    assert_equal(tmp_path / "out", expected)


def test_what_killed_writers_left_is_removed_and_what_living_ones_write_is_not(
    file, saved, tmp_path
):
    folder = tmp_path / "out" / "01_gas"

    def leave(share: float, _message: str) -> None:
        if share == 1:
            folder.mkdir(exist_ok=True)
            (folder / ".part-00001.parquet.dead").write_bytes(b"half")

    with (tmp_path / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        folder.mkdir(parents=True)
        fuse_to_folder(file, saved, tmp_path / "out", implicates=2, progress=leave, seed=0)
        assert [path.name for path in folder.iterdir()] == ["part-00000.parquet"]
        (folder / ".part-00001.parquet.living").hardlink_to(tmp_path / "living")
        only_gas = read_implicates(tmp_path / "out", ["gas"])
        with locked(tmp_path / "out"):
            begin_implicates(tmp_path / "out", "one", keep=[0])
        assert (folder / ".part-00001.parquet.living").exists()
    with locked(tmp_path / "out"):
        begin_implicates(tmp_path / "out", "one", keep=[0])
    assert not (folder / ".part-00001.parquet.living").exists()
    assert only_gas.rows == ROWS


def test_two_processes_never_fuse_to_one_folder(file, saved, expected, tmp_path):
    write_implicates(expected, tmp_path / "out")
    with locked(tmp_path / "out"):
        with pytest.raises(ConflictError, match="Another process"):
            fuse_to_folder(file, saved, tmp_path / "out", implicates=2, seed=1)
        with pytest.raises(ConflictError, match="Another process"):
            write_implicates(expected, tmp_path / "out")
    assert_equal(tmp_path / "out", expected)


def test_a_worker_that_outlives_its_fusion_changes_nothing(expected, tmp_path):
    variables = list(expected.variables.values())
    write_implicates(expected, tmp_path)
    with pytest.raises(ConflictError, match="no longer wanted"):
        write_part(tmp_path, 0, variables, fingerprint="")
    assert_equal(tmp_path, expected)
    begin_implicates(tmp_path, "new")
    with pytest.raises(ConflictError, match="no longer wanted"):
        write_part(tmp_path, 0, variables, fingerprint="old")
    assert_equal(tmp_path, expected)


def test_recipients_come_from_a_file_a_folder_or_a_query(
    households, file, saved, expected, tmp_path
):
    (tmp_path / "folder").mkdir()
    for place, first in enumerate(range(0, ROWS, 5000)):
        households[first : first + 5000].to_parquet(tmp_path / "folder" / f"{place}.parquet")
    numbered = households.assign(number=np.arange(ROWS), region=households["region"].astype(str))
    query = duckdb.from_df(numbered.sample(frac=1, random_state=1)).order("number")
    for source in (tmp_path / "folder", str(file), query):
        fuse_to_folder(source, saved, tmp_path / "out", implicates=2, seed=9)
        assert_equal(tmp_path / "out", expected)
    with pytest.raises(InputError, match="no rows"):
        fuse_to_folder(query.filter("size > 100"), saved, tmp_path / "out", implicates=2, seed=0)
    with pytest.raises(InputError, match="'income'"):
        fuse_to_folder(query.project("size"), saved, tmp_path / "out", implicates=2, seed=0)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="no Parquet file"):
        fuse_to_folder(tmp_path / "nothing", saved, tmp_path / "out", implicates=2, seed=0)
    assert_equal(tmp_path / "out", expected)


def test_a_part_is_read_without_the_rows_before_it(model, tmp_path, monkeypatch):
    rows = 5 * ROW_GROUP + 100
    draw = np.random.default_rng(5)
    regions = pd.Categorical(draw.choice(["coast", "hills", "plain"], rows))
    frame = pd.DataFrame(
        {"size": draw.integers(1, 7, rows), "income": draw.gamma(2, 9, rows), "region": regions}
    )
    frame.to_parquet(tmp_path / "wide.parquet", row_group_size=rows)
    encoded = encode_to_file(tmp_path / "wide.parquet", model, tmp_path / "encoded.parquet")
    assert encoded.rows == rows
    read = []
    original = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda self, groups: read.extend(groups) or original(self, groups),
    )
    size = 3 * CHUNK_ROWS
    for first in range(0, rows, size):
        last = min(first + size, rows)
        found = read_encoded(tmp_path / "encoded.parquet", first, last)
        assert np.array_equal(found[:, 1], frame["income"].to_numpy()[first:last])
        assert np.array_equal(found[:, 2], frame["region"].cat.codes.to_numpy()[first:last])
    assert len(read) < 2 * (rows / size) + 1
