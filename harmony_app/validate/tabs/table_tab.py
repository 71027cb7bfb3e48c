"""Estimates against an independent table: choose a file, map its columns, see how they compare."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.geography.levels import level_words
from fusion_core.spreadsheets import csv_text
from fusion_core.validation.external import (
    LARGEST_TABLE,
    SUFFIXES,
    ColumnGuess,
    guess_columns,
    known_areas,
    read_external,
)
from fusion_core.workspace.independent_tables import StoredTable, keep_table, table_name
from harmony_app.explore.map import area_shapes
from harmony_app.figures.areas import area_marks, area_panel
from harmony_app.figures.printing import sheet_bytes
from harmony_app.shell.look import FigureSaver, count, number, page_part, percent, segmented
from harmony_app.shell.sending import FileField
from harmony_app.shell.work import SlowWork, failure_text, shared_estimates
from harmony_app.validate.figures import (
    ComparisonWords,
    comparison_dots,
    comparison_sheet,
    difference_map,
    difference_svg,
    layer_of_differences,
)
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.figure_card import bokeh_pane, dots_key
from harmony_app.validate.tabs.sections import findings_html, numbers_html, panel_html
from harmony_app.validate.view import words

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.estimates import Statistic
    from fusion_core.execution.comparing import TableComparison
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.map import AreaShapes
    from harmony_app.shell.session import Session
    from harmony_app.validate.view import ValidatedRun

_PUMA: Final = "puma"
_NONE: Final = "none"
_SHOWN: Final = 15
_VIEWS: Final = {"Values": "values", "Ranks": "ranks", "Map of differences": "map"}
_NUMBER_KINDS: Final = {"mean": "mean", "total": "total", "median": "median"}
_LEVEL_KINDS: Final = {"number of households": "count", "share of households": "share"}


class TableTab:
    """The comparison of one run with an uploaded table.

    Parameters
    ----------
    session
        Who looks.
    record
        The run.
    html
        Settings of every piece of text.
    """

    def __init__(self, session: Session, record: ValidatedRun, html: dict[str, Any]) -> None:
        self._session = session
        self._record = record
        self._work = SlowWork(session.visitor)
        self._rows: pd.DataFrame | None = None
        self._table = ""
        self._uploads = session.upload_folder()
        self._areas: list[str] = []
        self._found: TableComparison | None = None
        self._words: ComparisonWords | None = None
        self.file = FileField(
            session,
            f"Table ({', '.join(SUFFIXES)})",
            self._uploads.path,
            failed=lambda error: self._unread(error.message),
            given=self._read,
            largest=LARGEST_TABLE,
        )
        self._own = _recipient_answers(session.workspace, record)
        fused = [str(name) for name in record.inside.summary["variable"]]
        self.variable = _select("Variable", {**{name: name for name in fused}, **self._own.titles})
        self._levels = {**self._own.levels, **_levels(record)}
        kinds = _area_kinds(session.workspace, record)
        self.by = _select("Areas", kinds)
        self.by.visible = len(kinds) > 1
        self.related = pn.widgets.Checkbox(
            label="The table counts something related, such as calls to a hotline",
            value=False,
            margin=(6, 0, 0, 0),
        )
        self.level = _select("Answer", [])
        self.kind = _select("The table holds its", {})
        self.area = _select("Column of area codes", [])
        self.value = _select("Column of values", [])
        self.moe = _select("Column of margins of error", [])
        self.compare = pn.widgets.Button(label="Compare", color="primary", margin=0)
        self._mapping = pn.FlexBox(
            self.area,
            self.value,
            self.moe,
            self.compare,
            gap="8px",
            align_items="flex-end",
            visible=False,
            margin=(8, 0, 0, 0),
        )
        self.message = pn.pane.HTML("", **html)
        self.result = pn.pane.HTML("", **html)
        self._key = pn.pane.HTML("", **html)
        self._figure = pn.Column(margin=0, sizing_mode="stretch_width")
        self.shown = segmented(_VIEWS, visible=False, margin=(10, 0, 0, 0))
        self._saver = FigureSaver(width=0, height=0, margin=0)
        self._pictures = [self._picture(kind) for kind in ("png", "svg")]
        self.download = pn.widgets.FileDownload(
            callback=self._csv,
            filename="comparison.csv",
            label="Areas CSV",
            icon=None,
            margin=0,
        )
        self.keep = pn.widgets.Button(label="Keep for Explore", margin=0)
        self.keep.description = "Keep the table in the workspace, as a layer of the map"
        self.keep.on_click(lambda _: self._keep())
        self._files = pn.FlexBox(
            self.download,
            *self._pictures,
            self.keep,
            gap="6px",
            visible=False,
            margin=(6, 0, 0, 0),
        )
        self.shown.param.watch(lambda _: self._draw(), "value")
        self.by.param.watch(lambda _: self._read(), "value")
        self.variable.param.watch(lambda _: self._variable_chosen(), "value")
        self.area.param.watch(lambda _: self._tell_areas(), "value")
        self.compare.on_click(lambda _: self._start())
        self._variable_chosen()
        help_text = pn.pane.HTML(
            panel_html("Against an independent table", words.EXTERNAL_HELP, ""), **html
        )
        self.view = pn.Column(
            help_text,
            self.file,
            pn.FlexBox(self.variable, self.level, self.kind, self.by, gap="8px"),
            self.related,
            self._mapping,
            self.message,
            self.result,
            self.shown,
            self._figure,
            self._files,
            self._saver,
            css_classes=["card"],
            margin=0,
            styles={"padding": "14px"},
            sizing_mode="stretch_width",
        )

    def _variable_chosen(self) -> None:
        levels = self._levels.get(self.variable.value, ())
        self.level.options, self.level.visible = list(levels), bool(levels)
        if levels:
            self.level.value = levels[0]
        self.kind.options = _LEVEL_KINDS if levels else _NUMBER_KINDS
        self.kind.value = next(iter(self.kind.options.values()))

    def _read(self) -> None:
        """Read the file, and guess its columns for the kind of areas that is chosen."""
        from fusion_core.execution.comparing import area_codes

        try:
            path = self.file.path
            if path is None:
                return
            rows = read_external(path)
            self._areas = area_codes(self._session.workspace, self._record.run, self.by.value)
            guess = guess_columns(rows, self._areas)
        except HarmonyError as error:
            self._unread(error.message)
            return
        self._rows, self._table = rows, path.name
        columns = [str(name) for name in rows.columns]
        for widget, chosen in ((self.area, guess.area), (self.value, guess.value)):
            widget.options, widget.value = columns, chosen or columns[0]
        self.moe.options = [_NONE, *columns]
        self.moe.value = guess.moe or _NONE
        self._mapping.visible = True
        self._tell_areas()

    def _unread(self, text: str) -> None:
        """Say why there is no table to compare with."""
        self._rows, self._mapping.visible = None, False
        self._say(text)

    def _tell_areas(self) -> None:
        """Say at once whether the chosen column names areas of the run."""
        if self._rows is None or self.area.value not in self._rows:
            return
        column = self._rows[self.area.value]
        known = known_areas(column, self._areas)
        self.compare.disabled = not known
        if not known:
            self._say(
                f"No area of the run is named in column '{self.area.value}', which holds values like "
                f"'{column.iloc[0]}'. Areas are written like {min(self._areas, default='0100100')}: "
                "choose another column or file."
            )
            return
        self._say("")
        text = (
            f"{known:,} of {count(len(column), 'row')} {'names' if known == 1 else 'name'} an area of"
            " the run. Check the columns, then compare."
        )
        self.message.object = page_part("line", "p", "help", text, "status")

    def _start(self) -> None:
        from fusion_core.execution.comparing import compare_with_table

        rows, statistic = self._rows, self._statistic()
        if rows is None:
            return
        chosen = ColumnGuess(
            self.area.value, self.value.value, "" if self.moe.value == _NONE else self.moe.value
        )
        self.message.object = page_part("status", "Estimating …", busy=True)
        workspace, run = self._session.workspace, self._record.run
        by, same = self.by.value, not self.related.value
        self._words = ComparisonWords(
            statistic=statistic,
            title=self._title(statistic.variable),
            by=by,
            table=self._table,
            same=same,
        )

        def compute() -> TableComparison:
            cache = shared_estimates()
            return compare_with_table(
                workspace, run, statistic, rows, by=by, columns=chosen, same=same, cache=cache
            )

        self._work.start(compute, self._show, self._failed)

    def _keep(self) -> None:
        """Keep the table that was compared, and say where it is seen."""
        found, words_of, rows = self._found, self._words, self._rows
        if found is None or words_of is None or rows is None:
            return
        table = StoredTable(
            name=table_name(words_of.table, found.columns.value),
            by=words_of.by,
            file=words_of.table,
            column=found.columns.value,
            statistic=words_of.statistic.short,
            same=words_of.same,
        )
        try:
            self._session.require("runner", "Keeping a table")
            keep_table(self._session.workspace, table, rows, found.columns.names, may_replace=True)
        except HarmonyError as error:
            self.message.object = page_part("error", error.message)
            return
        self._session.record("table kept", table=table.name)
        asked = words_of.statistic
        view = {"run": self._record.run.id, "var": asked.variable, "stat": asked.kind}
        view |= {"level": asked.level or "", "by": table.by}
        view |= {"against_table": table.name, "show": "difference"}
        address = f"explore?{urlencode({name: text for name, text in view.items() if text})}"
        self.message.object = part("kept", table.title, address)

    def _statistic(self) -> Statistic:
        from fusion_core.estimates import Statistic

        level = self.level.value if self.level.visible else None
        return Statistic(self.kind.value, self.variable.value, level=level)

    def _show(self, found: TableComparison) -> None:
        self._found = found
        points = found.comparison.points
        furthest = points.loc[points["difference"].abs().sort_values(ascending=False).index]
        rows = [
            (
                row.get("name") or row["area"],
                f"{number(row['estimate'])} ± {number(row['moe'])}",
                number(row["external"]),
                "yes" if row["within_moe"] else "no",
            )
            for row in furthest.head(_SHOWN).to_dict("records")
        ]
        notes = list(found.notes)
        missing = len(found.comparison.only_estimated)
        if missing:
            share = percent(missing / (missing + len(points)), decimals=0)
            notes.append(f"Not in the table: {count(missing, 'area')} ({share}).")
        head = ("area", "estimate", "table", "within margin")
        self.message.object = ""
        self.result.object = (
            findings_html(found.findings)
            + part("helps", notes)
            + numbers_html("Areas furthest apart", head, rows)
        )
        self.shown.visible = self._files.visible = True
        self._draw()

    def _draw(self) -> None:
        """Show the comparison as values, as ranks or as a map of differences."""
        found, words_of = self._found, self._words
        if found is None or words_of is None:
            return
        theme = self._session.theme
        if self.shown.value != "map":
            dots = comparison_dots(found, words_of, ranks=self.shown.value == "ranks")
            self._key.object = dots_key(area_marks(same=dots.same, theme=theme))
            self._figure[:] = [self._key, bokeh_pane(lambda look: area_panel(dots, look), theme)]
            return
        shapes = self._shapes(words_of)
        if shapes is None:
            text = f"The workspace has no {words_of.by} boundaries: add them on the Places page."
            self._figure[:] = [pn.pane.HTML(page_part("line", "p", "help", text, "status"))]
            return
        layer = layer_of_differences(shapes, found, words_of, theme)
        points = found.comparison.points
        codes = shapes.areas["area_id"].astype(str)
        areas = points.set_index(points["area"].astype(str)).reindex(codes)
        self._figure[:] = [difference_map(shapes, layer, areas, theme)]

    def _shapes(self, words_of: ComparisonWords) -> AreaShapes | None:
        from fusion_core.geography.drawn import can_be_drawn

        workspace = self._session.workspace
        return area_shapes(workspace, words_of.by) if can_be_drawn(workspace, words_of.by) else None

    def _picture(self, kind: Literal["svg", "png"]) -> pn.widgets.Button:
        button = pn.widgets.Button(label=kind.upper(), margin=0)
        button.on_click(lambda _: self._save(kind))
        return button

    def _save(self, kind: Literal["svg", "png"]) -> None:
        svg = self.figure()
        if svg:
            self._saver.save(svg, f"comparison-{self.variable.value or 'households'}", kind)

    def figure(self) -> str:
        """Return the figure that is shown as SVG for paper; empty while there is none."""
        found, words_of = self._found, self._words
        if found is None or words_of is None:
            return ""
        spec = self._record.run.spec()
        source = f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}"
        synthetic = self._session.workspace.synthetic
        shapes = self._shapes(words_of) if self.shown.value == "map" else None
        if shapes is not None:
            return difference_svg(shapes, found, words_of, source, synthetic=synthetic)
        sheet = comparison_sheet(found, words_of, source, synthetic=synthetic)
        return sheet_bytes(sheet, "svg").decode()

    def _title(self, variable: str) -> str:
        workspace, pair = self._session.workspace, self._record.run.spec().pair
        for survey in (pair.donor, pair.recipient):
            dictionary = workspace.dictionary(survey)
            if variable in dictionary and dictionary[variable].description:
                return dictionary[variable].description
        return variable

    def _failed(self, error: Exception) -> None:
        self._say(failure_text(error, "The table could not be compared"))

    def _say(self, text: str) -> None:
        self.message.object = page_part("error", text) if text else ""
        self.result.object = ""
        self._figure[:] = []
        self._found = None
        self.shown.visible = self._files.visible = False

    def _csv(self) -> io.BytesIO:
        points = None if self._found is None else self._found.comparison.points
        return io.BytesIO(b"" if points is None else csv_text(points).encode())


@dataclass(frozen=True)
class _Answers:
    """The recipient's own variables by title, and the levels of its categories."""

    titles: dict[str, str]
    levels: dict[str, tuple[str, ...]]


