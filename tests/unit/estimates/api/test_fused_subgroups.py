"""Subgroups defined by fused variables: the donor's part of their margins follows from its answers."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic, analyze, compare, survey_estimates
from fusion_core.estimates.api import estimate_targets, fused_cells
from fusion_core.estimates.margins import NO_DONOR
from fusion_core.estimates.margins.report import result_frame
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.runs.estimate_run import _estimated, _Request
from fusion_core.estimates.runs.run_comparison import compare_in_source
from fusion_core.estimates.statistics import split_expression
from fusion_core.estimates.statistics.weights import weight_matrix
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.harmony.expressions.expression import check_expression, evaluate_expression
from fusion_core.memory_share import memory_share
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.fay(40, 0.5)
LEVELS = ("Never", "Some months", "Every month")
STATISTICS = (
    Statistic("mean", "kwh"),
    Statistic("total", "kwh"),
    Statistic("median", "kwh"),
    Statistic("share_above", "kwh", threshold=900),
    Statistic("ratio", "kwh", denominator="np"),
    Statistic("share", "heats", level="yes"),
    Statistic("count", "heats", level="yes"),
    Statistic("mean", "np"),
)


def donor_table(rows=600, seed=1):
    """Who has trouble paying uses less than others of the same size."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 6, rows)
    trouble = rng.choice(3, rows, p=[0.7, 0.2, 0.1])
    table = pd.DataFrame(
        {
            "size": size.astype(float),
            "kwh": 600.0 + 100 * size - 150 * trouble + rng.normal(0, 150, rows),
            "trouble": pd.Categorical.from_codes(trouble, categories=LEVELS),
            "heats": pd.Categorical(rng.choice(["no", "yes"], rows), categories=["no", "yes"]),
            "weight": rng.uniform(1, 3, rows),
        }
    )
    return with_replicates(table, rng)


def with_replicates(table, rng):
    signs = rng.choice([-1.0, 1.0], (len(table), DESIGN.replicates))
    replicates = table["weight"].to_numpy()[:, None] * (1 + 0.5 * signs)
    return pd.concat([table, pd.DataFrame(replicates, columns=DESIGN.columns)], axis=1)


def recipient_table(rows=3000):
    rng = np.random.default_rng(2)
    size = rng.integers(1, 6, rows)
    table = pd.DataFrame(
        {
            "size": size.astype(float),
            "np": size,
            "income": rng.gamma(2.0, 30_000.0, rows),
            "area": rng.choice(["north", "south"], rows),
            "weight": rng.uniform(10, 20, rows),
        }
    )
    return with_replicates(table, rng)


def fused_for(recipient, donor, m=8, seed=3):
    """Give every household donors of its own size."""
    rng = np.random.default_rng(seed)
    drawn = np.empty((len(recipient), m), dtype=int)
    for size, rows in recipient.groupby("size").indices.items():
        pool = np.flatnonzero(donor["size"] == size)
        chance = donor["weight"].to_numpy()[pool]
        drawn[rows] = rng.choice(pool, (len(rows), m), p=chance / chance.sum())
    codes = {name: donor[name].cat.codes.to_numpy()[drawn] for name in ("trouble", "heats")}
    return Implicates(
        {
            "kwh": FusedVariable("kwh", donor["kwh"].to_numpy()[drawn]),
            "trouble": FusedVariable("trouble", codes["trouble"], LEVELS),
            "heats": FusedVariable("heats", codes["heats"], ("no", "yes")),
        }
    )


def sample_of(donor, recipient, predictors=("size",)):
    return DonorSample.build(
        donor,
        recipient,
        predictors=predictors,
        variables=("kwh", "trouble", "heats"),
        design=DESIGN,
    )


def source_of(donor=None, recipient=None, predictors=("size",)):
    donor = donor_table() if donor is None else donor
    recipient = recipient_table() if recipient is None else recipient
    plain = recipient.drop(columns=list(DESIGN.columns))
    weights = weight_matrix(recipient, len(recipient), design=DESIGN)
    sample = sample_of(donor, recipient, predictors)
    return EstimateData(plain, weights, fused_for(recipient, donor), sample)


def estimates(source, statistics, where="", by=()):
    listed = (statistics,) if isinstance(statistics, Statistic) else tuple(statistics)
    return _estimated(source, _Request(listed, tuple(by), where, "replicates", 0.90))


def donors_part(row):
    return row["standard_error"] * np.sqrt(row["fusion_share"])


