"""Variables of a survey that are built from its others."""

import json

import numpy as np
import pandas as pd
import pytest

from fusion_core.derived.definition import DerivedVariable, read_breakpoints, read_levels
from fusion_core.derived.evaluation import compute, dependency_order
from fusion_core.derived.storage import derivation_of
from fusion_core.errors import ConflictError, InputError
from fusion_core.execution.deriving import derive, underive
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace

ID = SurveyId("TEST", "2020")


def made_survey(**replaced) -> Survey:
    household = pd.DataFrame(
        {
            "household_id": ["a", "b", "c"],
            "weight": [1.0, 2.0, 3.0],
            "kwh": [10.0, None, 30.0],
            "rooms": [2.0, 4.0, 5.0],
            "tenure": pd.Categorical(["Own", "Rent", "Own"], categories=["Rent", "Own"]),
        }
        | replaced
    )
    person = pd.DataFrame(
        {
            "household_id": ["a", "a", "b"],
            "person_number": [1, 2, 1],
            "weight": [1.0, 1.0, 2.0],
            "age": [70.0, 10.0, 30.0],
            "wage": [5.0, None, None],
        }
    )
    names = [name for name in household if name not in {"household_id", "weight"}]
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        *(variable_from_column(name, household[name]) for name in names),
        *(
            variable_from_column(name, person[name], respondent="person")
            for name in ("age", "wage")
        ),
    ]
    return Survey(SurveyDescription(ID), Dictionary(variables), household, person)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    created = Workspace.create(tmp_path / "ws")
    created.add_survey(made_survey())
    return created


def values(expression: str, **options) -> list:
    column = compute(DerivedVariable("x", expression, **options), made_survey())
    return [None if pd.isna(value) else value for value in column]


def test_a_number_is_missing_where_what_it_is_built_from_is_missing():
    assert values("kwh / rooms") == [5.0, None, 6.0]


def test_a_condition_says_yes_or_no():
    assert values("kwh > 20") == ["No", None, "Yes"]
    assert values("kwh > 20", levels=(("1", "much"), ("0", "little"))) == ["little", None, "much"]


def test_a_number_is_cut_into_bins_that_include_their_lower_ends():
    assert values("rooms", breakpoints=(4.0,)) == ["under 4", "4 or more", "4 or more"]
    column = compute(DerivedVariable("x", "rooms", breakpoints=(4.0,)), made_survey())
    assert column.cat.ordered


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("sum", [80.0, 30.0, None]),
        ("mean", [40.0, 30.0, None]),
        ("min", [10.0, 30.0, None]),
        ("max", [70.0, 30.0, None]),
        ("count", [2.0, 1.0, None]),
        ("reference", [70.0, 30.0, None]),
    ],
)
def test_persons_are_put_together_and_a_household_without_persons_is_missing(aggregate, expected):
    assert values("age", aggregate=aggregate) == expected


def test_persons_without_a_value_are_left_out():
    assert values("wage", aggregate="sum") == [5.0, None, None]
    assert values("wage > 4", aggregate="all") == ["Yes", None, None]


def test_any_and_all_ask_whether_a_condition_holds_for_persons():
    assert values("age >= 65", aggregate="any") == ["Yes", "No", None]
    assert values("age >= 65", aggregate="all") == ["No", "No", None]


def test_persons_see_what_their_household_answered():
    assert values("age * rooms", respondent="person") == [140.0, 20.0, 120.0]


