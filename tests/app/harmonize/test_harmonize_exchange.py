"""Harmony files in and out of the page: compared first, saved on request, reported file by file."""

import base64
import io
import json
import tempfile
import zipfile

import pandas as pd
import pytest
from sent_files import arrive

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
NAME = f"{PAIR}.R"
SIDE = 'list(groups = c(1, 2), levels = c("{0}", "{1}"), breaks = "", adj = "{2}", agg = "")'
HOSTILE = "<img src=x onerror=alert(1)>"


def entry(key, adjustment="", first="Gas"):
    sides = SIDE.format(first, "Wood", adjustment), SIDE.format("Utility gas", "Wood", "")
    return f'"{key}" = list(ENERGY = {sides[0]}, ACS = {sides[1]}, ordered = FALSE)'


FILE = f"list({entry('heat__hfl')}, {entry('pay__hfl', 'cut(pay, 3)')}, odd__one = 3)"


@pytest.fixture
def page(open_page):
    return open_page(donor="heat", recipient="hfl", view="all")


@pytest.fixture
def upload(page, told):
    """Send files, ``upload((name, content), …)``, and return the plan the page shows."""

    def send(*files):
        page.receive({"kind": "import_begin"})
        inbox = page.session.uploads.inbox(told[-1]["key"])
        for name, content in files:
            arrive(inbox, name, content if isinstance(content, bytes) else content.encode())
        page.receive({"kind": "import_sent"})
        return told[-1]

    return send


def stored(workspace):
    return HarmonyStore(workspace.path, PAIR)


def statuses(file):
    return {item["key"]: (item["status"], item["standing"]) for item in file["entries"]}


def test_files_are_compared_before_anything_is_saved(upload, workspace):
    plan = upload((NAME, FILE))
    assert plan["kind"] == "import_plan"
    assert statuses(plan["files"][0]) == {
        "heat__hfl": ("imported", "new"),
        "pay__hfl": ("flagged", "new"),
        "odd__one": ("skipped", "none"),
    }
    assert "rewrite it" in plan["files"][0]["entries"][1]["todo"][0]
    assert stored(workspace).load().harmonies == ()


def test_files_of_absent_surveys_and_broken_files_keep_nothing_of_the_others_out(
    upload, page, told, workspace
):
    plan = upload(("RECS_2015__ACS_2019.R", "list()"), (NAME, FILE), ("X_1__ACS_2019.R", "list("))
    errors = [file["error"] for file in plan["files"]]
    assert "the workspace has no RECS 2015" in errors[0]
    assert "Surveys page" in errors[0]
    assert errors[1] == ""
    assert "cut off" in errors[2]
    page.receive({"kind": "import_run", "choices": ["skip", "mine", "skip"]})
    done = told[-1]
    assert [item["outcome"] for item in done["files"][1]["entries"]] == [
        "added",
        "added",
        "skipped",
    ]
    assert {item.key for item in stored(workspace).load().harmonies} == {"heat__hfl", "pay__hfl"}


def test_a_flagged_harmony_says_what_is_to_be_done_when_it_is_opened(upload, page):
    upload((NAME, FILE))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    page.receive({"kind": "open", "donor": "pay", "recipient": "hfl"})
    findings = json.loads(page.browser.preview)["findings"]
    assert any(
        item["severity"] == "error" and "must be written again" in item["headline"]
        for item in findings
    )


def test_mine_stay_or_theirs_come_as_new_revisions(upload, page, told, workspace):
    upload((NAME, f"list({entry('heat__hfl')})"))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    changed = f"list({entry('heat__hfl', first='Electric')})"
    (read,) = upload((NAME, changed))["files"][0]["entries"]
    assert read["standing"] == "different"
    assert ["donor: Electric", "–", "1"] in read["changes"]
    page.receive({"kind": "import_run", "choices": ["mine"]})
    assert told[-1]["files"][0]["entries"][0]["outcome"] == "kept"
    upload((NAME, changed))
    page.receive({"kind": "import_run", "choices": ["theirs"]})
    assert told[-1]["files"][0]["entries"][0]["outcome"] == "replaced"
    store = stored(workspace)
    assert store.load().get("heat__hfl").revision == 2
    assert store.restore("heat__hfl", author="kim", revision=1).donor.levels[0].level == "Gas"


def test_the_report_is_one_table_that_no_spreadsheet_runs(upload, page, told):
    upload((NAME, f"list({entry('=1+1__hfl')}, odd__one = 3)"), ("bad.R", "list()"))
    page.receive({"kind": "import_report"})
    report = pd.read_csv(io.StringIO(told[-1]["text"]), keep_default_na=False)
    assert list(report["harmony"]) == ["'=1+1__hfl", "odd__one", ""]
    assert list(report["status"]) == ["flagged", "skipped", "not imported"]


