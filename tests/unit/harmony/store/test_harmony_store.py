"""What is saved stays saved: revisions, history, undo, drafts, and files that are cut off."""

import json
import threading
from dataclasses import replace

import pytest

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore, list_pairs
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
RICH = Harmony(
    Side(
        "heat",
        levels=(
            LevelGroup("Gaz “naturel”", 1),
            LevelGroup("No\nheat", DROP),
            LevelGroup("?", None),
        ),
        missing=DROP,
    ),
    Side(
        "agep",
        "person",
        "CASE WHEN sex = 'Female' THEN 0 ELSE agep END",
        (1.5, 18),
        aggregator="sum",
        levels=tuple(LevelGroup(label, code) for label, code in (("a", 0), ("b", 0.5), ("c", -1))),
        universe="agep > 1",
        outside_universe=0,
        deflate_to_year=2020,
    ),
    ordered=True,
    group_names=((0.5, "Half"), (1, "Gas")),
    comment="Why – because",
)
PLAIN = Harmony(Side("rooms"), Side("rmsp"))


@pytest.fixture
def store(tmp_path):
    return HarmonyStore(tmp_path, PAIR)


def test_nothing_saved_is_an_empty_set(store):
    assert store.load().harmonies == ()
    assert store.history() == []


def test_a_saved_harmony_is_read_back_as_it_was(store):
    saved = store.save(RICH, author="ann", expected_revision=0)
    assert store.load().get(RICH.key) == saved
    assert replace(saved, author="", modified="", revision=0) == RICH
    assert (saved.author, saved.revision) == ("ann", 1)


def test_everything_survives_a_new_store_on_the_same_workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "project")
    HarmonyStore(workspace.path, PAIR).save(PLAIN, author="ann")
    assert HarmonyStore(workspace.path, PAIR).load().get(PLAIN.key).author == "ann"
    assert (workspace.harmonies_folder / "RECS_2015__ACS_2019.json").exists()
    assert list_pairs(workspace.path) == [PAIR]


def test_the_file_changes_by_one_line_when_one_level_does(store):
    saved = store.save(RICH, author="ann")
    before = store.path.read_text().splitlines()
    levels = (LevelGroup("Gaz “naturel”", 7), *RICH.donor.levels[1:])
    store.save(replace(saved, donor=replace(RICH.donor, levels=levels)), author="ann")
    after = store.path.read_text().splitlines()
    changed = [line for line in after if line not in before]
    assert len(after) == len(before)
    assert sum("naturel" in line for line in changed) == 1
    assert len(changed) <= 3  # the level, the time and the revision


def test_saving_over_a_newer_revision_is_a_conflict_that_names_who(store):
    first = store.save(PLAIN, author="ann")
    store.save(replace(first, comment="bob's"), author="bob")
    with pytest.raises(ConflictError, match=r"bob saved revision 2 .* while you edited revision 1"):
        store.save(replace(first, comment="ann's"), author="ann")
    assert store.load().get(PLAIN.key).comment == "bob's"


def test_a_new_harmony_does_not_replace_one_somebody_made_meanwhile(store):
    store.save(PLAIN, author="bob", expected_revision=0)
    with pytest.raises(ConflictError):
        store.save(PLAIN, author="ann", expected_revision=0)


def test_saving_what_somebody_deleted_is_a_conflict(store):
    saved = store.save(PLAIN, author="ann")
    store.delete(PLAIN.key, author="bob", expected_revision=1)
    with pytest.raises(ConflictError, match="was deleted while you edited it"):
        store.save(saved, author="ann")


def test_a_deletion_can_be_undone_and_revisions_go_on(store):
    saved = store.save(RICH, author="ann")
    store.delete(RICH.key, author="bob", expected_revision=saved.revision)
    assert store.load().harmonies == ()
    back = store.restore(RICH.key, author="bob")
    assert replace(back, author="", modified="", revision=0) == RICH
    assert back.revision == 3
    store.delete(RICH.key, author="bob")
    assert store.save(RICH, author="cy", expected_revision=0).revision == 5


def test_an_earlier_revision_can_be_restored(store):
    first = store.save(replace(PLAIN, comment="first"), author="ann")
    store.save(replace(first, comment="second"), author="ann")
    assert store.restore(PLAIN.key, author="bob", revision=1).comment == "first"
    with pytest.raises(InputError, match="no revision 9"):
        store.restore(PLAIN.key, author="bob", revision=9)


