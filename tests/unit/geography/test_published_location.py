"""What a published place says of spatial predictors, and why that is what a regression needs."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.geography.published_location import (
    LARGEST_INFLATION,
    published_location,
    published_regions,
)

AREAS = tuple(f"01{number:03}00" for number in range(1, 9))
WARMTH = dict(zip(AREAS, (1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0), strict=True))
PLACES = pd.DataFrame({"region": ["cold"] * 4 + ["warm"] * 4, "puma": AREAS, "share": [1.0] * 8})


def recipient_of(rows_per_area: int = 3, **columns) -> pd.DataFrame:
    table = pd.DataFrame({"puma": np.repeat(AREAS, rows_per_area), "weight": 1.0})
    table["climate.warmth"] = table["puma"].map(WARMTH)
    return table.assign(**columns)


def donor_of(regions) -> pd.DataFrame:
    return pd.DataFrame({"region": regions, "weight": 1.0})


def known(donor, recipient, tables=(PLACES,), spatial=("climate.warmth",)):
    found = published_location(donor, recipient, tables, spatial)
    return found.donor, found.recipient


def test_a_donor_gets_the_mean_of_its_place_by_households_and_housing_share():
    recipient = recipient_of()
    recipient.loc[recipient["puma"] == AREAS[0], "weight"] = 3.0
    places = PLACES.assign(share=[0.5, *[1.0] * 7])
    donor, own = known(donor_of(["cold", "warm"]), recipient, [places])
    # Scores are linear in the predictor, so they can be read back as one.
    slope, base = np.polyfit(own["location 1"], recipient["climate.warmth"], 1)
    expected = [(1.5 * 1 + 2 + 3 + 4) / 4.5, 12.5]
    assert base + slope * donor["location 1"].to_numpy() == pytest.approx(expected, rel=1e-5)


def test_the_recipient_keeps_its_own_places_in_units_of_its_spread():
    recipient = recipient_of()
    _, own = known(donor_of(["cold", "warm"]), recipient)
    assert own["location 1"].std(ddof=0) == pytest.approx(1.0, rel=1e-5)
    correlation = np.corrcoef(own["location 1"], recipient["climate.warmth"])[0, 1]
    assert abs(correlation) == pytest.approx(1.0)


def test_slopes_are_right_where_those_of_drawn_places_are_too_flat():
    rng = np.random.default_rng(5)
    recipient = recipient_of()
    lives, region = rng.choice(AREAS, 4000), np.repeat(["cold", "warm"], 4)
    place = pd.Series(dict(zip(AREAS, region, strict=True)))
    donor = donor_of(place[lives].to_numpy())
    uses = 2.0 * pd.Series(WARMTH)[lives].to_numpy() + rng.normal(0, 1, 4000)
    drawn = [WARMTH[rng.choice(place.index[place == own])] for own in donor["region"]]
    expected, own = known(donor, recipient)
    slope = np.polyfit(expected["location 1"], uses, 1)[0]
    truth = 2.0 * np.polyfit(own["location 1"], recipient["climate.warmth"], 1)[0]
    assert slope == pytest.approx(truth, rel=0.02)
    assert np.polyfit(drawn, uses, 1)[0] < 1.95


def test_what_the_places_hardly_tell_apart_is_left_out():
    height = dict(zip(AREAS, [-1, 1, -1, 1, -1, 1, -1, 1.1], strict=True))
    means = np.mean(np.reshape(list(height.values()), (2, 4)), axis=1)
    assert 0 < np.var(means) < np.var(list(height.values())) / LARGEST_INFLATION
    recipient = recipient_of()
    recipient["climate.height"] = recipient["puma"].map(height)
    places = donor_of(["cold", "warm"])
    donor, own = known(places, recipient, spatial=("climate.height",))
    assert (donor.shape, own.shape) == ((2, 0), (24, 0))
    donor, own = known(places, recipient, spatial=("climate.warmth", "climate.height"))
    assert list(own) == list(donor) == ["location 1"]


def test_ties_turn_slopes_of_predictors_into_those_of_components():
    """What moves with the predictors moves with all components by β = T b."""
    rng = np.random.default_rng(11)
    recipient = recipient_of(1, **{f"climate.x{number}": rng.normal(size=8) for number in range(2)})
    names = [name for name in recipient if name.startswith("climate.")]
    found = published_location(donor_of(["cold", "warm"]), recipient, [PLACES], names)
    raw = recipient[names].to_numpy(dtype=float)
    raw = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    slopes = rng.normal(size=3)
    own = found.recipient.to_numpy(dtype=float)
    assert (own.shape, found.unseen.shape) == ((8, 1), (8, 2))
    moved = own @ (found.ties @ slopes) + found.unseen @ (found.unseen_ties @ slopes)
    assert moved == pytest.approx(raw @ slopes, abs=1e-5)


def test_a_place_that_tells_all_predictors_apart_leaves_nothing_unseen():
    found = published_location(
        donor_of(["cold", "warm"]), recipient_of(), [PLACES], ["climate.warmth"]
    )
    assert found.unseen.shape == (24, 0)


def test_a_donor_that_publishes_no_place_says_nothing():
    donor, own = known(pd.DataFrame({"weight": [1.0, 1.0]}), recipient_of(), tables=())
    assert donor.shape == (2, 0)
    assert own.shape == (24, 0)


def test_unknown_places_and_pumas_are_missing():
    recipient = recipient_of()
    recipient.loc[2, "puma"] = None
    donor, own = known(donor_of(["cold", "warm", "elsewhere"]), recipient)
    assert donor["location 1"].isna().tolist() == [False, False, True]
    assert own["location 1"].isna().sum() == 1


def test_categories_count_as_one_indicator_per_level():
    zone = recipient_of()["puma"].isin(AREAS[:3]).map({True: "north", False: "south"})
    recipient = recipient_of(**{"climate.zone": pd.Categorical(zone)})
    donor, own = known(donor_of(["cold", "warm"]), recipient, spatial=("climate.zone",))
    slope, base = np.polyfit(own["location 1"], (zone == "north").astype(float), 1)
    assert base + slope * donor["location 1"].to_numpy() == pytest.approx([0.75, 0.0], abs=1e-5)


def test_a_missing_predictor_counts_as_the_mean():
    recipient = recipient_of()
    recipient.loc[recipient["puma"] == AREAS[7], "climate.warmth"] = np.nan
    _, own = known(donor_of(["cold", "warm"]), recipient)
    assert own["location 1"].to_numpy()[-1] == pytest.approx(0.0)


def test_predictors_that_never_vary_are_no_component():
    recipient = recipient_of(**{"climate.flat": 1.0, "climate.empty": np.nan})
    donor, _ = known(
        donor_of(["cold", "warm"]), recipient, spatial=("climate.flat", "climate.empty")
    )
    assert donor.shape == (2, 0)


def test_each_donor_and_each_puma_has_the_region_that_holds_most_of_it():
    donor = pd.DataFrame({"region": ["b", "a", "c", "b"]})
    overlap = pd.DataFrame(
        {
            "region": ["a", "a", "b", "b", "c"],
            "puma": ["1", "2", "2", "3", "4"],
            "share": [1.0, 0.3, 0.7, 1.0, 1.0],
        }
    )
    own, held = published_regions(donor, ["1", "2", "3", "4"], [overlap])
    assert own.tolist() == [1, 0, 2, 1]
    assert held.tolist() == [0, 1, 1, 2]


def test_two_regions_or_a_puma_outside_of_all_say_nothing():
    donor = pd.DataFrame({"region": ["a", "b", "b"]})
    overlap = pd.DataFrame({"region": ["a", "b"], "puma": ["1", "2"], "share": [1.0, 1.0]})
    assert published_regions(donor, ["1", "2"], [overlap]) is None
    donor = pd.DataFrame({"region": ["a", "b", "c"]})
    overlap = pd.DataFrame({"region": ["a", "b", "c"], "puma": ["1", "2", "3"], "share": 1.0})
    assert published_regions(donor, ["1", "2", "3", "9"], [overlap]) is None