def _recipient_answers(workspace: Workspace, record: ValidatedRun) -> _Answers:
    recipient = record.run.spec().pair.recipient
    try:
        answers = workspace.dictionary(recipient).answers("household")
    except HarmonyError:  # fused variables are compared without it
        return _Answers({}, {})
    return _Answers(
        {f"{item.name} ({recipient.title})": item.name for item in answers},
        {item.name: tuple(item.levels) for item in answers if item.levels},
    )


def _area_kinds(workspace: Workspace, record: ValidatedRun) -> dict[str, str]:
    """Return the kinds of areas a table may be by."""
    from fusion_core.execution.comparing import comparable_areas

    try:
        kinds = comparable_areas(workspace, record.run.spec().pair.recipient)
    except HarmonyError:
        kinds = (_PUMA,)
    return {level_words(kind): kind for kind in kinds or (_PUMA,)}


def _select(label: str, options: Any) -> pn.widgets.Select:
    return pn.widgets.Select(label=label, options=options, width=200, margin=0)


def _levels(record: ValidatedRun) -> dict[str, tuple[str, ...]]:
    """Return the levels of every fused category."""
    marginals = record.inside.marginals
    categories = marginals[marginals["lower"].isna()]
    return {
        str(name): tuple(str(level) for level in own["level"])
        for name, own in categories.groupby("variable", sort=False)
    }
