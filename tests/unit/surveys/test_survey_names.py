"""What the name of a survey says."""

import pytest

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import areas_path
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace


@pytest.mark.parametrize(
    ("vintage", "years"),
    [("2015", (2015,)), ("2015-2019", (2015, 2019)), ("2020b", (2020,)), ("3", ())],
)
def test_a_vintage_names_years(vintage, years):
    assert SurveyId("ACS", vintage).years == years


LONGEST = SurveyId("A" * 50, "2" * 49)


def test_the_longest_names_still_make_file_names(tmp_path):
    store = HarmonyStore(tmp_path, SurveyPair(LONGEST, LONGEST))
    sides = (Side(name, levels=(LevelGroup("yes", 1),)) for name in ("v" * 300, "w" * 300))
    harmony = Harmony(*sides)
    store.save_draft(harmony, user="é" * 300)
    store.save(harmony, author="é" * 300)
    store.path.write_text("cut off")
    store.recover(author="ann")  # keeps the damaged file beside it, under a longer name
    assert [item.key for item in store.load().harmonies] == [harmony.key]


@pytest.mark.parametrize(
    ("name", "vintage"), [("A" * 51, "2" * 49), ("A", "9" * 401), ("A" * 10**6, "1")]
)
def test_a_name_too_long_for_files_is_refused_in_one_short_sentence(name, vintage):
    with pytest.raises(InputError, match="too many for files to be named after") as refusal:
        SurveyId(name, vintage)
    assert len(refusal.value.message) < 250


def test_runs_and_areas_of_such_names_are_refused_before_a_file_is_looked_for(tmp_path):
    workspace = Workspace.create(tmp_path / "w")
    for look_up in (workspace.run_folder, lambda name: areas_path(workspace, name)):
        with pytest.raises(InputError) as refusal:
            look_up("a" * 300)
        assert len(refusal.value.message) < 250