@pytest.mark.parametrize(
    "name", ["../evil.R", "a.exe", "x" * 300 + ".R", "no-pair.R", ".R", "a/b.R", "a\x00.R", ""]
)
def test_a_file_with_a_wrong_name_is_refused_and_named(upload, name):
    (file,) = upload((name, "list()"))["files"]
    assert file["error"].endswith(".")
    assert tempfile.gettempdir() not in file["error"]


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "import_run", "choices": []},
        {"kind": "import_report"},
        {"kind": "import_sent"},
        {"kind": "export", "format": "exe"},
        {"kind": "export_selected", "items": [3]},
        {"kind": "export_selected", "items": []},
        {"kind": "export_selected", "items": [{"pair": "nonsense", "key": "a"}]},
    ],
)
def test_nonsense_is_answered_in_a_sentence(page, told, message):
    page.receive(message)
    assert told[-1]["severity"] == "error"
    assert "server's log" not in told[-1]["message"]


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([8_000_000] * 7, "more than 50 MB together"),
        ([9_000_000], "more than 8.0 MB"),
        ([1] * 201, "More than 200 files at once"),
    ],
)
def test_too_many_bytes_are_refused_before_they_are_sent_and_nothing_stays(page, told, sizes, said):
    page.receive({"kind": "import_begin"})
    inbox = page.session.uploads.inbox(told[-1]["key"])
    *fitting, last = sizes
    for number, size in enumerate(fitting):
        assert inbox.begin(f"{number}.json", size)
    with pytest.raises((HarmonyError, OSError)):
        inbox.begin("last.json", last)
    assert told[-1]["kind"] == "import_failed"
    assert said in told[-1]["message"]
    assert not inbox.folder.exists()
    page.receive({"kind": "import_sent"})
    assert "no files to import" in told[-1]["message"]


def test_choices_must_fit_the_files(upload, page, told):
    upload((NAME, FILE))
    page.receive({"kind": "import_run", "choices": ["mine", "mine"]})
    assert "do not fit" in told[-1]["message"]


def test_cancelling_forgets_the_files(upload, page, told):
    upload((NAME, FILE))
    page.receive({"kind": "import_cancel"})
    page.receive({"kind": "import_run", "choices": ["mine"]})
    assert "no files" in told[-1]["message"]


@pytest.mark.parametrize("form", ["R", "json", "csv", "html"])
def test_all_harmonies_are_exported_in_every_form(upload, page, told, form):
    upload((NAME, f"list({entry('heat__hfl', first=HOSTILE.replace(chr(34), ''))})"))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    page.receive({"kind": "export"})
    assert told[-1] == {
        "kind": "export_ask",
        "items": None,
        "title": "all harmonies of ENERGY 2020 → ACS 2019",
    }
    page.receive({"kind": "export", "format": form, "findings": True})
    download = next(item for item in told if item["kind"] == "download")
    assert download["name"] == f"{PAIR}.{form}"
    assert (HOSTILE in download["text"]) == (form != "html")
    assert told[-1]["kind"] == "export_done"


def test_selected_harmonies_of_several_pairs_come_in_one_archive(upload, page, told, workspace):
    upload((NAME, f"list({entry('heat__hfl')}, {entry('pay__hfl')})"))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    other = SurveyPair(PAIR.recipient, PAIR.donor)
    HarmonyStore(workspace.path, other).save_all(stored(workspace).load().harmonies, author="kim")
    items = [{"pair": str(pair), "key": "heat__hfl"} for pair in (PAIR, other)]
    page.receive({"kind": "export_selected", "items": items})
    assert told[-1]["title"] == "2 harmonies of 2 pairs"
    page.receive({"kind": "export_selected", "items": items[:1], "format": "csv"})
    assert "pay__hfl" not in told[-2]["text"]
    page.receive({"kind": "export_selected", "items": items, "format": "json"})
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(told[-2]["data"])))
    assert archive.namelist() == [f"{PAIR}.json", f"{other}.json"]


def test_a_pair_whose_survey_is_not_there_is_exported_all_the_same(upload, page, told, workspace):
    upload((NAME, f"list({entry('heat__hfl')})"))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    gone = SurveyPair(SurveyId("GONE", "1999"), PAIR.recipient)
    HarmonyStore(workspace.path, gone).save_all(stored(workspace).load().harmonies, author="kim")
    items = [{"pair": str(pair), "key": "heat__hfl"} for pair in (PAIR, gone)]
    for form in ("R", "json", "csv", "html"):
        page.receive({"kind": "export_selected", "items": items, "format": form})
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(told[-2]["data"])))
        assert archive.namelist() == [f"{PAIR}.{form}", f"{gone}.{form}"]
        assert (told[-1]["file"], told[-1]["files"]) == ("harmonies.zip", 2)


def test_a_damaged_pair_is_named_and_the_others_are_exported(upload, page, told, workspace):
    upload((NAME, f"list({entry('heat__hfl')})"))
    page.receive({"kind": "import_run", "choices": ["mine"]})
    damaged = SurveyPair(PAIR.recipient, PAIR.donor)
    store = HarmonyStore(workspace.path, damaged)
    store.save_all(stored(workspace).load().harmonies, author="kim")
    (workspace.path / "harmonies" / f"{damaged}.json").write_text("{", encoding="utf-8")
    items = [{"pair": str(pair), "key": "heat__hfl"} for pair in (PAIR, damaged)]
    page.receive({"kind": "export_selected", "items": items, "format": "json"})
    assert told[-2]["name"] == f"{PAIR}.json"
    (remark,) = told[-1]["remarks"]
    assert (remark["key"], remark["left_out"]) == (damaged.title, True)


def test_without_a_saved_harmony_there_is_nothing_to_export(page, told):
    page.receive({"kind": "export", "format": "csv"})
    assert told[-1]["kind"] == "export_failed"
    assert "no saved harmony" in told[-1]["message"]
