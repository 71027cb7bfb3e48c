"""Derive a variable on the Surveys page: steps as in the adjustment builder, and a live preview."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
import param
from panel.custom import JSComponent

from fusion_core.derived.definition import (
    DerivedVariable,
    aggregate_named,
    level_named,
    read_breakpoints,
    read_levels,
    write_levels,
)
from fusion_core.derived.storage import definitions_of, try_derived
from fusion_core.errors import ExpressionError, HarmonyError
from fusion_core.execution.deriving import derive
from fusion_core.harmony.expressions import read_recipe as steps_of
from fusion_core.harmony.expressions import write_recipe
from fusion_core.harmony.model import format_number
from fusion_core.surveys.search import Entry
from fusion_core.surveys.summary import read_distribution, survey_overview
from harmony_app.harmonize.match import read_recipe, recipe_record
from harmony_app.harmonize.work import ASSETS, bundled
from harmony_app.shell.look import page_part
from harmony_app.surveys.detail import variable_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.surveys import SurveyId
    from fusion_core.surveys.stored import StoredSurvey
    from harmony_app.shell.session import Session

_OWN: Final = Path(__file__).parent / "assets"
_BUILDER: Final = ("dom", "picker", "condition", "expression", "recipe")
_LEVELS_SENT: Final = 5_000
_NOTHING_YET: Final = (
    "Build a variable",
    "Its weighted distribution and how many have no value appear here.",
)


class DeriveForm(JSComponent):
    """The form in the browser: the builder of adjustments with name, label, levels and bins.

    Parameters
    ----------
    survey
        JSON text: title of the survey, its variables, and which levels it has.
    """

    survey = param.String(default="null")

    _esm = bundled(_BUILDER, last=(_OWN / "derive.js").read_text(encoding="utf-8"))
    _stylesheets: Final = [
        *((ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in ("desk", "settings")),
        (_OWN / "derive.css").read_text(encoding="utf-8"),
    ]

    def __init__(self, on_message: Callable[[dict[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._on_message = on_message

    def tell(self, kind: str, **content: Any) -> None:
        """Send an answer that is shown once."""
        self._send_msg({"kind": kind, **content})

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._on_message(data)


class Deriving(pn.viewable.Viewer):
    """A form beside what it would yield; nothing is stored before the person says so.

    Parameters
    ----------
    session
        The session.
    survey
        The survey that gets a variable.
    leave
        Called with the name of the stored variable, or ``None``.
    change
        Name of the derived variable to change; empty for a new one.
    """

    def __init__(
        self,
        session: Session,
        survey: SurveyId,
        leave: Callable[[str | None], None],
        *,
        change: str = "",
    ) -> None:
        super().__init__()
        self._session, self._survey, self._leave = session, survey, leave
        self._stored = session.workspace.stored_survey(survey)
        own = {item.name: item for item in definitions_of(self._stored)}
        self._changed = own.get(change)
        self._form = DeriveForm(
            self._hear,
            survey=json.dumps(
                _survey_record(self._stored) | {"given": _form_record(self._changed)},
                ensure_ascii=False,
            ),
            sizing_mode="stretch_both",
            margin=0,
        )
        self._preview = pn.pane.HTML(
            page_part("message", *_NOTHING_YET),
            stylesheets=[(_OWN / "detail.css").read_text(encoding="utf-8")],
            sizing_mode="stretch_both",
            margin=0,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the form and the preview beside each other."""
        card, column, page = (
            [(_OWN / f"{name}.css").read_text(encoding="utf-8")]
            for name in ("card", "column", "page")
        )
        parts = [
            pn.Column(part, stylesheets=card, margin=0, sizing_mode="stretch_both")
            for part in (self._form, self._preview)
        ]
        alone = [*column, ":host { grid-template-rows: minmax(0, 1fr); }"]
        return pn.Column(
            *(pn.Column(part, stylesheets=alone, margin=0) for part in parts),
            stylesheets=page,
            styles={"height": "calc(100vh - 70px)"},
            margin=0,
        )

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message.get("kind")
        if kind == "cancel":
            self._leave(None)
        elif kind == "levels_of":
            self._send_levels(str(message.get("variable")))
        elif kind in {"preview", "store"}:
            self._compute(message, store=kind == "store")

    def _send_levels(self, name: str) -> None:
        variable = self._stored.dictionary.get(name)
        levels = () if variable is None else variable.levels[:_LEVELS_SENT]
        self._form.tell("levels_of", variable=name, levels=list(levels))

    def _compute(self, message: dict[str, Any], *, store: bool) -> None:
        sequence = message.get("sequence")
        try:
            self._session.require("harmonizer", "Deriving a variable")
            expression = _expression(message)
            self._form.tell("written", expression=expression, sequence=sequence)
            variable = _definition(message, expression)
            if store:
                earlier = self._changed
                derive(
                    self._session.workspace,
                    self._survey,
                    variable,
                    may_replace=earlier is not None and earlier.name == variable.name,
                    expected=earlier,
                )
                self._session.record(
                    "variable derived", survey=self._survey, variable=variable.name
                )
                self._leave(variable.name)
                return
            found = try_derived(self._stored, variable)
            self._preview.object = self._html(found, variable)
        except HarmonyError as error:
            position = error.position if isinstance(error, ExpressionError) else None
            self._form.tell(
                "problem",
                message=error.what,
                hint=f"{error.fix}." if error.fix else "",
                position=position,
                sequence=sequence,
            )
            self._preview.object = page_part("line", "p", "remark", error.message)
            return
        self._form.tell("fine", sequence=sequence)

    def _html(self, found: StoredSurvey, variable: DerivedVariable) -> str:
        entry = Entry(self._survey, found.dictionary[variable.name])
        overview = survey_overview(found.folder, found.dictionary)
        return variable_html(entry, overview, read_distribution(found, entry.variable))


