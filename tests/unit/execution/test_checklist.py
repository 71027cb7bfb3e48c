"""What a workspace's checklist says at every step of the way."""

import dataclasses
import shlex
import shutil

import pytest

from fusion_core.errors import InputError
from fusion_core.execution.checklist import read_checklist
from fusion_core.surveys.model import Survey
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, RunState, create_run


def states(workspace):
    return {step.key: step.state for step in read_checklist(workspace).steps}


@pytest.fixture
def spec(toy_pair):
    return RunSpec("Winter", toy_pair, ("kwh",), implicates=2, seed=1)


def test_a_new_workspace_begins_with_surveys_and_places_and_the_rest_follows(tmp_path):
    workspace = Workspace.create(tmp_path / "w")
    found = read_checklist(workspace)
    assert states(workspace) == {
        "recipient": "missing",
        "donors": "missing",
        "places": "missing",
        "harmonies": "waiting",
        "run": "waiting",
    }
    assert found.next is found.step("recipient")
    assert not found.is_complete
    assert all(step.missing and not step.found for step in found.steps)


def test_surveys_harmonies_and_places_are_counted(toy_workspace):
    found = read_checklist(toy_workspace)
    assert found.step("recipient").found == ("TOYACS 2022: 400 households",)
    assert found.step("donors").found == ("TOY 2020: 240 households",)
    assert found.step("places").found == ("Boundaries: PUMA", "Spatial tables: climate")
    assert found.step("harmonies").found == ("3 harmonies of TOY 2020 → TOYACS 2022",)
    assert found.next is found.step("run")
    assert found.next.state == "missing"


def test_without_harmonies_the_recipient_is_whoever_knows_pumas(toy_workspace):
    shutil.rmtree(toy_workspace.harmonies_folder)
    found = read_checklist(toy_workspace)
    assert found.step("recipient").subject == "TOYACS_2022"
    assert found.step("donors").subject == "TOY_2020"
    assert (found.step("harmonies").state, found.step("run").state) == ("missing", "waiting")


def test_a_donor_alone_leaves_the_recipient_to_find(toy_workspace):
    shutil.rmtree(toy_workspace.path / "surveys" / "TOYACS")
    found = read_checklist(toy_workspace)
    assert found.next is found.step("recipient")
    assert "known by PUMA" in found.next.missing
    assert found.step("donors").state == "done"
    assert found.step("harmonies").state == "waiting"


def test_a_dictionary_without_microdata_is_not_enough(toy_workspace, toy_pair):
    whole = toy_workspace.survey(toy_pair.donor)
    shutil.rmtree(toy_workspace.survey_folder(toy_pair.donor))
    toy_workspace.add_survey(Survey(whole.description, whole.dictionary))
    found = read_checklist(toy_workspace)
    assert found.step("donors").state == "missing"
    assert found.step("donors").found == ("TOY 2020: dictionary only, no household microdata",)
    assert found.step("run").state == "waiting"


def test_boundaries_of_other_areas_than_the_recipients_make_no_map(toy_workspace):
    folder = toy_workspace.geography_folder
    (folder / "puma.parquet").rename(folder / "county.parquet")
    places = read_checklist(toy_workspace).step("places")
    assert places.state == "missing"
    assert "known by PUMA" in places.missing
    assert places.found[0] == "Boundaries: county"


def test_spatial_tables_are_optional(toy_workspace):
    shutil.rmtree(toy_workspace.geography_folder / "predictors")
    places = read_checklist(toy_workspace).step("places")
    assert places.state == "done"
    assert "optional" in places.found[1]


def test_a_run_is_followed_from_start_to_end(toy_workspace, spec):
    run = create_run(toy_workspace, spec)
    assert "has not started" in read_checklist(toy_workspace).step("run").missing
    run.write_state(RunState(status="failed", message="The disk is full."))
    failed = read_checklist(toy_workspace).step("run")
    assert failed.missing == "The run “Winter” failed: The disk is full"
    assert (failed.state, failed.subject) == ("missing", run.id)
    run.write_state(RunState(status="finished", progress=1.0))
    found = read_checklist(toy_workspace)
    assert found.step("run").found == ("1 finished run, the newest “Winter”",)
    assert found.is_complete
    assert found.next is None


