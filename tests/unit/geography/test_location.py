import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import Cancelled, InputError
from fusion_core.geography.location import check_intersections, gower_distance, impute_location

OVERLAP = pd.DataFrame(
    {"region": ["N", "N", "S"], "puma": ["0100100", "0100200", "0100300"], "share": [1.0, 0.5, 1.0]}
)


def frame(rows, prefix, generator):
    return pd.DataFrame(
        {
            "household_id": [f"{prefix}{number}" for number in range(rows)],
            "weight": generator.uniform(1, 3, rows),
            "region": generator.choice(["N", "S"], rows),
            "puma": generator.choice(OVERLAP["puma"], rows),
            "income": generator.normal(50, 10, rows),
            "tenure": pd.Categorical(generator.choice(["own", "rent"], rows), ["own", "rent"]),
            "size": pd.Categorical(
                generator.choice(["1", "2", "3"], rows), ["1", "2", "3"], ordered=True
            ),
        }
    )


@pytest.fixture
def surveys():
    generator = np.random.default_rng(3)
    return frame(60, "d", generator), frame(300, "r", generator)


def place(donor, recipient, tables=(OVERLAP,), seed=1, **options):
    return impute_location(
        donor,
        recipient,
        tables,
        predictors=["income", "tenure", "size"],
        generator=np.random.default_rng(seed),
        **options,
    )


def test_gower_distance_is_the_mean_over_answered_predictors():
    row = np.array([0.2, 1.0, 0.0])
    others = np.array([[0.5, 1.0, 0.5], [0.2, 0.0, 0.0], [np.nan, 0.0, np.nan], [np.nan] * 3])
    nominal = np.array([False, True, False])
    expected = [(0.3 + 0 + 0.5) / 3, 1 / 3, 1.0, 1.0]
    assert gower_distance(row, others, nominal) == pytest.approx(expected)


def test_every_household_lands_in_a_puma_of_its_region(surveys):
    donor, recipient = surveys
    placed = place(donor, recipient)
    allowed = OVERLAP.groupby("region")["puma"].agg(set)
    assert all(
        puma in allowed[region] for puma, region in zip(placed.puma, donor["region"], strict=True)
    )
    assert placed.notes == ()


def test_a_place_is_narrowed_where_that_leaves_a_candidate(surveys):
    donor, recipient = surveys
    classes = pd.DataFrame({"tenure": ["own"], "puma": ["0100200"], "share": [0.5]})

    placed = place(donor, recipient, narrowing=[classes]).puma

    north, owning = donor["region"] == "N", donor["tenure"] == "own"
    assert set(placed[north & owning]) == {"0100200"}
    # Owners in the south, and renters anywhere, are placed by their region alone.
    assert set(placed[~north]) == {"0100300"}
    assert set(placed[north & ~owning]) == {"0100100", "0100200"}


def test_the_matched_household_lives_in_the_puma(surveys):
    donor, recipient = surveys
    placed = place(donor, recipient)
    home = recipient.set_index("household_id")["puma"]
    assert (home[placed.matched].to_numpy() == placed.puma.to_numpy()).all()


def test_row_order_and_other_households_change_nothing(surveys):
    donor, recipient = surveys
    placed = place(donor, recipient).puma
    shuffled = place(donor.sample(frac=1, random_state=1), recipient.sample(frac=1, random_state=2))
    assert shuffled.puma.reindex(donor.index).tolist() == placed.tolist()


def test_an_overview_spreads_a_place_over_its_areas_as_drawing_does(surveys):
    donor, recipient = frame(4000, "d", np.random.default_rng(4)), surveys[1]
    spread = place(donor, recipient, most_compared=300)
    drawn = place(donor, recipient)
    shares = [
        donor["weight"].groupby([donor["region"], placed.puma]).sum() for placed in (spread, drawn)
    ]
    assert shares[0]["S"].index.tolist() == ["0100300"]
    assert (shares[0] / shares[1]).between(0.95, 1.05).all()
    shuffled = place(donor.sample(frac=1, random_state=1), recipient, most_compared=300)
    assert shuffled.puma.reindex(donor.index).tolist() == spread.puma.tolist()