def _survey_record(survey: StoredSurvey) -> dict[str, Any]:
    """Describe a survey for the form: what an expression of either level may name."""
    variables = [
        {
            "name": item.name,
            "description": item.description,
            "type": item.type,
            "levels": len(item.levels),
            "respondent": item.respondent,
        }
        for item in survey.dictionary.values()
        if item.role in {"answer", "geography"} and survey.has(item.respondent)
    ]
    return {
        "title": survey.id.title,
        "variables": variables,
        "has_persons": survey.has("person"),
    }


def _form_record(variable: DerivedVariable | None) -> dict[str, Any] | None:
    """Describe a derived variable for the form, as a person would have filled it in."""
    if variable is None:
        return None
    return {
        "name": variable.name,
        "label": variable.label,
        "unit": variable.unit,
        "expression": variable.expression,
        "recipe": recipe_record(steps_of(variable.expression)),
        "about": variable.asked_of,
        "aggregate": variable.aggregate or "",
        "bins": ", ".join(map(format_number, variable.breakpoints)),
        "levels": write_levels(variable.levels),
    }


def _expression(message: dict[str, Any]) -> str:
    recipe = message.get("recipe")
    if recipe is not None:
        return write_recipe(read_recipe(recipe))
    return str(message.get("expression", "")).strip()


def _definition(message: dict[str, Any], expression: str) -> DerivedVariable:
    texts = {
        key: str(message.get(key, "")).strip()
        for key in ("name", "label", "unit", "level", "aggregate", "levels", "bins")
    }
    # What is looked at before it is stored needs no name yet.
    name = texts["name"] or ("unnamed" if message.get("kind") == "preview" else "")
    breakpoints = read_breakpoints(texts["bins"])
    variable = DerivedVariable(
        name=name,
        expression=expression,
        respondent=level_named(texts["level"]),
        aggregate=aggregate_named(texts["aggregate"]),
        label=texts["label"],
        unit=texts["unit"],
        breakpoints=breakpoints,
    )
    return replace(variable, levels=read_levels(texts["levels"]))


__all__ = ["Deriving"]
