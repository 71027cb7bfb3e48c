"""A damaged or unreadable survey is named where it is, and everything else goes on."""

import errno
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import Variable, variable_from_column
from fusion_core.workspace.layout import Workspace
from harmony_app.surveys.catalogue import load_catalogue, load_distribution
from harmony_app.surveys.rows import survey_rows

DAMAGED, WHOLE = SurveyId("TEST", "2019"), SurveyId("TEST", "2020")
TABLES = {"household.parquet": "tenure", "person.parquet": "age"}


def survey(identifier: SurveyId) -> Survey:
    household = pd.DataFrame(
        {
            "household_id": ["a", "b"],
            "weight": [1.0, 3.0],
            "tenure": pd.Categorical(["Own", "Rent"]),
        }
    )
    person = pd.DataFrame(
        {"household_id": ["a", "b"], "person_number": [1, 1], "weight": [1.0, 1.0], "age": [40, 50]}
    )
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        variable_from_column("tenure", household["tenure"]),
        variable_from_column("age", person["age"], respondent="person"),
    ]
    return Survey(SurveyDescription(identifier), Dictionary(variables), household, person)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "ws")
    for identifier in (DAMAGED, WHOLE):
        workspace.add_survey(survey(identifier))
    return workspace


def cut_off(workspace: Workspace, name: str) -> Path:
    path = workspace.survey_folder(DAMAGED) / name
    path.write_bytes(path.read_bytes()[:-40])
    return path


def listed(workspace: Workspace) -> dict[str, list]:
    command = ["survey", "list", "--workspace", str(workspace.path)]
    said = CliRunner().invoke(app, [*command, "--json"])
    assert said.exit_code == 0, said.output
    assert CliRunner().invoke(app, command).exit_code == 0
    return json.loads(said.stdout)


@pytest.mark.parametrize("name", TABLES)
def test_a_truncated_table_is_named_and_the_other_one_shown(workspace, name):
    path = cut_off(workspace, name)
    catalogue = load_catalogue(workspace)
    assert set(catalogue.overviews) == {DAMAGED, WHOLE}
    (sentence,) = catalogue.damaged
    assert sentence.startswith("TEST 2019: ")
    assert str(path) in sentence
    rows = {row["vintage"]: row for row in survey_rows(list(catalogue.overviews.values()))}
    assert rows["2019"]["kind"] == "damaged"
    assert rows["2020"]["kind"] == ""
    for table, variable in TABLES.items():
        entry = catalogue.entry(str(DAMAGED), variable)
        if table == name:
            with pytest.raises(CorruptFileError, match=name):
                load_distribution(workspace, entry)
        else:
            assert load_distribution(workspace, entry).rows == 2
    found = listed(workspace)
    assert [item["survey"] for item in found["surveys"]] == ["TEST_2019", "TEST_2020"]
    assert found["problems"] == [sentence]


@pytest.mark.parametrize("name", ["survey.json", "dictionary.parquet"])
def test_a_survey_whose_description_is_damaged_is_named_and_the_others_listed(workspace, name):
    path = cut_off(workspace, name)
    catalogue = load_catalogue(workspace)
    assert set(catalogue.overviews) == {WHOLE}
    assert str(path) in catalogue.damaged[0]
    found = listed(workspace)
    assert [item["survey"] for item in found["surveys"]] == ["TEST_2020"]
    assert str(path) in found["problems"][0]


def test_a_survey_that_is_mended_is_shown_at_once(workspace):
    path = workspace.survey_folder(DAMAGED) / "person.parquet"
    whole = path.read_bytes()
    cut_off(workspace, "person.parquet")
    assert load_catalogue(workspace).damaged
    path.write_bytes(whole)
    assert not load_catalogue(workspace).damaged


@pytest.mark.parametrize("name", TABLES)
def test_a_stored_survey_tells_of_a_damaged_table_when_it_is_asked_for(workspace, name):
    cut_off(workspace, name)
    stored = workspace.stored_survey(DAMAGED)
    damaged = "household" if name == "household.parquet" else "person"
    other = "person" if damaged == "household" else "household"
    assert stored.has(damaged)
    assert stored.count(other) == 2
    for ask in (stored.count, stored.column_names, lambda level: stored.column(level, "weight")):
        with pytest.raises(CorruptFileError, match=name):
            ask(damaged)


def denying(monkeypatch, folder: Path) -> None:
    real = Path.iterdir

    def iterdir(self: Path):
        if self == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)


def test_surveys_that_may_not_be_read_are_said_not_left_out_silently(workspace, monkeypatch):
    other = SurveyId("OTHER", "2020")
    workspace.add_survey(survey(other))
    denying(monkeypatch, workspace.path / "surveys" / "OTHER")
    assert set(workspace.survey_ids()) == {DAMAGED, WHOLE}
    catalogue = load_catalogue(workspace)
    assert set(catalogue.overviews) == {DAMAGED, WHOLE}
    assert "cannot be read: Permission denied" in catalogue.damaged[0]
    assert "cannot be read: Permission denied" in listed(workspace)["problems"][0]
    denying(monkeypatch, workspace.path / "surveys")
    with pytest.raises(InputError, match="folder of surveys cannot be read: Permission denied"):
        workspace.survey_ids()


def test_a_file_that_may_not_be_read_is_not_called_damaged(workspace, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pyarrow.parquet.read_metadata", denied)
    with pytest.raises(InputError, match="cannot be read: Permission denied") as told:
        workspace.stored_survey(WHOLE).count("household")
    assert not isinstance(told.value, CorruptFileError)
