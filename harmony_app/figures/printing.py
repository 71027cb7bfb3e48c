"""Figures as files: title, panels, legend and caption on one sheet, by Matplotlib.

The panels are the HoloViews objects of the page, drawn for print. Text is measured before it is
placed, so no title leaves its sheet and none is cut; a sheet is as high as what it holds.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from fusion_core.errors import InputError
from harmony_app.figures.look import Look
from harmony_app.shell.look import wrapped

if TYPE_CHECKING:
    from harmony_app.shell.session import Theme

FileKind = Literal["svg", "png", "pdf"]
SizeName = Literal["column", "page", "slide"]
KINDS: Final[tuple[FileKind, ...]] = ("png", "svg", "pdf")

# Matplotlib's settings are global, and sessions draw in threads.
_LOCK: Final = threading.Lock()
_INCH: Final = 72.0
_LEGEND_LINE: Final = 1.7
# Ticks against other text, and what of a panel's width its titles and the names along its axis have.
_TICK: Final = 0.93
_TITLE_SHARE: Final = 0.7
_NAMES_SHARE: Final = 0.62
_LEGEND_MARK: Final = 3.4


@dataclass(frozen=True)
class Size:
    """A place for figures.

    Attributes
    ----------
    width
        In inches.
    text
        Size of its text in points.
    columns
        Most panels side by side.
    panel
        Height of a panel over its width.
    dots
        Pixels per inch of a PNG.
    """

    width: float
    text: float
    columns: int
    panel: float
    dots: int


SIZES: Final[dict[SizeName, Size]] = {
    "column": Size(3.5, 7.0, 1, 0.62, 300),
    "page": Size(7.2, 7.5, 3, 0.86, 300),
    "slide": Size(13.33, 13.0, 3, 0.86, 144),
}
"""A column of a journal (89 mm), the width of its page (183 mm), and a slide."""


@dataclass(frozen=True)
class Mark:
    """An entry of a legend: a line, a dot or a patch, and what it stands for."""

    text: str
    colour: str
    kind: Literal["line", "dot", "ring", "patch", "hatch"] = "line"
    dash: Sequence[float] = ()
    width: float = 2.0


@dataclass(frozen=True)
class Sheet:
    """A figure and its words.

    Attributes
    ----------
    title
        What is shown.
    caption
        What is drawn and where the numbers come from.
    draw
        Makes the panels in a look: a HoloViews element, overlay or layout.
    legend
        What lines, dots and colours stand for.
    columns
        Most panels side by side; 0 leaves it to the size.
    panel
        Height of a panel over its width; 0 leaves it to the size.
    grid
        Whether lines across the panels help to read values.
    names
        How many names stand along the axes of a panel; their letters are as small as so many need.
    """

    title: str
    caption: str
    draw: Callable[[Look], Any]
    legend: tuple[Mark, ...] = ()
    columns: int = 0
    panel: float = 0.0
    grid: bool = True
    names: int = 0


def save_sheet(sheet: Sheet, to: Path, size: SizeName = "page") -> None:
    """Write a figure as SVG, PNG or PDF, by the ending of the file's name.

    Raises
    ------
    InputError
        If the file's name ends otherwise or the size is unknown.
    """
    from fusion_core.workspace.files import replace_file

    kind = to.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(
            "Figures are written as SVG, PNG or PDF",
            where=str(to),
            fix="Name a file that ends in .svg, .png or .pdf",
        )
    content = sheet_bytes(sheet, kind, size)
    with replace_file(to) as own:
        own.write_bytes(content)


def sheet_bytes(
    sheet: Sheet, kind: FileKind, size: SizeName = "page", theme: Theme = "light"
) -> bytes:
    """Return a figure as the content of a file.

    Parameters
    ----------
    sheet
        The figure.
    kind
        ``svg``, ``png`` or ``pdf``.
    size
        ``column``, ``page`` or ``slide``.
    theme
        Light for paper; a slide may be dark.
    """
    if size not in SIZES:
        raise InputError.unknown("size of figures", size, SIZES)
    look = Look("matplotlib", theme, titled=True)
    panels = sheet.draw(look)
    with _LOCK:
        import matplotlib as mpl

        with mpl.rc_context(
            {"svg.fonttype": "none", "svg.hashsalt": "harmony", "pdf.fonttype": 42}
        ):
            figure = _compose(sheet, _panels(panels), SIZES[size], look)
            content = io.BytesIO()
            # A file says what was drawn, not when: equal figures are equal files.
            dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
            figure.savefig(
                content,
                format=kind,
                dpi=SIZES[size].dots,
                metadata=dated,
                facecolor=look.colours["surface"],
            )
    return content.getvalue()


def _panels(drawn: Any) -> list[Any]:
    """Return the panels of a layout, or the one there is."""
    return list(drawn) if type(drawn).__name__ == "Layout" else [drawn]


def _compose(sheet: Sheet, panels: Sequence[Any], size: Size, look: Look) -> Any:
    """Put title, panels, legend and caption below each other on a sheet of the height they need."""
    from matplotlib.figure import Figure

    if not panels:
        raise InputError(
            "The figure has nothing to draw",
            where=sheet.title,
            fix="Choose another figure or variable, or validate again",
        )
    columns = min(sheet.columns or size.columns, size.columns, len(panels))
    rows = -(-len(panels) // columns)
    edge = 0.012 * size.width
    inside = (size.width - 2 * edge) * _INCH
    title = wrapped(sheet.title, inside, 1.35 * size.text, bold=True)
    caption = wrapped(sheet.caption, inside, size.text)
    legend = _legend_rows(sheet.legend, inside, size.text)
    panel = (size.width / columns) * (sheet.panel or size.panel)
    heights = [
        (1.75 * len(title) + 0.6) * size.text / _INCH,
        panel * rows,
        (_LEGEND_LINE * len(legend) + (0.4 if legend else 0)) * size.text / _INCH,
        (1.35 * len(caption) + 0.9) * size.text / _INCH,
    ]
    figure = Figure(figsize=(size.width, sum(heights)), layout="constrained")
    parts: Any = figure.subfigures(4, 1, height_ratios=[max(h, 1e-3) for h in heights])
    top, middle, key, foot = parts
    colours = look.colours
    for part in (top, middle, key, foot):
        part.set_facecolor(colours["surface"])
    _write(top, title, 1.35 * size.text, colours["text"], edge / size.width, bold=True)
    _write(foot, caption, size.text, colours["muted"], edge / size.width)
    _write_legend(key, legend, size, look, edge)
    ticks = _TICK * size.text
    if sheet.names:
        ticks = min(ticks, _NAMES_SHARE * _INCH * size.width / columns / sheet.names)
    axes = middle.subplots(rows, columns, squeeze=False).ravel()
    for panel_axes, element in zip(axes, panels, strict=False):
        _draw(element, figure, panel_axes, size, look, ticks=ticks)
        _write_title(panel_axes, size, _TITLE_SHARE * size.width / columns, look)
        if sheet.grid:
            panel_axes.grid(visible=True, axis="y", color=colours["grid"], linewidth=0.6)
    for unused in axes[len(panels) :]:
        unused.remove()
    return figure


def _draw(element: Any, figure: Any, axes: Any, size: Size, look: Look, *, ticks: float) -> None:
    """Draw a HoloViews element into axes, with quiet frames and text of the sheet's size."""
    registry = look.hv.Store
    text = {"title": size.text * 1.05, "labels": size.text, "ticks": ticks}
    kind = registry.registry["matplotlib"][type(element)]
    kind(
        element,
        fig=figure,
        axis=axes,
        renderer=registry.renderers["matplotlib"],
        fontsize=text,
    ).initialize_plot()
    colours = look.colours
    axes.set_facecolor(colours["surface"])
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(colours["border"])
    axes.tick_params(colors=colours["muted"], length=2.5, width=0.6)
    axes.xaxis.label.set_color(colours["text"])
    axes.yaxis.label.set_color(colours["text"])
    axes.set_aspect("auto")
    axes.set_box_aspect(None)  # the sheet decides how high panels are
    axes.set_axisbelow(True)


