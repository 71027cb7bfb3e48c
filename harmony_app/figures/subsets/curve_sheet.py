"""The curves as a file: what is drawn, said in a title and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harmony_app.figures.printing import Mark, Sheet
from harmony_app.figures.subsets.curves import (
    LINES,
    CurveView,
    SizeMark,
    curve_panels,
    curve_view,
    line_styles,
)
from harmony_app.shell.look import count, figure_colours, joined

if TYPE_CHECKING:
    import pandas as pd


_ABOUT: Final = (
    "Each variable was fused back onto the donor, whose true answers are known, and compared in many"
    " subsets of households. A line is the typical result at that size"
)


def curve_sheet(
    metrics: pd.DataFrame,
    curves: pd.DataFrame,
    names: Sequence[str],
    *,
    title: str,
    note: str = "",
    chosen: str = "",
    shown: Sequence[str] = (),
    marks: Sequence[SizeMark] = (),
) -> Sheet:
    """Return the three panels with their words.

    Parameters
    ----------
    metrics, curves, names, chosen, shown, marks
        As in `curve_view`.
    title
        Of the run.
    note
        What the numbers are of, before the rest of the caption.
    """
    view = curve_view(metrics, curves, names, chosen=chosen, shown=shown, marks=marks)
    return Sheet(
        title=f"{title}: {chosen}" if chosen else title,
        caption=" ".join(part for part in (note, _caption(view, len(names), chosen)) if part),
        draw=lambda look: curve_panels(view, look),
        legend=_legend(view, names),
    )


def _caption(view: CurveView, variables: int, chosen: str) -> str:
    """Say what is drawn, and nothing that is not."""
    said = [_ABOUT]
    shown = len(next(iter(view.lines.values())))
    if chosen:
        said.append(f"a dot is one subset for {chosen}")
    elif len(view.points):
        said.append("a dot is one subset")
    if shown < variables:
        said.append(
            f"the other {count(variables - shown, 'variable')} are the grey lines"
            if variables > LINES
            else ""
        )
    text = "; ".join(part for part in said if part) + "."
    if view.marks:
        kinds = joined([mark.label for mark in view.marks], last="or")
        word = "line: the median size" if len(view.marks) == 1 else "lines: median sizes"
        text += f" Dotted upright {word} of a {kinds} of the recipient."
    if view.untested:
        text += " Shaded: smaller than any subset that was compared."
    outside = sum(view.outside(metric) for metric in view.up)
    if outside:
        text += f" {count(outside, 'dot')} outside the frames."
    return text


def _legend(view: CurveView, names: Sequence[str]) -> tuple[Mark, ...]:
    styles = line_styles(names)
    own = [line.name for line in next(iter(view.lines.values()))]
    marks = [
        Mark(name, styles[name].colour, dash=styles[name].dash, width=styles[name].width)
        for name in own
    ]
    if len(own) < len(names):
        marks.append(Mark("other variables", figure_colours("light")["muted"], width=0.9))
    return tuple(marks)
