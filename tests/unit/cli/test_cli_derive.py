"""harmony survey derive."""

import shutil
from dataclasses import replace

import pytest

from fusion_core.demo import PAIR
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.layout import Workspace

ENERGY, ACS = "DEMOENERGY_2020", "DEMOACS_2022"


@pytest.fixture
def own(harmony, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(harmony.workspace, folder)
    return type(harmony)(folder)


def test_a_variable_is_derived_listed_shown_and_removed(own):
    told = own.json(
        "survey",
        "derive",
        ACS,
        "senior",
        "-e",
        "agep >= 65",
        "--aggregate",
        "any",
        "--label",
        "Anyone aged 65 or more",
        "--levels",
        "1=Yes,0=No",
    )
    assert told["variable"]["levels"] == ["Yes", "No"]
    assert told["distribution"]["missing_rows"] == 0
    listed = own.json("survey", "derive", ACS, "--list")["derived"]
    assert [(item["name"], item["works"]) for item in listed] == [("senior", True)]
    assert "Derived: agep >= 65" in own("survey", "show", ACS, "-v", "senior").stdout
    own("survey", "derive", ACS, "senior", "--remove")
    assert own.json("survey", "derive", ACS, "--list")["derived"] == []


def test_a_check_stores_nothing(own):
    told = own.json("survey", "derive", ACS, "x", "-e", "hincp / np", "--check")
    assert told["stored"] is False
    assert own.json("survey", "derive", ACS, "--list")["derived"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "-e", "agep"], "is an answer of persons"),
        (["x"], "No expression is given"),
        ([], "No name is given"),
        (["x", "-e", "np", "--level", "boat"], "no level 'boat'"),
        (["x", "-e", "np", "--bins", "a"], "not a number to cut at"),
        (["nope", "--remove"], "no derived variable 'nope'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(own, arguments, message):
    assert message in own.json("survey", "derive", ACS, *arguments, code=2)["error"]["message"]


def test_what_harmonies_use_cannot_be_removed(own):
    own("survey", "derive", ENERGY, "big", "-e", "hhsize * 1")
    store = HarmonyStore(own.workspace, PAIR)
    harmony = next(item for item in store.load().harmonies if item.donor.variable == "hhsize")
    copied = replace(harmony, donor=replace(harmony.donor, variable="big"))
    store.save(copied, author="tester", expected_revision=0)
    told = own.json("survey", "derive", ENERGY, "big", "--remove", code=2)["error"]["message"]
    assert "it is used by the harmony big" in told
    assert "big" in Workspace.open(own.workspace).dictionary(PAIR.donor)


def test_what_runs_use_can_neither_be_removed_nor_changed_and_is_in_their_notes(own):
    own("survey", "derive", ENERGY, "heavy", "-e", "elec_kwh > 10000", "--label", "Much power")
    run = own.json("fuse", "-v", "heavy", "--preset", "quick", "--implicates", "2", "--seed", "1")[
        "run"
    ]["id"]
    told = own.json("survey", "derive", ENERGY, "heavy", "--remove", code=2)["error"]["message"]
    assert "it is used by the run" in told
    own("survey", "derive", ENERGY, "heavy", "-e", "elec_kwh > 1", "--replace", code=2)
    from fusion_core.execution.methods import methods_note
    from fusion_core.workspace.runs import open_run

    workspace = Workspace.open(own.workspace)
    assert "`heavy` (Much power): elec_kwh > 10000" in methods_note(
        workspace, open_run(workspace, run)
    )
