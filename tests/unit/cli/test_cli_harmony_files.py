"""harmony harmonies import, check and export: one line per harmony, and exit codes for scripts."""

import shutil
from dataclasses import replace

import pytest

from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store import list_pairs
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId

SIDE = 'list(groups = c(1, 2), levels = c("Yes", "No"), breaks = "", adj = "{adj}", agg = "")'
OTHER = SurveyPair(SurveyId("HOMES", "2022"), SurveyId("ACS", "2019"))


def entry(key, donor="", recipient=""):
    sides = [SIDE.format(adj=adj) for adj in (donor, recipient)]
    return f'"{key}" = list(HOMES = {sides[0]}, ACS = {sides[1]}, ordered = FALSE)'


@pytest.fixture
def workspace(harmony, tmp_path):
    return shutil.copytree(harmony.workspace, tmp_path / "workspace")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / f"{OTHER}.R"
    path.write_text(f"list({entry('a__b')}, {entry('c__d', 'x + y', 'cut(d, 3)')}, e__f = 3)")
    return path


def test_every_harmony_of_a_file_is_one_line(harmony, workspace, file):
    found = harmony.lines("harmonies", "import", file, "-w", workspace, code=1)
    assert [(item["key"], item["status"], item["outcome"]) for item in found] == [
        ("a__b", "imported", "added"),
        ("c__d", "flagged", "added"),
        ("e__f", "skipped", "skipped"),
    ]
    assert found[1]["translations"] == [{"from": "x + y", "to": "x + y"}]
    assert "'cut' has no counterpart" in found[1]["todo"][0]
    assert "list of two sides" in found[2]["remarks"][-1]
    assert "has no HOMES 2022" in found[0]["remarks"][0]
    assert len(HarmonyStore(workspace, OTHER).load().harmonies) == 2


def test_a_file_that_cannot_be_read_does_not_keep_the_others_out(
    harmony, workspace, file, tmp_path
):
    bad = tmp_path / "HOMES_2023__ACS_2019.R"
    bad.write_text(file.read_text() + "; system('touch /tmp/x')")
    found = harmony.lines("harmonies", "import", bad, file, "-w", workspace, code=2)
    assert "not allowed" in found[0]["error"]["message"]
    assert [item["key"] for item in found[1:]] == ["a__b", "c__d", "e__f"]
    text = harmony("harmonies", "import", bad, "-w", workspace, code=2).stdout
    assert "HOMES_2023__ACS_2019.R: not imported" in text


def test_a_dry_run_saves_nothing_and_existing_harmonies_stay_unless_replaced(
    harmony, workspace, file
):
    command = ("harmonies", "import", file, "-w", workspace)
    assert "are new" in harmony(*command, "--dry-run", code=1).stdout
    assert HarmonyStore(workspace, OTHER).load().harmonies == ()
    harmony(*command, code=1)
    file.write_text(f"list({entry('a__b', 'x + 1')}, {entry('c__d', 'x + y', 'cut(d, 3)')})")
    kept = harmony.lines(*command, code=1)
    assert [item["outcome"] for item in kept] == ["kept", "same"]
    assert kept[0]["differences"] == [["donor: adjustment", "–", "x + 1"]]
    assert "another version" in harmony(*command, code=1).stdout
    replaced = harmony.lines(*command, "--replace", code=1)
    assert [item["outcome"] for item in replaced] == ["replaced", "same"]
    store = HarmonyStore(workspace, OTHER)
    assert store.load().get("a__b").revision == 2
    assert store.restore("a__b", author="ann", revision=1).donor.adjustment == ""


def test_a_check_of_files_reports_what_cannot_be_read(harmony, file, tmp_path):
    missing = tmp_path / "HOMES_2024__ACS_2019.R"
    found = harmony.lines("harmonies", "check", missing, file, code=2)
    assert "missing" in found[0]["error"]["message"]
    rules = {(item["key"], item["rule"]) for item in found[1:] if item["severity"] == "error"}
    assert ("e__f", "not-applicable") in rules
    assert ("c__d", "invalid-adjustment") in rules
    assert "not checked" in harmony("harmonies", "check", missing, code=2).stdout


def test_a_check_lists_and_stops_for_what_is_grave_enough(harmony, file):
    everything = harmony.lines("harmonies", "check", file, code=1)
    errors = harmony.lines("harmonies", "check", file, "--severity", "error", code=1)
    assert errors
    assert errors == [item for item in everything if item["severity"] == "error"]
    assert all(item["accepted"] == "" for item in everything)


@pytest.mark.parametrize("form", ["R", "json", "csv", "html"])
def test_harmonies_are_exported_and_imported_again(harmony, workspace, tmp_path, form):
    record = harmony.json(
        "harmonies",
        "export",
        "--format",
        form,
        "--out",
        tmp_path,
        "--key",
        "tenure__ten",
        "--findings",
    )
    path = tmp_path / f"{record['pair']}.{form}"
    assert record["harmonies"] == 1
    assert "tenure" in path.read_text(encoding="utf-8")
    if form == "html":
        assert "Similarity" in path.read_text(encoding="utf-8")
    if form in {"R", "json"}:
        (item,) = harmony.lines("harmonies", "import", path, "-w", workspace)
        assert (item["key"], item["status"]) == ("tenure__ten", "imported")
        assert item["outcome"] in {"same", "kept"}


