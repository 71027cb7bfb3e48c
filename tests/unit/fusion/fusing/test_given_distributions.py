"""A variable whose distribution the recipient brings: drawn first, per implicate, and built on."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import DonorSample, Statistic, analyze
from fusion_core.fusion import (
    FusionModel,
    fuse,
    fuse_out_of_fold,
    fuse_to_folder,
    read_implicates,
    train,
)

CLASSES = ["rural", "town", "city"]
SHARES = [f"density = {name}" for name in CLASSES]
GIVEN = {"density": SHARES}
IMPLICATES = 30


def _donor(rows: int = 600) -> pd.DataFrame:
    """Households whose vehicles depend on size and, more so, on the density they live in."""
    draw = np.random.default_rng(3)
    place = draw.integers(0, 3, rows)
    size = draw.integers(1, 6, rows)
    vehicles = np.clip(np.round(2.5 - place + 0.3 * size + draw.normal(0, 0.4, rows)), 0, None)
    return pd.DataFrame(
        {
            "size": size,
            "density": pd.Categorical.from_codes(place, CLASSES, ordered=True),
            "vehicles": vehicles,
            "weight": draw.gamma(4, 1, rows),
        }
    ).assign(**{name: (place == code).astype(float) for code, name in enumerate(SHARES)})


def _recipient(shares: tuple[float, float, float], rows: int = 500) -> pd.DataFrame:
    sizes = np.random.default_rng(4).integers(1, 6, rows)
    return pd.DataFrame({"size": sizes}).assign(**dict(zip(SHARES, shares, strict=True)))


@pytest.fixture(scope="module")
def donor() -> pd.DataFrame:
    return _donor()


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    # The donor needs no probabilities to learn from: it knows its own classes.
    return train(
        donor.drop(columns=SHARES),
        ["vehicles"],
        ["size"],
        weight="weight",
        given=GIVEN,
        seed=1,
        settings=small_settings,
    )


def test_classes_are_drawn_by_the_recipients_probabilities_anew_for_each_implicate(model):
    drawn = fuse(_recipient((0.2, 0.5, 0.3)), model, implicates=IMPLICATES, seed=5)["density"]

    assert drawn.levels == tuple(CLASSES)
    share = np.bincount(drawn.values.ravel(), minlength=3) / drawn.values.size
    assert np.abs(share - [0.2, 0.5, 0.3]).max() < 0.02
    assert (drawn.values != drawn.values[:, :1]).any(axis=1).mean() > 0.9


def test_later_variables_follow_the_drawn_class(model):
    implicates = fuse(_recipient((0.5, 0.0, 0.5)), model, implicates=IMPLICATES, seed=5)
    place, vehicles = implicates["density"].values, implicates["vehicles"].values

    assert set(np.unique(place)) == {0, 2}
    assert vehicles[place == 0].mean() - vehicles[place == 2].mean() > 1.5


def test_forests_build_on_drawn_classes_too(donor, small_settings):
    settings = small_settings.replace(method="forest")
    model = train(donor, ["vehicles"], ["size"], given=GIVEN, seed=1, settings=settings)

    implicates = fuse(_recipient((0.5, 0.0, 0.5)), model, implicates=5, seed=5)

    place, vehicles = implicates["density"].values, implicates["vehicles"].values
    assert vehicles[place == 0].mean() - vehicles[place == 2].mean() > 1.5


def test_a_known_class_is_a_probability_of_one(model, donor):
    implicates = fuse(donor, model, implicates=3, seed=5)

    own = donor["density"].cat.codes.to_numpy()
    assert (implicates["density"].values == own[:, None]).all()


def test_probabilities_need_not_add_up_to_one(model):
    shares = np.array([0.2, 0.5, 0.3])
    first, second = (
        fuse(_recipient(tuple(scale * shares)), model, implicates=4, seed=5)
        for scale in (1.0, 1234.0)
    )

    assert (first["density"].values == second["density"].values).mean() > 0.999


def test_draws_are_the_same_for_any_threads_in_memory_and_on_disk(model, tmp_path):
    recipient = _recipient((0.2, 0.5, 0.3), rows=9_000)
    alone = fuse(recipient, model, implicates=3, seed=5)
    together = fuse(recipient, model, implicates=3, seed=5, threads=3)
    model.save(tmp_path / "model")
    fuse_to_folder(
        recipient, tmp_path / "model", tmp_path / "implicates", implicates=3, seed=5, threads=2
    )
    stored = read_implicates(tmp_path / "implicates")

    for name in ("density", "vehicles"):
        assert (alone[name].values == together[name].values).all()
        assert (alone[name].values == stored[name].values).all()


def test_the_model_says_what_it_needs_and_keeps_it_on_disk(model, tmp_path):
    model.save(tmp_path / "model.zip")
    read = FusionModel.load(tmp_path / "model.zip")

    assert read.recipient_columns == ("size", *SHARES)
    assert read.variable_names == ("density", "vehicles")
    assert read.variables().set_index("variable")["role"]["density"] == "given"
    assert "density" in set(read.importance()["predictor"])


def test_blocks_and_order_leave_what_is_given_in_front(donor, small_settings):
    table = donor.assign(trips=donor["vehicles"] * 2 + donor["size"])
    model = train(
        table,
        ["vehicles", "trips"],
        ["size"],
        given=GIVEN,
        seed=1,
        settings=small_settings.replace(order="suggested", largest_block=2, block_bond=0.1),
    )

    assert model.variable_names[0] == "density"
    assert {"vehicles", "trips"} == set(np.ravel(model.variable_names[1:]))


def test_donors_whose_class_is_unknown_learn_and_teach(donor, small_settings):
    unknown = donor.assign(density=donor["density"].where(np.arange(len(donor)) % 10 > 0))
    model = train(unknown, ["vehicles"], ["size"], given=GIVEN, seed=1, settings=small_settings)
    implicates = fuse(_recipient((1.0, 0.0, 0.0)), model, implicates=2, seed=1)

    assert (implicates["density"].values == 0).all()
    assert len(model.weights) == len(donor)


def test_unseen_households_keep_their_own_class(donor, small_settings):
    implicates = fuse_out_of_fold(
        donor,
        ["vehicles"],
        ["size"],
        weight="weight",
        given=GIVEN,
        implicates=2,
        seed=1,
        settings=small_settings,
        folds=2,
    )

    own = donor["density"].cat.codes.to_numpy()
    assert (own[:, None] == implicates["density"].values).all()
    fused = implicates["vehicles"].values.mean(axis=1)
    assert np.corrcoef(fused, donor["vehicles"])[0, 1] > 0.7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({SHARES[0]: np.nan}, "missing, negative or all zero"),
        ({SHARES[0]: -0.1}, "missing, negative or all zero"),
        (dict.fromkeys(SHARES, 0.0), "missing, negative or all zero"),
        ({SHARES[0]: "many"}, "density = rural"),
    ],
)
def test_wrong_probabilities_are_refused(model, change, words):
    with pytest.raises(InputError, match=words):
        fuse(_recipient((0.2, 0.5, 0.3)).assign(**change), model, implicates=2, seed=1)


def test_a_recipient_without_probabilities_is_refused(model):
    with pytest.raises(InputError, match="column of probabilities"):
        fuse(_recipient((0.2, 0.5, 0.3)).drop(columns=SHARES[1]), model, implicates=2, seed=1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"density": SHARES[:2]}, "3 levels and 2 columns"),
        ({"size": SHARES}, "has no levels"),
        ({"vehicles": SHARES}, "vehicles"),
        ({"nowhere": SHARES}, "nowhere"),
    ],
)
def test_a_given_variable_must_have_a_probability_per_level(donor, small_settings, given, words):
    predictors = ["size"] if "size" not in given else ["density"]
    with pytest.raises(InputError, match=words):
        train(donor, ["vehicles"], predictors, given=given, seed=1, settings=small_settings)


def test_the_donors_part_expects_of_a_household_what_its_probabilities_say(model, donor):
    recipient = pd.concat([_recipient((1.0, 0.0, 0.0)), _recipient((0.0, 0.2, 0.8))])
    sample = DonorSample.of(model, donor.drop(columns=SHARES), recipient, weight="weight")

    coefficients = sample.coefficients(donor["vehicles"].to_numpy())
    rural, urban = np.split(sample.recipient.matrix @ coefficients, 2)
    assert 1.5 < rural.mean() - urban.mean() < 2.1


def test_areas_differ_as_their_neighbourhoods_do(small_settings):
    """Known truth: a number depends on the neighbourhood, of which areas have different mixes."""
    draw = np.random.default_rng(11)
    effect = np.array([3.0, 2.0, 1.0])
    mixes = draw.dirichlet([1.0, 1.0, 1.0], 30)
    place = draw.integers(0, 3, 1500)
    donor = pd.DataFrame(
        {
            "size": draw.integers(1, 6, 1500),
            "density": pd.Categorical.from_codes(place, CLASSES, ordered=True),
            "vehicles": effect[place] + draw.normal(0, 0.5, 1500),
            "weight": 1.0,
        }
    )
    area = np.repeat(np.arange(30), 60)
    recipient = pd.DataFrame(mixes[area], columns=SHARES).assign(
        area=area, weight=1.0, size=draw.integers(1, 6, len(area))
    )
    truth = mixes @ effect

    def by_area(given: dict[str, list[str]] | None) -> pd.DataFrame:
        model = train(
            donor,
            ["vehicles"],
            ["size"],
            weight="weight",
            given=given,
            seed=1,
            settings=small_settings,
        )
        return analyze(
            fuse(recipient, model, implicates=10, seed=1),
            Statistic("mean", "vehicles"),
            by="area",
            recipient=recipient,
            donor=DonorSample.of(model, donor, recipient),
        ).sort_values("area")

    with_class, without = by_area(GIVEN), by_area(None)
    slopes = [np.polyfit(truth, found["estimate"], 1)[0] for found in (with_class, without)]
    assert 0.85 < slopes[0] < 1.15
    assert abs(slopes[1]) < 0.15
    errors = np.abs(with_class["estimate"].to_numpy() - truth)
    assert (errors <= with_class["moe"]).mean() > 0.7
