"""Whatever fails while a folder is replaced: the old one or the new one is there, whole.

Every kind of folder the program replaces is put to the test: a call to the system that fails, all
calls from one on that fail, and a kill before each of them; on systems that can exchange two folders
and on those that cannot.
"""

import dataclasses
import errno
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from failing_system import at_every_call, killed_at_every_call

from fusion_core.errors import ConflictError, HarmonyError, InputError
from fusion_core.fusion import (
    FusedVariable,
    FusionModel,
    Implicates,
    TrainSettings,
    read_implicates,
    train,
    write_implicates,
)
from fusion_core.prepare.stage import PreparedInput
from fusion_core.prepare.storage import read_prepared, write_prepared
from fusion_core.surveys import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    WeightDesign,
    read_survey,
    write_survey,
)
from fusion_core.surveys.model import Variable
from fusion_core.validation import read_validation, write_validation
from fusion_core.validation.internal.validate import Validation
from fusion_core.validation.report.storage import TABLES
from fusion_core.workspace import folders
from fusion_core.workspace.folders import own_files, replace_folder
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and locks folders")


@dataclass(frozen=True)
class Kind:
    """How a kind of folder is written and read: `read` returns the word it was written with."""

    write: Callable[[str, Path], None]
    read: Callable[[Path], str]


def survey_kind() -> Kind:
    def write(word: str, folder: Path) -> None:
        household = pd.DataFrame({"household_id": ["a", "b"], "weight": [1.0, 2.0], word: [1, 2]})
        variables = [
            Variable("household_id", role="key"),
            Variable("weight", type="continuous", role="weight"),
            Variable(word, type="integer"),
        ]
        described = SurveyDescription(SurveyId("TEST", "2020"), title=word)
        write_survey(Survey(described, Dictionary(variables), household), folder)

    def read(folder: Path) -> str:
        found = read_survey(folder)
        assert found.description.title in found.household
        return found.description.title

    return Kind(write, read)


def model_kind() -> Kind:
    draw = np.random.default_rng(1)
    donor = pd.DataFrame({"x": draw.normal(size=60), "y": draw.normal(size=60)})
    settings = TrainSettings.preset("quick").replace(leaves=(2,), maximum_trees=2)
    model = train(donor, ["y"], ["x"], settings=settings)

    def write(word: str, folder: Path) -> None:
        dataclasses.replace(model, notes=(word,)).save(folder)

    return Kind(write, lambda folder: FusionModel.load(folder).notes[0])


def validation_kind() -> Kind:
    def write(word: str, folder: Path) -> None:
        tables = {name: pd.DataFrame({"word": [word]}) for name in TABLES}
        write_validation(Validation(verdicts=(word,), **tables), folder)

    def read(folder: Path) -> str:
        found = read_validation(folder)
        assert {getattr(found, name)["word"][0] for name in TABLES} == set(found.verdicts)
        return found.verdicts[0]

    return Kind(write, read)


def prepared_kind() -> Kind:
    def write(word: str, folder: Path) -> None:
        frame = pd.DataFrame({"word": [word]})
        columns = ["similarity", "missing_donor", "missing_recipient", "kept"]
        predictors = pd.DataFrame(columns=["predictor", "source", *columns])
        design = WeightDesign()
        write_prepared(PreparedInput(frame, frame, predictors, design, design, (word,)), folder)

    def read(folder: Path) -> str:
        found = read_prepared(folder)
        assert {found.donor["word"][0], found.recipient["word"][0]} == set(found.notes)
        return found.notes[0]

    return Kind(write, read)


def implicates_kind() -> Kind:
    def write(word: str, folder: Path) -> None:
        values = np.full((3, 2), len(word))
        names = ("kwh", word)
        write_implicates(
            Implicates({name: FusedVariable(name, values) for name in names}, (word,)), folder
        )

    def read(folder: Path) -> str:
        found = read_implicates(folder)
        assert found.names[1] == found.notes[0]
        assert (found["kwh"].values == len(found.notes[0])).all()
        return found.notes[0]

    return Kind(write, read)


