"""A donor without its households gives the margins its households give."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic, analyze
from fusion_core.estimates.margins import NO_DONOR
from fusion_core.estimates.published import PublishedDonor, publish_donor
from fusion_core.estimates.statistics import Column, find_column
from fusion_core.estimates.variance import (
    KAPPAS,
    AreaEvidence,
    AreaRule,
    DonorPlaces,
    DonorSample,
    Locality,
)
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.fay(40, 0.5)
KINDS = ("gas", "oil", "wood")
HEATS = ("no", "yes", "rarely")


def donor_table(rows: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    size = rng.integers(1, 6, rows)
    weight = rng.uniform(1, 3, rows)
    table = pd.DataFrame(
        {
            "size": size.astype(float),
            "kind": pd.Categorical(rng.choice(KINDS, rows), categories=KINDS),
            "use": np.maximum(100.0 * size + rng.normal(0, 150, rows), 0.0),
            "cars": np.minimum(rng.poisson(0.3 * size), 4),
            "heats": pd.Categorical(
                rng.choice(HEATS, rows, p=[0.6, 0.395, 0.005]), categories=HEATS
            ),
            "weight": weight,
        }
    )
    replicates = weight[:, None] * (1 + 0.5 * rng.choice([-1.0, 1.0], (rows, 40)))
    return pd.concat([table, pd.DataFrame(replicates, columns=DESIGN.columns)], axis=1)


def recipient_table(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "size": rng.integers(1, 6, rows).astype(float),
            "kind": pd.Categorical(rng.choice(KINDS, rows), categories=KINDS),
            "area": rng.choice(["north", "south", "west"], rows),
            "weight": rng.uniform(10, 20, rows),
        }
    )


def implicates_of(donor: pd.DataFrame, rows: int, *, gaps: bool = False) -> Implicates:
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, len(donor), (rows, 8))
    use = donor["use"].to_numpy()[drawn]
    if gaps:
        use = np.where(rng.random(use.shape) < 0.1, np.nan, use)
    return Implicates(
        {
            "use": FusedVariable("use", use),
            "cars": FusedVariable("cars", donor["cars"].to_numpy()[drawn]),
            "heats": FusedVariable(
                "heats", donor["heats"].cat.codes.to_numpy().astype(np.int8)[drawn], HEATS
            ),
        }
    )


def both(
    statistic: Statistic, *, gaps: bool = False, with_areas: bool = True, few: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    donor, recipient = donor_table(), recipient_table()
    implicates = implicates_of(donor, len(recipient), gaps=gaps)
    if gaps:
        donor.loc[::9, "use"] = np.nan
    sample = DonorSample.build(
        donor,
        recipient,
        predictors=("size", "kind"),
        variables=("use", "cars", "heats"),
        design=DESIGN,
    )
    lived = np.random.default_rng(4)
    codes, regions = lived.integers(0, 12, len(donor)), None
    places = DonorPlaces(sample.own.matrix[:, :2], sample.weights[:, 0], codes)
    if few:
        places, regions = codes // 3, np.array([0, 2, 3])
    sample = replace(sample, places=places)
    columns = [find_column(name, implicates, None) for name in implicates.names]
    evidence = AreaEvidence("known", "", -np.square(np.log(KAPPAS) + 4.0), 0.02, 1.0)
    areas = Locality(
        AreaRule((evidence,), {"area": 1.0}),
        pd.factorize(recipient["area"])[0].astype(np.intp),
        {},
        regions,
    )
    return tuple(
        analyze(
            implicates,
            statistic,
            by="area",
            recipient=recipient,
            donor=replace(known, locality=areas if with_areas else None),
        )
        for known in (sample, publish_donor(sample, columns))
    )


@pytest.mark.parametrize("few", [False, True], ids=["many places", "few places"])
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize(
    "statistic",
    [
        Statistic("mean", "use"),
        Statistic("total", "use"),
        Statistic("share_above", "use", threshold=0.0),
        Statistic("share", "heats", level="no"),
        Statistic("count", "heats", level="no"),
        Statistic("mean", "cars"),
        Statistic("share_above", "cars", threshold=1.0),
        Statistic("share_below", "cars", threshold=1.0),
    ],
    ids=str,
)
def test_margins_are_those_of_the_whole_donor(statistic, gaps, few):
    own, published = both(statistic, gaps=gaps, few=few)
    pd.testing.assert_frame_equal(own, published, rtol=1e-7)


def test_margins_have_the_part_of_areas():
    _, published = both(Statistic("mean", "use"))
    _, without = both(Statistic("mean", "use"), with_areas=False)
    assert (published["moe"] > 1.05 * without["moe"]).all()


@pytest.mark.parametrize(
    "statistic",
    [Statistic("median", "use"), Statistic("share_above", "use", threshold=321.0)],
    ids=str,
)
def test_between_marks_margins_are_nearly_those_of_the_whole_donor(statistic):
    own, published = both(statistic)
    assert published["estimate"].tolist() == own["estimate"].tolist()
    assert published["moe"].to_numpy() == pytest.approx(own["moe"].to_numpy(), rel=0.1)


def test_a_ratio_of_two_numbers_keeps_what_both_have_in_common():
    own, published = both(Statistic("ratio", "use", denominator="cars"))
    pd.testing.assert_frame_equal(own, published, rtol=1e-7)


def test_a_level_of_hardly_any_donor_is_withheld_with_another_that_hides_it():
    own, published = both(Statistic("share", "heats"))
    hidden = set(published.loc[published["assumption"].str.contains(NO_DONOR), "level"])
    assert hidden == {"rarely", "yes"}
    assert not own["assumption"].str.contains(NO_DONOR).any()


def test_every_stretch_between_marks_stands_for_ten_donors():
    donor = donor_table()
    published = _published(donor)
    for name in ("use", "cars"):
        marks = published.answers[name].marks
        edges = np.concatenate([[-np.inf], marks, [np.inf]])
        # The stretches are open to the left: a mark belongs to the one below it.
        counts = np.histogram(-donor[name], -edges[::-1])[0][::-1]
        assert all(count == 0 or count >= 10 for count in counts)


def test_turned_movements_keep_their_products():
    donor = donor_table()
    recipient = recipient_table()
    sample = DonorSample.build(
        donor, recipient, predictors=("size", "kind"), variables=("use",), design=DESIGN
    )
    implicates = implicates_of(donor, len(recipient))
    published = publish_donor(sample, [find_column("use", implicates, None)])
    own = sample.movements(donor["use"].to_numpy())
    turned = published.answers["use"].movements[0]
    np.testing.assert_allclose(turned @ turned.T, own @ own.T, rtol=1e-6, atol=1e-9)


def _published(donor: pd.DataFrame) -> PublishedDonor:
    recipient = recipient_table()
    implicates = implicates_of(donor, len(recipient))
    sample = DonorSample.build(
        donor,
        recipient,
        predictors=("size", "kind"),
        variables=("use", "cars", "heats"),
        design=DESIGN,
    )
    columns: list[Column] = [find_column(name, implicates, None) for name in implicates.names]
    return publish_donor(sample, columns)
