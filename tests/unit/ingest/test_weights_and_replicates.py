"""Weights find their replicates by stem and level, and both have to agree."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic._replicate_designs import design_named
from fusion_core.ingest.generic.survey_table import Choices, inspect_file, read_generic
from fusion_core.ingest.tables import FileProblemsError
from fusion_core.surveys import SurveyId, WeightDesign

ROWS = 60


def weights(scale):
    return np.random.default_rng(7).uniform(0.5, 1.5, ROWS) * scale


def replicates(stem, weight, count, *, start=1, width=0, low=0.5):
    random = np.random.default_rng(count)
    factors = random.choice([low, 2 - low], size=(count, ROWS))
    return {f"{stem}{index + start:0{width}d}": weight * factors[index] for index in range(count)}


def look(tmp_path, columns, **choices):
    frame = pd.DataFrame({"hid": [f"h{row:03d}" for row in range(ROWS)]} | columns)
    frame.to_csv(tmp_path / "h.csv", index=False)
    return inspect_file(tmp_path / "h.csv", choices=Choices(**choices))


@pytest.mark.parametrize(
    ("weight", "stem", "other", "other_stem"),
    [
        ("HHWT", "REPWT", "PERWT", "REPWTP"),
        ("ASECWTH", "REPWT", "ASECWT", "REPWTP"),
        ("WGTP", "wgtp", "PWGTP", "pwgtp"),
        ("WTHHFIN", "WTHHFIN", "WTPERFIN", "WTPERFIN"),
        ("hh_weight", "hh_repwt_", "person_weight", "person_repwt_"),
        ("WEIGHT", "REPWEIGHT", "SP1WEIGHT", "SP1REPWEIGHT"),
    ],
)
def test_of_two_weights_each_has_its_own_replicates(tmp_path, weight, stem, other, other_stem):
    of_households, of_persons = weights(100), weights(240)
    columns = (
        {other: of_persons}
        | replicates(other_stem, of_persons, 80)
        | {weight: of_households}
        | replicates(stem, of_households, 80)
    )
    seen = look(tmp_path, columns)
    assert seen.weight == weight
    assert seen.replicates == tuple(f"{stem}{index}" for index in range(1, 81))
    assert not {column.name for column in seen.columns if not column.left_out}
    second = look(tmp_path, columns, weight=other)
    assert second.replicates[0] == f"{other_stem}1"


@pytest.mark.parametrize("stem", ["rep", "wt_", "weight", "window_", "repair"])
def test_numbered_answers_do_not_become_replicates(tmp_path, stem):
    answers = np.random.default_rng(1).integers(0, 2, (8, ROWS))
    columns = {f"{stem}{index + 1}": answers[index] for index in range(8)}
    seen = look(tmp_path, {"weight": weights(100)} | columns)
    assert seen.replicates == ()
    assert all(not column.left_out for column in seen.columns)


def test_replicates_that_disagree_with_the_weight_are_none_and_that_is_said(tmp_path):
    seen = look(tmp_path, {"weight": weights(100)} | replicates("repwt", weights(30), 20))
    assert seen.replicates == ()
    assert any("are not used as replicate weights" in problem.what for problem in seen.problems)


def test_replicates_chosen_by_hand_are_checked_too(tmp_path):
    weight = weights(100)
    columns = {"weight": weight} | replicates("alt", weight, 10) | replicates("x", weight / 9, 10)
    assert len(look(tmp_path, columns, replicates=("alt",)).replicates) == 10
    wrong = look(tmp_path, columns, replicates=("x",))
    assert any("they are not of this weight" in problem.what for problem in wrong.problems)
    unknown = look(tmp_path, columns, replicates=("repwt",))
    assert any("There are no replicate weights 'repwt'" in item.what for item in unknown.problems)
    assert look(tmp_path, columns, replicates=("-",)).replicates == ()


@pytest.mark.parametrize("blank", [np.nan, 0.0])
@pytest.mark.parametrize("stem", ["WTREP", "BRRWT", "HALF_WT"])
def test_half_samples_are_known_by_their_values_blank_or_zero(tmp_path, blank, stem):
    weight = weights(100)
    halves = replicates(stem, weight, 32, width=2, low=0.0)
    columns = {name: np.where(values == 0, blank, values) for name, values in halves.items()}
    seen = look(tmp_path, {"weight": weight} | columns, replicates=(stem,))
    assert seen.design == WeightDesign.fay(32, epsilon=0.0)
    assert seen.can_be_read
    said = any("Blank replicate weights are read as 0" in item.what for item in seen.problems)
    assert said is bool(np.isnan(blank))


def test_a_blank_in_any_other_replicate_stays_a_mistake(tmp_path):
    weight = weights(100)
    columns = replicates("repwt", weight, 10)
    columns["repwt3"][5] = np.nan
    seen = look(tmp_path, {"weight": weight} | columns)
    [problem] = [item for item in seen.problems if item.severity == "error"]
    assert problem.what == "The replicate weight is missing"
    assert (problem.column, problem.row) == ("repwt3", 7)


def test_an_infinite_replicate_keeps_the_file_out(tmp_path):
    weight = weights(100)
    columns = replicates("repwt", weight, 10)
    columns["repwt3"][5] = np.inf
    seen = look(tmp_path, {"weight": weight} | columns)
    assert [item.what for item in seen.problems] == ["The replicate weight is infinite"]


@pytest.mark.parametrize("other", ["PERWEIGHT", "SAMPWEIGHT", "ASECWTH", "WTFA"])
def test_a_body_weight_is_not_the_weight_of_the_survey(tmp_path, other):
    body = np.random.default_rng(3).integers(95, 320, ROWS)
    seen = look(tmp_path, {"WEIGHT": body, other: weights(5000)})
    assert seen.weight == other
    assert [column.name for column in seen.columns] == ["weight_in_file"]


def test_a_body_weight_alone_leaves_the_survey_without_weight(tmp_path):
    body = np.random.default_rng(3).integers(95, 320, ROWS)
    seen = look(tmp_path, {"WEIGHT": body, "HEIGHT": body // 3})
    assert seen.weight == ""


def test_a_weight_beside_the_height_of_a_building_stays_the_weight(tmp_path):
    assert look(tmp_path, {"weight": weights(5000), "height": range(ROWS)}).weight == "weight"


def test_the_person_file_has_the_weight_of_persons(tmp_path):
    pd.DataFrame({"hid": ["a", "b"], "hhwt": [1.0, 2.0]}).to_csv(tmp_path / "h.csv", index=False)
    persons = pd.DataFrame(
        {"hid": ["a", "b"], "pernum": [1, 1], "hhwt": [1.0, 2.0], "perwt": [3.0, 4.0], "w": [5, 6]}
    )
    persons.to_csv(tmp_path / "p.csv", index=False)

    def read(**choices):
        files = tmp_path / "h.csv", tmp_path / "p.csv"
        return read_generic(*files, survey=SurveyId("T", "2020"), choices=Choices(**choices))

    assert read().person["weight"].tolist() == [3, 4]
    assert read(person_weight="w").person["weight"].tolist() == [5, 6]
    assert "the rows stand for 7 persons" in " ".join(read().description.notes)


@pytest.mark.parametrize(
    ("text", "design"),
    [
        ("sdr", WeightDesign.successive_difference(80)),
        ("brr", WeightDesign.fay(80, epsilon=0.0)),
        ("fay", WeightDesign.fay(80)),
        ("Fay:0.3", WeightDesign.fay(80, epsilon=0.3)),
        ("jk1", WeightDesign.jackknife(80)),
        ("jk2", WeightDesign.paired_jackknife(80)),
        ("jkn:4", WeightDesign.stratified_jackknife(80, 4)),
    ],
)
def test_a_design_is_named_in_a_word(text, design):
    assert design_named(text, 80) == design


@pytest.mark.parametrize("text", ["bootstrap", "fay:1", "fay:x", "jkn", "jkn:1", "sdr:3"])
def test_an_unknown_design_lists_the_known_ones(text):
    with pytest.raises(InputError, match=r"no replication design .*jkn:7"):
        design_named(text, 80)


def test_an_unknown_replicate_set_names_those_there_are(tmp_path):
    weight = weights(100)
    pd.DataFrame({"hid": range(ROWS), "weight": weight} | replicates("repwt", weight, 8)).to_csv(
        tmp_path / "h.csv", index=False
    )
    with pytest.raises(FileProblemsError, match="found: repwt1 … repwt8"):
        read_generic(
            tmp_path / "h.csv", survey=SurveyId("T", "2020"), choices=Choices(replicates=("brr",))
        )


@pytest.mark.parametrize(
    ("numbers", "lack"),
    [((1, 2, 3, 4, 5, 6, 7, 9), "number 8 is missing"), ((1, 2, 3, 4), "only 4")],
)
def test_a_part_of_a_set_of_replicates_is_neither_replicates_nor_answers(tmp_path, numbers, lack):
    generator = np.random.default_rng(5)
    weight = generator.uniform(100, 200, 40).round(2)
    frame = pd.DataFrame({"id": range(40), "weight": weight, "rooms": [1, 2, 3, 4] * 10})
    for number in numbers:
        frame[f"repwt{number}"] = (weight * generator.uniform(0.9, 1.1, 40)).round(2)
    path = tmp_path / "h.csv"
    frame.to_csv(path, index=False)
    survey = read_generic(path, survey=SurveyId("TEST", "2019"))
    assert survey.description.design.replicates == 0
    assert [item.name for item in survey.dictionary.answers()] == ["rooms"]
    said = " ".join(survey.description.notes)
    assert "add up like replicates of weight" in said
    assert lack in said
