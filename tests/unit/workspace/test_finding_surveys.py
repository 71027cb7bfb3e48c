"""A workspace finds a survey by its identifier, and says so where it is given something else."""

import pytest

from fusion_core.errors import InputError
from fusion_core.workspace.layout import Workspace


@pytest.mark.parametrize("way", ["survey", "stored_survey", "describe", "dictionary", "has_survey"])
@pytest.mark.parametrize("given", [None, "RECS_2015", 3])
def test_a_survey_named_by_something_else_is_refused(tmp_path, way, given):
    workspace = Workspace.create(tmp_path / "workspace", title="Test")
    with pytest.raises(InputError, match="'survey' must be a SurveyId"):
        getattr(workspace, way)(given)