def _write_title(axes: Any, size: Size, width: float, look: Look) -> None:
    """Write a panel's title at its left, broken where it is wider than the panel."""
    text = 1.08 * size.text
    lines = wrapped(axes.get_title(), width * _INCH, text)
    axes.set_title("")  # the one in the middle
    axes.set_title("\n".join(lines), loc="left", color=look.colours["text"], fontsize=text)


def _write(
    part: Any, lines: Sequence[str], size: float, colour: str, left: float, *, bold: bool = False
) -> None:
    part.text(
        left,
        0.5,
        "\n".join(lines),
        fontsize=size,
        color=colour,
        fontweight="bold" if bold else "normal",
        verticalalignment="center",
        linespacing=1.25,
    )


def _legend_rows(marks: Sequence[Mark], width: float, size: float) -> list[list[Mark]]:
    """Return the entries of a legend in as many rows as they need."""
    from harmony_app.shell.look import text_width

    rows: list[list[Mark]] = []
    used = width + 1
    for mark in marks:
        needs = _LEGEND_MARK * size + text_width(mark.text, size) + size
        if used + needs > width or not rows:
            rows.append([])
            used = 0.0
        rows[-1].append(mark)
        used += needs
    return rows


def _write_legend(
    part: Any, rows: Sequence[Sequence[Mark]], size: Size, look: Look, edge: float
) -> None:
    """Write a legend, one Matplotlib legend per row so that entries flow like text."""
    for place, row in enumerate(rows):
        made = part.legend(
            [_handle(mark, look) for mark in row],
            [mark.text for mark in row],
            loc="upper left",
            bbox_to_anchor=(edge / size.width, 1 - place / len(rows)),
            ncols=len(row),
            fontsize=size.text,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            handlelength=2.4,
            columnspacing=1.1,
            labelcolor=look.colours["text"],
        )
        made.set_in_layout(False)
        part.add_artist(made)


def _handle(mark: Mark, look: Look) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if mark.kind == "line":
        style = look.line(mark.colour, width=mark.width, dash=mark.dash)
        return Line2D(
            [], [], color=mark.colour, linewidth=style["linewidth"], linestyle=style["linestyle"]
        )
    if mark.kind in {"dot", "ring"}:
        inside = mark.colour if mark.kind == "dot" else look.colours["surface"]
        return Line2D(
            [],
            [],
            marker="o",
            linestyle="",
            markersize=4,
            color=mark.colour,
            markerfacecolor=inside,
        )
    hatch = "//////" if mark.kind == "hatch" else None
    return Patch(facecolor=mark.colour, edgecolor=look.colours["muted"], hatch=hatch, linewidth=0.4)