KINDS = {
    "survey": survey_kind,
    "model": model_kind,
    "validation": validation_kind,
    "prepared": prepared_kind,
    "implicates": implicates_kind,
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> Kind:
    return KINDS[request.param]()


@pytest.fixture(params=[True, False], ids=["one step", "two steps"])
def _exchanging(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(folders, "exchange", lambda *_: False)


@pytest.fixture
def place(kind, tmp_path) -> Path:
    """A folder that holds "old" and a note somebody keeps in it; its name is no matter."""
    kind.write("old", tmp_path / "kept" / "2020")
    (tmp_path / "kept" / "2020" / "mine").mkdir()
    (tmp_path / "kept" / "2020" / "mine" / "notes.txt").write_text("years of work")
    return tmp_path / "here" / "2020"


def fresh_start(place: Path) -> None:
    shutil.rmtree(place.parent, ignore_errors=True)
    shutil.copytree(place.parent.with_name("kept"), place.parent)


def assert_notes_are_there(place: Path) -> None:
    assert (place / "mine" / "notes.txt").read_text() == "years of work"


def assert_the_next_writer_tidies_up(kind: Kind, place: Path) -> None:
    for leftover in place.parent.glob(".*"):
        os.utime(leftover, (0, 0))  # an empty one may be about to be used, unless it is old
    kind.write("later", place)
    assert kind.read(place) == "later"
    assert_notes_are_there(place)
    assert [path.name for path in place.parent.iterdir()] == ["2020"]


@pytest.mark.usefixtures("_exchanging")
def test_a_call_that_fails_leaves_the_old_or_the_new_one_and_says_which(kind, place):
    outcomes = set()
    for raised in at_every_call(lambda: fresh_start(place), lambda: kind.write("new", place)):
        found = kind.read(place)
        outcomes.add(found)
        assert_notes_are_there(place)
        assert found == ("new" if raised is None else "old"), raised
        if raised is not None:
            assert isinstance(raised, InputError), repr(raised)
            assert "No space left on device" in raised.message
            assert "kept" in raised.message or "cannot be read" in raised.message
            assert raised.where
    assert outcomes == {"old", "new"}


@pytest.mark.slow
@pytest.mark.usefixtures("_exchanging")
def test_a_disk_that_fails_for_good_leaves_the_old_or_the_new_one(kind, place):
    for raised in at_every_call(
        lambda: fresh_start(place), lambda: kind.write("new", place), lasting=True
    ):
        folders.restore_folder(place)
        found = kind.read(place)
        assert_notes_are_there(place)
        if raised is None:
            assert found == "new"
        else:
            assert isinstance(raised, InputError), repr(raised)
            assert found == "old"
        assert_the_next_writer_tidies_up(kind, place)


@pytest.mark.slow
@pytest.mark.usefixtures("_exchanging")
def test_a_kill_leaves_the_old_or_the_new_one_and_the_next_writer_tidies_up(kind, place):
    found = []
    for _ in killed_at_every_call(lambda: fresh_start(place), lambda: kind.write("new", place)):
        folders.restore_folder(place)
        found.append(kind.read(place))
        assert_notes_are_there(place)
        assert_the_next_writer_tidies_up(kind, place)
    assert found == sorted(found, reverse=True)  # all old, then all new
    assert set(found) == {"old", "new"}


def test_a_disk_that_is_full_leaves_the_old_one(kind, place):
    resource = pytest.importorskip("resource", reason="needs limits on file size")
    fresh_start(place)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, 100):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            with pytest.raises(InputError, match=r"File too large.*Free some disk space.*kept"):
                kind.write("new", place)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert kind.read(place) == "old"
        assert_notes_are_there(place)
    assert_the_next_writer_tidies_up(kind, place)


def test_where_there_are_no_hard_links_what_a_person_keeps_is_copied(kind, place, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    fresh_start(place)
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", refuse)
        assert_the_next_writer_tidies_up(kind, place)


def test_a_link_is_followed_and_stays(kind, place, tmp_path):
    fresh_start(place)
    link = tmp_path / "link"
    link.symlink_to(place, target_is_directory=True)
    kind.write("new", link)
    assert link.is_symlink()
    assert kind.read(place) == "new"
    assert_notes_are_there(place)


def test_nothing_behind_a_link_in_the_folder_is_touched(kind, place, tmp_path):
    fresh_start(place)
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("survey.json", "model.json", "part-00000.parquet", "raw.csv"):
        (outside / name).write_text("irreplaceable")
    (place / "02_link").symlink_to(outside, target_is_directory=True)
    kind.write("new", place)
    kind.write("newer", place)
    assert {path.read_text() for path in outside.iterdir()} == {"irreplaceable"}
    assert len(list(outside.iterdir())) == 4
    assert (place / "02_link").is_symlink()


def test_another_writer_s_work_in_progress_is_left_alone(kind, place):
    fresh_start(place)
    own = own_files("a")
    with replace_folder(place.with_name("other"), own, what="it") as other:
        (other / "a").write_text("half")
        kind.write("new", place)
        assert (other / "a").exists()
    with replace_folder(place, own, what="it", may_replace=True) as mine:
        kind.write("new", place)
        assert mine.exists()


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "it").write_text("a file")
    with (
        pytest.raises(InputError, match="Could not write the survey: a file is there"),
        replace_folder(tmp_path / "it", own_files("a"), what="the survey"),
    ):
        pass
    assert (tmp_path / "it").read_text() == "a file"


def test_what_somebody_stored_meanwhile_is_not_replaced_unasked(tmp_path):
    path = tmp_path / "it"

    def store(word: str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        with replace_folder(path, own_files("a"), what="the survey", may_replace=False) as new:
            (new / "a").write_text(word)
            meanwhile()

    with pytest.raises(ConflictError, match="Someone else stored the survey in the meantime"):
        store("mine", meanwhile=lambda: store("theirs"))
    assert (path / "a").read_text() == "theirs"
    assert [item.name for item in tmp_path.iterdir()] == ["it"]


@pytest.mark.parametrize("which", ["old", "new"])
def test_what_earlier_versions_left_when_killed_is_restored_or_removed(tmp_path, which):
    kind = survey_kind()
    surveys = Workspace.create(tmp_path).path / "surveys" / "TEST"
    kind.write("left", surveys / f".2020.{which}.abcd1234")
    opened = Workspace.open(tmp_path)
    expected = [SurveyId("TEST", "2020")] if which == "old" else []
    assert opened.survey_ids() == expected
    kind.write("later", surveys / "2020")
    assert opened.survey_ids() == [SurveyId("TEST", "2020")]
    assert [path.name for path in surveys.iterdir()] == ["2020"]


def test_listings_see_only_what_is_whole_while_a_survey_is_imported_again(tmp_path):
    kind, seen = survey_kind(), set()
    workspace = Workspace.create(tmp_path)
    folder = workspace.survey_folder(SurveyId("TEST", "2020"))
    kind.write("old", folder)
    for _ in at_every_call(lambda: None, lambda: kind.write("new", folder)):
        seen.add(tuple(map(str, workspace.survey_ids())))
    real = folders.exchange

    def watched(one: Path, other: Path) -> bool:
        seen.add(tuple(map(str, workspace.survey_ids())))
        done = real(one, other)
        seen.add(tuple(map(str, workspace.survey_ids())))
        return done

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folders, "exchange", watched)
        kind.write("newer", folder)
    (folder.parent / "2020 copy").mkdir()
    shutil.copy(folder / "survey.json", folder.parent / "2020 copy")
    seen.add(tuple(map(str, workspace.survey_ids())))
    assert seen == {("TEST_2020",)}


def test_every_error_is_the_project_s_own(kind, tmp_path):
    (tmp_path / "a file").write_text("in the way")
    for raised in at_every_call(
        lambda: shutil.rmtree(tmp_path / "deep", ignore_errors=True),
        lambda: kind.write("new", tmp_path / "deep" / "er" / "2020"),
    ):
        assert raised is None or isinstance(raised, HarmonyError)
    with pytest.raises(InputError, match="a file"):
        kind.write("new", tmp_path / "a file" / "2020")
