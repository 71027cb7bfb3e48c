"""The import wizard goes on whatever storing a survey meets, and says what that was."""

import errno

import pandas as pd
import pytest
from apart import run_apart
from sent_files import send

from fusion_core.errors import InputError
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.shell.session import Session
from harmony_app.surveys.wizard import ImportWizard

SURVEY = SurveyId("MINE", "2020")


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "ws")


@pytest.fixture
def left():
    return []


@pytest.fixture
def wizard_with(workspace, left, tmp_path):
    """Makes a wizard whose file of two households is checked and in order."""

    def make(kwh: list[float]) -> ImportWizard:
        file = tmp_path / f"{kwh[0]}.csv"
        pd.DataFrame({"id": ["a", "b"], "kwh": kwh}).to_csv(file, index=False)
        wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
        wizard._name.value_input, wizard._vintage.value_input = SURVEY.name, SURVEY.vintage
        wizard._put("household", file)
        run_apart(wizard._run_check(None))
        assert not wizard._store.disabled
        return wizard

    return make


def store(wizard: ImportWizard) -> str:
    run_apart(wizard._run_store(None))
    return str(wizard._report.object)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("Could not write the survey: No space left on device"), "No space left"),
        (PermissionError(errno.EACCES, "Permission denied"), "The survey could not be stored"),
        (ZeroDivisionError("a defect"), "The survey could not be stored"),
    ],
)
def test_the_buttons_come_back_when_storing_fails(wizard_with, left, monkeypatch, error, sentence):
    def fail(*_: object, **__: object) -> None:
        raise error

    wizard = wizard_with([1.0, 2.0])
    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "adopt_survey", fail)
        assert sentence in store(wizard)
    assert not wizard._check.disabled
    assert not wizard._store.disabled
    assert left == []
    store(wizard)
    assert left == [str(SURVEY)]


def test_of_two_imports_at_once_the_second_is_told_and_asked(workspace, wizard_with, left):
    mine = wizard_with([1.0, 2.0])
    theirs = wizard_with([8.0, 9.0])
    store(theirs)
    assert left == [str(SURVEY)]
    assert "Someone else stored the survey in the meantime" in store(mine)
    assert list(workspace.survey(SURVEY).household["kwh"]) == [8.0, 9.0]
    assert mine._store.disabled
    assert mine._replace is not None
    mine._replace.value = list(mine._replace.options)
    assert not mine._store.disabled
    store(mine)
    assert list(workspace.survey(SURVEY).household["kwh"]) == [1.0, 2.0]


def test_a_workspace_that_may_not_be_read_is_said_in_a_sentence(wizard_with, monkeypatch):
    wizard = wizard_with([1.0, 2.0])

    def denied(*_: object) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("fusion_core.workspace.layout.restore_survey", denied)
    wizard._show_buttons()
    assert "cannot be read: Permission denied" in str(wizard._report.object)
    assert not wizard._check.disabled
    assert wizard._store.disabled


def test_an_upload_that_finds_no_room_is_said_in_a_sentence(workspace, left, monkeypatch):
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    inbox = wizard._files["household"].upload.inbox

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.open", full)
        with pytest.raises(OSError, match="No space left"):
            inbox.begin("recs.csv", 7)
    assert "recs.csv could not be received: No space left" in str(wizard._report.object)


def test_a_file_counts_once_all_of_it_is_on_disk_until_it_is_taken_back(workspace, left):
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    upload = wizard._files["household"].upload
    arrival = upload.inbox.begin("recs.csv", 11)
    arrival.write(b"id,kwh\n1,")
    assert "household" not in wizard._form.files
    arrival.write(b"5\n")
    arrival.finish()
    assert wizard._form.files["household"].read_bytes() == b"id,kwh\n1,5\n"
    upload._handle_msg("remove")
    assert wizard._form.files == {}


def test_a_path_counts_as_it_is_typed_and_a_file_takes_its_place(workspace, left, tmp_path):
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    field = wizard._files["household"]
    field.text.value_input = str(tmp_path / "recs.csv")
    assert wizard._form.files == {"household": tmp_path / "recs.csv"}
    send(field.upload, "sent.csv", b"id\n")
    assert field.text.value_input == ""
    assert wizard._form.files["household"].name == "sent.csv"
    field.text.value_input = str(tmp_path / "recs.csv")
    field.text.value_input = ""
    assert wizard._form.files == {}


