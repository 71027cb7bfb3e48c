"""What colleagues say about a harmony, and how long it counts."""

import json
from dataclasses import replace

import pytest
from r_files import write_harmonies

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.model.harmony import Harmony, Side, SurveyPair
from fusion_core.harmony.store.review import Remark, Review, review_of
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
PLAIN = Harmony(Side("rooms"), Side("rmsp"))


@pytest.fixture
def store(tmp_path):
    found = HarmonyStore(tmp_path, PAIR)
    found.save(PLAIN, author="ann")
    return found


def status(store):
    contents = store.contents()
    return review_of(contents.reviews.get(PLAIN.key, ()), contents.revision(PLAIN.key))


def test_nobody_has_looked_yet(store):
    assert status(store) == Review("to review")


def test_a_verdict_counts_for_the_revision_it_was_given_on(store):
    said = store.review(PLAIN.key, "reviewed", author="ben")
    assert status(store) == Review("reviewed", said)
    store.save(replace(PLAIN, comment="changed", revision=1), author="ann")
    assert status(store) == Review("to review", said, is_outdated=True)


def test_remarks_decide_nothing_and_stay_in_order(store):
    store.review(PLAIN.key, "needs work", author="ben", text="Why rooms?")
    store.review(PLAIN.key, "remark", author="ann", text=" Because. ")
    assert status(store).status == "needs work"
    said = [(item.who, item.text) for item in store.contents().reviews[PLAIN.key]]
    assert said == [("ben", "Why rooms?"), ("ann", "Because.")]


def test_a_review_is_in_the_history_and_survives_a_recovery(store):
    said = store.review(PLAIN.key, "reviewed", author="ben")
    assert [entry.action for entry in store.history(PLAIN.key)] == ["save", "review"]
    store.path.write_text("damaged")
    store.recover(author="ann")
    assert status(store) == Review("reviewed", said)
    assert store.load().get(PLAIN.key).revision == 1


@pytest.mark.parametrize(
    ("verdict", "text", "words"),
    [
        ("remark", "  ", "empty"),
        ("great", "", "no verdict 'great'"),
        ("reviewed", "x" * 3000, "3,000"),
    ],
)
def test_a_remark_that_says_nothing_or_too_much_is_refused(store, verdict, text, words):
    with pytest.raises(InputError, match=words):
        store.review(PLAIN.key, verdict, author="ben", text=text)
    assert status(store) == Review("to review")


def test_what_was_saved_since_it_was_looked_at_is_not_reviewed_unseen(store):
    store.save(replace(PLAIN, comment="changed", revision=1), author="ann")
    with pytest.raises(ConflictError):
        store.review(PLAIN.key, "reviewed", author="ben", revision=1)
    with pytest.raises(InputError, match="no harmony"):
        store.review("other__key", "reviewed", author="ben")


def test_a_file_of_the_first_version_is_read_and_upgraded_by_the_next_save(store):
    record = json.loads(store.path.read_text())
    record["format"] = 1
    store.path.write_text(json.dumps(record))
    assert store.load().get(PLAIN.key).revision == 1
    store.review(PLAIN.key, "reviewed", author="ben")
    assert json.loads(store.path.read_text())["format"] == 2
    assert store.load().get(PLAIN.key).revision == 1


@pytest.mark.parametrize("reviews", [[], {"k": 1}, {"k": [1]}, {"k": [{"verdict": "great"}]}])
def test_a_damaged_review_is_reported(store, reviews):
    record = json.loads(store.path.read_text())
    store.path.write_text(json.dumps(record | {"reviews": reviews}))
    with pytest.raises(CorruptFileError):
        store.load()


def test_an_export_for_fusiondata_knows_nothing_of_reviews(store, tmp_path):
    store.review(PLAIN.key, "needs work", author="ben", text="Unsayable")
    path = tmp_path / "out" / "RECS_2015__ACS_2019.R"
    path.parent.mkdir()
    write_harmonies(store.load(), path)
    assert "rooms__rmsp" in path.read_text()
    assert "Unsayable" not in path.read_text()


def test_the_last_verdict_counts():
    said = [Remark("1", "a", "reviewed", 3), Remark("2", "b", "needs work", 3)]
    assert review_of(said, 3).status == "needs work"