def test_deleting_what_is_not_there_names_the_nearest(store):
    store.save(PLAIN, author="ann")
    with pytest.raises(InputError, match="Did you mean 'rooms__rmsp'"):
        store.delete("room__rmsp", author="ann")
    with pytest.raises(ConflictError):
        store.delete(PLAIN.key, author="ann", expected_revision=7)


def test_the_history_tells_who_did_what_to_what(store):
    saved = store.save(PLAIN, author="ann")
    store.save(replace(saved, ordered=True), author="bob")
    store.save(RICH, author="cy")
    store.delete(PLAIN.key, author="cy")
    told = [(entry.who, entry.action, entry.revision) for entry in store.history(PLAIN.key)]
    assert told == [("ann", "save", 1), ("bob", "save", 2), ("cy", "delete", 3)]
    second = store.history(PLAIN.key)[1]
    assert (second.before.ordered, second.after.ordered) == (False, True)
    assert len(store.history()) == 4


def test_an_import_keeps_the_author_and_the_date_a_harmony_brings(store):
    dated = replace(PLAIN, author="somebody long ago", modified="2021-05-06T07:08:09")
    (saved,) = store.save_all([dated], author="importer")
    assert (saved.author, saved.modified) == (dated.author, dated.modified)
    assert store.history(saved.key)[-1].who == "importer"


def test_an_import_saves_all_at_once_and_leaves_existing_ones_alone(store):
    store.save(replace(PLAIN, comment="mine"), author="ann")
    dated = replace(RICH, modified="2021-07-03T12:10:17")
    saved = store.save_all([PLAIN, dated], author="import")
    assert [item.key for item in saved] == [RICH.key]
    assert store.load().get(PLAIN.key).comment == "mine"
    assert store.load().get(RICH.key).modified == "2021-07-03T12:10:17"
    store.save_all([PLAIN], author="import", replace_existing=True)
    assert store.load().get(PLAIN.key).comment == ""
    assert store.save_all([], author="import") == ()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_is_reported_never_overwritten_and_rebuilt_from_history(store, share):
    first = store.save(PLAIN, author="ann")
    store.save(RICH, author="ann")
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[: int(len(whole) * share)])
    damaged = store.path.read_bytes()
    for attempt in (
        store.load,
        lambda: store.save(PLAIN, author="ann"),
        lambda: store.save_all([RICH], author="ann"),
        lambda: store.delete(PLAIN.key, author="ann"),
        lambda: store.restore(PLAIN.key, author="ann"),
    ):
        with pytest.raises(CorruptFileError):
            attempt()
        assert store.path.read_bytes() == damaged
    recovered = store.recover(author="ann")
    assert recovered.get(PLAIN.key) == first
    assert store.load() == recovered
    assert len(list(store.folder.glob("*.damaged-*.json"))) == 1
    assert list_pairs(store.folder) == [PAIR]
    assert store.save(first, author="ann").revision == 2


def test_recovery_keeps_deletions(store):
    store.save(PLAIN, author="ann")
    store.save(RICH, author="ann")
    store.delete(PLAIN.key, author="ann")
    store.path.unlink()
    assert [item.key for item in store.recover(author="ann").harmonies] == [RICH.key]
    assert store.save(PLAIN, author="ann", expected_revision=0).revision == 3


def test_recovery_without_history_is_an_error(store):
    with pytest.raises(InputError, match="no history"):
        store.recover(author="ann")


def test_a_history_line_cut_off_by_a_crash_costs_only_itself(store):
    store.save(PLAIN, author="ann")
    with store.history_path.open("ab") as handle:
        handle.write(b'{"when": "2026-01-01", "who": "ann", "act')
    store.save(RICH, author="ann")
    assert [entry.key for entry in store.history()] == [PLAIN.key, RICH.key]


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "[1]",
        "null",
        '{"when": 1}',
        '{"when": "x", "who": "ann", "action": "dance", "key": "k"}',
    ],
)
def test_a_history_line_of_another_form_costs_only_itself(store, line):
    store.save(PLAIN, author="ann")
    with store.history_path.open("a") as handle:
        handle.write(line + "\n")
    assert [entry.key for entry in store.history()] == [PLAIN.key]


def change(record, path, value):
    *parents, last = path
    for name in parents:
        record = record[name]
    if value is KeyError:
        del record[last]
    else:
        record[last] = value


