"""`harmony publish`, `open` and `repeat`."""

from command_line import Harmony


def test_a_run_is_published_opened_and_estimated_from(harmony, finished, tmp_path):
    run, _ = finished
    written = harmony.json("publish", run, "--to", tmp_path / "data", "--licence", "CC0-1.0")
    assert "data/DEMOENERGY_2020.csv.gz" in written["files"]
    elsewhere = Harmony(tmp_path / "elsewhere")
    opened = elsewhere.json("open", tmp_path / "data")
    asked = ("-v", "insecure", "--level", "Yes")
    own = harmony.json("estimate", run, *asked)["estimates"]
    found = elsewhere.json("estimate", opened["run"], *asked)["estimates"]
    assert [row["estimate"] for row in found] == [row["estimate"] for row in own]
    # What areas have beyond the predictors is in the run's own margins alone, and that is said.
    for ours, theirs in zip(own, found, strict=True):
        assert 0.8 * ours["moe"] < theirs["moe"] < 1.001 * ours["moe"]
    assert (
        "how areas differ beyond the predictors" in (tmp_path / "data" / "methods.md").read_text()
    )


def test_publishing_into_the_workspace_is_refused(harmony, finished):
    run, _ = finished
    result = harmony("publish", run, "--to", harmony.workspace / "runs" / "mine", code=2)
    assert "part of the workspace itself" in result.stderr


def test_a_note_of_other_surveys_is_not_repeated(harmony, finished, tmp_path):
    run, _ = finished
    harmony("publish", run, "--to", tmp_path / "data", "--without-recipient")
    empty = Harmony(tmp_path / "empty")
    empty("init", tmp_path / "empty")
    result = empty("repeat", tmp_path / "data", code=2)
    assert "has no DEMOENERGY 2020" in result.stderr
