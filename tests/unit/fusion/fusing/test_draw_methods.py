"""Ways to list near donors, and how settings of earlier versions name them."""

import dataclasses
import json

import numpy as np
import pytest

from fusion_core import FusionModel, TrainSettings, train
from fusion_core.errors import InputError
from fusion_core.fusion.model.expectations import predict_rows
from fusion_core.workspace.files import checksum_of

X = ["size", "income"]
EARLIER = {
    ("fitted", "smallest"): "variable-k",
    ("fitted", "smoothed"): "variable-k-smoothed",
    ("out_of_fold", "smoothed"): "out-of-fold",
}


@pytest.fixture(scope="module")
def models(donor, small_settings) -> dict[str, FusionModel]:
    # As many centres as donors, so that every donor stands at its own place.
    settings = small_settings.replace(centres=10_000)
    return {
        method: train(donor, ["area"], X, seed=3, settings=settings.replace(method=method))
        for method in EARLIER.values()
    }


def places(model: FusionModel) -> np.ndarray:
    return np.unique(model.steps[0].pool.scale.invert(model.steps[0].pool.points).round(6), axis=0)


def test_the_trees_do_not_depend_on_the_method(models):
    texts = [[part.text for part in item.steps[0].variables[0].parts] for item in models.values()]
    assert texts[0] == texts[1] == texts[2]


def test_variable_k_places_donors_by_the_fitted_models(models, donor):
    model = models["variable-k"]
    fitted = predict_rows(model.steps[0].variables[0], donor[X].to_numpy(float))
    assert places(model) == pytest.approx(np.unique(fitted.round(6), axis=0), abs=1e-5)
    assert (places(model) == places(models["variable-k-smoothed"])).all()


def test_out_of_fold_places_donors_elsewhere(models):
    fitted = models["variable-k"].steps[0].pool.scale
    held_out = models["out-of-fold"].steps[0].pool.scale
    assert not np.allclose(fitted.centre, held_out.centre)


def test_a_smoothed_error_takes_fewer_or_other_donors(models):
    paper = models["variable-k"].steps[0].pool.sizes()
    smoothed = models["variable-k-smoothed"].steps[0].pool.sizes()
    assert (paper != smoothed).any()


def test_the_presets_name_their_method():
    assert TrainSettings.preset("paper").method == "variable-k"
    assert TrainSettings.preset("production").method == "stacked"
    assert TrainSettings.preset("quick").method == "out-of-fold"
    with pytest.raises(InputError, match="nearest"):
        TrainSettings(method="nearest")


@pytest.mark.parametrize(("earlier", "method"), EARLIER.items())
def test_settings_from_before_there_were_methods_are_read(earlier, method):
    record = dataclasses.asdict(TrainSettings(leaves=(8, 16), types=(("gas", "continuous"),)))
    del record["method"]
    placed, rule = earlier
    record |= {"donor_expectations": placed, "neighbour_rule": rule}
    read = TrainSettings.from_record(json.loads(json.dumps(record)))
    expected = TrainSettings(leaves=(8, 16), types=(("gas", "continuous"),), method=method)
    assert read == expected


def test_settings_that_name_no_method_are_of_the_time_when_out_of_fold_was_the_default():
    assert TrainSettings.from_record({"folds": 3}).method == "out-of-fold"


def test_without_folds_no_forest_takes_part():
    assert not TrainSettings(method="stacked", folds=0).draws_from_forest


def test_a_model_of_format_1_is_read(models, tmp_path):
    model = models["out-of-fold"]
    model.save(tmp_path / "model")
    described, manifest = tmp_path / "model" / "model.json", tmp_path / "model" / "manifest.json"
    record = json.loads(described.read_text())
    del record["settings"]["method"]
    record["settings"] |= {"donor_expectations": "out_of_fold", "neighbour_rule": "smoothed"}
    described.write_text(json.dumps(record))
    files = json.loads(manifest.read_text())
    files["files"]["model.json"] = checksum_of(described)
    manifest.write_text(json.dumps(files | {"format": 1}))
    assert FusionModel.load(tmp_path / "model").settings == model.settings
