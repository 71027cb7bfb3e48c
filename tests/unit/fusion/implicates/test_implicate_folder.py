"""Implicates read piece by piece, as a long table, and exported in bounded memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion import (
    FusedVariable,
    Implicates,
    export_implicates,
    open_implicates,
    write_implicates,
)
from fusion_core.fusion.implicates import export as implicate_export
from fusion_core.fusion.implicates import files as implicate_files

ROWS, COUNT = 503, 4
FUEL = ("gas, piped", 'oil "heavy"', "none")


@pytest.fixture(scope="module")
def implicates() -> Implicates:
    draw = np.random.default_rng(0)
    fuel = FusedVariable("fuel", draw.integers(0, 3, (ROWS, COUNT)).astype(np.int8), FUEL)
    cost = FusedVariable('cost "$"', draw.gamma(2, 100, (ROWS, COUNT)).round(2))
    return Implicates({"fuel": fuel, 'cost "$"': cost}, ("One note.",))


@pytest.fixture
def folder(implicates, tmp_path, monkeypatch):
    # Small row groups, so that there are many.
    monkeypatch.setattr(implicate_files, "CELLS_IN_GROUP", 100 * COUNT)
    write_implicates(implicates, tmp_path / "im'plicates")
    return open_implicates(tmp_path / "im'plicates")


@pytest.fixture
def recipient(tmp_path):
    frame = pd.DataFrame(
        {
            "household_id": [f"h{number:04}" for number in range(ROWS)],
            "weight": np.arange(ROWS) / 4,
            "region": pd.Categorical(np.where(np.arange(ROWS) % 3, "coast", "hills")),
        }
    )
    frame.to_parquet(tmp_path / "recipient.parquet", row_group_size=77)
    return tmp_path / "recipient.parquet"


def expected_long(implicates: Implicates) -> pd.DataFrame:
    """The long form, households together."""
    frame = implicates.long().sort_values(["row", "implicate"], ignore_index=True)
    return frame.astype({"fuel": str})


def test_blocks_are_the_whole_in_pieces(folder, implicates):
    blocks = list(folder.blocks())
    assert [block.rows for block in blocks] == [100] * 5 + [3]
    for name in implicates.names:
        joined = np.concatenate([block[name].values for block in blocks])
        assert np.array_equal(joined, implicates[name].values)
    assert [block.names for block in folder.blocks(["fuel"])] == [("fuel",)] * 6
    with pytest.raises(InputError, match="'fuel'"):
        next(folder.blocks(["fuels"]))


def test_duckdb_sees_one_row_per_household_and_implicate(folder, implicates, recipient):
    with duckdb.connect() as connection:
        folder.long_view(connection, "drawn", recipient=recipient)
        found = connection.sql("FROM drawn ORDER BY row, implicate").df()
        single = connection.sql(folder.long_query(["fuel"]))
        shares = single.aggregate("fuel, count(*)").fetchall()
    expected = expected_long(implicates)
    assert list(found.columns) == ["row", "household_id", "implicate", "fuel", 'cost "$"']
    assert list(found["household_id"]) == [f"h{row:04}" for row in expected["row"]]
    for name in ("row", "implicate", "fuel", 'cost "$"'):
        assert (found[name] == expected[name]).all()
    assert dict(shares) == expected["fuel"].value_counts().to_dict()


@pytest.fixture(params=[1, 130, 10**6])
def _cut(request, monkeypatch):
    monkeypatch.setattr(implicate_export, "CELLS_AT_ONCE", request.param)


@pytest.mark.usefixtures("_cut")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_long_export_is_the_same_however_it_is_cut(
    folder, implicates, recipient, kind, tmp_path
):
    to = tmp_path / f"long.{kind}"
    columns = ["household_id", "weight", "region"]
    rows = export_implicates(folder, to, kind=kind, recipient=recipient, columns=columns)
    found = pd.read_csv(to) if kind == "csv" else pd.read_parquet(to)
    expected = expected_long(implicates)
    assert rows == len(found) == ROWS * COUNT
    assert list(found.columns) == [*columns, "implicate", "fuel", 'cost "$"']
    assert list(found["household_id"]) == [f"h{row:04}" for row in expected["row"]]
    assert list(found["weight"]) == list(expected["row"] / 4)
    assert list(found["region"]) == ["coast" if row % 3 else "hills" for row in expected["row"]]
    for name in ("implicate", "fuel", 'cost "$"'):
        assert (found[name].to_numpy() == expected[name].to_numpy()).all()


def test_the_wide_export_has_a_row_per_household(folder, implicates, tmp_path):
    export_implicates(folder, tmp_path / "wide.parquet", variables=["fuel"], wide=True)
    found = pd.read_parquet(tmp_path / "wide.parquet")
    assert list(found.columns) == ["row", "fuel_01", "fuel_02", "fuel_03", "fuel_04"]
    assert list(found["row"]) == list(range(ROWS))
    assert list(found["fuel_03"]) == list(implicates["fuel"].column(2))


def test_rows_of_one_level_can_be_exported(folder, implicates, tmp_path):
    rows = export_implicates(
        folder, tmp_path / "oil.csv", kind="csv", variables=["fuel"], level=FUEL[1]
    )
    found = pd.read_csv(tmp_path / "oil.csv")
    assert rows == len(found) == (implicates["fuel"].values == 1).sum()
    assert set(found["fuel"]) == {FUEL[1]}
    with pytest.raises(InputError, match="no level 'coal'"):
        export_implicates(folder, tmp_path / "no.csv", variables=["fuel"], level="coal")
    with pytest.raises(InputError, match="one variable"):
        export_implicates(folder, tmp_path / "no.csv", level="none")
    assert not (tmp_path / "no.csv").exists()


def test_an_export_onto_a_folder_says_that_it_is_one(folder, tmp_path):
    with pytest.raises(InputError, match=r"a folder has its name .*Choose another path"):
        export_implicates(folder, tmp_path)


def test_a_recipient_in_another_order_is_refused_where_identifiers_tell(
    implicates, recipient, tmp_path
):
    known = pd.read_parquet(recipient)
    labelled = replace(implicates, index=pd.Index(known["household_id"]))
    write_implicates(labelled, tmp_path / "labelled")
    folder = open_implicates(tmp_path / "labelled")
    turned, to = tmp_path / "turned.parquet", tmp_path / "out.parquet"
    known.iloc[::-1].to_parquet(turned)
    assert export_implicates(folder, to, recipient=recipient) == ROWS * COUNT
    with pytest.raises(InputError, match="of other households than the recipient, or in another"):
        export_implicates(folder, to, recipient=turned)


def test_two_columns_of_an_export_never_share_a_name(folder, recipient, tmp_path):
    wider = tmp_path / "wider.parquet"
    pd.read_parquet(recipient).assign(fuel="x", fuel_02="y").to_parquet(wider)
    for column, wide in (("fuel", False), ("fuel_02", True)):
        with pytest.raises(InputError, match=f"two columns named '{column}'"):
            export_implicates(
                folder,
                tmp_path / "no.csv",
                kind="csv",
                recipient=wider,
                columns=[column],
                wide=wide,
            )


def test_an_export_that_fails_leaves_the_earlier_file(folder, recipient, tmp_path):
    to = tmp_path / "long.csv"
    to.write_text("earlier")
    pd.read_parquet(recipient).head(-1).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(CorruptFileError, match="503 households, the recipient has 502"):
        export_implicates(folder, to, recipient=tmp_path / "other.parquet")
    with pytest.raises(InputError, match="'weight'"):
        export_implicates(folder, to, recipient=recipient, columns=["weigth"])
    damaged = folder.path / "01_cost_" / "part-00000.parquet"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(CorruptFileError, match=r"was altered.*01_cost_"):
        export_implicates(folder, to, kind="csv")
    assert to.read_text() == "earlier"
    assert export_implicates(folder, to, kind="csv", variables=["fuel"]) == ROWS * COUNT


FULL_DISK = """
import resource, sys
from pathlib import Path
from fusion_core.errors import InputError
from fusion_core.fusion import export_implicates, open_implicates
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
for kind in ("csv", "parquet"):
    try:
        export_implicates(open_implicates(sys.argv[1]), Path(sys.argv[2]), kind=kind)
    except InputError as error:
        print(error.message)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs limits on file size")
