"""A saved model is applied to new households without a workspace."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core import FusionModel, TrainSettings, fuse, train
from fusion_core.cli.main import app
from fusion_core.fusion import open_implicates, read_implicates


@pytest.fixture(scope="module")
def model() -> FusionModel:
    draw = np.random.default_rng(0)
    donor = pd.DataFrame({"rooms": draw.integers(1, 9, 200), "age": draw.integers(18, 90, 200)})
    donor["kwh"] = (900 * donor["rooms"] + draw.gamma(2, 400, 200)).round()
    settings = TrainSettings(folds=2, leaves=(4,), maximum_trees=5, method="out-of-fold")
    return train(donor, ["kwh"], ["rooms", "age"], settings=settings, seed=0)


@pytest.fixture
def households(tmp_path) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"rooms": draw.integers(1, 9, 50), "age": draw.integers(18, 90, 50)})
    frame.to_parquet(tmp_path / "new.parquet")
    return frame


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_a_folder_and_a_zip_give_the_draws_of_the_model(model, households, tmp_path, name):
    model.save(tmp_path / name)
    arguments = ["apply", str(tmp_path / name), str(tmp_path / "new.parquet")]
    arguments += ["--to", str(tmp_path / "out"), "--implicates", "3", "--seed", "4"]
    said = CliRunner().invoke(app, [*arguments, "--memory", "1", "--json"])
    assert said.exit_code == 0, said.output
    record = json.loads(said.stdout)
    assert (record["households"], record["implicates"], record["variables"]) == (50, 3, ["kwh"])
    expected = fuse(households, model, implicates=3, seed=4)
    found = read_implicates(tmp_path / "out")
    assert (found["kwh"].values == expected["kwh"].values).all()
    told = CliRunner().invoke(app, arguments)
    assert "3 implicates of kwh for 50 households" in told.output


@pytest.mark.usefixtures("households")
def test_a_seed_nobody_named_is_random_printed_and_recorded(model, tmp_path):
    model.save(tmp_path / "model.zip")
    seeds = []
    for number in range(2):
        to = tmp_path / f"out {number}"
        arguments = ["apply", str(tmp_path / "model.zip"), str(tmp_path / "new.parquet")]
        said = CliRunner().invoke(app, [*arguments, "--to", str(to), "--implicates", "2"])
        seeds.append(open_implicates(to).seed)
        assert f"seed {seeds[-1]}" in " ".join(said.output.split())
    assert seeds[0] != seeds[1]


@pytest.mark.usefixtures("households")
@pytest.mark.parametrize(
    ("model_name", "more", "expected"),
    [
        ("nowhere.zip", [], "There is no fusion model"),
        ("model.zip", ["--memory", "-1"], "not an amount"),
        ("model.zip", ["--memory", "0.001"], "are allowed"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(model, tmp_path, model_name, more, expected):
    model.save(tmp_path / "model.zip")
    said = CliRunner().invoke(
        app,
        [
            "apply",
            str(tmp_path / model_name),
            str(tmp_path / "new.parquet"),
            "--to",
            str(tmp_path / "out"),
            "--json",
            *more,
        ],
    )
    assert said.exit_code == 2
    assert expected in json.loads(said.stdout)["error"]["message"]