@pytest.fixture(scope="module")
def source():
    return source_of()


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda item: item.label)
@pytest.mark.parametrize(
    "where",
    [
        "trouble <> 'Never'",
        "trouble <> 'Never' AND kwh > 500",
        "trouble = 'Never' AND np > 2",
        "kwh > 150 * np AND income < 90000",
        "kwh / income > 0.02",
    ],
)
def test_every_statistic_of_a_fused_subgroup_contains_the_donors_error(source, statistic, where):
    [row] = estimates(source, statistic, where).to_dict("records")
    assert 0 < row["fusion_share"] < 1
    assert NO_DONOR not in row["assumption"]
    assert row["reliability"] != "incomplete"


def test_the_donors_part_is_the_donors_own_error_where_nothing_is_predicted():
    donor = donor_table(1500)
    source = source_of(donor, predictors=())
    troubled = (donor["trouble"] != "Never").to_numpy()
    for statistic in (STATISTICS[0], STATISTICS[2], STATISTICS[3], STATISTICS[5]):
        row = estimates(source, statistic, "trouble <> 'Never'").iloc[0]
        own = survey_estimates(donor, DESIGN, statistic, subset=troubled).iloc[0]
        assert donors_part(row) == pytest.approx(own["standard_error"], rel=0.35), statistic


def test_margins_of_a_fused_subgroup_hold_the_truth():
    """The truth is that of a donor of a million; a tenth of 60 repeats may miss it."""
    recipient = recipient_table(1500)
    everybody = donor_table(200_000, seed=100)
    troubled = everybody[everybody["trouble"] != "Never"]
    by_size = np.bincount(recipient["size"].astype(int), recipient["weight"])[1:]
    share = troubled.groupby("size")["weight"].sum() / everybody.groupby("size")["weight"].sum()
    mean = troubled.groupby("size")["kwh"].mean()
    truth = float((by_size * share * mean).sum() / (by_size * share).sum())
    plain = recipient.drop(columns=list(DESIGN.columns))
    weights = weight_matrix(recipient, len(recipient), design=DESIGN)
    held = 0
    for seed in range(60):
        donor = donor_table(300, seed=seed)
        source = EstimateData(
            plain, weights, fused_for(recipient, donor, m=4, seed=seed), sample_of(donor, recipient)
        )
        row = estimates(source, STATISTICS[0], "trouble <> 'Never'").iloc[0]
        held += row["lower"] <= truth <= row["upper"]
    assert 48 <= held <= 60


def test_a_condition_joined_with_one_of_the_recipient_is_that_group_of_the_recipient(source):
    """`a AND np > 2` is condition a among households of three and more."""
    joint = estimates(source, STATISTICS, "np > 2 AND trouble <> 'Never'")
    large = (source.table["np"] > 2).to_numpy()
    alone = EstimateData(
        source.table[large].reset_index(drop=True),
        type(source.weights)(source.weights.values[large], source.weights.design),
        Implicates(
            {
                name: FusedVariable(name, item.values[large], item.levels)
                for name, item in source.implicates.variables.items()
            }
        ),
        sample_of(donor_table(), recipient_table()[large].reset_index(drop=True)),
    )
    apart = estimates(alone, STATISTICS, "trouble <> 'Never'")
    for name in ("estimate", "standard_error", "fusion_share"):
        assert joint[name].to_numpy() == pytest.approx(apart[name].to_numpy(), rel=1e-6), name


def test_a_breakdown_by_a_fused_variable_gives_its_levels_as_filters_do(source):
    found = estimates(source, STATISTICS, by=("trouble",))
    for level in LEVELS:
        own = found[found["trouble"] == level].drop(columns="trouble").reset_index(drop=True)
        filtered = estimates(source, STATISTICS, f"trouble = '{level}'")
        pd.testing.assert_frame_equal(own, filtered)


def test_groups_of_the_recipient_and_of_fused_variables_cross(source):
    found = estimates(source, STATISTICS[0], by=("area", "trouble"), where="heats = 'yes'")
    assert found[["area", "trouble"]].to_numpy().tolist() == [
        [area, level] for area in ("north", "south") for level in LEVELS
    ]
    turned = estimates(source, STATISTICS[0], by=("trouble", "area"), where="heats = 'yes'")
    assert turned["trouble"].tolist() == [level for level in LEVELS for _ in range(2)]
    joint = estimates(
        source, STATISTICS[0], "heats = 'yes' AND trouble = 'Never' AND area = 'north'"
    )
    assert found["estimate"][0] == pytest.approx(joint["estimate"][0])
    assert found["standard_error"][0] == pytest.approx(joint["standard_error"][0])


