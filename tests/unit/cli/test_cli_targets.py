"""`harmony harmonies targets`: one recipient variable in all surveys, from the command line."""

import csv


def test_recipient_variables_are_listed_and_one_is_lined_up(harmony, tmp_path):
    assert harmony.json("harmonies", "targets")["variables"]["ten"] == 1
    file = tmp_path / "ten.csv"
    record = harmony.json("harmonies", "targets", "ten", "--csv", file)
    assert record["columns"][0]["variable"] == "tenure"
    with file.open(encoding="utf-8", newline="") as handle:
        head, *rows = csv.reader(handle)
    assert head[0] == "ten"
    assert len(rows) == len(record["rows"])


def test_an_unknown_variable_tells_the_nearest(harmony):
    assert "schl" in str(harmony.json("harmonies", "targets", "schll", code=2)["error"])
