"""Data as Ummel et al. (2024) publish them: one csv.gz per survey."""

import gzip

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.margins import DONOR_UNKNOWN
from fusion_core.estimates.runs import area_estimates
from fusion_core.publishing import open_published
from fusion_core.surveys.model import SurveyId

ACS = SurveyId("TOYACS", "2022")


@pytest.fixture
def workspace(published, elsewhere):
    """A workspace with the recipient alone."""
    elsewhere.add_survey(published.workspace.survey(ACS))
    return elsewhere


@pytest.fixture
def table(published) -> pd.DataFrame:
    """The paper's columns: implicate, household, variables; implicates one after the other."""
    data = pd.read_parquet(published.folder / "data" / "TOY_2020.parquet")
    data = data.rename(columns={"implicate": "M", "household_id": "acs_2022_hid"})
    data = data.sort_values(["M", "acs_2022_hid"], kind="stable")
    return data[["M", "acs_2022_hid", "kwh", "cooling"]]


def written(table: pd.DataFrame, folder, name: str = "TOY_2020.csv.gz"):
    path = folder / name
    with gzip.open(path, "wt", encoding="utf-8") as file:
        table.to_csv(file, index=False)
    return path


@pytest.mark.parametrize("shuffled", [False, True])
def test_estimates_are_those_of_the_original(published, workspace, table, tmp_path, shuffled):
    if shuffled:
        table = table.sample(frac=1.0, random_state=1)
    opened = open_published(workspace, written(table, tmp_path))
    for statistic in (Statistic("mean", "kwh"), Statistic("share", "cooling", level="Central")):
        own = area_estimates(published.workspace, published.run, statistic)
        found = area_estimates(workspace, opened.run, statistic)
        np.testing.assert_allclose(found["estimate"], own["estimate"], rtol=1e-6)
        assert found["assumption"].str.contains(DONOR_UNKNOWN, regex=False).all()


def test_the_donor_is_the_survey_the_file_is_called_after(workspace, table, tmp_path):
    opened = open_published(workspace, written(table, tmp_path, "RECS_2015_TOYACS_2022.csv.gz"))
    assert opened.run.spec().pair.donor == SurveyId("RECS", "2015")


def test_a_file_called_after_nothing_is_refused(workspace, table, tmp_path):
    with pytest.raises(InputError, match="which survey was fused"):
        open_published(workspace, written(table, tmp_path, "data.csv.gz"))


def test_households_without_a_row_are_told(workspace, table, tmp_path):
    some = table[table["acs_2022_hid"] > "r00049"]
    opened = open_published(workspace, written(some, tmp_path))
    assert "50 of the recipient's 400 households are not in it." in opened.notes
    assert len(area_estimates(workspace, opened.run, Statistic("mean", "kwh"))) == 4


def test_a_lost_row_is_told(workspace, table, tmp_path):
    with pytest.raises(CorruptFileError, match="1,599 rows, where 400 households in 4 implicates"):
        open_published(workspace, written(table.iloc[1:], tmp_path))


def test_a_household_of_another_survey_is_named(workspace, table, tmp_path):
    strange = table.replace({"acs_2022_hid": {"r00007": "2019HU1"}})
    with pytest.raises(InputError, match="'2019HU1' is not in the recipient survey"):
        open_published(workspace, written(strange, tmp_path))


def test_a_file_without_implicates_is_refused(workspace, table, tmp_path):
    with pytest.raises(InputError, match="no column of the implicate"):
        open_published(workspace, written(table.drop(columns="M"), tmp_path))


def test_a_file_cut_off_is_damaged(workspace, table, tmp_path):
    path = written(table, tmp_path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(CorruptFileError):
        open_published(workspace, path)


def test_without_households_there_is_nothing_to_open_it_with(elsewhere, table, tmp_path):
    with pytest.raises(InputError, match="which survey's households"):
        open_published(elsewhere, written(table, tmp_path))
