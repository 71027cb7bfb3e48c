"""Random streams are named after donor and variable, so that fusions of equal seed are independent."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core import FusionModel, Implicates, TrainSettings, fuse, train
from fusion_core.errors import Cancelled, InputError
from fusion_core.estimates import derive
from fusion_core.fusion import (
    fuse_out_of_fold,
    fuse_to_folder,
    impute,
    open_implicates,
    read_implicates,
    refuse_shared_streams,
    shared_streams,
    write_implicates,
)
from fusion_core.fusion.base.streams import (
    CHUNK_ROWS,
    POSITIONAL,
    Purpose,
    Stream,
    cell_uniforms,
    origin,
    stream,
)
from fusion_core.fusion.implicates.files import MANIFEST

FAST = TrainSettings.preset("quick").replace(maximum_trees=5, folds=2)
RECIPIENT = pd.DataFrame({"x": np.random.default_rng(0).normal(size=4000)})


def survey(seed: int, *names: str, rows: int = 300) -> pd.DataFrame:
    """Donors that answer some questions with yes or no, whatever their predictor is."""
    draw = np.random.default_rng(seed)
    answers = {name: draw.choice(["no", "yes"], rows, p=[0.9, 0.1]) for name in names}
    return pd.DataFrame({"x": draw.normal(size=rows), **answers})


def fused(donor: pd.DataFrame, *names: str, m: int = 10, seed: int = 1, **more) -> Implicates:
    model = train(donor, list(names), ["x"], seed=1, settings=FAST, **more)
    return fuse(RECIPIENT, model, implicates=m, seed=seed)


def of_earlier_version(model: FusionModel) -> FusionModel:
    """The model as if it had been trained before streams had names."""
    return dataclasses.replace(
        model, steps=tuple(dataclasses.replace(step, origin="") for step in model.steps)
    )


def written_by_earlier_version(implicates: Implicates, folder) -> None:
    """Write implicates without what earlier versions did not write of them."""
    write_implicates(implicates, folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["households"]
    for entry in manifest["variables"]:
        del entry["streams"]
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("other", ["insecure", "burdened"])
def test_the_joint_share_of_unrelated_variables_of_two_donors_is_the_product(other):
    first = fused(survey(1, "insecure"), "insecure")["insecure"].values == 1
    second = fused(survey(2, other), other)[other].values == 1
    expected = first.mean() * second.mean()
    error = np.sqrt(expected / first.size)
    assert abs((first & second).mean() - expected) < 4 * error


def test_variables_of_one_donor_fused_apart_are_as_independent_as_fused_together():
    donor = survey(3, "a", "b")
    apart = [fused(donor, name)[name].values == 1 for name in "ab"]
    together = fused(donor, "a", "b")
    joint = [together[name].values == 1 for name in "ab"]
    for first, second in (apart, joint):
        expected = first.mean() * second.mean()
        assert abs((first & second).mean() - expected) < 4 * np.sqrt(expected / first.size)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["", "RECS", "NHTS"]), st.sampled_from("abc")),
        min_size=2,
        max_size=4,
        unique=True,
    )
)
def test_streams_of_different_seed_donor_or_variable_have_no_number_in_common(keys):
    numbers = [
        cell_uniforms(Stream(seed, origin(donor, [name]), (name,)), step, 0, 50, range(2))
        for step, (seed, donor, name) in enumerate(keys)
    ]
    every = np.concatenate([item.ravel() for item in numbers])
    assert len(np.unique(every)) == len(every)


def test_the_place_in_the_chain_does_not_matter_to_a_variables_random_numbers():
    own = Stream(5, origin("RECS", ["kwh"]), ("kwh",))
    assert (cell_uniforms(own, 0, 0, 9, range(2)) == cell_uniforms(own, 3, 0, 9, range(2))).all()
    assert origin("RECS", ["a", "b"]) == origin("RECS", ["b", "a"])


def test_the_same_variable_of_the_same_donor_and_seed_is_drawn_alike_beside_any_others():
    donor = survey(4, "a", "b")
    alone = train(donor, ["a"], ["x"], seed=1, settings=FAST)
    settings = FAST.replace(exclude=(("a", ("b",)),))
    last = train(donor, ["b", "a"], ["x"], seed=1, settings=settings)
    one, other = (
        fuse(RECIPIENT, model, implicates=3, seed=2)["a"].values for model in (alone, last)
    )
    assert (one == other).all()
    assert (one != fuse(RECIPIENT, alone, implicates=3, seed=3)["a"].values).any()


def test_ten_implicates_are_the_first_ten_of_forty():
    model = train(survey(5, "a"), ["a"], ["x"], seed=1, settings=FAST)
    forty, ten = (fuse(RECIPIENT, model, implicates=m, seed=2)["a"].values for m in (40, 10))
    assert (forty[:, :10] == ten).all()


def test_a_named_donor_shares_random_numbers_with_itself_and_an_unnamed_one_with_its_own_answers():
    donor, other = survey(6, "a"), survey(7, "a")
    named = [fused(item, "a", m=2, donor_name="RECS_2020") for item in (donor, other)]
    assert shared_streams(*named) == (("a", "a"),)
    assert shared_streams(fused(donor, "a", m=2), fused(other, "a", m=2)) == ()
    rescaled = fused(donor.assign(w=17.0), "a", m=2, weight="w")
    assert shared_streams(fused(donor, "a", m=2), rescaled) == (("a", "a"),)


def test_sets_drawn_with_common_numbers_are_not_put_together():
    donor = survey(8, "a", "b")
    one, other = fused(donor, "a", m=2), fused(donor, "a", "b", m=2)
    with pytest.raises(InputError, match=r"'a' .* same random numbers.*another seed"):
        refuse_shared_streams(one, other)
    with pytest.raises(InputError, match="same random numbers"):
        Implicates({"a": one["a"], "again": other["a"]})
    refuse_shared_streams(one, fused(donor, "a", m=2, seed=2))
    joined = Implicates({"a": one["a"], "b": other["b"]})
    assert joined.names == ("a", "b")


def test_a_variable_derived_from_a_set_shares_its_random_numbers():
    one = fused(survey(9, "a"), "a", m=2)
    derived = derive(one, "double", lambda values: values["a"] * 2)
    only = Implicates({"double": derived["double"]})
    assert shared_streams(only, one) == (("double", "a"),)


def test_a_variable_shares_the_random_numbers_of_what_it_was_predicted_from():
    draw = np.random.default_rng(4)
    donor = survey(8, "a")
    donor["b"] = np.where(donor["a"] == "yes", 5.0, 1.0) + draw.normal(0, 0.1, len(donor))
    chained, alone = fused(donor, "a", "b", m=2), fused(donor, "a", m=2)
    only = Implicates({"b": chained["b"]})
    assert shared_streams(only, alone) == (("b", "a"),)


def test_blocks_are_one_fusions_variables_and_may_stand_beside_each_other(donor, small_settings):
    block = ["heating_share", "cooling_share"]
    model = train(donor, [block], ["size"], seed=1, settings=small_settings)
    drawn = fuse(donor, model, implicates=2, seed=1)
    assert drawn["heating_share"].streams == drawn["cooling_share"].streams
    assert drawn.streams["heating_share"][0].names == tuple(block)


def test_models_of_earlier_versions_draw_as_they_did_and_say_so():
    model = of_earlier_version(train(survey(1, "a", "b"), ["a", "b"], ["x"], seed=1, settings=FAST))
    drawn = fuse(RECIPIENT, model, implicates=2, seed=3)
    assert drawn.notes[-1] == POSITIONAL
    numbers = cell_uniforms(model.streams(3)[1], 1, 0, 10, range(2))
    expected = stream(3, Purpose.DRAWS, 1, 1, 0).random((CHUNK_ROWS, 2))[:10]
    assert (numbers[:, 1] == expected).all()


def test_two_fusions_of_earlier_versions_with_one_seed_are_not_put_together():
    models = [
        of_earlier_version(train(survey(seed, name), [name], ["x"], seed=1, settings=FAST))
        for seed, name in ((1, "a"), (2, "b"))
    ]
    one, other = (fuse(RECIPIENT, model, implicates=2, seed=1) for model in models)
    with pytest.raises(InputError, match=r"'a' and 'b' .* same random numbers"):
        refuse_shared_streams(one, other)
    with pytest.raises(InputError, match=r"'a' and 'b' .* same random numbers"):
        Implicates({"a": one["a"], "b": other["b"]})
    refuse_shared_streams(one, fuse(RECIPIENT, models[1], implicates=2, seed=2))
    refuse_shared_streams(one, fused(survey(2, "b"), "b", m=2, seed=1))


def test_stored_implicates_tell_their_streams_and_earlier_ones_by_their_seed(tmp_path):
    one, other = fused(survey(1, "a"), "a", m=2), fused(survey(2, "b"), "b", m=2)
    write_implicates(one, tmp_path / "new")
    assert open_implicates(tmp_path / "new").streams == dict(one.streams)
    assert read_implicates(tmp_path / "new").seed == 1
    for name, item in (("first", one), ("second", other)):
        written_by_earlier_version(item, tmp_path / name)
    known = [
        open_implicates(tmp_path / name, seed=seed) for name, seed in (("first", 1), ("second", 2))
    ]
    refuse_shared_streams(*known)
    unknown = open_implicates(tmp_path / "second")
    for first, second in ((known[0], unknown), (unknown, known[0])):
        with pytest.raises(InputError, match="same random numbers"):
            refuse_shared_streams(first, second)
    assert read_implicates(tmp_path / "first").index is None


def test_a_seed_that_is_left_out_is_random_and_recorded(tmp_path):
    donor = survey(1, "a")
    models = [train(donor, ["a"], ["x"], settings=FAST) for _ in range(2)]
    assert models[0].seed != models[1].seed
    drawn = [fuse(RECIPIENT, models[0], implicates=2) for _ in range(2)]
    assert drawn[0].seed != drawn[1].seed
    again = fuse(RECIPIENT, models[0], implicates=2, seed=drawn[0].seed)
    assert (again["a"].values == drawn[0]["a"].values).all()
    models[0].save(tmp_path / "model")
    RECIPIENT.to_parquet(tmp_path / "recipient.parquet")
    fuse_to_folder(
        tmp_path / "recipient.parquet", tmp_path / "model", tmp_path / "out", implicates=2
    )
    stored = read_implicates(tmp_path / "out")
    expected = fuse(RECIPIENT, models[0], implicates=2, seed=stored.seed)
    assert (stored["a"].values == expected["a"].values).all()


def test_an_interrupted_training_without_a_seed_goes_on_with_its_own(tmp_path):
    def stop(share: float, _message: str) -> None:
        if share > 0.4:
            raise Cancelled("Stopped")

    donor = survey(1, "a", "b")
    with pytest.raises(Cancelled):
        train(donor, ["a", "b"], ["x"], settings=FAST, checkpoints=tmp_path, progress=stop)
    began = json.loads((tmp_path / "seed.json").read_text())["seed"]
    assert train(donor, ["a", "b"], ["x"], settings=FAST, checkpoints=tmp_path).seed == began


def test_an_interrupted_fusion_without_a_seed_goes_on_with_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion_core.fusion.fusing.streaming.LARGEST_PART", CHUNK_ROWS)
    model = train(survey(1, "a"), ["a"], ["x"], seed=1, settings=FAST)
    model.save(tmp_path / "model")
    pd.concat([RECIPIENT] * 3).to_parquet(tmp_path / "recipient.parquet")

    def stop(share: float, _message: str) -> None:
        if share > 0:
            raise Cancelled("Stopped")

    paths = tmp_path / "recipient.parquet", tmp_path / "model", tmp_path / "out"
    with pytest.raises(Cancelled):
        fuse_to_folder(*paths, implicates=2, progress=stop)
    began = json.loads((tmp_path / "out" / "parts" / "begun.json").read_text())["seed"]
    fuse_to_folder(*paths, implicates=2)
    assert open_implicates(tmp_path / "out").seed == began
    fuse_to_folder(*paths, implicates=2)
    assert open_implicates(tmp_path / "out").seed != began


def test_unseen_households_and_filled_answers_share_no_number_with_the_recipients():
    donor = survey(1, "a", rows=200)
    recipients = fused(donor, "a", m=2)
    unseen = fuse_out_of_fold(donor, ["a"], ["x"], implicates=2, seed=1, settings=FAST, folds=2)
    assert shared_streams(recipients, unseen) == ()
    first, second = unseen.streams["a"]
    assert (first.seed, first.origin) != (second.seed, second.origin)
    gaps = np.random.default_rng(2).random(200) < 0.3
    both = donor.assign(b=donor["a"]).mask(pd.DataFrame({"a": gaps, "b": gaps, "x": False}))
    both["b"] = both["b"].map({"no": "n", "yes": "y"})
    filled = impute(both, weight=None, seed=1, settings=FAST)
    assert not filled.isna().any().any()


@pytest.mark.parametrize("name", [None, 3, ["RECS"]])
def test_a_donor_name_that_is_no_text_is_refused(name):
    with pytest.raises(InputError, match="donor's name"):
        train(survey(1, "a"), ["a"], ["x"], seed=1, settings=FAST, donor_name=name)