def test_another_seed_gives_another_draw(surveys):
    donor, recipient = surveys
    assert place(donor, recipient).puma.tolist() != place(donor, recipient, seed=2).puma.tolist()


def test_an_identical_household_is_by_far_the_most_likely():
    recipient = pd.DataFrame(
        {
            "household_id": ["near", "far"],
            "weight": 1.0,
            "puma": ["0100100", "0100200"],
            "income": [10.0, 1000.0],
            "tenure": pd.Categorical(["own", "rent"]),
            "size": pd.Categorical(["1", "2"], ordered=True),
        }
    )
    donor = pd.concat([recipient.iloc[:1]] * 400, ignore_index=True).assign(region="N")
    donor["household_id"] = [f"d{number}" for number in range(400)]
    placed = place(donor, recipient, tables=[])
    # Distances 0 and 1: the zero counts as half the smallest positive one, so 2 to 1.
    assert (placed.matched == "near").mean() == pytest.approx(2 / 3, abs=0.07)


def test_the_share_of_housing_units_counts():
    recipient = pd.DataFrame(
        {
            "household_id": ["a", "b"],
            "weight": 1.0,
            "puma": ["0100100", "0100200"],
            "income": 1.0,
            "tenure": pd.Categorical(["own", "own"]),
            "size": pd.Categorical(["1", "1"], ordered=True),
        }
    )
    donor = pd.DataFrame(
        {
            "household_id": [f"d{n}" for n in range(400)],
            "region": "N",
            "income": 1.0,
            "tenure": pd.Categorical(["own"] * 400),
            "size": pd.Categorical(["1"] * 400, ordered=True),
        }
    )
    placed = place(donor, recipient)
    assert (placed.matched == "a").mean() == pytest.approx(2 / 3, abs=0.07)


def test_two_published_places_narrow_the_candidates(surveys):
    donor, recipient = surveys
    donor = donor.assign(urban="city")
    urban = pd.DataFrame({"urban": ["city"], "puma": ["0100100"], "share": [1.0]})
    placed = place(donor[donor["region"] == "N"], recipient, tables=[OVERLAP, urban])
    assert set(placed.puma) == {"0100100"}


def test_a_random_subset_stands_for_many_candidates(surveys):
    donor, recipient = surveys
    placed = place(donor, recipient, maximum_candidates=5)
    assert placed.puma.notna().all()


def test_places_without_recipient_households_are_said_so(surveys):
    donor, recipient = surveys
    placed = place(donor.assign(region=["X"] * 10 + ["N"] * 50), recipient)
    assert placed.puma.isna().sum() == 10
    assert "10 of 60 donor households could not be placed" in placed.notes[0]
    with pytest.raises(InputError, match="No donor household lives in a place"):
        place(donor.assign(region="X"), recipient)


def test_missing_answers_are_left_out_of_the_comparison(surveys):
    donor, recipient = surveys
    donor.loc[:5, "income"] = np.nan
    recipient.loc[:50, "tenure"] = None
    assert place(donor, recipient).puma.notna().all()


def test_progress_may_cancel(surveys):
    def cancel(share, sentence):
        raise Cancelled(f"{sentence}: {share}")

    with pytest.raises(Cancelled):
        place(*surveys, progress=cancel)


def test_a_missing_column_is_named(surveys):
    donor, recipient = surveys
    with pytest.raises(InputError, match=r"no column 'puma' \(the recipient\)"):
        place(donor, recipient.drop(columns="puma"))
    with pytest.raises(InputError, match="without a predictor"):
        impute_location(donor, recipient, [], predictors=[], generator=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"share": [0.0, 0.5, 1.0]}, "not between 0 and 1"),
        ({"share": [1.5, 0.5, 1.0]}, "not between 0 and 1"),
    ],
)
def test_impossible_shares_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        check_intersections(OVERLAP.assign(**change), where="test")


def test_an_intersection_table_needs_a_place():
    with pytest.raises(InputError, match="no column of the donor's geography"):
        check_intersections(OVERLAP.drop(columns="region"), where="test")