def test_replicates_design_and_missing_codes_are_chosen_on_the_page(workspace, tmp_path, left):
    columns = {"id": range(30), "w": [2.0] * 30, "kwh": [5, 6, 7] * 10}
    columns |= {f"jk{index}": [2.0] * 30 for index in range(1, 11)}
    pd.DataFrame(columns).to_csv(tmp_path / "h.csv", index=False)
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    wizard._name.value_input, wizard._vintage.value_input = SURVEY.name, SURVEY.vintage
    wizard._put("household", tmp_path / "h.csv")
    run_apart(wizard._run_check(None))
    fields = wizard._corrections.fields
    assert wizard._corrections.__panel__().visible
    fields["weight"].value = "w"
    fields["replicates"].value = "jk"
    fields["design"].value = "jk2"
    fields["missing"].value_input = "kwh"
    run_apart(wizard._run_check(None))
    assert "does not say which codes of which column" in str(wizard._report.object)
    fields["missing"].value_input = "kwh = 7"
    run_apart(wizard._run_check(None))
    assert "The rows stand for 60 households" in str(wizard._report.object)
    store(wizard)
    stored = workspace.survey(SURVEY)
    assert stored.household["kwh"].isna().sum() == 10
    assert (stored.description.design.replicates, stored.description.design.factor) == (10, 1.0)
    assert 'kwh = ["7"]' in (workspace.survey_folder(SURVEY) / "recipe.toml").read_text()


def test_another_file_empties_the_fields_that_corrected_the_first(workspace, tmp_path, left):
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    wizard._corrections.fields["missing"].value_input = "kwh = 7"
    wizard._put("household", tmp_path / "h.csv")
    assert wizard._corrections.fields["missing"].value == ""
    assert wizard._form.missing == ""


def test_columns_are_left_out_renamed_retyped_and_scaled_on_the_page(workspace, tmp_path, left):
    columns = {"id": range(30), "w": [250] * 30, "kwh": [5, 6, 7] * 10, "zip": [2139, 2140] * 15}
    columns |= {"note": ["a", "b"] * 15, "zone": ["hot", "cold"] * 15}
    pd.DataFrame(columns).to_csv(tmp_path / "h.csv", index=False)
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    wizard._name.value_input, wizard._vintage.value_input = SURVEY.name, SURVEY.vintage
    wizard._put("household", tmp_path / "h.csv")
    run_apart(wizard._run_check(None))
    fields = wizard._corrections.fields
    fields["weight"].value = "w"
    fields["left_out"].value = ["note"]
    fields["areas"].value = ["zone"]
    fields["renamed"].value_input = "kwh = elec_kwh"
    fields["types"].value_input = "zip = category"
    fields["implied_decimals"].value_input = "w = 2"
    run_apart(wizard._run_check(None))
    assert "250 is read as 2.50" in str(wizard._report.object)
    store(wizard)
    stored = workspace.survey(SURVEY)
    assert set(stored.household) == {"household_id", "weight", "elec_kwh", "zip", "zone"}
    assert stored.household["weight"].tolist() == [2.5] * 30
    assert stored.dictionary["zip"].levels == ("2139", "2140")
    assert stored.description.geography == ("zone",)


def test_the_choices_of_a_stored_survey_are_taken_over_for_the_next_file(workspace, tmp_path, left):
    frame = pd.DataFrame({"id": range(30), "w": [250] * 30, "kwh": [5, 6, 7] * 10})
    frame.to_csv(tmp_path / "h.csv", index=False)
    first = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    first._name.value_input, first._vintage.value_input = SURVEY.name, SURVEY.vintage
    first._put("household", tmp_path / "h.csv")
    run_apart(first._run_check(None))
    first._corrections.fields["weight"].value = "w"
    first._corrections.fields["implied_decimals"].value_input = "w = 2"
    run_apart(first._run_check(None))
    store(first)

    second = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    second._recipe.value = second._recipe.options[SURVEY.title]
    assert second._form.name == SURVEY.name
    second._vintage.value_input = "2021"
    second._put("household", tmp_path / "h.csv")
    run_apart(second._run_check(None))
    store(second)
    assert (
        workspace.survey(SurveyId(SURVEY.name, "2021")).household["weight"].tolist() == [2.5] * 30
    )


def test_a_recipe_that_cannot_be_read_is_said(workspace, tmp_path, left):
    (tmp_path / "recipe.toml").write_text("weight = [")
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    wizard._recipe_file.value = str(tmp_path / "recipe.toml")
    assert "The recipe is not TOML" in str(wizard._report.object)


def test_the_name_a_reader_proposes_stays_when_the_vintage_is_typed(workspace, left):
    wizard = ImportWizard(Session(workspace, "kim", "light", {}), left.append)
    wizard._reader.value = "acs_pums"
    wizard._vintage.value_input = "2024"
    assert (wizard._name.value, wizard._form.name, wizard._form.vintage) == ("ACS", "ACS", "2024")
