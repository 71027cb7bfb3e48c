"""The published fusionData harmonies: all import, apply and go back; their known mistakes are found."""

import json

import numpy as np
import pandas as pd
import pytest
from r_files import write_harmonies

from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.apply.prices import CPI_U, deflation_factor
from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.expressions.expression import check_expression, mentioned_columns
from fusion_core.harmony.fusiondata.files import read_harmony_file
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.matching.candidates import CandidateIndex
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

PUBLISHED = 1218


@pytest.fixture(scope="module")
def files(shared_data):
    return sorted((shared_data / "harmonies" / "r").glob("*.R"))


@pytest.fixture(scope="module")
def results(files):
    return {path.stem: read_harmonies(path) for path in files}


def dictionary(shared_data, survey):
    households = shared_data / "dictionaries" / f"{survey}_H.parquet"
    persons = households.with_name(f"{survey}_P.parquet")
    return read_fusiondata_dictionary(households, persons if persons.exists() else None)


def test_every_file_holds_what_its_json_copy_holds(files, results):
    for path in files:
        records = read_harmony_file(path).plain
        twin = path.parents[1] / "json" / f"{path.stem}.json"
        copied = json.loads(twin.read_text())["harmonies"]
        assert list(records) == list(copied)
        for key, record in records.items():
            for side in ("donor", "acs"):
                for field in ("groups", "levels", "breaks", "adj"):
                    assert record[side][field] == copied[key][side][field], (path.name, key, field)
                assert record[side].get("agg", "") == (copied[key][side].get("agg") or "")
            for field in ("ordered", "comment", "modified"):
                assert record[field] == copied[key][field], (path.name, key, field)
        assert read_harmonies(twin) == results[path.stem]


def test_every_harmony_is_read_and_every_adjustment_is_a_safe_expression(results):
    harmonies = [harmony for result in results.values() for harmony in result.harmonies]
    assert len(harmonies) == PUBLISHED
    for harmony in harmonies:
        for side in (harmony.donor, harmony.recipient):
            for text in (side.adjustment, side.universe):
                if text:
                    check_expression(text, mentioned_columns(text))


def test_the_nine_re_levellings_are_universes_with_a_group(results):
    sides = [
        side
        for harmony in results["ASEC_2019__ACS_2019"].harmonies
        for side in (harmony.donor, harmony.recipient)
        if side.universe
    ]
    assert len(sides) == 9
    assert all(side.outside_universe is not None and not side.adjustment for side in sides)


def test_the_way_out_and_back_changes_nothing(results, tmp_path):
    for stem, result in results.items():
        path = tmp_path / f"{stem}.R"
        assert write_harmonies(result.harmony_set, path) == ()
        assert read_harmonies(path).harmonies == result.harmonies


def test_saving_and_loading_a_published_file_changes_nothing(results, tmp_path):
    result = results["ASEC_2019__ACS_2019"]
    store = HarmonyStore(tmp_path, result.pair)
    saved = store.save_all(result.harmonies, author="import")
    assert sorted(store.load().harmonies, key=lambda h: h.key) == sorted(saved, key=lambda h: h.key)


def random_column(variable, count, generator):
    if variable.is_categorical:
        levels = list(variable.levels) or ["unknown"]
        values = generator.choice(len(levels), count)
        return pd.Categorical.from_codes(values, levels, ordered=variable.type == "ordered")
    return generator.uniform(variable.minimum or 0, variable.maximum or 1, count).round()


def random_survey(shared_data, name, wanted):
    """Make up answers to the questions of a real dictionary: every level may occur."""
    generator = np.random.default_rng(7)
    described = dictionary(shared_data, name)
    sizes = generator.integers(1, 5, 80)
    tables = {
        "household": pd.DataFrame({"household_id": np.arange(80), "weight": 1.0}),
        "person": pd.DataFrame(
            {
                "household_id": np.repeat(np.arange(80), sizes),
                "person_number": np.concatenate([np.arange(1, size + 1) for size in sizes]),
                "weight": 1.0,
            }
        ),
    }
    for variable in described.dictionary.values():
        if variable.name in wanted:
            table = tables[variable.respondent]
            table[variable.name] = random_column(variable, len(table), generator)
    has_persons = any(item.respondent == "person" for item in described.dictionary.values())
    return Survey(
        described.description,
        described.dictionary,
        tables["household"],
        tables["person"] if has_persons else None,
    )