def test_all_pairs_are_exported_into_a_folder(harmony, workspace, tmp_path):
    (own,) = (workspace / "harmonies").glob("*.json")
    donor, recipient = own.stem.split("__")
    other = f"GONE_1999__{recipient}"
    text = own.read_text(encoding="utf-8")
    (workspace / "harmonies" / f"{other}.json").write_text(
        text.replace(donor, "GONE_1999"), encoding="utf-8"
    )
    everything = ("harmonies", "export", "--all", "--format", "csv", "-w", workspace, "--out")
    record = harmony.json(*everything, tmp_path)
    assert {path.stem for path in tmp_path.glob("*.csv")} == {own.stem, other}
    assert record["failed"] == []
    assert "Give a folder" in harmony(*everything, tmp_path / "file.csv", code=2).stderr
    (workspace / "harmonies" / f"{other}.json").write_text("{", encoding="utf-8")
    record = harmony.json(*everything, tmp_path, code=1)
    assert [item["pair"] for item in record["failed"]] == [other]
    assert [item["pair"] for item in record["files"]] == [own.stem]


def test_an_export_says_what_is_missing(harmony, workspace, file, tmp_path):
    wrong = harmony.json("harmonies", "export", "--key", "tenur__ten", code=2)["error"]
    assert "tenure__ten" in wrong["message"]
    assert (
        "csv" in harmony.json("harmonies", "export", "--format", "cvs", code=2)["error"]["message"]
    )
    (pair,) = [path.stem for path in (workspace / "harmonies").glob("*.json")]
    other = tmp_path / f"{pair}.R"
    donor, recipient = (name.split("_")[0] for name in pair.split("__"))
    other.write_text(file.read_text().replace("HOMES", donor).replace("ACS", recipient))
    harmony("harmonies", "import", other, "-w", workspace, code=1)
    out = harmony("harmonies", "export", "--out", tmp_path / "x.R", "-w", workspace, code=1).stdout
    assert "'c__d' was left out" in out


def test_a_pair_whose_survey_is_not_there_is_checked_and_exported_all_the_same(
    harmony, workspace, file, tmp_path
):
    harmony("harmonies", "import", file, "-w", workspace, code=1)
    found = harmony.lines("harmonies", "check", "-w", workspace, code=1)
    reasons = [item["not_on_data"] for item in found if "not_on_data" in item]
    assert reasons == ["The workspace lacks HOMES 2022 and ACS 2019 (harmony survey add)"]
    assert ("c__d", "invalid-adjustment") in {(i.get("key"), i.get("rule")) for i in found}
    assert len({item["file"] for item in found}) > 1, "the other pairs are checked too"
    for form in ("R", "json", "csv", "html"):
        command = ("harmonies", "export", "--pair", str(OTHER), "--format", form)
        harmony(*command, "--key", "a__b", "--out", tmp_path / f"out.{form}", "-w", workspace)


def test_files_that_are_stored_too_are_not_counted_as_two_years(harmony, workspace, tmp_path):
    levels = 'levels = c("Yes", "No", "Maybe"), breaks = "", adj = "", agg = ""'
    files = []
    for year, groups in ((2021, "1, 2, 1"), (2022, "1, 2, 1"), (2023, "2, 1, 1")):
        sides = [f"list(groups = c({item}), {levels})" for item in (groups, "1, 2, 1")]
        entry = f'"a__b" = list(HOMES = {sides[0]}, ACS = {sides[1]}, ordered = FALSE)'
        files.append(tmp_path / f"HOMES_{year}__ACS_2019.R")
        files[-1].write_text(f"list({entry})")
    harmony("harmonies", "import", *files, "-w", workspace)
    alone = harmony.lines("harmonies", "check", *files, code=1)
    assert any("sibling" in item["rule"] for item in alone)
    assert harmony.lines("harmonies", "check", *files, "-w", workspace, code=1) == alone


def test_variables_are_set_aside_counted_and_no_longer_suggested(harmony, workspace):
    pair = next(iter(list_pairs(workspace)))
    decide = ("harmonies", "decide", "--pair", str(pair), "-w", workspace)
    before = harmony.json(*decide)
    done = HarmonyStore(workspace, pair).load().harmonies[0].donor.variable
    harmony(*decide, done, "--as", "nothing matches", code=2)
    undecided = harmony.json("harmonies", "suggest", "--pair", str(pair), "-w", workspace)
    name = undecided["suggestions"][0]["donor"]
    harmony(*decide, name, code=2)
    after = harmony.json(*decide, name, "--as", "not a predictor", "--reason", "fused")
    assert after["to_decide"] == before["to_decide"] - 1
    assert after["decisions"][name]["reason"] == "fused"
    left = harmony.json("harmonies", "suggest", "--pair", str(pair), "-w", workspace)
    assert name not in [item["donor"] for item in left["suggestions"]]
    themed = harmony.json(*decide, "--theme", "Energy", "--as", "nothing matches")
    assert themed["set_aside"] > after["set_aside"]
    assert "set aside" in harmony(*decide).stdout


def test_a_harmony_that_cannot_be_applied_stops_a_script(harmony, workspace, tmp_path):
    pair = next(iter(list_pairs(workspace)))
    store = HarmonyStore(workspace, pair)
    broken = store.load().harmonies[0]
    side = replace(broken.donor, adjustment="nowhere + 1", levels=(), breakpoints=())
    store.save(replace(broken, donor=side), author="ann", expected_revision=broken.revision)
    command = ("harmonies", "apply", "--to", tmp_path / "out", "-w", workspace)
    record = harmony.json(*command, code=1)
    assert list(record["failures"]) == [broken.key]
    assert "nowhere" in record["failures"][broken.key]
    assert "were left out" in harmony(*command, code=1).stdout
