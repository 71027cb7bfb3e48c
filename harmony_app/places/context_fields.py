"""The part of the form that adds a local context: which donor, which classes, measured by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn

from fusion_core.errors import InputError
from fusion_core.places.context_recipes import context_recipe_names, find_context_recipe
from fusion_core.places.contexts import ContextRequest
from fusion_core.surveys.model import SurveyId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fusion_core.workspace.layout import Workspace


class ContextFields:
    """Fields beside those that spatial tables have too.

    Parameters
    ----------
    workspace
        Whose surveys may be the donor.
    wide
        How fields look.
    """

    def __init__(self, workspace: Workspace, wide: dict[str, Any]) -> None:
        surveys = {survey.title: str(survey) for survey in workspace.survey_ids()}
        self._donor = pn.widgets.Select(
            label="Donor that publishes the classes", options=surveys, **wide
        )
        recipes = {
            f"{item.title} ({item.variable})": item.name
            for item in map(find_context_recipe, context_recipe_names())
        }
        self._recipe = pn.widgets.Select(
            label="Recipe of the classes", options={"none: give them below": "", **recipes}, **wide
        )
        self._variable = pn.widgets.TextInput(label="Column of the donor", **wide)
        self._measure = pn.widgets.TextInput(
            label="Column of the file with the same measure, or: local density", **wide
        )
        self._cuts = pn.widgets.TextInput(
            label="Cut points between the classes", placeholder="100, 500, 1000", **wide
        )
        self._weight = pn.widgets.TextInput(label="Weight: population, housing or a column", **wide)

    @property
    def shown(self) -> Sequence[pn.widgets.Widget]:
        """The fields in the order to fill them in."""
        fields = (self._donor, self._recipe, self._variable, self._measure, self._cuts)
        return (*fields, self._weight)

    def request(
        self, path: Path, *, census: str, vintage: str, crosswalks: tuple[Path, ...], name: str
    ) -> ContextRequest:
        """Return what is asked for.

        Raises
        ------
        InputError
            If there is no donor, or a cut point is not a number.
        """
        if not self._donor.value:
            raise InputError("The workspace has no survey", fix="Add the donor first")
        return ContextRequest(
            path,
            SurveyId.parse(self._donor.value),
            recipe=self._recipe.value,
            variable=self._variable.value_input.strip(),
            measure=self._measure.value_input.strip(),
            cuts=_numbers(self._cuts.value_input),
            weight=self._weight.value_input.strip(),
            census=census,
            vintage=vintage,
            crosswalks=crosswalks,
            name=name,
        )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError(
            f"'{text.strip()}' are not cut points", fix="Write numbers like 100, 500, 1000"
        ) from None


__all__ = ["ContextFields"]
