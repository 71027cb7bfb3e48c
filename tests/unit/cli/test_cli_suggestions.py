"""`harmony harmonies suggest`: candidates and whole harmonies from the command line."""

import shutil

import pytest

from fusion_core.demo import PAIR
from fusion_core.harmony.store.store import HarmonyStore

NAMES = ["--pair", str(PAIR)]


@pytest.fixture
def unharmonized(harmony, tmp_path):
    """A copy of the demo without its harmonies."""
    folder = tmp_path / "demo"
    shutil.copytree(harmony.workspace, folder, ignore=shutil.ignore_patterns("harmonies", "runs"))
    return type(harmony)(folder)


def test_everything_without_a_harmony_is_gone_through_best_first(unharmonized):
    record = unharmonized.json("harmonies", "suggest", *NAMES)
    found = record["suggestions"]
    scores = [item["candidates"][0]["score"] for item in found]
    assert scores == sorted(scores, reverse=True)
    assert "heatfuel__hfl" in [item["harmony"]["key"] for item in found]
    assert all(item["reasons"] or item["harmony"]["donor"]["levels"] == [] for item in found)
    assert record["drafts"] == []
    assert HarmonyStore(unharmonized.workspace, PAIR).load_drafts("kim") == {}


def test_a_named_variable_gets_its_candidates_and_a_chosen_recipient(unharmonized):
    record = unharmonized.json("harmonies", "suggest", "elecpay__elefp", *NAMES)
    (found,) = record["suggestions"]
    assert found["harmony"]["key"] == "elecpay__elefp"
    assert len(found["candidates"]) == 5
    assert found["confidence"] in {"sure", "likely", "unsure"}


def test_drafts_are_kept_on_request_and_never_twice(unharmonized):
    options = ["heatfuel", *NAMES, "--save-drafts", "--user", "kim"]
    assert unharmonized.json("harmonies", "suggest", *options)["drafts"] == ["heatfuel__hfl"]
    assert unharmonized.json("harmonies", "suggest", *options)["drafts"] == []
    drafts = HarmonyStore(unharmonized.workspace, PAIR).load_drafts("kim")
    assert list(drafts) == ["heatfuel__hfl"]


def test_what_is_harmonized_already_is_not_suggested(harmony):
    saved = {item.key for item in HarmonyStore(harmony.workspace, PAIR).load().harmonies}
    record = harmony.json("harmonies", "suggest", *NAMES)
    assert not saved & {item["harmony"]["key"] for item in record["suggestions"]}
    assert "suggestions for" in harmony("harmonies", "suggest", *NAMES).stdout


def test_an_unknown_variable_names_the_nearest(harmony):
    error = harmony.json("harmonies", "suggest", "heatfuell", *NAMES, code=2)["error"]
    assert "heatfuel" in str(error)


def test_dollars_of_an_unknown_year_are_not_converted_so_that_what_is_taken_runs(harmony, tmp_path):
    for name, column in (("d", "income"), ("r", "hincome")):
        rows = "".join(f"{i},{i % 5 + 1},{5000 + 700 * (i * 37 % 97)}\n" for i in range(200))
        (tmp_path / f"{name}.csv").write_text(f"id,w,{column}\n{rows}")
        described = f"variable,description\n{column},Annual household income in dollars\n"
        (tmp_path / f"{name}_codebook.csv").write_text(described)

    def found(ws, vintage, *options):
        for file, survey, year in (("d", "DON", "2017"), ("r", "REC", vintage)):
            files = ("--household", tmp_path / f"{file}.csv", "--codebook")
            named = (tmp_path / f"{file}_codebook.csv", "--name", survey, "--vintage", year)
            more = options if survey == "REC" else ()
            harmony(
                "survey",
                "add",
                *files,
                *named,
                "--key",
                "id",
                "--weight",
                "w",
                "--create",
                *more,
                "-w",
                ws,
            )
        pair = f"DON_2017__REC_{vintage}"
        command = ("harmonies", "suggest", "income__hincome", "--pair", pair, "-w", ws)
        return harmony.json(*command)["suggestions"][0]

    years = "2020-2024"
    unknown = found(tmp_path / "a", years)
    assert unknown["harmony"]["recipient"]["deflate_to_year"] is None
    known = found(tmp_path / "b", years, "--price-year", "2024")
    assert known["harmony"]["recipient"]["deflate_to_year"] == 2017
    plain = found(tmp_path / "c", "2024")
    assert plain["harmony"]["recipient"]["deflate_to_year"] == 2017
    assert "does not state the year of its prices" in " ".join(unknown["reasons"])


def test_what_is_sure_enough_is_saved_and_taken_back_by_the_command_it_names(unharmonized):
    store = HarmonyStore(unharmonized.workspace, PAIR)
    record = unharmonized.json("harmonies", "suggest", *NAMES, "--save", "likely")
    confidences = {
        item["harmony"]["key"]: {item["confidence"], item["candidates"][0]["confidence"]}
        for item in record["suggestions"]
    }
    assert record["saved"]
    assert all("unsure" not in confidences[key] for key in record["saved"])
    assert [item.key for item in store.load().harmonies] == sorted(record["saved"])

    key = record["saved"][0]
    undone = unharmonized.json("harmonies", "delete", key, *NAMES)
    assert undone["undo"] == f"harmony harmonies restore {key} --pair {PAIR}"
    assert store.load().get(key) is None
    unharmonized("harmonies", "restore", key, *NAMES)
    assert store.load().get(key) is not None


def test_a_suggestion_that_leaves_an_answer_without_group_is_not_saved(unharmonized):
    named = ["heatfuel__ten", *NAMES, "--save", "unsure"]
    record = unharmonized.json("harmonies", "suggest", *named)
    (reason,) = record["not_saved"].values()
    assert "no group" in reason
    assert record["saved"] == []
    assert f"Not saved: heatfuel__ten: {reason}" in unharmonized(
        "harmonies", "suggest", *named
    ).stdout.replace("\n", " ")


def test_an_unknown_confidence_and_an_unknown_harmony_are_refused(harmony):
    error = harmony.json("harmonies", "suggest", *NAMES, "--save", "certain", code=2)["error"]
    assert "certain" in error["what"]
    error = harmony.json("harmonies", "delete", "heatfuell__hfl", *NAMES, code=2)["error"]
    assert "heatfuel__hfl" in error["message"]


def test_what_is_less_sure_is_counted_and_listed_on_request(unharmonized):
    few = unharmonized.json("harmonies", "suggest", *NAMES)["suggestions"]
    many = unharmonized.json("harmonies", "suggest", *NAMES, "--possible")["suggestions"]
    assert [item["donor"] for item in many][: len(few)] == [item["donor"] for item in few]
    less_sure = many[len(few) :]
    assert less_sure
    assert all(item["candidates"][0]["probability"] >= 0.4 for item in less_sure)
    said = unharmonized("harmonies", "suggest", *NAMES).stdout
    assert f"Less sure: {len(less_sure)} suggestion" in said
