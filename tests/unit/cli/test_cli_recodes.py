"""`harmony harmonies recodes`: groupings with a name from the command line."""

import json
import shutil

import pytest

from fusion_core.demo import PAIR
from fusion_core.harmony.recodes import RecodeShelf, uses_of
from fusion_core.harmony.store import HarmonyStore

NAMES = ["--pair", str(PAIR)]


@pytest.fixture
def own(harmony, tmp_path):
    """A copy of the demo that a test may change."""
    folder = tmp_path / "demo"
    shutil.copytree(harmony.workspace, folder, ignore=shutil.ignore_patterns("runs"))
    return type(harmony)(folder)


def recodes(command, *arguments, **options):
    return command.json("harmonies", "recodes", *arguments, **options)


def stored(command):
    return HarmonyStore(command.workspace, PAIR).load()


@pytest.fixture
def grouped(own):
    """A harmony of the demo whose recipient has groups."""
    return next(item for item in stored(own).harmonies if len(item.recipient.group_codes) > 1)


def test_the_standard_ones_are_listed_with_their_source(harmony):
    names = [item["name"] for item in recodes(harmony, "list")["recodes"]]
    assert {"education-5", "race-7", "occupation-23", "tenure-2", "structure-5", "age-6"} <= {
        *names
    }
    assert "B15003" in harmony("harmonies", "recodes", "show", "education-5").stdout


def test_a_grouping_is_saved_used_changed_in_one_place_and_removed(own, grouped):
    recodes(own, "save", "mine", *NAMES, "--from", grouped.key, "--title", "Mine")
    found = recodes(own, "apply", "mine", grouped.key, *NAMES)
    assert (found["saved"], found["drafts"]) == (1, 0)
    assert stored(own).get(grouped.key).recipient.recode == "mine"

    file = own.workspace / "mine.json"
    record = recodes(own, "show", "mine")["recode"]
    record["groups"][0][1] = "another name"
    file.write_text(json.dumps(record))
    preview = recodes(own, "save", "mine", "--file", file, "--dry-run")
    assert [item["key"] for item in preview["changes"]] == [grouped.key]
    assert RecodeShelf(own.workspace).get("mine").revision == 1
    assert recodes(own, "save", "mine", "--file", file)["saved"] == 1
    assert "another name" in dict(stored(own).get(grouped.key).group_names).values()

    assert recodes(own, "remove", "mine")["detached"] == [f"{PAIR}: {grouped.key}"]
    after = stored(own).get(grouped.key)
    assert after.recipient.recode == ""
    assert after.recipient.group_codes == grouped.recipient.group_codes


def test_one_use_is_detached(own, grouped):
    recodes(own, "save", "mine", *NAMES, "--from", grouped.key)
    recodes(own, "apply", "mine", grouped.key, *NAMES)
    recodes(own, "apply", "mine", grouped.key, *NAMES, "--detach")
    assert uses_of(RecodeShelf(own.workspace).get("mine"), [stored(own)]) == []


def test_an_unknown_side_or_harmony_is_named(own, grouped):
    recodes(own, "save", "mine", *NAMES, "--from", grouped.key)
    error = recodes(own, "apply", "mine", "nonsense", *NAMES, code=2)["error"]
    assert "nonsense" in str(error)
    error = recodes(own, "apply", "mine", grouped.key, *NAMES, "--side", "left", code=2)["error"]
    assert "left" in str(error)
