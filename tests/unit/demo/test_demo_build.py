"""The demo workspace: complete, synthetic, reproducible, and careful with what is already there."""

import json
import shutil

import pandas as pd
import pytest

from fusion_core.demo import (
    DONOR,
    PAIR,
    RECIPIENT,
    add_later_year,
    build_demo,
    ensure_demo,
    exercises,
    is_current,
)
from fusion_core.demo.world.population import make_population
from fusion_core.demo.world.settings import DemoSize
from fusion_core.errors import InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.workspace.layout import Workspace

TINY = DemoSize((3,), 7, 12_000, 1_500, 600)


@pytest.fixture(scope="module", autouse=True)
def tiny_demo(tmp_path_factory):
    """Make the quick demo tiny: these tests build it again and again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoSize, "quick", classmethod(lambda _: TINY))
        yield build_demo(tmp_path_factory.mktemp("tiny") / "workspace", quick=True)


@pytest.fixture
def copy(tiny_demo, tmp_path):
    return Workspace.open(shutil.copytree(tiny_demo.path, tmp_path / "copy"))


def test_everything_says_that_it_is_synthetic(demo):
    assert demo.synthetic
    assert Workspace.open(demo.path).synthetic
    assert "synthetic" in demo.title
    for survey in demo.survey_ids():
        description = demo.describe(survey)
        assert description.synthetic
        assert description.title.startswith("Synthetic")
        assert description.notes[0].startswith("Synthetic")


def test_keys_are_unique_and_tables_are_sorted(demo):
    recipient = demo.survey(RECIPIENT)
    for table in (recipient.household, demo.survey(DONOR).household):
        assert table["household_id"].is_unique
        assert table["household_id"].is_monotonic_increasing
    keys = recipient.person[["household_id", "person_number"]]
    assert not keys.duplicated().any()
    assert keys.equals(keys.sort_values(["household_id", "person_number"]))
    assert set(recipient.person["household_id"]) == set(recipient.household["household_id"])


def test_every_column_is_in_the_dictionary_and_every_answer_has_a_code(demo):
    for survey in (demo.survey(RECIPIENT), demo.survey(DONOR)):
        answers = {variable.name for variable in survey.dictionary.answers()}
        columns = set(survey.household.columns)
        if survey.person is not None:
            columns |= set(survey.person.columns)
        assert answers <= columns
        for variable in survey.dictionary.answers():
            assert variable.description
            assert len(variable.codes) == len(variable.levels)


def test_dollars_of_the_two_surveys_are_of_different_years(demo):
    assert demo.describe(DONOR).price_year == 2020
    assert demo.describe(RECIPIENT).price_year == 2022


def test_the_harmonies_left_to_the_user_are_named_and_not_saved(demo):
    saved = {harmony.key for harmony in HarmonyStore(demo.path, PAIR).load().harmonies}
    left = json.loads((demo.path / "demo.json").read_text())["left_to_make"]
    assert [item["donor"] for item in left] == [item.donor for item in exercises()]
    assert len(left) == 5
    assert not saved & {exercise.solution.key for exercise in exercises()}
    dictionary = demo.survey(DONOR).dictionary
    for item in left:
        dictionary.require(item["donor"])
        assert item["hint"].endswith(".")


def test_the_same_seed_gives_the_same_population():
    first, second = make_population(TINY, 7), make_population(TINY, 7)
    pd.testing.assert_frame_equal(first.households, second.households)
    pd.testing.assert_frame_equal(first.persons, second.persons)
    other = make_population(TINY, 8)
    assert not first.households["elec_kwh"].equals(other.households["elec_kwh"])


def test_the_same_seed_writes_the_same_tables(tiny_demo, tmp_path):
    again = build_demo(tmp_path / "again", quick=True)
    for path in sorted(tiny_demo.path.rglob("*.parquet")):
        twin = again.path / path.relative_to(tiny_demo.path)
        assert path.read_bytes() == twin.read_bytes(), path.name


def test_a_folder_with_other_work_is_refused(tmp_path):
    Workspace.create(tmp_path / "mine", title="Mine")
    with pytest.raises(InputError, match="not the demo"):
        build_demo(tmp_path / "mine", quick=True)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not empty"):
        build_demo(tmp_path / "files", quick=True)


def test_a_current_demo_is_opened_not_rebuilt(copy):
    before = (copy.path / "demo.json").stat().st_mtime_ns
    ensure_demo(copy.path)
    assert (copy.path / "demo.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["missing", "cut off", "older version"])
def test_an_unfinished_or_older_demo_is_built_again_and_keeps_harmonies(copy, damage):
    record = copy.path / "demo.json"
    if damage == "missing":
        record.unlink()
    elif damage == "cut off":
        record.write_text(record.read_text()[:40])
    else:
        record.write_text(json.dumps(json.loads(record.read_text()) | {"version": 0}))
    store = HarmonyStore(copy.path, PAIR)
    mine = store.save(exercises()[0].solution, author="me", expected_revision=0)
    (copy.runs_folder / "old").mkdir(parents=True)
    ensure_demo(copy.path, quick=True)
    assert json.loads(record.read_text())["version"] >= 1
    assert store.load().get(mine.key) == mine
    assert not (copy.runs_folder / "old").exists()
    assert (copy.path / "runs-of-earlier-demo" / "old").exists()


def test_a_later_year_is_another_sample_of_a_state_that_did_not_change(copy):
    later = add_later_year(copy)
    first, second = (copy.survey(each).table("household") for each in (RECIPIENT, later))
    assert set(first["puma"]) == set(second["puma"])
    assert second["weight"].sum() == pytest.approx(first["weight"].sum(), rel=1e-3)
    assert first["hincp"].head(50).tolist() != second["hincp"].head(50).tolist()
    assert HarmonyStore(copy.path, SurveyPair(DONOR, later)).load().harmonies
    assert add_later_year(copy) == later


def test_a_folder_may_be_given_as_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not is_current("demo")
    with pytest.raises(InputError, match="'folder' is an empty path"):
        build_demo("")
