"""Independent tables kept in a workspace: called something else, removed, put back."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.errors import ConflictError, InputError
from fusion_core.workspace.independent_tables import (
    StoredTable,
    keep_table,
    open_table,
    put_back,
    remove_table,
    rename_table,
    stored_tables,
)
from fusion_core.workspace.layout import Workspace

ROWS = pd.DataFrame({"geoid": ["41", "53"], "homes": ["12", "(X)"], "moe": ["1", ""]})


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "w", title="A project")
    kept = StoredTable("homes", "state", "homes.csv", "homes", "count:ten=Rented")
    keep_table(made, kept, ROWS, ("geoid", "homes", "moe"))
    return made


def test_a_title_is_what_people_read_and_the_name_stays(workspace):
    renamed = rename_table(workspace, "homes", "  Homes   counted ")
    assert renamed.title == "Homes counted"
    assert stored_tables(workspace) == ((renamed,), ())
    assert rename_table(workspace, "homes", "").title == "homes (homes.csv)"


def test_a_removed_table_is_put_back_whole(workspace):
    table, rows = open_table(workspace, "homes")
    removed = remove_table(workspace, "homes")
    assert stored_tables(workspace) == ((), ())
    assert not list((workspace.path / "independent").iterdir())
    put_back(workspace, removed)
    again, found = open_table(workspace, "homes")
    assert again == table
    pd.testing.assert_frame_equal(found, rows)
    with pytest.raises(ConflictError):
        put_back(workspace, removed)


def test_a_damaged_table_can_be_removed(workspace):
    (workspace.path / "independent" / "homes.parquet").write_bytes(b"nothing")
    assert remove_table(workspace, "homes") is None
    assert not list((workspace.path / "independent").iterdir())


@pytest.mark.parametrize("name", ["home", "../workspace", ""])
def test_a_table_that_is_not_there_is_named(workspace, name):
    with pytest.raises(InputError, match="There is no independent table"):
        remove_table(workspace, name)
    with pytest.raises(InputError, match="There is no independent table"):
        rename_table(workspace, name, "Homes")


def test_a_title_too_long_for_a_list_is_refused(workspace):
    with pytest.raises(InputError, match="The title has 200 characters"):
        rename_table(workspace, "homes", "x" * 200)


def test_tables_are_listed_renamed_and_removed_by_command(workspace):
    def run(*words):
        asked = ["tables", *words, "--workspace", str(workspace.path), "--json"]
        result = CliRunner().invoke(app, asked)
        return result.exit_code, json.loads(result.stdout)

    assert run("rename", "homes", "Homes counted")[0] == 0
    code, found = run("list")
    assert code == 0
    assert [item["label"] for item in found["tables"]] == ["Homes counted"]
    assert run("remove", "homes") == (0, {"removed": "homes"})
    assert run("list")[1]["tables"] == []
    assert run("remove", "homes")[0] == 2
    shown = CliRunner().invoke(app, ["tables", "list", "--workspace", str(workspace.path)])
    assert "No tables yet" in shown.stdout
