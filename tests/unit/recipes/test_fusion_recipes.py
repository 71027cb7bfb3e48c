"""Recipes of fusions: read, applied to a toy workspace, and fused with their second stage."""

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.execution import execute_run
from fusion_core.fusion import read_implicates
from fusion_core.fusion.base import TrainSettings
from fusion_core.ingest.cex._expenditures import read_expenditures
from fusion_core.ingest.readers import find_reader
from fusion_core.recipes import (
    apply_recipe,
    find_recipe,
    read_fusion_recipe,
    recipe_names,
    recipe_text,
    run_of_recipe,
)
from fusion_core.surveys import SurveyId
from fusion_core.workspace.runs import create_run

TOY = """
title = "A toy"
donor = "TOY_2020"
recipient = "TOYACS_2022"
variables = ["cooling", "big"]

[[derived]]
name = "big"
expression = "rooms > 5"

[[second_stage]]
variable = "kwh"
by = ["big"]
"""


@pytest.fixture
def toy(tmp_path):
    def write(text=TOY):
        (tmp_path / "toy.toml").write_text(text)
        return read_fusion_recipe(tmp_path / "toy.toml")

    return write


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_of_the_package_says_what_it_needs(name):
    recipe = find_recipe(name)
    assert recipe.title
    assert "2024" in recipe.source
    assert recipe.note
    assert recipe.harmonies is None or recipe.harmonies.exists()
    for files in recipe.surveys.values():
        reader = find_reader(files.reader)
        assert all(reader.slot(slot) for slot in files.files)
        assert all(slot.key in files.files for slot in reader.slots if slot.required)
    assert recipe_text(name).startswith("title = ")


@pytest.mark.parametrize(
    ("name", "count"), [("energy", 12), ("travel", 5), ("housing", 6), ("spending", 44)]
)
def test_the_recipes_have_the_papers_numbers_of_variables(name, count):
    variables = find_recipe(name).all_variables
    assert len(set(variables)) == len(variables) == count


def test_the_spending_variables_are_those_of_the_table_of_expenditures():
    from fusion_core.ingest.cex import interview

    parts = read_expenditures(interview._OWN / "expenditures.csv")
    recipe = find_recipe("spending")
    built = {item.name for item in recipe.derived}
    assert set(recipe.variables) - built <= {part.variable for part in parts}


def test_what_is_there_stays_and_what_is_lacking_is_built(toy, toy_workspace):
    applied = apply_recipe(toy_workspace, toy())
    assert applied.derived == ("big",)
    assert applied.imported == ()
    assert applied.harmonies == 3
    assert applied.variables == ("cooling", "big", "kwh")
    assert apply_recipe(toy_workspace, toy()).derived == ()


def test_a_variable_of_the_second_stage_knows_consumption_and_place_alone(toy, toy_workspace):
    recipe = toy()
    applied = apply_recipe(toy_workspace, recipe)
    settings = TrainSettings.preset("quick").replace(folds=0, leaves=(4,), maximum_trees=3)
    spec = run_of_recipe(toy_workspace, recipe, applied, settings=settings, implicates=2, seed=1)
    assert dict(spec.train.predictors) == {"kwh": ("climate.hdd",)}
    assert dict(spec.train.exclude) == {"kwh": ("cooling",)}
    run = create_run(toy_workspace, spec)
    execute_run(toy_workspace, run)
    assert set(read_implicates(run.implicates_folder).variables) == {"cooling", "big", "kwh"}


def test_what_the_donor_lacks_is_said_with_the_reason(toy, toy_workspace):
    text = TOY.replace('"cooling", "big"', '"cooling", "big", "gas"').replace("rooms >", "halls >")
    applied = apply_recipe(toy_workspace, toy(text))
    assert applied.variables == ("cooling",)
    lacking = dict(applied.lacking)
    assert lacking["big"] == "there is no column 'halls'"
    assert lacking["gas"] == "TOY 2020 has no variable of this name"
    assert lacking["kwh"] == "it is drawn by big, which is lacking"


def test_a_second_stage_without_places_is_refused(toy, toy_workspace):
    for path in (toy_workspace.geography_folder / "predictors").glob("*"):
        path.unlink()
    recipe = toy()
    applied = apply_recipe(toy_workspace, recipe)
    with pytest.raises(InputError, match="the workspace knows nothing of places"):
        run_of_recipe(
            toy_workspace,
            recipe,
            applied,
            settings=TrainSettings.preset("quick"),
            implicates=2,
            seed=1,
        )


def test_surveys_are_imported_from_a_folder_of_public_files(toy, toy_workspace, tmp_path):
    donor = tmp_path / "files" / "deep"
    donor.mkdir(parents=True)
    homes = pd.DataFrame({"hid": range(40), "weight": 1.0, "rooms": [1, 9] * 20, "kwh": range(40)})
    homes.to_csv(donor / "homes_v2.csv", index=False)
    text = TOY.replace("TOY_2020", "NEW_2021").replace('"cooling", ', "")
    text += '[surveys.NEW_2021]\nreader = "generic"\nhousehold = ["homes_v1.csv", "homes_v*.csv"]\n'
    with pytest.raises(InputError, match=r"has no NEW 2021.*with --data"):
        apply_recipe(toy_workspace, toy(text))
    # Nothing is harmonized yet: the survey is there all the same, and the sentence says what to do.
    with pytest.raises(InputError, match="NEW 2021 → TOYACS 2022 has no harmonies"):
        apply_recipe(toy_workspace, toy(text), data=tmp_path / "files")
    assert toy_workspace.has_survey(SurveyId("NEW", "2021"))
    (donor / "homes_v2.csv").unlink()
    with pytest.raises(InputError, match=r"not among the files.*Put it there as homes_v1.csv"):
        apply_recipe(
            toy_workspace, toy(text.replace("NEW_2021", "NEW_2022")), data=tmp_path / "files"
        )


def test_harmonies_of_a_file_are_taken_over_for_their_pair_alone(toy, toy_workspace, tmp_path):
    stored = next((toy_workspace.path / "harmonies").rglob("*.json"))
    file = stored.rename(tmp_path / stored.name)
    for history in stored.parent.glob("*.jsonl"):
        history.unlink()
    with pytest.raises(InputError, match=r"has no harmonies.*--harmonies"):
        apply_recipe(toy_workspace, toy())
    assert apply_recipe(toy_workspace, toy(), harmonies=file).harmonies == 3
    with pytest.raises(InputError, match="The harmonies are of NHTS 2017 → ACS 2024, not of TOY"):
        apply_recipe(toy_workspace, toy(), harmonies=find_recipe("travel").harmonies)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("title", "titel"), "There is no entry 'titel'"),
        (('"TOY_2020"', '"TOY"'), "'TOY' names no vintage"),
        (('variables = ["cooling", "big"]', "variables = 3"), "'variables' is malformed"),
        (('by = ["big"]', 'of = ["big"]'), "A variable of the second stage is malformed"),
        (("donor =", "donor"), "The recipe is not TOML"),
        (('expression = "rooms > 5"', ""), "A derived variable lacks its expression"),
        (('donor = "TOY_2020"', ""), "The recipe lacks the entry 'donor'"),
    ],
)
def test_a_recipe_that_is_not_one_is_refused_in_a_sentence(toy, change, said):
    with pytest.raises(InputError) as caught:
        toy(TOY.replace(*change, 1))
    assert said in str(caught.value)


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(InputError, match=r"There is no recipe 'travels'.*'travel'"):
        find_recipe("travels")
    with pytest.raises(InputError, match="recipe cannot be read"):
        find_recipe("/nowhere/mine.toml")
