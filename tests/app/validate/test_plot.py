"""`validation.plot()` and `estimates.plot()`: reached through an entry point, shown by notebooks."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pandas as pd
import pytest

from fusion_core import plotting
from fusion_core.errors import InputError
from fusion_core.estimates import plot
from fusion_core.validation import read_validation
from fusion_core.workspace.runs import open_run

ROOT = Path(__file__).parents[3]
FIGURES = ("curves", "distributions", "dependence", "calibration", "implicates")


@pytest.fixture
def declared(monkeypatch):
    """What the package declares, whenever it was installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"][plotting.GROUP]
    found = [EntryPoint(name, value, plotting.GROUP) for name, value in points.items()]
    monkeypatch.setattr(plotting, "entry_points", lambda **_: found)


@pytest.fixture
def validation(mapped_workspace):
    run = open_run(mapped_workspace.workspace, mapped_workspace.run)
    return read_validation(run.validation_folder)


@pytest.fixture
def estimates():
    rows = [("0100100", 0.4, 0.1), ("0100200", 0.7, 0.2), ("0100300", 0.1, 0.05)]
    return pd.DataFrame(
        [
            {
                "puma": area,
                "variable": "cold",
                "level": "Yes",
                "statistic": "share",
                "estimate": middle,
                "lower": middle - moe,
                "upper": middle + moe,
            }
            for area, middle, moe in rows
        ]
    )


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("what", "backend"), [*((what, "bokeh") for what in FIGURES), ("curves", "matplotlib")]
)
def test_every_figure_of_a_validation_is_a_layout_that_can_be_drawn(validation, what, backend):
    import holoviews as hv

    layout = validation.plot(what, backend=backend)
    assert isinstance(layout, hv.Layout)
    assert hv.Store.renderers[backend].get_plot(layout).state is not None


@pytest.mark.usefixtures("declared")
def test_a_variable_is_drawn_alone(validation):
    [panel] = validation.plot("distributions", "kwh")
    assert type(panel).__name__ == "Overlay"
    with pytest.raises(InputError, match="nothere"):
        validation.plot("distributions", "nothere")
    with pytest.raises(InputError, match="picture"):
        validation.plot("picture")


@pytest.mark.usefixtures("declared")
def test_estimates_are_drawn_in_their_order_with_their_intervals(estimates):
    [panel] = plot(estimates)
    dots = next(part for part in panel if type(part).__name__ == "Scatter")
    assert dots.dimension_values("name").tolist() == ["0100200", "0100100", "0100300"]
    bars = next(part for part in panel if type(part).__name__ == "Segments")
    assert bars.dimension_values(0).tolist() == pytest.approx([0.5, 0.3, 0.05])


@pytest.mark.usefixtures("declared")
def test_what_holds_no_estimates_is_refused(estimates):
    with pytest.raises(InputError, match="lacks the columns lower"):
        plot(estimates.drop(columns="lower"))
    with pytest.raises(InputError, match="is empty"):
        plot(estimates.head(0))


def test_without_what_draws_the_sentence_says_what_to_install(validation, monkeypatch):
    monkeypatch.setattr(plotting, "entry_points", lambda **_: ())
    with pytest.raises(InputError, match="Install survey-harmonization-tool with harmony_app"):
        validation.plot()


def test_the_engine_imports_no_screen_for_it():
    code = "import sys, fusion_core.validation, fusion_core.estimates; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"holoviews", "bokeh", "panel", "harmony_app"} & set(found.stdout.split())
