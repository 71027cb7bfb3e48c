"""An interrupted training goes on with the variables it finished, and draws the same."""

from __future__ import annotations

import pytest

from fusion_core.errors import Cancelled
from fusion_core.fusion import train

X = ["size", "income", "region"]
Y = ["fuel", "area", "gas"]


@pytest.fixture
def settings(small_settings):
    return small_settings.replace(leaves=(8,), maximum_trees=8)


def texts(model):
    return [part.text for step in model.steps for item in step.variables for part in item.parts]


def test_finished_variables_are_not_fitted_again(donor, settings, tmp_path):
    def stop_after_two(share: float, _message: str) -> None:
        if share > 0.5:
            raise Cancelled("Stopped")

    with pytest.raises(Cancelled):
        train(donor, Y, X, settings=settings, checkpoints=tmp_path, progress=stop_after_two, seed=0)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) >= 2
    model = train(donor, Y, X, settings=settings, checkpoints=tmp_path, seed=0)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    expected = train(donor, Y, X, settings=settings, seed=0)
    assert texts(model) == texts(expected)
    for ours, theirs in zip(model.steps, expected.steps, strict=True):
        if theirs.pool is not None:
            assert (ours.pool.points == theirs.pool.points).all()
            assert (ours.pool.donors == theirs.pool.donors).all()


def test_a_checkpoint_of_other_data_or_cut_off_is_not_used(donor, settings, tmp_path):
    train(donor, ["area"], X, settings=settings, checkpoints=tmp_path, seed=0)
    (first,) = tmp_path.iterdir()
    train(
        donor.assign(area=donor["area"] + 1),
        ["area"],
        X,
        settings=settings,
        checkpoints=tmp_path,
        seed=0,
    )
    assert len(list(tmp_path.iterdir())) == 2
    first.write_bytes(first.read_bytes()[:100])
    model = train(donor, ["area"], X, settings=settings, checkpoints=tmp_path, seed=0)
    assert texts(model) == texts(train(donor, ["area"], X, settings=settings, seed=0))


@pytest.mark.parametrize(
    "change",
    [{"workers": 2}, {"method": "variable-k"}, {"neighbours": 30}, {"centres": 50}],
)
def test_workers_and_ways_to_draw_do_not_matter_to_a_checkpoint(donor, settings, tmp_path, change):
    train(donor, ["area"], X, settings=settings, checkpoints=tmp_path, seed=0)
    model = train(
        donor, ["area"], X, settings=settings.replace(**change), checkpoints=tmp_path, seed=0
    )
    assert len(list(tmp_path.iterdir())) == 1
    expected = train(donor, ["area"], X, settings=settings.replace(**change), seed=0)
    assert (model.steps[0].pool.points == expected.steps[0].pool.points).all()
    assert (model.steps[0].pool.donors == expected.steps[0].pool.donors).all()
