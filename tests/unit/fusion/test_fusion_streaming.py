"""Fusing from file to folder: the draws of one pass in memory, bounded, and resumable."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import Cancelled, CorruptFileError, InputError
from fusion_core.fusion import FusionModel, fuse, fuse_to_folder, read_implicates, train
from fusion_core.fusion.streams import CHUNK_ROWS

X = ["size", "income", "region"]
ROWS = 2 * CHUNK_ROWS + 700


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    settings = small_settings.replace(leaves=(8,), maximum_trees=8)
    return train(donor, ["fuel", "gas", ["heating_share", "other_share"]], X, settings=settings)


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
    return fuse(households, model, m=2, seed=9)


def memory_for(chunks: int, model: FusionModel) -> int:
    """Memory that lets one thread keep this many chunks of two implicates."""
    from fusion_core.fusion import streaming

    low, high = 0, 10**12
    while high - low > 1:
        middle = (low + high) // 2
        try:
            fits = streaming._part_rows(model, 2, 1, middle) >= chunks * CHUNK_ROWS
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
        fuse_to_folder(file, saved, tmp_path / "out", m=2, seed=9, threads=threads, memory=memory)
        assert_equal(tmp_path / "out", expected)


def test_workers_that_share_the_files_draw_the_same(file, model, saved, expected, tmp_path):
    # A cluster's executor looks like this one; threads would not notice what cannot be pickled.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        fuse_to_folder(
            file,
            saved,
            tmp_path / "out",
            m=2,
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
            file, saved, tmp_path / "out", m=2, seed=9, memory=memory, progress=stop_in_second_part
        )
    with pytest.raises(CorruptFileError, match="missing"):
        read_implicates(tmp_path / "out")
    first = tmp_path / "out" / "00_fuel" / "part-00000.parquet"
    written = first.stat().st_mtime_ns
    shares: list[float] = []
    fuse_to_folder(
        file, saved, tmp_path / "out", m=2, seed=9, progress=lambda share, _: shares.append(share)
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
                m=2,
                seed=seed,
                memory=memory_for(1, model),
                progress=stop,
            )
    damaged = tmp_path / "out" / "01_gas" / "part-00001.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    fuse_to_folder(file, saved, tmp_path / "out", m=2, seed=9)
    assert_equal(tmp_path / "out", expected)


def test_a_wrong_level_in_the_last_row_is_told_before_any_work(households, saved, tmp_path):
    wrong = households.astype({"region": "str"})
    wrong.loc[ROWS - 1, "region"] = "Atlantis"
    wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=3000)
    with pytest.raises(InputError, match="levels the donor does not have: 'Atlantis'"):
        fuse_to_folder(tmp_path / "wrong.parquet", saved, tmp_path / "out", m=2)
    assert not (tmp_path / "out").exists()


def test_files_and_limits_that_cannot_work_are_refused(file, households, saved, tmp_path):
    with pytest.raises(InputError, match=r"needs \d+ MB, but 1 MB are allowed"):
        fuse_to_folder(file, saved, tmp_path / "out", m=2, memory=1_000_000)
    households[["size"]].to_parquet(tmp_path / "narrow.parquet")
    with pytest.raises(InputError, match="income"):
        fuse_to_folder(tmp_path / "narrow.parquet", saved, tmp_path / "out")
    households.head(0).to_parquet(tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="no rows"):
        fuse_to_folder(tmp_path / "empty.parquet", saved, tmp_path / "out")
    (tmp_path / "damaged.parquet").write_bytes(file.read_bytes()[:-50])
    with pytest.raises(CorruptFileError, match="missing or damaged"):
        fuse_to_folder(tmp_path / "damaged.parquet", saved, tmp_path / "out")