def test_a_lone_category_keeps_its_levels_and_their_order():
    column = compute(DerivedVariable("x", "tenure"), made_survey())
    assert list(column.cat.categories) == ["Rent", "Own"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expression": "age"}, "'age' is an answer of persons"),
        ({"expression": "nothing"}, "There is no column 'nothing'"),
        ({"expression": "kwh +"}, "not complete"),
        ({"expression": "1"}, "names no variable"),
        ({"expression": "rooms", "levels": (("2", "two"),)}, "'4', which has no label"),
        ({"expression": "tenure", "breakpoints": (1.0,)}, "Only a number can be cut"),
        ({"expression": "age", "aggregate": "any"}, "'any' needs a condition"),
        ({"expression": "kwh", "aggregate": "sum", "respondent": "person"}, "not summarized"),
        ({"expression": "kwh", "breakpoints": (2.0, 1.0)}, "does not lie above"),
        ({"expression": "CASE WHEN rooms < 0 THEN kwh END"}, "has no value for any row"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(workspace, options, message):
    with pytest.raises(InputError, match=message):
        derive(workspace, ID, DerivedVariable("x", **options))
    assert not (workspace.survey_folder(ID) / "derived.json").exists()


@pytest.mark.parametrize(
    "name", ["weight", "puma", "replicate_1", "Kwh", "a__b", "case", "1st", ""]
)
def test_names_that_mean_something_else_are_refused(name):
    with pytest.raises(InputError):
        DerivedVariable(name, "kwh")


def test_a_name_that_exists_is_refused(workspace):
    with pytest.raises(InputError, match="'kwh' of its own"):
        derive(workspace, ID, DerivedVariable("kwh", "rooms"))
    derive(workspace, ID, DerivedVariable("x", "rooms"))
    with pytest.raises(ConflictError, match="already"):
        derive(workspace, ID, DerivedVariable("x", "kwh"))
    derive(workspace, ID, DerivedVariable("x", "kwh"), may_replace=True)


def test_a_derived_variable_is_read_like_any_other(workspace):
    derive(workspace, ID, DerivedVariable("per_room", "kwh / rooms", label="Per room"))
    stored = workspace.stored_survey(ID)
    assert stored.dictionary["per_room"].description == "Per room"
    assert stored.dictionary["per_room"].definition == "kwh / rooms"
    assert stored.columns("household", ["per_room", "kwh"]).columns.tolist() == ["per_room", "kwh"]
    assert stored.columns("household", ["per_room"], rows=1)["per_room"].tolist() == [5.0]
    whole = workspace.survey(ID)
    np.testing.assert_array_equal(whole.household["per_room"], [5.0, np.nan, 6.0])
    some = workspace.survey(ID, household_columns=["per_room"], person_columns=[])
    assert some.household.columns.tolist() == ["household_id", "per_room"]


def test_derived_variables_may_be_built_from_one_another_but_not_in_a_circle(workspace):
    derive(workspace, ID, DerivedVariable("b", "kwh * 2"))
    derive(workspace, ID, DerivedVariable("a", "b + 1"))
    assert workspace.stored_survey(ID).column("household", "a").tolist()[0] == 21.0
    assert workspace.built_from(ID)["a"] == {"b", "kwh"}
    with pytest.raises(InputError, match="'b' would be built from 'a', which is built from 'b'"):
        derive(workspace, ID, DerivedVariable("b", "a"), may_replace=True)
    with pytest.raises(InputError, match="'a' is built from it"):
        underive(workspace, ID, "b")
    underive(workspace, ID, "a")
    underive(workspace, ID, "b")
    assert "a" not in workspace.dictionary(ID)


def test_a_survey_imported_again_keeps_what_still_fits_and_names_the_rest(workspace):
    derive(workspace, ID, DerivedVariable("many", "rooms > 3"))
    derive(workspace, ID, DerivedVariable("heavy", "kwh > 20"))
    derive(workspace, ID, DerivedVariable("both", "many = 'Yes' AND heavy = 'Yes'"))
    again = made_survey()
    household = again.household.drop(columns="kwh")
    dictionary = Dictionary([item for item in again.dictionary.values() if item.name != "kwh"])
    told = workspace.add_survey(Survey(again.description, dictionary, household, again.person))
    assert len(told) == 2
    assert "'heavy' is left out: There is no column 'kwh'" in told[0]
    assert "'both' is left out: It is built from 'heavy'" in told[1]
    stored = workspace.stored_survey(ID)
    assert list(derivation_of(stored).variables) == ["many"]
    with pytest.raises(InputError, match="'heavy' is left out"):
        stored.column("household", "heavy")
    workspace.add_survey(made_survey())
    assert set(derivation_of(workspace.stored_survey(ID)).variables) == {"many", "heavy", "both"}


def test_a_survey_read_and_stored_again_does_not_copy_its_derived_columns(workspace):
    derive(workspace, ID, DerivedVariable("x", "kwh"))
    assert workspace.add_survey(workspace.survey(ID)) == ()
    assert "x" in workspace.dictionary(ID)


def test_a_definition_written_by_hand_is_read_and_a_wrong_one_left_out(workspace):
    record = {
        "format": 1,
        "variables": [
            {"name": "x", "expression": "kwh"},
            {"name": "y"},
            {"name": "z", "expression": "z"},
        ],
    }
    path = workspace.survey_folder(ID) / "derived.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert workspace.dictionary(ID)["x"].type == "integer"
    told = workspace.broken_variables(ID)
    assert any("'y' is left out: A derived variable lacks its expression" in text for text in told)
    assert any("'z' would be built from 'z'" in text for text in told)
    derive(workspace, ID, DerivedVariable("w", "rooms"))
    assert [item.get("name") for item in json.loads(path.read_text())["variables"]] == list("xyzw")


def test_a_damaged_file_of_definitions_leaves_the_survey_usable(workspace):
    path = workspace.survey_folder(ID) / "derived.json"
    path.write_text("{", encoding="utf-8")
    assert "kwh" in workspace.stored_survey(ID).dictionary
    assert len(workspace.broken_variables(ID)) == 1
    with pytest.raises(InputError):
        derive(workspace, ID, DerivedVariable("w", "rooms"))
    assert path.read_text(encoding="utf-8") == "{"


def test_the_order_of_definitions_does_not_matter():
    parts = [DerivedVariable("a", "b"), DerivedVariable("b", "c"), DerivedVariable("c", "kwh")]
    for listed in (parts, parts[::-1], [parts[1], parts[0], parts[2]]):
        ordered, cycles = dependency_order(listed)
        assert [item.name for item in ordered] == ["c", "b", "a"]
        assert cycles == {}


def test_levels_and_bins_are_read_as_people_type_them():
    assert read_levels("1=Yes, 0=No") == (("1", "Yes"), ("0", "No"))
    assert read_levels("low, high") == (("1", "low"), ("2", "high"))
    assert read_breakpoints("18, 65") == (18.0, 65.0)
    for wrong in ("1=Yes,No", "=Yes", "1="):
        with pytest.raises(InputError):
            read_levels(wrong)
