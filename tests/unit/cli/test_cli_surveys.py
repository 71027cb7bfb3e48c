"""harmony survey and harmony harmonies on the tiny demo."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from fusion_core.demo import PAIR
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import Survey, SurveyId
from fusion_core.workspace.layout import Workspace


def test_surveys_are_listed_with_their_sizes(harmony):
    listed = {item["survey"]: item for item in harmony.json("survey", "list")["surveys"]}
    assert set(listed) == {"DEMOACS_2022", "DEMOENERGY_2020"}
    assert listed["DEMOACS_2022"]["households"] > 1_000
    assert listed["DEMOENERGY_2020"]["persons"] is None
    assert all(item["synthetic"] for item in listed.values())
    assert "DEMOACS_2022" in harmony("survey", "list").stdout


def test_a_survey_shows_its_dictionary_and_searches_it(harmony):
    everything = harmony.json("survey", "show", "DEMOENERGY_2020")["variables"]
    found = harmony.json("survey", "show", "DEMOENERGY_2020", "--search", "insulaton")["variables"]
    assert [item["name"] for item in found] == ["insulation"]
    assert len(everything) > 25
    assert "insulation" in harmony("survey", "show", "DEMOENERGY_2020").stdout


def test_a_variable_shows_its_weighted_distribution(harmony):
    record = harmony.json("survey", "show", "DEMOENERGY_2020", "-v", "main_ac")
    shares = [item["share"] for item in record["distribution"]["levels"]]
    assert sum(shares) == pytest.approx(1.0)
    assert "Heat pump" in harmony("survey", "show", "DEMOENERGY_2020", "-v", "main_ac").stdout
    assert "Mean" in harmony("survey", "show", "DEMOACS_2022", "-v", "hincp").stdout


def test_an_unknown_variable_names_the_nearest(harmony):
    error = harmony.json("survey", "show", "DEMOACS_2022", "-v", "hincpp", code=2)["error"]
    assert "'hincp'" in error["message"]


def test_a_csv_is_added_only_when_it_is_right(harmony, tmp_path):
    workspace = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    file = tmp_path / "homes.csv"
    rows = "\n".join(f"{i},{10 + i},{'own' if i % 2 else 'rent'}" for i in range(30))
    file.write_text(f"household_id,weight,tenure\n{rows}\n")
    add = [
        "survey",
        "add",
        "--household",
        file,
        "--name",
        "HOMES",
        "--vintage",
        "2021",
        "-w",
        workspace,
    ]
    assert harmony.json(*add, "--check")["stored"] is False
    assert not (workspace / "surveys" / "HOMES").exists()
    assert harmony.json(*add)["households"] == 30
    assert "already" in harmony.json(*add, code=2)["error"]["message"]
    harmony(*add, "--replace")
    file.write_text(f"household_id,weight,tenure\n{rows}\n5,2,own\n")
    wrong = harmony.json(*add, "--replace", code=2)["error"]
    assert "5" in wrong["message"]
    stored = pd.read_parquet(workspace / "surveys" / "HOMES" / "2021" / "household.parquet")
    assert len(stored) == 30


def test_what_was_inferred_of_a_file_is_put_right_by_options(harmony, tmp_path):
    workspace = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    file = tmp_path / "homes.csv"
    file.write_bytes("house,town,size\n1,Caf\xe9,2\n2,Bonn,3\n".encode("latin-1"))
    add = [
        "survey",
        "add",
        "--household",
        file,
        "--name",
        "HOMES",
        "--vintage",
        "2021",
        "-w",
        workspace,
    ]
    assert "choose its encoding" in harmony.json(*add, code=2)["error"]["message"]
    harmony.json(*add, "--encoding", "latin-1", "--key", "house", "--weight", "size")
    stored = pd.read_parquet(workspace / "surveys" / "HOMES" / "2021" / "household.parquet")
    assert list(stored["town"]) == ["Caf\xe9", "Bonn"]
    assert list(stored["weight"]) == [2.0, 3.0]


def test_a_warning_is_said_once(harmony, tmp_path):
    file = tmp_path / "homes.csv"
    file.write_text("hid,rooms\n1,2\n2,3\n")
    said = harmony(
        "survey", "add", "--household", file, "--name", "HOMES", "--vintage", "2021", "--check"
    )
    assert said.stdout.count("No weight was found") == 1


def test_harmonies_are_listed_shown_and_checked(harmony):
    listed = harmony.json("harmonies", "list")
    assert listed["pair"] == str(PAIR)
    assert len(listed["harmonies"]) == 18
    shown = harmony.json("harmonies", "show", "tenure__ten")
    assert shown["preview"]["similarity"] > 0.9
    found = harmony.lines("harmonies", "check")
    assert not [item for item in found if item["severity"] == "error"]
    assert "All 18 work" in harmony("harmonies", "check").stdout
    assert "Owned" in harmony("harmonies", "show", "tenure__ten").stdout


def test_a_harmony_that_fails_ends_the_check_with_code_1(harmony, tmp_path):
    workspace = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    path = HarmonyStore(workspace, PAIR).path
    record = json.loads(path.read_text())
    text = json.dumps(record).replace("Wood pellets", "Straw pellets")
    path.write_text(text)
    found = harmony.lines("harmonies", "check", "-w", workspace, code=1)
    assert {item["key"] for item in found if item["severity"] == "error"} == {"heatfuel__hfl"}


def test_files_are_checked_against_each_other_without_being_imported(harmony, tmp_path):
    files = []
    for year, yes, no in (("2017", 1, 2), ("2018", 1, 2), ("2019", 2, 1)):
        file = tmp_path / f"HOMES_2021__ACS_{year}.R"
        sides = [
            f'list(groups = c({first}, {second}), levels = c({labels}), breaks = "", adj = "")'
            for first, second, labels in (
                (1, 2, '"Owned home", "Rented home"'),
                (yes, no, '"owned", "rented"'),
            )
        ]
        file.write_text(
            f'list("a__b" = list(HOMES = {sides[0]}, ACS = {sides[1]}, ordered = FALSE))'
        )
        files.append(file)
    found = harmony.lines("harmonies", "check", *files, code=1)
    (finding,) = [f for f in found if f["rule"] == "grouped-differently-in-sibling"]
    assert (finding["file"], finding["key"]) == (files[2].name, "a__b")
    assert finding["severity"] == "error"
    assert "ACS 2017 and ACS 2018" in finding["explanation"]
    assert set(finding) == {
        "file",
        "key",
        "rule",
        "severity",
        "explanation",
        "side",
        "levels",
        "fix",
        "accepted",
    }
    found = harmony.lines("harmonies", "check", *files[:2])
    assert not [item for item in found if item["severity"] == "error"]
    assert len(harmony.json("harmonies", "list")["harmonies"]) == 18


def test_harmonies_apply_to_two_files_with_the_same_columns(harmony, tmp_path):
    record = harmony.json("harmonies", "apply", "--to", tmp_path / "out")
    donor = pd.read_parquet(tmp_path / "out" / "donor.parquet")
    recipient = pd.read_parquet(tmp_path / "out" / "recipient.parquet")
    assert record["failures"] == {}
    for key in record["similarity"]:
        assert donor[key].dtype == recipient[key].dtype
    assert len(recipient) == record["recipient_rows"]


def test_harmonies_are_transferred_to_another_vintage_and_stored_only_on_request(harmony, tmp_path):
    workspace = Workspace.open(shutil.copytree(harmony.workspace, tmp_path / "workspace"))
    survey = workspace.survey(PAIR.recipient)
    later = SurveyPair(PAIR.donor, SurveyId(PAIR.recipient.name, "2023"))
    workspace.add_survey(
        replace(survey, description=replace(survey.description, id=later.recipient))
    )
    transfer_to_vintage = [
        "harmonies",
        "transfer",
        "--from",
        PAIR,
        "--to",
        later,
        "-w",
        workspace.path,
    ]
    shown = harmony.json(*transfer_to_vintage)
    assert shown["identical"] + shown["proposed"] == 18
    assert shown["saved"] == 0
    assert HarmonyStore(workspace.path, later).load().harmonies == ()
    saved = harmony.json(*transfer_to_vintage, "--save")["saved"]
    assert saved == shown["identical"] > 0
    assert len(HarmonyStore(workspace.path, later).load().harmonies) == saved
    assert "can be taken over as they are" in harmony(*transfer_to_vintage).stdout
    again = harmony.json(*transfer_to_vintage, "--only", "identical", "--accept", "proposed")
    assert {item["status"] for item in again["harmonies"]} == {"identical"}
    assert all(item["exists"] == "The same" for item in again["harmonies"])
    assert again["saved"] == len(HarmonyStore(workspace.path, later).load().harmonies) - saved
    wrong = harmony.json(*transfer_to_vintage[:3], "nothing", *transfer_to_vintage[4:], code=2)[
        "error"
    ]
    assert "names no pair" in wrong["message"]
    unknown = harmony.json(*transfer_to_vintage, "--accept", "impossible", code=2)["error"]
    assert "identical" in unknown["message"]


def test_transferring_needs_no_microdata_and_says_what_it_could_not_look_at(harmony, tmp_path):
    workspace = Workspace.open(shutil.copytree(harmony.workspace, tmp_path / "workspace"))
    survey = workspace.survey(PAIR.recipient)
    later = SurveyPair(PAIR.donor, SurveyId(PAIR.recipient.name, "2023"))
    workspace.add_survey(Survey(replace(survey.description, id=later.recipient), survey.dictionary))
    # What is not needed may even be damaged.
    (workspace.survey_folder(PAIR.donor) / "household.parquet").write_bytes(b"cut off")
    transfer_to_vintage = [
        "harmonies",
        "transfer",
        "--from",
        PAIR,
        "--to",
        later,
        "-w",
        workspace.path,
    ]
    found = harmony.json(*transfer_to_vintage)
    assert found["identical"] > 0
    (note,) = found["notes"]
    assert note.startswith(f"{later.recipient.title} has no microdata here")
    assert "has no microdata here" in " ".join(harmony(*transfer_to_vintage).stdout.split())


def test_a_harmony_file_cut_off_is_told_and_rebuilt_from_its_history(harmony, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(harmony.workspace / "harmonies", folder / "harmonies")
    shutil.copytree(harmony.workspace / "surveys", folder / "surveys")
    shutil.copy(harmony.workspace / "workspace.json", folder)
    damaged = type(harmony)(folder)
    before = damaged.json("harmonies", "list")
    (path,) = (folder / "harmonies").glob("*.json")
    cut = path.read_bytes()[:3000]
    path.write_bytes(cut)
    message = damaged("harmonies", "list", code=2).stderr
    assert "damaged or cut off" in message
    assert "harmony harmonies recover" in message.replace("\n", " ")
    assert path.read_bytes() == cut
    assert "18 harmonies" in damaged("harmonies", "recover").stdout
    keys = [
        [item["key"] for item in listed["harmonies"]]
        for listed in (before, damaged.json("harmonies", "list"))
    ]
    assert keys[0] == keys[1]


def test_copies_do_not_replace_what_the_workspace_consists_of(harmony, tmp_path):
    home = harmony.workspace
    pair = home / "harmonies" / f"{PAIR}.json"
    before = pair.read_bytes()
    for arguments in (
        ("harmonies", "export", "--format", "json", "--out", pair),
        ("harmonies", "export", "--format", "json", "--out", home / "harmonies"),
        ("harmonies", "apply", "--to", home / "surveys" / "mine"),
    ):
        said = harmony.json(*arguments, code=2)["error"]["message"]
        assert "part of the workspace itself" in said
    assert pair.read_bytes() == before
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "donor.parquet").write_text("irreplaceable")
    said = harmony.json("harmonies", "apply", "--to", mine, code=2)["error"]["message"]
    assert "'donor.parquet' is there and was not written by this command" in said
    assert (mine / "donor.parquet").read_text() == "irreplaceable"
    for _ in range(2):
        harmony.json("harmonies", "apply", "--to", tmp_path / "again")


def test_choices_are_kept_as_a_recipe_for_the_next_vintage(harmony, tmp_path):
    workspace = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    columns = {"hid": range(30), "w": [2.0] * 30, "wt": [3.0] * 30, "x": [1, 2, 7] * 10}
    columns |= {f"jk{index}": [2.0] * 30 for index in range(1, 11)}
    file = tmp_path / "homes.csv"
    pd.DataFrame(columns).to_csv(file, index=False)
    add = ("survey", "add", "--household", file, "-w", workspace)
    options = ("--weight", "w", "--replicates", "jk", "--design", "jk2", "--missing", "x=7")
    harmony.json(*add, "--name", "HOMES", "--vintage", "2020", *options)
    recipe = workspace / "surveys" / "HOMES" / "2020" / "recipe.toml"
    assert 'x = ["7"]' in recipe.read_text()
    record = harmony.json(*add, "--vintage", "2021", "--recipe", recipe)
    assert record["survey"] == "HOMES_2021"
    assert "stand for 60 households" in " ".join(record["notes"])
    description = Workspace.open(workspace).describe(SurveyId("HOMES", "2021"))
    assert (description.design.replicates, description.design.factor) == (10, 1.0)
    stored = pd.read_parquet(workspace / "surveys" / "HOMES" / "2021" / "household.parquet")
    assert stored["x"].isna().sum() == 10
    again = harmony.json(*add, "--vintage", "2022", "--recipe", recipe, "--weight", "wt", code=2)
    assert "not of this weight" in again["error"]["message"]


def test_what_is_said_anew_of_columns_is_added_to_the_recipe(harmony, tmp_path):
    workspace = shutil.copytree(harmony.workspace, tmp_path / "workspace")
    (tmp_path / "h.csv").write_text(
        "id;w;kwh;AGE_;zip\n" + "".join(f"{i};2,5;{i % 3};{40 + i};{i % 2}\n" for i in range(30))
    )
    add = ("survey", "add", "--household", tmp_path / "h.csv", "-w", workspace)
    options = ("--weight", "w", "--rename", "AGE_=age_flag", "--type", "zip=category")
    record = harmony.json(*add, "--name", "H", "--vintage", "2020", *options, "--missing", "kwh=2")
    assert record["report"]["Special values"].startswith("2 is read as no answer: 10 values")
    recipe = workspace / "surveys" / "H" / "2020" / "recipe.toml"
    harmony.json(*add, "--vintage", "2021", "--recipe", recipe, "--leave-out", "kwh")
    stored = pd.read_parquet(workspace / "surveys" / "H" / "2021" / "household.parquet")
    assert list(stored.columns) == ["household_id", "weight", "age_flag", "zip"]
    kept = (recipe.parents[1] / "2021" / "recipe.toml").read_text()
    assert 'left_out = ["kwh"]' in kept
    assert 'AGE_ = "age_flag"' in kept
    assert 'kwh = ["2"]' in kept


def test_missing_codes_without_a_column_are_refused(harmony):
    add = ("survey", "add", "--household", "h.csv", "--name", "H", "--vintage", "2020")
    error = harmony.json(*add, "--missing", "9", code=2)["error"]["message"]
    assert "does not say which codes of which column" in error
