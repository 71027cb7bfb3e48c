"""Several runs together are published, opened elsewhere and estimated from as before."""

import json
import shutil
from dataclasses import replace

import pytest

from fusion_core.derived.definition import DerivedVariable
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.estimates import EstimateCache, Statistic
from fusion_core.estimates.runs import area_estimates, save_outcome
from fusion_core.execution import execute_run
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.publishing import (
    Terms,
    open_combined,
    open_published,
    publish_combination,
    read_combination,
    repeat_combination,
)
from fusion_core.surveys import SurveyId
from fusion_core.workspace.combinations import combination_of, save_combination
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, create_run, list_runs, open_run

BOTH = Statistic("share", "both", level="Yes")


@pytest.fixture(scope="session")
def combined(published, tmp_path_factory):
    """Two donors of the toy surveys on one recipient, and an outcome of both."""
    home = tmp_path_factory.mktemp("combined")
    shutil.copytree(published.workspace.path, home / "toy")
    workspace = Workspace.open(home / "toy")
    spec = published.run.spec()
    donor = workspace.survey(spec.pair.donor)
    other = SurveyId("OTHER", "2021")
    described = replace(donor.description, id=other)
    workspace.add_survey(replace(donor, description=described))
    pair = SurveyPair(other, spec.pair.recipient)
    text = json.dumps(read_json(HarmonyStore(workspace.path, spec.pair).path))
    own, new = spec.pair.donor, other
    text = text.replace(f'"{own.name}"', f'"{new.name}"').replace(str(own), str(new))
    text = text.replace(f'"{own.vintage}"', f'"{new.vintage}"')
    write_json(json.loads(text), HarmonyStore(workspace.path, pair).path)
    second = create_run(
        workspace,
        RunSpec(
            "Other run",
            pair,
            ("cooling",),
            implicates=3,
            seed=8,
            train=TrainSettings.preset("quick"),
        ),
    )
    execute_run(workspace, second)
    first = open_run(workspace, published.run.id)
    combination = combination_of(workspace, "burdens", [(first, ("kwh",)), (second, ())])
    save_combination(workspace, combination)
    level = workspace.dictionary(other)["cooling"].levels[0]
    definition = DerivedVariable("both", f"kwh > 100 AND cooling = '{level}'", label="Both")
    save_outcome(workspace, combination, definition, cache=EstimateCache())
    publish_combination(workspace, combination, home / "data", terms=Terms("Burdens"))
    return workspace, combination, home / "data"


def test_what_was_published_gives_the_same_estimates_elsewhere(combined, elsewhere):
    workspace, combination, folder = combined
    opened = open_combined(elsewhere, folder)
    ours = area_estimates(workspace, combination, BOTH)
    theirs = area_estimates(elsewhere, opened.combination, BOTH)
    assert theirs["estimate"].tolist() == ours["estimate"].tolist()
    assert [part.variables for part in opened.combination.parts] == [("kwh",), ()]


def test_the_recipient_is_written_once_and_all_of_it_is_described(combined):
    _, _, folder = combined
    households = list(folder.rglob("recipient/household.parquet"))
    assert len(households) == 1
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "Implicate i" in text
    assert "`both`" in text
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        part["folder"] for part in read_combination(folder)["parts"]
    }


def test_each_data_set_is_whole_by_itself(combined, elsewhere):
    _, _, folder = combined
    first = read_combination(folder)["parts"][0]["folder"]
    assert open_published(elsewhere, folder / first).run.state().status == "finished"


def test_an_altered_data_set_is_not_opened(combined, elsewhere, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(combined[2], copy)
    part = copy / read_combination(copy)["parts"][1]["folder"]
    with (part / "SHA256SUMS").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(CorruptFileError, match="not the one that was published"):
        open_combined(elsewhere, copy)


def test_names_that_are_taken_and_folders_of_others_are_refused(combined, elsewhere, tmp_path):
    workspace, combination, folder = combined
    with pytest.raises(ConflictError, match="already"):
        open_combined(workspace, folder)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        publish_combination(workspace, combination, tmp_path / "else")
    with pytest.raises(InputError, match="no published combination"):
        open_combined(elsewhere, tmp_path / "else")


def test_a_combination_is_made_again_with_its_runs_and_outcomes(combined, tmp_path):
    workspace, combination, folder = combined
    shutil.copytree(workspace.path, tmp_path / "again")
    again = Workspace.open(tmp_path / "again")
    with pytest.raises(ConflictError, match="'burdens' already"):
        repeat_combination(again, folder)
    runs = len(list_runs(again))
    found = repeat_combination(again, folder, name="burdens_again")
    assert [item.run.spec().name for item in found.repetitions] == [
        f"{run.spec().name} again" for run in combination.runs(workspace)
    ]
    assert len(list_runs(again)) == runs + 2
    assert all(all(item.same.values()) for item in found.repetitions)
    ours = area_estimates(workspace, combination, BOTH)
    theirs = area_estimates(again, found.combination, BOTH)
    assert theirs["estimate"].tolist() == ours["estimate"].tolist()
