"""The recipes' harmonies, on files in the layout the statistical offices publish."""

import dataclasses

import pytest
from published_files import FIVE_YEARS, make_ahs, make_cex, make_pums

from fusion_core.errors import InputError
from fusion_core.harmony.apply import harmonize_side
from fusion_core.harmony.checks import check_harmony
from fusion_core.harmony.model import SIDES, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.ingest.readers import ImportRequest, try_import
from fusion_core.recipes import apply_recipe, find_recipe
from fusion_core.surveys import SurveyId
from fusion_core.surveys.model import Dictionary
from fusion_core.workspace.layout import Workspace

FROM_MADE_UP_ANSWERS = {"numbers-far-apart", "break-out-of-range", "levels-listed-out-of-order"}
AHS, CEI = SurveyId("AHS", "2019"), SurveyId("CEI", "2015-2019")


@pytest.fixture(scope="module")
def surveys(shared_data, tmp_path_factory):
    """AHS 2019, CEI 2015-2019, ACS 2024 and ACS 2019, every code of every variable in some row."""
    root = tmp_path_factory.mktemp("published")
    folders = {name: root / name for name in ("ahs", "cex", "new", "old")}
    for folder in folders.values():
        folder.mkdir()
    make_ahs(folders["ahs"])
    make_cex(folders["cex"], FIVE_YEARS, units=4, described=True)
    new = make_pums(shared_data, folders["new"], year=2024, described="pums-dict_acs5-2021.csv.gz")
    old = make_pums(shared_data, folders["old"])
    requests = [
        ImportRequest("ahs", {"household": folders["ahs"]}, "AHS", "2019"),
        ImportRequest("cex", {"household": folders["cex"]}, "CEI", "2015-2019"),
    ]
    for files, year in ((new, "2024"), (old, "2019")):
        given = {
            "household": files.housing,
            "person": files.person,
            "dictionary": files.dictionary,
        }
        requests.append(ImportRequest("acs_pums", given, "ACS", year))
    trials = [try_import(request) for request in requests]
    assert all(trial.survey is not None for trial in trials), [t.problems for t in trials]
    return [trial.survey for trial in trials]


@pytest.fixture
def workspace(surveys, tmp_path):
    made = Workspace.create(tmp_path / "workspace")
    for survey in surveys:
        made.add_survey(survey, may_replace=False)
    return made


@pytest.mark.parametrize(("name", "donor", "count"), [("housing", AHS, 40), ("spending", CEI, 35)])
def test_every_harmony_applies_to_every_household_of_published_files(
    workspace, surveys, name, donor, count
):
    applied = apply_recipe(workspace, find_recipe(name))
    assert (applied.harmonies, applied.asked, applied.unusable) == (count, (), ())
    stored = HarmonyStore(workspace.path, applied.pair).load()
    known = {survey.id: survey for survey in surveys}
    sides = dict(zip(SIDES, (known[donor], known[SurveyId("ACS", "2024")]), strict=True))
    for harmony in stored.harmonies:
        assert harmony.comment, harmony.key
        found = check_harmony(harmony, *(item.dictionary for item in sides.values()), ())
        assert {item.rule for item in found} <= FROM_MADE_UP_ANSWERS, harmony.key
        for side, survey in sides.items():
            values = harmonize_side(harmony, side, survey)
            assert len(values) == len(survey.household), harmony.key


def test_another_vintage_of_the_acs_is_transferred_where_it_is_the_same_and_asked_where_not(
    workspace,
):
    applied = apply_recipe(workspace, find_recipe("housing"), recipient=SurveyId("ACS", "2019"))
    asked = dict(applied.asked)
    # Renamed in 2021, with single years in place of periods: for a person to look at.
    assert asked["yrbuilt__yrblt"][0].startswith("yrblt is ybl now")
    assert "'Born abroad of American parent(s)'" in asked["hhcitshp__cit"][0]
    pair = SurveyPair(AHS, SurveyId("ACS", "2019"))
    store = HarmonyStore(workspace.path, pair)
    assert {harmony.key for harmony in store.load().harmonies}.isdisjoint(asked)
    assert "tenure__ten" in {harmony.key for harmony in store.load().harmonies}
    assert applied.harmonies + len(asked) == 40
    assert len(store.load_drafts("recipe")) == len(asked)
    again = apply_recipe(workspace, find_recipe("housing"), recipient=SurveyId("ACS", "2019"))
    assert (again.harmonies, dict(again.asked)) == (applied.harmonies, asked)


def test_what_another_vintage_asks_in_another_form_is_left_out_with_the_reason(workspace):
    applied = apply_recipe(workspace, find_recipe("spending"), recipient=SurveyId("ACS", "2019"))
    assert (
        dict(applied.unusable) == {"incweek1__wkw": "wkwn has numbers now instead of levels."}
        or dict(applied.unusable) == {}
    )
    assert "built__yrblt" in dict(applied.asked)


def test_a_harmony_whose_variable_the_files_lack_is_left_out_and_named(surveys, workspace):
    acs = next(item for item in surveys if item.id == SurveyId("ACS", "2024"))
    part = dataclasses.replace(
        acs,
        dictionary=Dictionary([v for n, v in acs.dictionary.items() if n not in {"hfl", "wkl"}]),
        household=acs.household.drop(columns="hfl"),
        person=acs.person.drop(columns="wkl"),
    )
    workspace.add_survey(part, may_replace=True)
    applied = apply_recipe(workspace, find_recipe("housing"))
    assert applied.unusable == (("heatfuel__hfl", "ACS 2024 has no hfl here"),)
    assert applied.harmonies == 39
    # Also a variable that only a condition names.
    applied = apply_recipe(workspace, find_recipe("spending"))
    assert applied.unusable == (("incomey1__cow", "ACS 2024 has no wkl here"),)


def test_harmonies_of_another_survey_are_refused(workspace):
    with pytest.raises(InputError, match="of NHTS 2017 → ACS 2024, not of AHS 2019 → ACS 2024"):
        apply_recipe(workspace, find_recipe("housing"), harmonies=find_recipe("travel").harmonies)


def test_a_home_that_was_not_cold_was_not_cold_for_a_reason(surveys):
    homes = surveys[0].household
    assert homes["coldeq"].notna().all()
    assert set(homes["coldeq"]) == {"Yes", "No"}
