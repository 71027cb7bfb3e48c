from datetime import UTC, datetime

import pytest

from fusion_core.execution.checking import USUAL
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import size_text, write_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, RunState, create_run
from harmony_app.fuse.presenting import toolbar_data
from harmony_app.fuse.run_view import detail_data, runs_data
from harmony_app.fuse.state import FuseState
from harmony_app.shell.look.times import duration, elapsed, moment
from harmony_app.shell.work.jobs import chip_html
from harmony_app.shell.work.run_watch import RunRow, RunWatch

PAIR = SurveyPair(SurveyId("TOY", "2020"), SurveyId("TOYACS", "2022"))


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def run(workspace):
    return create_run(
        workspace, RunSpec("winter <b>", PAIR, ("kwh", ("heat", "cool")), preset="paper")
    )


def finish(run, *stages):
    for stage in stages:
        write_json({"finished": "", "seconds": 3.0}, run.folder / "stages" / f"{stage}.json")


def row_of(run, **state):
    return RunRow(run, run.spec(), RunState(**state))


def test_stages_show_what_is_done_under_way_and_to_come(run):
    finish(run, "prepare")
    write_json({"notes": ["A note."]}, run.input_folder / "prepare.json")
    data = detail_data(row_of(run, status="running", stage="train", seconds_left=90.0))
    assert [stage["state"] for stage in data["stages"]] == ["done", "now", "waiting", "waiting"]
    assert data["left"] == "about 2 min left"
    assert data["notes"] == ["A note."]
    assert (data["active"], data["can_resume"]) == (True, False)


def test_the_skill_of_each_variable_is_shown_as_soon_as_it_is_known(run):
    assert detail_data(row_of(run, status="running", stage="train"))["skills"] == []
    run.log("kwh", stage="train", variable="kwh", skill=0.1)
    run.log("heat", stage="train", variable="heat", skill=-0.02)
    run.log("kwh", stage="train", variable="kwh", skill=0.634)  # resumed since
    skills = detail_data(row_of(run, status="running", stage="train"))["skills"]
    assert [(item["name"], item["skill"], item["share"]) for item in skills] == [
        ("kwh", "0.63", 0.634),
        ("heat", "-0.02", 0.0),
    ]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{}", b"[1]\n3\n", b'{"variable": "x", "skill": "much"}\n', b"{"]
)
def test_a_damaged_log_hides_nothing_else_of_a_run(run, content):
    (run.folder / "log.jsonl").write_bytes(content)
    assert detail_data(row_of(run, status="running", stage="train"))["skills"] == []


def test_a_failed_run_says_why_and_can_be_resumed(run):
    data = detail_data(row_of(run, status="failed", stage="fuse", message="The disk is full."))
    assert data["message"] == "The disk is full."
    assert data["can_resume"]
    assert data["stages"][2]["state"] == "bad"


def test_links_and_downloads_appear_when_there_is_something_to_see(run):
    assert detail_data(row_of(run))["links"] == []
    finish(run, "prepare", "train", "fuse", "validate")
    write_json({"notes": []}, run.input_folder / "prepare.json")
    data = detail_data(row_of(run, status="finished"))
    assert [link["href"] for link in data["links"]] == [
        f"validate?run={run.id}",
        f"explore?run={run.id}",
        f"explore?run={run.id}&panel=publish",
    ]
    assert [item["title"] for item in data["downloads"]] == ["Implicates", "Methods note"]
    run.model_folder.mkdir()  # a run opened from a published data set has none
    assert "Model" in [item["title"] for item in detail_data(row_of(run))["downloads"]]


def test_the_table_sums_up_a_run(run):
    state = {"status": "finished", "started": "2026-01-01T10:00:00+00:00"}
    state["finished"] = "2026-01-01T10:02:00+00:00"
    (shown,) = runs_data([row_of(run, **state)], FuseState(run=run.id))["rows"]
    assert shown["duration"] == "2 min"
    assert shown["settings"] == "Paper, M = 40 · kwh, heat, cool"
    assert shown["pair"] == "TOY 2020 → TOYACS 2022"


def test_a_damaged_run_is_listed_with_its_reason(workspace, run):
    (run.folder / "spec.json").write_text('{"format": 1, "name"')
    (row,) = RunWatch(workspace).rows()
    assert row.spec is None
    assert "damaged" in row.state.message
    assert detail_data(row)["can_resume"] is False


def test_a_watch_reads_again_only_what_changed(workspace, run):
    watch = RunWatch(workspace)
    first = watch.rows()[0]
    assert watch.rows()[0] is first
    run.write_state(RunState(status="cancelled", message="Cancelled"))
    assert watch.rows()[0].state.status == "cancelled"


def test_the_chip_names_the_run_without_trusting_its_name(run):
    text = chip_html([row_of(run, status="running", stage="fuse", progress=0.5, seconds_left=240)])
    assert "winter &lt;b&gt;" in text
    assert "<b>" not in text
    assert "fusing, 3 of 4" in text
    assert "4 min" in text
    assert f"fuse?run={run.id}" in text


def test_the_chip_is_empty_without_a_run_and_counts_several(run):
    assert chip_html([]) == ""
    row = row_of(run, status="running")
    assert "+ 2 more" in chip_html([row, row, row])


def test_the_chip_shows_a_check_of_a_finished_run_and_leads_to_it(workspace, run):
    run.write_state(RunState(status="finished"))
    watch = RunWatch(workspace)
    assert watch.active() == []
    run.check.folder.mkdir()
    run.check.write_state(RunState(status="running", stage="validate", progress=0.4))
    text = chip_html(watch.active())
    assert "checking" in text
    assert "Check of winter" in text
    assert f"validate?run={run.id}&amp;tab=unseen" in text
    assert [row.state.status for row in watch.rows()] == ["finished"]
    write_json({"folds": USUAL}, run.check.folder / "asked.json")
    assert "tab=unseen" not in chip_html(watch.active())
    run.check.write_state(RunState(status="cancelled"))
    assert chip_html(watch.active()) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "1 s"),
        (59, "59 s"),
        (59.7, "1 min"),
        (240, "4 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
    ],
)
def test_durations_are_said_as_people_do(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (12, "12 bytes"),
        (999.7, "1.0 kB"),
        (9_960, "10 kB"),
        (999_700, "1.0 MB"),
        (3.4e6, "3.4 MB"),
        (2.6e10, "26 GB"),
        (4.1e15, "4100 TB"),
    ],
)
def test_sizes_are_said_as_people_do(number, words):
    assert size_text(number) == words


def test_moments_are_relative_while_they_are_near():
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert moment("2026-01-01T11:59:30+00:00", now) == "just now"
    assert moment("2026-01-01T11:30:00+00:00", now) == "30 min ago"
    assert moment("2026-01-01T09:00:00+00:00", now) == "3 h ago"
    assert "2025" in moment("2025-12-01T09:00:00+00:00", now)
    assert elapsed("2026-01-01T11:00:00+00:00", "", now) == 3600
    assert elapsed("", "") is None


def test_the_tab_of_runs_tells_running_ones_from_those_in_line(run):
    states = [RunState(status=name) for name in ("running", "queued", "queued", "finished")]
    rows = [RunRow(run, None, state) for state in states]
    bar = toolbar_data(FuseState(), (), rows, "")
    assert bar["runs_title"] == "Runs (4, 1 running, 2 in line)"
