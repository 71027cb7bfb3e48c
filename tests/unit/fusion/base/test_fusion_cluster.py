"""The same functions on a cluster: equal results, also when a worker dies half-way."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from fusion_core.fusion import fuse, fuse_to_folder, read_implicates, train
from fusion_core.fusion.base.streams import CHUNK_ROWS

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")

X = ["size", "income", "region"]
SHARES = ["heating_share", "cooling_share", "other_share"]
PARTS = 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,
        ) as cluster,
        distributed.Client(cluster) as connected,
    ):
        yield connected


def test_a_cluster_trains_and_fuses_the_same_although_a_worker_is_killed(
    client, donor, recipient, small_settings, tmp_path
):
    settings = small_settings.replace(leaves=(8,), maximum_trees=8)
    model = train(
        donor, ["fuel", "gas"], X, settings=settings, executor=client.get_executor(), seed=0
    )
    model.save(tmp_path / "model")
    local = train(donor, ["fuel", "gas"], X, settings=settings, seed=0)
    draw = np.random.default_rng(3)
    rows = draw.integers(0, len(recipient), PARTS * CHUNK_ROWS - 10)
    households = recipient.iloc[rows].reset_index(drop=True)
    households.to_parquet(tmp_path / "recipient.parquet")
    workers = list(client.run(os.getpid).values())

    def kill_one(share: float, _message: str) -> None:
        if share > 0 and len(workers) > 1:
            os.kill(workers.pop(), signal.SIGKILL)
            # As if it had been killed between writing a file and putting it in place.
            (tmp_path / "out" / "00_fuel" / ".part-00001.parquet.killed").write_bytes(b"half")

    fuse_to_folder(
        tmp_path / "recipient.parquet",
        tmp_path / "model",
        tmp_path / "out",
        implicates=2,
        seed=5,
        memory=smallest_memory(tmp_path),
        executor=client.get_executor(),
        progress=kill_one,
    )
    assert len(workers) == 1
    found, expected = (
        read_implicates(tmp_path / "out"),
        fuse(households, local, implicates=2, seed=5),
    )
    files = sorted(path.name for path in (tmp_path / "out" / "00_fuel").iterdir())
    assert files == [f"part-{number:05}.parquet" for number in range(PARTS)]
    for name in expected.names:
        assert (found[name].values == expected[name].values).all()


def test_a_worker_killed_while_training_costs_only_its_jobs(client, donor, small_settings):
    settings = small_settings.replace(leaves=(8,), maximum_trees=60, early_stopping_rounds=60)
    variables = ["fuel", "area", "gas", SHARES]
    local = train(donor, variables, X, settings=settings, seed=2)
    client.wait_for_workers(2, timeout=60)
    before = client.run(os.getpid)
    killed: list[int] = []

    def kill_a_busy_one(share: float, _message: str) -> None:
        busy = [address for address, jobs in client.processing().items() if jobs]
        if share > 0 and busy and not killed:
            killed.append(before[busy[0]])
            os.kill(killed[0], signal.SIGKILL)

    found = train(
        donor,
        variables,
        X,
        settings=settings,
        seed=2,
        executor=client.get_executor(),
        progress=kill_a_busy_one,
    )
    assert killed
    assert killed[0] not in client.run(os.getpid).values()
    assert_same_model(found, local)


@pytest.mark.parametrize("method", ["boosted-forest", "stacked"])
def test_a_cluster_grows_the_same_forests(client, donor, small_settings, method):
    settings = small_settings.replace(
        method=method, leaves=(8,), maximum_trees=5, forest_trees=20, forest_leaves=(5,)
    )
    local = train(donor, ["fuel", SHARES], X, settings=settings, seed=2)
    found = train(
        donor, ["fuel", SHARES], X, settings=settings, seed=2, executor=client.get_executor()
    )
    assert_same_model(found, local)


def smallest_memory(folder) -> int:
    """Memory that just suffices, so that there are many parts: the message says how much that is."""
    from fusion_core.errors import InputError

    with pytest.raises(InputError, match="needs") as refused:
        fuse_to_folder(
            folder / "recipient.parquet",
            folder / "model",
            folder / "nothing",
            implicates=2,
            memory=1,
            seed=0,
        )
    return int(float(refused.value.what.split(" MB")[0].split()[-1].replace(",", "")) + 1) * 10**6


def assert_same_model(found, expected) -> None:
    """Both draw alike from the same trees."""
    for ours, theirs in zip(found.steps, expected.steps, strict=True):
        for mine, yours in zip(ours.variables, theirs.variables, strict=True):
            assert [part.text for part in mine.parts] == [part.text for part in yours.parts]
        if theirs.pool is not None:
            assert (ours.pool.points == theirs.pool.points).all()
            assert (ours.pool.donors == theirs.pool.donors).all()
        if theirs.forest is not None:
            assert (ours.forest.nodes == theirs.forest.nodes).all()
            assert (ours.forest.donors == theirs.forest.donors).all()