def test_a_run_in_progress_says_how_far_it_is(toy_workspace, spec, monkeypatch):
    running = RunState(status="running", progress=0.35, message="Training the models")
    monkeypatch.setattr("fusion_core.execution.checklist.run_status", lambda *_: running)
    create_run(toy_workspace, spec)
    step = read_checklist(toy_workspace).step("run")
    assert (step.state, step.progress) == ("under way", 0.35)
    assert step.found == ("“Winter” is 35% done: Training the models",)


def test_a_run_whose_process_is_gone_is_not_said_to_be_in_progress(toy_workspace, spec):
    run = create_run(toy_workspace, spec)
    run.write_state(RunState(status="running", process=1, process_started=1.0))
    step = read_checklist(toy_workspace).step("run")
    assert step.state == "missing"
    assert "failed" in step.missing


@pytest.mark.parametrize(
    ("file", "step", "named"),
    [
        ("surveys/TOY/2020/survey.json", "donors", "TOY 2020"),
        ("harmonies/TOY_2020__TOYACS_2022.json", "harmonies", "TOY_2020__TOYACS_2022.json"),
    ],
)
def test_what_is_damaged_is_named_and_hides_nothing_else(toy_workspace, file, step, named):
    (toy_workspace.path / file).write_text("{")
    found = read_checklist(toy_workspace)
    assert any(named in sentence for sentence in found.problems)
    assert found.step(step).state != "done"
    assert found.step("recipient").state == "done"


def test_a_damaged_run_hides_no_finished_one(toy_workspace, spec):
    create_run(toy_workspace, spec).write_state(RunState(status="finished"))
    damaged = create_run(toy_workspace, dataclasses.replace(spec, name="Other"))
    (damaged.folder / "spec.json").write_text("{")
    found = read_checklist(toy_workspace)
    assert found.step("run").state == "done"
    assert damaged.id in found.problems[0]


def test_the_first_open_step_is_looked_for_among_those_asked_about(toy_workspace):
    (toy_workspace.geography_folder / "puma.parquet").unlink()
    found = read_checklist(toy_workspace)
    assert found.first_open(("recipient", "donors", "harmonies", "run")).key == "run"
    assert found.first_open(("places",)).key == "places"
    assert found.first_open(("recipient",)) is None


@pytest.mark.parametrize("name", ["new", "my project"])
def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path, name):
    folder = tmp_path / name
    with pytest.raises(InputError) as absent:
        Workspace.open(folder)
    folder.mkdir()
    with pytest.raises(InputError) as empty:
        Workspace.open(folder)
    command = f"`harmony init {shlex.quote(str(folder))}`"
    assert command in absent.value.fix
    assert command in empty.value.fix
    (folder / "notes.txt").touch()
    with pytest.raises(InputError, match="in a new one with `harmony init DIR`"):
        Workspace.open(folder)


def test_a_table_that_was_cut_off_is_named(toy_workspace, toy_pair):
    path = toy_workspace.survey_folder(toy_pair.donor) / "household.parquet"
    path.write_bytes(path.read_bytes()[:100])
    problems = read_checklist(toy_workspace).problems
    assert [problem for problem in problems if toy_pair.donor.title in problem]


@pytest.mark.parametrize("file", ["household.parquet", "dictionary.parquet"])
def test_a_table_that_is_cut_off_after_it_was_seen_in_order_is_named(toy_workspace, file):
    assert read_checklist(toy_workspace).problems == ()
    path = toy_workspace.path / "surveys/TOY/2020" / file
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = read_checklist(toy_workspace).problems
    assert "TOY 2020" in problem
    assert "damaged" in problem


@pytest.mark.parametrize("part", ["donor", "recipient"])
def test_a_survey_with_a_damaged_file_leaves_its_step_open(toy_workspace, toy_pair, part):
    survey = getattr(toy_pair, part)
    path = toy_workspace.survey_folder(survey) / "household.parquet"
    path.write_bytes(path.read_bytes()[:100])
    step = read_checklist(toy_workspace).step("donors" if part == "donor" else "recipient")
    assert step.state == "missing"
    assert step.missing == f"{survey.title} cannot be read whole; import it again"