HARMONY = ("harmonies", RICH.key)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("format",), 99, "format 99"),
        (("donor",), "AHS_2019", "another pair"),
        (("colour",), 1, "no field 'colour'"),
        (("harmonies",), [], "no harmonies"),
        (("deleted",), {"a": "b"}, "deleted revision"),
        ((*HARMONY, "donor"), KeyError, "'donor' is missing"),
        ((*HARMONY, "donor"), "text", "An object was expected"),
        ((*HARMONY, "odered"), True, "no field 'odered'"),
        ((*HARMONY, "ordered"), "yes", "true or false was expected"),
        ((*HARMONY, "revision"), 1.5, "A whole number was expected"),
        ((*HARMONY, "comment"), 3, "Text was expected"),
        ((*HARMONY, "group_names"), [[1]], "A pair was expected"),
        ((*HARMONY, "donor", "variable"), KeyError, "'variable' is missing"),
        ((*HARMONY, "donor", "variable"), "other", "holds the harmony 'other__agep'"),
        ((*HARMONY, "donor", "respondent"), "dog", "'dog' is no respondent level"),
        ((*HARMONY, "recipient", "aggregator"), "total", "'total' is no aggregator"),
        ((*HARMONY, "recipient", "breakpoints"), ["a"], "A number was expected"),
        ((*HARMONY, "recipient", "levels", 0), ["a", "b"], "A number was expected"),
        ((*HARMONY, "recipient", "levels", 0), ["a", 10**400], "too large"),
        ((*HARMONY, "recipient", "levels"), {}, "A list was expected"),
    ],
)
def test_every_field_is_checked_when_read(store, path, value, words):
    store.save(RICH, author="ann")
    record = json.loads(store.path.read_text())
    change(record, path, value)
    store.path.write_text(json.dumps(record))
    with pytest.raises(CorruptFileError, match=words):
        store.load()


def test_what_json_cannot_hold_or_tell_apart_is_refused_before_anything_changes(store):
    store.save(PLAIN, author="ann")
    before = (store.path.read_bytes(), store.history_path.read_bytes())
    twice = Harmony(Side("a", levels=(LevelGroup("x", 1), LevelGroup("x", 2))), Side("b"))
    endless = Harmony(Side("a", breakpoints=(float("inf"),)), Side("b"))
    for harmony in (twice, endless):
        with pytest.raises(InputError):
            store.save(harmony, author="ann")
    assert (store.path.read_bytes(), store.history_path.read_bytes()) == before


def test_many_people_saving_at_once_lose_nothing(store):
    failures = []

    def work(number):
        try:
            HarmonyStore(store.folder, PAIR).save(
                Harmony(Side(f"v{number}"), Side("rmsp")), author=f"user {number}"
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.load().harmonies) == 8
    assert len(store.history()) == 8


def test_drafts_are_kept_per_user_until_discarded(store):
    store.save_draft(RICH, user="ann")
    store.save_draft(replace(RICH, comment="later"), user="ann")
    store.save_draft(PLAIN, user="Ann")
    assert [draft.harmony.comment for draft in store.load_drafts("ann").values()] == ["later"]
    assert list(store.load_drafts("Ann")) == [PLAIN.key]
    assert store.load().harmonies == ()
    store.discard_draft(RICH.key, user="ann")
    store.discard_draft(RICH.key, user="ann")
    assert store.load_drafts("ann") == {}


@pytest.mark.parametrize(
    "user", ["../../etc/passwd", "", "a/b\\c:d", "名前", "x" * 500, "\x00", "CON"]
)
def test_any_user_name_keeps_its_drafts_inside_the_folder(store, user):
    store.save_draft(PLAIN, user=user)
    assert list(store.load_drafts(user)) == [PLAIN.key]
    inside = list((store.folder / "drafts").rglob("*.json"))
    assert len(inside) == 1
    assert store.load_drafts(f"{user}2") == {}


def test_damaged_drafts_are_reported(store):
    store.save_draft(PLAIN, user="ann")
    (path,) = (store.folder / "drafts").rglob("*.json")
    path.write_text('{"rooms__rmsp": {"modified": 3}}')
    with pytest.raises(CorruptFileError):
        store.load_drafts("ann")


def test_files_of_others_in_the_folder_are_no_pairs(store):
    store.save(PLAIN, author="ann")
    (store.folder / "notes__.json").write_text("{}")
    (store.folder / "no pair.json").write_text("{}")
    assert list_pairs(store.folder) == [PAIR]
    assert list_pairs(store.folder / "missing") == []