def test_a_full_disk_leaves_the_earlier_export(folder, tmp_path):
    to = tmp_path / "exported" / "long.csv"
    to.parent.mkdir()
    to.write_text("earlier")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder.path), str(to)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.count("Could not write the file") == 2
    assert [path.name for path in to.parent.iterdir()] == ["long.csv"]
    assert to.read_text() == "earlier"


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("damage", "said"), [(Path.unlink, "is missing"), (cut_off, "not as long as it was written")]
)
def test_a_damaged_file_concerns_its_own_variable_only(folder, implicates, damage, said):
    damage(folder.path / "00_fuel" / "part-00000.parquet")
    opened = open_implicates(folder.path)
    whole = 'cost "$"'
    assert np.array_equal(opened.read([whole])[whole].values, implicates[whole].values)
    assert opened.long_query([whole])
    for use in (opened.read, opened.long_query, lambda names: list(opened.blocks(names))):
        with pytest.raises(CorruptFileError, match=rf"{said}.*00_fuel"):
            use(["fuel"])


def test_files_of_another_run_are_not_taken_for_ones_own(folder, implicates, tmp_path):
    other = Implicates({"fuel": FusedVariable("fuel", 2 - implicates["fuel"].values, FUEL)})
    write_implicates(other, tmp_path / "other")
    foreign = (tmp_path / "other" / "00_fuel" / "part-00000.parquet").read_bytes()
    own = folder.path / "00_fuel" / "part-00000.parquet"
    own.write_bytes(foreign)
    with pytest.raises(CorruptFileError, match="00_fuel"):
        folder.read()