def test_python_breaks_down_by_fused_variables_too(source):
    recipient = recipient_table()
    found = analyze(
        source.implicates,
        STATISTICS[0],
        by="trouble",
        recipient=recipient,
        design=DESIGN,
        donor=source.donor,
    )
    pd.testing.assert_frame_equal(found, estimates(source, STATISTICS[0], by=("trouble",)))
    with pytest.raises(InputError, match="'kwh' is a fused number and forms no groups"):
        analyze(source.implicates, STATISTICS[0], by="kwh", recipient=recipient)


def test_python_compares_levels_of_fused_variables_as_conditions_do(source):
    given = {"recipient": recipient_table(), "design": DESIGN, "donor": source.donor}
    mean = Statistic("mean", "kwh")
    found = compare(
        source.implicates, mean, {"trouble": "Never"}, {"trouble": "Every month"}, **given
    )
    conditions = "trouble = 'Never'", "trouble = 'Every month'"
    assert vars(found) == pytest.approx(
        vars(compare_in_source(source, mean, *conditions)), nan_ok=True
    )
    named = {"trouble": "Never"}, {"trouble": "Every month"}
    assert vars(found) == pytest.approx(vars(compare_in_source(source, mean, *named)), nan_ok=True)
    north = compare(
        source.implicates,
        mean,
        {"trouble": "Never", "area": "north"},
        {"trouble": "Never", "area": "south"},
        **given,
    )
    joint = [f"trouble = 'Never' AND area = '{area}'" for area in ("north", "south")]
    assert vars(north) == pytest.approx(vars(compare_in_source(source, mean, *joint)), nan_ok=True)
    for group, message in (
        ({"trouble": "Nevr"}, "Did you mean 'Never'"),
        ({"kwh": 3}, "'kwh' is a fused number and names no group"),
    ):
        with pytest.raises(InputError, match=message):
            compare(source.implicates, mean, {"area": "north"}, group, **given)


def test_groups_of_two_fused_levels_are_different_households(source):
    """Each may be anybody, yet what is sure of one level is not sure of its difference."""
    recipient = recipient_table()
    drawn = source.implicates["trouble"].values
    sure = np.where(drawn == 0, 1, 0)
    implicates = Implicates(
        {
            "trouble": source.implicates["trouble"],
            "heats": FusedVariable("heats", sure, ("no", "yes")),
        }
    )
    donor = source.donor
    share = Statistic("share", "heats", level="yes")
    never, every = {"trouble": "Never"}, {"trouble": "Every month"}
    found = compare(
        implicates, share, never, every, recipient=recipient, design=DESIGN, donor=donor
    )
    assert (found.first, found.second) == (1, 0)
    assert found.moe > max(found.first_moe, found.second_moe) > 0
    itself = compare(
        implicates, share, never, never, recipient=recipient, design=DESIGN, donor=donor
    )
    assert itself.moe == 0


def test_levels_of_a_fused_variable_share_no_household_where_there_are_no_replicates(source):
    mean, recipient = Statistic("mean", "kwh"), recipient_table()
    levels = {"trouble": "Never"}, {"trouble": "Every month"}
    found = compare(source.implicates, mean, *levels, recipient=recipient, donor=source.donor)
    assert found.moe > 0
    with pytest.raises(InputError, match="The groups share households"):
        compare(source.implicates, mean, levels[0], levels[0], recipient=recipient)


def test_a_subgroup_no_donor_belongs_to_is_never_called_reliable():
    """Chains of variables may draw together what no donor has."""
    donor = donor_table()
    donor.loc[donor["trouble"] == "Every month", "heats"] = "no"
    recipient = recipient_table()
    fused = fused_for(recipient, donor)
    heats = np.random.default_rng(4).integers(0, 2, fused["heats"].values.shape).astype(np.int8)
    fused = Implicates(fused.variables | {"heats": FusedVariable("heats", heats, ("no", "yes"))})
    weights = weight_matrix(recipient, len(recipient), design=DESIGN)
    plain = recipient.drop(columns=list(DESIGN.columns))
    source = EstimateData(plain, weights, fused, sample_of(donor, recipient))
    row = estimates(source, STATISTICS[0], "trouble = 'Every month' AND heats = 'yes'").iloc[0]
    assert NO_DONOR in row["assumption"]
    assert row["reliability"] == "incomplete"


def test_donors_who_did_not_answer_leave_the_subgroup_to_the_others():
    donor, recipient = donor_table(2000), recipient_table()
    blank = np.random.default_rng(5).random(len(donor)) < 0.2
    fused = fused_for(recipient, donor)
    weights = weight_matrix(recipient, len(recipient), design=DESIGN)
    plain = recipient.drop(columns=list(DESIGN.columns))
    rows = []
    for missing in (False, True):
        known = donor.copy()
        if missing:
            known.loc[blank, ["trouble", "kwh"]] = np.nan
        source = EstimateData(plain, weights, fused, sample_of(known, recipient))
        rows.append(estimates(source, STATISTICS[0], "trouble <> 'Never'").iloc[0])
    assert donors_part(rows[1]) == pytest.approx(donors_part(rows[0]), rel=0.35)


