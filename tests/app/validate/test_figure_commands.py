"""`harmony figure table` and `curves`: what the Validate page saves, by command."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.errors import InputError
from harmony_app.figures import app
from harmony_app.figures.subsets.curves import line_styles

CODES = ["0100100", "0100200", "0100300", "0100400"]


@pytest.fixture
def counts(tmp_path):
    path = tmp_path / "counts.csv"
    pd.DataFrame({"GEOID": CODES, "Households": [400, 1100, 1900, 2800]}).to_csv(path, index=False)
    return path


def draw(workspace, *options):
    return CliRunner().invoke(app, [*map(str, options), "--workspace", str(workspace.path)])


def test_a_table_is_drawn_as_dots_and_as_a_map(mapped_workspace, counts, tmp_path):
    asked = ("table", counts, "-v", "count:cold=Yes", "--to", tmp_path / "figure.svg")
    assert draw(mapped_workspace.workspace, *asked).exit_code == 0
    dots = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "Home too cold in winter: Yes against counts.csv" in dots
    assert "rank in the table" in dots
    assert "the same on both sides" in dots
    png = ("table", counts, "-v", "count:cold=Yes", "--to", tmp_path / "f.png", "--size", "column")
    assert draw(mapped_workspace.workspace, *png).exit_code == 0
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert draw(mapped_workspace.workspace, *asked, "--map").exit_code == 0
    drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "estimates minus counts.csv" in drawn
    assert "<path" in drawn


def test_what_cannot_be_compared_is_said(mapped_workspace, tmp_path):
    asked = ("table", tmp_path / "none.csv", "-v", "count:cold=Yes", "--to", tmp_path / "f.svg")
    found = draw(mapped_workspace.workspace, *asked)
    assert isinstance(found.exception, InputError)
    assert "cannot be opened" in found.exception.message


def test_curves_are_drawn_of_all_variables_or_some(mapped_workspace, tmp_path):
    to = tmp_path / "curves.svg"
    assert draw(mapped_workspace.workspace, "curves", "--to", to).exit_code == 0
    both = to.read_text(encoding="utf-8")
    assert ">kwh<" in both
    assert ">cold<" in both
    assert draw(mapped_workspace.workspace, "curves", "-v", "kwh", "--to", to).exit_code == 0
    assert ">cold<" not in to.read_text(encoding="utf-8")
    found = draw(mapped_workspace.workspace, "curves", "-v", "nothere", "--to", to)
    assert "nothere" in found.exception.message


def test_forty_four_lines_can_be_told_apart():
    names = [f"v{place}" for place in range(44)]
    assert len({*line_styles(names).values()}) == 44


@pytest.mark.parametrize("size", ["column", "page", "slide"])
@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_curves_are_files_of_three_kinds_and_sizes(mapped_workspace, tmp_path, kind, size):
    to = tmp_path / f"curves.{kind}"
    asked = ("curves", "--to", to, "--size", size)
    assert draw(mapped_workspace.workspace, *asked).exit_code == 0
    begins = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert to.read_bytes().startswith(begins[kind])


@pytest.mark.parametrize("show", ["distributions", "dependence", "calibration", "implicates"])
def test_every_figure_of_the_page_has_its_command(mapped_workspace, tmp_path, show):
    to = tmp_path / "figure.svg"
    asked = ("validation", "--show", show, "-v", "cold", "--to", to)
    assert draw(mapped_workspace.workspace, *asked).exit_code == 0
    assert "of cold, Winter" in to.read_text(encoding="utf-8")
    found = draw(mapped_workspace.workspace, *asked, "--unseen")
    assert "have not seen" in found.exception.message


def test_another_ending_is_refused(mapped_workspace, tmp_path):
    found = draw(mapped_workspace.workspace, "curves", "--to", tmp_path / "curves.gif")
    assert "ends in .svg, .png or .pdf" in found.exception.message


def test_a_figure_of_what_no_table_holds_is_said_to_be_empty(mapped_workspace, tmp_path):
    asked = ("validation", "--show", "predictors", "--to", tmp_path / "figure.svg")
    found = draw(mapped_workspace.workspace, *asked)
    assert "nothing to draw" in found.exception.message
    assert not (tmp_path / "figure.svg").exists()
