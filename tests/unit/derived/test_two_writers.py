"""Two people derive variables of one survey at once: nobody's is lost, nobody's is overwritten."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from fusion_core.derived.definition import DerivedVariable, read_levels, write_levels
from fusion_core.derived.storage import definitions_of, put_derived, remove_derived
from fusion_core.errors import ConflictError
from fusion_core.surveys import Survey, SurveyId
from fusion_core.surveys.model import Dictionary, SurveyDescription, variable_from_column
from fusion_core.workspace.layout import Workspace

HOMES = SurveyId("HOMES", "2020")


@pytest.fixture
def stored_survey(tmp_path):
    income = pd.Series([5, 7, 9])
    table = pd.DataFrame({"household_id": ["a", "b", "c"], "weight": 1.0, "income": income})
    dictionary = Dictionary([variable_from_column("income", income)])
    workspace = Workspace.create(tmp_path / "w", title="")
    workspace.add_survey(Survey(SurveyDescription(HOMES), dictionary, table, None))
    return workspace.stored_survey(HOMES)


def derived(name, expression="income * 2"):
    return DerivedVariable(name, expression)


def test_variables_added_at_once_are_all_kept(stored_survey):
    names = [f"twice_{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: put_derived(stored_survey, derived(name)), names))
    assert {item.name for item in definitions_of(stored_survey)} == set(names)


def test_what_somebody_changed_meanwhile_is_not_overwritten(stored_survey):
    seen = derived("twice")
    put_derived(stored_survey, seen)
    put_derived(stored_survey, derived("twice", "income * 2.5"), may_replace=True, expected=seen)
    with pytest.raises(ConflictError, match="Someone changed 'twice' while you edited it"):
        put_derived(stored_survey, derived("twice", "income * 3"), may_replace=True, expected=seen)
    assert definitions_of(stored_survey)[0].expression == "income * 2.5"


def test_what_somebody_removed_meanwhile_does_not_come_back(stored_survey):
    seen = derived("twice")
    put_derived(stored_survey, seen)
    remove_derived(stored_survey, "twice")
    with pytest.raises(ConflictError, match="Someone removed 'twice'"):
        put_derived(stored_survey, derived("twice", "income * 3"), may_replace=True, expected=seen)
    assert definitions_of(stored_survey) == ()


def test_levels_are_written_as_they_are_read():
    levels = (("1", "Yes, a lot"), ("0", "No"))
    assert read_levels(write_levels(levels)) == levels