def mentioned(harmonies):
    found = set()
    for harmony in harmonies:
        for side in (harmony.donor, harmony.recipient):
            found.add(side.variable)
            for text in (side.adjustment, side.universe):
                found.update(mentioned_columns(text) if text else ())
    return found


NOT_APPLICABLE = {
    "AHS_2019__ACS_2019": {"hhgrad__schl"},
    "CEI_2015-2019__ACS_2019": {"educ_ref__schl", "in_coll__sch"},
    "NHTS_2017__ACS_2017": {"worker__wkl"},
    "RECS_2015__ACS_2018": set(),
    "RECS_2020__ACS_2019": set(),
}
"""Harmonies that forget a level of the dictionary, or bin labels."""


@pytest.mark.parametrize("stem", NOT_APPLICABLE)
def test_published_harmonies_apply_to_answers_of_the_real_dictionaries(stem, results, shared_data):
    pair = results[stem].pair
    wanted = mentioned(results[stem].harmonies)
    donor = random_survey(shared_data, str(pair.donor), wanted)
    recipient = random_survey(shared_data, str(pair.recipient), wanted)
    path = shared_data / "harmonies" / "r" / f"{stem}.R"
    harmonies = read_harmonies(path, donor=donor.dictionary, recipient=recipient.dictionary)
    found = harmonize_pair(harmonies.harmony_set, donor, recipient)
    assert set(found.failures) == NOT_APPLICABLE[stem]
    for key in found.keys:
        assert found.donor[key].dtype == found.recipient[key].dtype
        assert not found.donor[key].isna().any()


def rules(results, stem, key, shared_data=None):
    result = results[stem]
    dictionaries = (
        (None, None)
        if shared_data is None
        else [
            dictionary(shared_data, str(s)).dictionary
            for s in (result.pair.donor, result.pair.recipient)
        ]
    )
    harmony = result.harmony_set.get(key)
    if shared_data is not None:
        path = shared_data / "harmonies" / "r" / f"{stem}.R"
        read = read_harmonies(path, donor=dictionaries[0], recipient=dictionaries[1])
        harmony = read.harmony_set.get(key)
    return {finding.rule for finding in check_harmony(harmony, *dictionaries)}


def test_the_known_mistakes_are_found(results, shared_data):
    assert "breaks-on-categories" in rules(
        results, "NHTS_2017__ACS_2017", "worker__wkl", shared_data
    )
    assert "head-count-codes" in rules(
        results, "CEI_2015-2019__ACS_2015", "perslt18__agep", shared_data
    )
    assert "head-count-codes" in rules(results, "CEI_2015-2019__ACS_2015", "persot64__agep")
    assert "head-count-codes" not in rules(results, "CEI_2015-2019__ACS_2019", "perslt18__agep")
    assert "aggregators-differ" in rules(
        results, "CEI_2015-2019__ACS_2016", "inc_hrsq__wkhp", shared_data
    )


def table(respondent, **columns):
    frame = pd.DataFrame(columns)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype("category")
    variables = [
        variable_from_column(name, frame[name], respondent=respondent)
        for name in frame.columns
        if name not in {"household_id", "person_number", "weight"}
    ]
    return frame, variables


@pytest.fixture(scope="module")
def household_of_many_ages():
    """One household with a member of every age that sits on a boundary, male and female."""
    ages = [35, 1, 2, 15, 16, 17, 18, 64, 65]
    sexes = ["Male", "Female"]
    persons, variables = table(
        "person",
        household_id=[1] * 18,
        person_number=list(range(1, 19)),
        weight=[1.0] * 18,
        agep=[float(age) for age in ages for _ in sexes],
        sex=sexes * 9,
    )
    households, more = table("household", household_id=[1], weight=[1.0], hincp=[-100.0])
    description = SurveyDescription(SurveyId("ACS", "2019"), price_year=2019)
    return Survey(description, Dictionary([*variables, *more]), households, persons)