def test_areas_without_any_such_household_are_not_in_the_result(source):
    rare = source.implicates["trouble"].values == 2
    area = np.where(rare.any(axis=1), "a", source.table["area"])
    area[:50] = np.where(rare[:50].any(axis=1), "a", "empty")
    moved = EstimateData(
        source.table.assign(area=area), source.weights, source.implicates, source.donor
    )
    found = estimates(moved, STATISTICS[0], "trouble = 'Every month'", by=("area",))
    assert "empty" not in set(found["area"])


def test_households_the_draws_left_out_belong_to_the_base_of_a_rare_subgroup(source):
    """Taking only those some implicate selects would make every rare subgroup look frequent."""
    groups = source.breakdown((), "trouble = 'Every month'").groups
    assert groups.sizes.tolist() == [source.rows]


def recipient_alone(names: tuple[str, ...], _: bool) -> bool:
    return not {"kwh", "heats"} & set(names)


@pytest.mark.parametrize(
    ("text", "inner", "parts"),
    [
        ("np > 2 AND heats = 'yes'", 1, ['"np" > 2']),
        ("kwh > 100 * np + 3", 1, ['100 * "np" + 3']),
        ("heats = 'yes'", 0, []),
        ("kwh / income > 0.1 AND income / np > 3", 2, ['"income"', '"income" / "np" > 3']),
        ("CASE WHEN np > 2 THEN kwh ELSE income END > 5", 2, ['"np" > 2', '"income"']),
    ],
)
def test_what_reads_the_recipient_alone_is_taken_out_of_a_condition(text, inner, parts):
    names = ("np", "income", "kwh", "heats")
    left, found = split_expression(check_expression(text, names), recipient_alone)
    assert [part.sql for part in found.values()] == parts
    assert len([name for name in left.columns if name not in names]) == inner


@pytest.mark.parametrize(
    "text",
    [
        "np > 2 AND heats = 'yes'",
        "kwh > 100 * np + 3 OR income IS NULL",
        "NOT (np > 2) OR kwh < 900",
        "kwh / income > 0.02",
        "CASE WHEN np > 2 THEN kwh ELSE income END > 700",
        "coalesce(income, 0) < kwh",
        "kwh BETWEEN 100 * np AND income",
    ],
)
def test_a_condition_put_together_again_selects_the_same(text):
    rng = np.random.default_rng(6)
    table = pd.DataFrame(
        {
            "np": rng.integers(1, 6, 300).astype(float),
            "income": rng.gamma(2.0, 500.0, 300),
            "kwh": rng.normal(800, 200, 300),
            "heats": rng.choice(["no", "yes"], 300),
        }
    )
    for name in table:
        table[name] = table[name].mask(rng.random(300) < 0.1)
    whole = check_expression(text, list(table.columns))
    inner, parts = split_expression(whole, recipient_alone)
    placed = table.assign(
        **{
            name: evaluate_expression(part, table[list(part.columns)])
            for name, part in parts.items()
        }
    )
    expected = evaluate_expression(whole, table)
    assert evaluate_expression(inner, placed).tolist() == expected.tolist()


def test_the_array_core_restricts_targets_as_filters_do(source):
    where = "trouble <> 'Never'"
    breakdown = source.breakdown((), where)
    groups, keys = breakdown.groups, breakdown.keys
    targets = source.targets([STATISTICS[0]], where)
    blocks = estimate_targets(groups, source.weights, targets, donor=source.donor)
    pd.testing.assert_frame_equal(
        result_frame(keys, blocks, confidence=0.9), estimates(source, STATISTICS[0], where)
    )


def test_groups_that_need_more_than_the_share_of_a_question_are_refused_before_they_are_made():
    recipient, donor = recipient_table(), donor_table()
    fused = fused_for(recipient, donor)
    masks = (2 + 3 + 2 * 3) * len(recipient) * 8
    with memory_share(masks):
        _, cells = fused_cells(["trouble", "heats"], fused, None)
    assert len(cells) == 6
    with memory_share(masks - 1):
        assert len(fused_cells(["trouble"], fused, None)[1]) == 3
        with pytest.raises(
            InputError, match=r"Groups by trouble and heats need .* the 3 of trouble"
        ):
            fused_cells(["trouble", "heats"], fused, None)
