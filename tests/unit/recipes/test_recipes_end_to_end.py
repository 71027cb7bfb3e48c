"""One command from files in the published layout, answers made up, to implicates of Table 2."""

import zipfile

import numpy as np
import pytest
from published_files import FIVE_YEARS, make_ahs, make_cex, make_pums, make_recs_2015
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.fusion import read_implicates
from fusion_core.recipes import find_recipe
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

STATES = ("09", "36", "39", "19", "13", "47", "48", "04", "06")  # one of each division
pytestmark = pytest.mark.slow


@pytest.fixture
def files(shared_data, tmp_path):
    """A folder with the public files of ACS 2024, as the recipes look for them."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    pums = make_pums(shared_data, tmp_path, year=2024, described="pums-dict_acs5-2021.csv.gz")
    states = {row["SERIALNO"]: STATES[i % len(STATES)] for i, row in enumerate(pums.households)}
    for row in (*pums.households, *pums.persons):
        row["ST"] = states[row["SERIALNO"]]
    pums.rewrite()
    for name, table in (("csv_hus.zip", pums.housing), ("csv_pus.zip", pums.person)):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.write(table, table.name)
    (folder / pums.dictionary.name).symlink_to(pums.dictionary)
    return folder


@pytest.fixture
def fused(files, tmp_path):
    """Applies a recipe to the files and fuses it: its implicates, and what the run was asked."""

    def apply(name, *between):
        place = tmp_path / "workspace"
        settings = ("--preset", "quick", "--implicates", "2", "--seed", "1")
        for command in (
            ("recipe", "apply", name, "--data", files, "--create"),
            *between,
            ("recipe", "apply", name, "--fuse", *settings),
        ):
            result = CliRunner().invoke(app, [*map(str, command), "--workspace", str(place)])
            assert result.exit_code == 0, result.output
        run = list_runs(Workspace.open(place))[0]
        return read_implicates(run.implicates_folder), run.spec()

    return apply


def test_housing_is_fused_from_the_files_of_the_ahs(files, fused):
    make_ahs(files, units=400, generator=np.random.default_rng(3))
    implicates, _ = fused("housing")
    assert set(implicates.variables) == set(find_recipe("housing").all_variables)


def test_spending_is_fused_from_the_files_of_five_years_of_the_ce(files, fused):
    (files / "cex").mkdir()
    generator = np.random.default_rng(5)
    make_cex(files / "cex", FIVE_YEARS, units=60, described=True, panel=True, drawn=generator)
    implicates, _ = fused("spending")
    assert set(implicates.variables) == set(find_recipe("spending").all_variables)


def test_energy_costs_are_drawn_by_consumption_and_place_alone(shared_data, files, fused, tmp_path):
    codebook = shared_data / "public" / "recs" / "codebook_publicv4.xlsx"
    (files / codebook.name).symlink_to(codebook)
    make_recs_2015(files, codebook, np.random.default_rng(7))
    prices = tmp_path / "prices.csv"
    prices.write_text("state,price\n" + "".join(f"{s},{10 + int(s) % 2}\n" for s in STATES))
    add = ("places", "add", prices, "--level", "state", "--vintage", "always", "--mean", "price")
    implicates, spec = fused("energy", add)
    recipe = find_recipe("energy")
    assert set(implicates.variables) == set(recipe.all_variables)
    known = dict(spec.train.predictors)
    assert set(known) == {stage.variable for stage in recipe.second_stage}
    assert set(known.values()) == {("prices.price",)}
    excluded = dict(spec.train.exclude)
    for stage in recipe.second_stage:
        before = spec.fusion_variables[: spec.fusion_variables.index(stage.variable)]
        assert set(excluded[stage.variable]) == set(before) - set(stage.by)