@pytest.mark.parametrize(
    ("stem", "key", "expected"),
    [
        ("RECS_2015__ACS_2015", "numchild__agep", 10),  # under 18: 1, 2, 15, 16, 17 of either sex
        ("RECS_2015__ACS_2016", "numchild__agep", 10),  # written as agep <= 17
        ("CEI_2015-2019__ACS_2019", "as_comp1__agep", 6),  # males aged 16 or more
        ("CEI_2015-2019__ACS_2019", "as_comp3__agep", 2),  # males aged 2 to 15
        ("CEI_2015-2019__ACS_2019", "as_comp5__agep", 2),  # under 2
    ],
)
def test_head_counts_count_the_right_persons(stem, key, expected, results, household_of_many_ages):
    harmony = results[stem].harmony_set.get(key)
    name = harmony.donor.variable
    households, variables = table("household", household_id=[1], weight=[1.0], **{name: [expected]})
    donor = Survey(SurveyDescription(SurveyId("DON", "2015")), Dictionary(variables), households)
    found = harmonize_pair([harmony], donor, household_of_many_ages)
    assert not found.failures
    assert found.recipient[key].tolist() == found.donor[key].tolist() == [expected]


def test_deflated_dollars_meet_their_bracket_and_negatives_fall_in_the_lowest(results):
    harmony = results["RECS_2020__ACS_2019"].harmony_set.get("moneypy__hincp")
    amounts = [-100.0, 4_900.0, 4_950.0, 148_221.0, 148_222.0]
    households, variables = table(
        "household", household_id=[1, 2, 3, 4, 5], weight=[1.0] * 5, hincp=amounts
    )
    recipient = Survey(
        SurveyDescription(SurveyId("ACS", "2019")), Dictionary(variables), households
    )
    levels = [item.level for item in harmony.donor.levels]
    answers, more = table("household", household_id=range(16), weight=[1.0] * 16, moneypy=levels)
    donor = Survey(SurveyDescription(SurveyId("RECS", "2020")), Dictionary(more), answers)
    found = harmonize_pair([harmony], donor, recipient)
    assert found.recipient["moneypy__hincp"].tolist() == ["1", "1", "2", "15", "16"]
    assert found.donor["moneypy__hincp"].tolist() == [str(code) for code in range(1, 17)]


def test_group_quarters_are_dropped_and_the_reference_person_stands_for_the_household(results):
    harmony = results["ASEC_2019__ACS_2019"].harmony_set.get("relate__relshipp")
    dropped = [item.level for item in harmony.recipient.levels if item.group == "drop"]
    assert len(dropped) == 2
    assert all("group quarters" in level for level in dropped)


def test_the_price_index_agrees_with_a_series_of_others(shared_data):
    series = pd.read_csv(shared_data / "tables" / "cpi_series.csv").set_index("year")["cpi"]
    for year in (y for y in CPI_U if y in series.index and y >= 2000):
        assert deflation_factor(year, 2019) == pytest.approx(series[year] / series[2019], rel=0.005)


@pytest.mark.parametrize(
    ("stem", "at_least"), [("RECS_2020__ACS_2019", 0.9), ("AHS_2019__ACS_2019", 0.9)]
)
def test_most_published_pairings_are_among_the_first_five_candidates(
    stem, at_least, results, shared_data
):
    result = results[stem]
    donor = dictionary(shared_data, str(result.pair.donor)).dictionary
    index = CandidateIndex(dictionary(shared_data, str(result.pair.recipient)).dictionary)
    wanted = [
        (harmony.donor.variable, harmony.recipient.variable)
        for harmony in result.harmonies
        if harmony.donor.variable in donor
    ]
    hits = 0
    for variable, right in wanted:
        others = {second for first, second in wanted if first == variable and second != right}
        names = [item.variable.name for item in index.rank(donor[variable], limit=20)]
        hits += right in [name for name in names if name not in others][:5]
    assert hits / len(wanted) >= at_least
