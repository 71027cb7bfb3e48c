"""harmony recipe and harmony survey readers."""

from fusion_core.recipes import read_fusion_recipe, recipe_names


def test_recipes_are_listed_and_shown_as_files_to_change(harmony, tmp_path):
    listed = harmony.json("recipe", "list")["recipes"]
    assert [item["recipe"] for item in listed] == list(recipe_names())
    assert {item["recipe"]: len(item["variables"]) for item in listed}["spending"] == 44
    (tmp_path / "mine.toml").write_text(harmony("recipe", "show", "housing").stdout)
    assert read_fusion_recipe(tmp_path / "mine.toml").variables[0] == "cold"
    assert harmony.json("recipe", "show", "energy")["second_stage"][0]["by"] == ["kwh"]


def test_a_survey_that_is_nowhere_is_asked_for(harmony):
    error = harmony.json("recipe", "apply", "travel", code=2)["error"]
    assert error["what"] == "The workspace has no NHTS 2017"
    assert "--data" in error["fix"]


def test_readers_are_listed_with_their_files_and_variance(harmony):
    readers = {item["reader"]: item for item in harmony.json("survey", "readers")["readers"]}
    assert {"nhts", "ahs", "cex", "ipums", "recs", "acs_pums"} <= readers.keys()
    assert "6/7" in readers["nhts"]["variance"]
    assert [slot["slot"] for slot in readers["nhts"]["files"]][:4] == [
        "household",
        "person",
        "vehicle",
        "trip",
    ]


def test_a_file_the_reader_does_not_take_is_refused(harmony, tmp_path):
    (tmp_path / "h.csv").write_text("hid,weight\na,1\n")
    error = harmony.json(
        *("survey", "add", "--household", tmp_path / "h.csv", "--name", "X", "--vintage", "2020"),
        *("--file", f"trip={tmp_path / 'h.csv'}", "--check"),
        code=2,
    )["error"]
    assert "The reader 'generic' takes no trip file" in error["what"]
