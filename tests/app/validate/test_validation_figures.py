"""The figures of a validation: what they show, the same on a page and on paper."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fusion_core.validation import read_validation
from fusion_core.validation.report import Finding
from fusion_core.workspace.runs import open_run
from harmony_app.figures.calibration import answers_left_out
from harmony_app.figures.dependence import dependence_panel, strength_change
from harmony_app.figures.importance import importance_panels
from harmony_app.figures.look import Look
from harmony_app.figures.strokes import Stroke
from harmony_app.figures.subsets.curves import SizeMark, curve_panel, curve_view
from harmony_app.figures.subsets.metrics import METRICS
from harmony_app.figures.subsets.multiples import multiples_panel
from harmony_app.figures.validation import telling_variables, validation_panels, validation_sheet
from harmony_app.validate.tabs.sections import findings_html

PAPER = Look("matplotlib", titled=True)
PAGE = Look(titled=True)


@pytest.fixture
def found(mapped_workspace):
    run = open_run(mapped_workspace.workspace, mapped_workspace.run)
    return read_validation(run.validation_folder)


def parts(panel, kind):
    return [part for part in panel if type(part).__name__ == kind]


@pytest.mark.parametrize("look", [PAGE, PAPER], ids=["page", "paper"])
def test_densities_have_the_area_of_the_shares(found, look):
    [panel] = validation_panels(found, "distributions", look, ["kwh"])
    own = found.marginals[found.marginals["variable"] == "kwh"]
    step = np.median((own["upper"] - own["lower"]).iloc[1:-1])
    for curve, side in zip(parts(panel, "Curve"), ("simulated", "observed"), strict=True):
        x, y = curve.dimension_values(0), curve.dimension_values(1)
        area = float(np.sum(np.diff(x)[::2] * y[::2])) / step
        assert area == pytest.approx(own[side].sum()) == pytest.approx(1.0)
    bands = [part for part in parts(panel, "Area") if len(part.vdims) == 2]
    assert len(bands) == 2  # margins of error on both sides


def test_a_page_draws_many_lines_as_one_element_that_keeps_colour_and_dash_of_each():
    x = np.array([0.0, 1.0])
    lines = [Stroke(x, x, "#aa0000", 2.4), Stroke(x, 2 * x, "#00aa00", 1.6, (7, 4), 0.25)]
    [element] = PAGE.strokes(lines)
    plot = PAGE.hv.Store.renderers["bokeh"].get_plot(element)
    drawn = plot.handles["source"].data
    assert [list(ys) for ys in drawn["ys"]] == [list(line.y) for line in lines]
    assert drawn["line_color"] == ["#aa0000", "#00aa00"]
    assert drawn["line_dash"] == ["solid", "7 4"]
    assert drawn["line_alpha"] == [1.0, 0.25]
    assert plot.handles["glyph"].line_dash == "line_dash"
    assert len(PAPER.strokes(lines)) == 2  # paper has time


def test_margins_of_shares_are_those_of_a_share(found):
    own = found.marginals[found.marginals["variable"] == "cold"]
    share = own["observed"].to_numpy()
    # The donor of the test has 600 households that count alike.
    expected = 1.6474 * np.sqrt(share * (1 - share) / 600)
    np.testing.assert_allclose(own["observed_moe"], expected, rtol=1e-3)
    assert (own["simulated_moe"] > 0).all()


def test_a_validation_of_an_earlier_version_is_drawn_without_margins(found):
    earlier = found.marginals.drop(columns=["observed_moe", "simulated_moe"])
    found = dataclasses.replace(found, marginals=earlier)
    [panel] = validation_panels(found, "distributions", PAGE, ["kwh"])
    assert all(len(part.vdims) == 1 for part in parts(panel, "Area"))
    assert "margins of error" not in validation_sheet(found, "distributions", title="").caption


def pairs(*rows):
    names = ["first", "second", "kind", "measure", "observed", "simulated", "difference"]
    return pd.DataFrame(
        [(*row[:3], "correlation", *row[3:], row[4] - row[3]) for row in rows], columns=names
    )


def test_a_pair_stands_on_both_sides_of_the_diagonal_in_the_class_of_its_change():
    table = pairs(
        ("a", "b", "fused", -0.6, -0.4),
        ("a", "c", "fused", 0.2, 0.21),
        ("b", "c", "fused", 0.1, 0.3),
    )
    panel = dependence_panel(table, PAPER)
    weaker, _, kept, _, stronger = parts(panel, "Rectangles")
    assert [len(item) for item in (weaker, kept, stronger)] == [2, 2, 2]
    assert set(weaker.dimension_values("pair")) == {"a – b", "b – a"}


def test_a_correlation_that_changes_its_sign_is_weaker():
    row = {"observed": -0.1, "difference": 0.3}
    assert strength_change(row) == pytest.approx(-0.3)


def test_the_variables_furthest_from_right_come_first(found):
    order = found.distances.sort_values("distance", ascending=False)["variable"].tolist()
    assert telling_variables(found, "distributions") == order
    assert set(telling_variables(found, "calibration")) == {"cold", "kwh"}


@pytest.mark.parametrize(
    "what", ["distributions", "dependence", "calibration", "predictors", "implicates"]
)
def test_captions_speak_of_what_is_drawn(found, what):
    number = validation_sheet(found, what, title="Winter", names=["kwh"])
    category = validation_sheet(found, what, title="Winter", names=["cold"])
    assert number.title.endswith("of kwh, Winter")
    if what in {"distributions", "calibration"}:
        assert "Numbers:" in number.caption
        assert "Categories" not in number.caption
        assert "Categories:" in category.caption
        assert "Numbers" not in category.caption


def curves_of(**ends):
    """Return error curves of variables from a small subset to a large one."""
    rows = [
        (name, "absolute_percent_error", share, value)
        for name, values in ends.items()
        for share, value in zip((0.01, 0.25), values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["variable", "metric", "share", "value"])


@pytest.mark.parametrize("look", [PAGE, PAPER], ids=["page", "paper"])
def test_frames_stand_in_the_order_of_the_smallest_subsets_on_one_scale(look):
    curves = curves_of(a=(0.1, 0.05), b=(0.4, 0.0), c=(0.2, 0.1))
    panel = multiples_panel(curves, ["a", "b", "c"], METRICS[0], look)
    [frames] = parts(panel, "Rectangles")
    assert list(frames.dimension_values("name")) == ["b", "c", "a"]
    [line] = parts(panel, "Curve" if look is PAPER else "Path")  # one, with gaps
    y = line.dimension_values(1)
    heights = {round(start - end, 6) for start, end in ((y[0], y[1]), (y[3], y[4]), (y[6], y[7]))}
    falls = sorted(heights)
    assert falls[0] == pytest.approx(falls[1] / 2) == pytest.approx(falls[2] / 8, rel=1e-4)


@pytest.mark.parametrize("look", [PAGE, PAPER], ids=["page", "paper"])
def test_names_of_sizes_next_to_each_other_stand_one_below_the_other(found, look):
    marks = (SizeMark("PUMA", 0.0004), SizeMark("county", 0.0001), SizeMark("state", 0.3))
    view = curve_view(found.metrics, found.curves, ["kwh", "cold"], marks=marks)
    [names] = parts(curve_panel(view, METRICS[0], look), "Labels")
    county, puma, state = names.dimension_values("y")
    assert list(names.dimension_values("label")) == ["county", "PUMA", "state"]
    assert state == county > puma


@pytest.mark.parametrize("look", [PAGE, PAPER], ids=["page", "paper"])
def test_predictors_are_bars_the_strongest_first(look):
    rows = [("v", "income", 0.2), ("v", "tenure", 0.7), ("w", "income", 1.0)]
    table = pd.DataFrame(rows, columns=["variable", "predictor", "share"])
    [panel] = importance_panels(table, "v", look)
    [bars] = parts(panel, "Segments")
    assert list(bars.dimension_values(2)) == [0.7, 0.2]
    assert list(bars.dimension_values(1)) == [2.0, 1.0]
    assert importance_panels(table, "nobody", look) == []


def test_rarer_answers_without_a_panel_are_counted():
    levels = [f"a{place}" for place in range(11)]
    table = pd.DataFrame({"variable": "v", "level": levels, "observed": 0.1, "share": 1.0})
    assert answers_left_out(table, ["v", "w"]) == {"v": 3}
    assert answers_left_out(table[:8], ["v"]) == {}


def test_of_many_findings_those_that_warn_come_first_and_the_rest_can_be_opened():
    good = [Finding(f"v{place}", "good", f"v{place} is fine.") for place in range(30)]
    text = findings_html([*good, Finding("w", "poor", "w differs.")])
    assert text.index("w differs.") < text.index("v0 is fine.")
    assert "23\N{NO-BREAK SPACE}more findings" in text.partition("<details>")[2]
    assert "<details>" not in findings_html(good[:8])
