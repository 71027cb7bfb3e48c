"""What panels around the map are made of: HTML from their template, and drawers opened by a button."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import panel as pn

from fusion_core.html_templates import Macros
from harmony_app.explore.view import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harmony_app.explore.data import Source

panel: Final = Macros(Path(__file__).parent / "templates" / "panels.html")
"""Makes a panel, by the name of its macro."""
_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}


def grouped(names: Iterable[str], source: Source) -> dict[str, dict[str, str]]:
    """Return variables for a drop-down: what was fused, then what the survey itself answered.

    Parameters
    ----------
    names
        The variables.
    source
        Where they are.
    """
    own = f"Answered in {source.survey.title}"
    fused = f"Fused from {' and '.join(source.donors)}"
    found: dict[str, dict[str, str]] = {}
    for name in names:
        heading = own if name in source.own else fused
        found.setdefault(heading, {})[words.variable_title(source.variables[name])] = name
    return found


class _Form(Protocol):
    panel: pn.Column


Form = TypeVar("Form", bound=_Form)


class Drawer(Generic[Form]):
    """A button with a form below it.

    Few visitors open it, so the form waits until somebody does.

    Parameters
    ----------
    title
        What the button says.
    build
        Returns the form, filled.

    Attributes
    ----------
    form
        What is inside; ``None`` until it is opened.
    """

    def __init__(self, title: str, build: Callable[[], Form]) -> None:
        self._title = title
        self._build = build
        self.form: Form | None = None
        self.open = pn.widgets.Toggle(label=f"{title} ▸", margin=(4, 0, 7, 0), **_WIDE)
        self.open.param.watch(self._toggled, "value")
        self.panel = pn.Column(self.open, margin=0, **_WIDE)

    def _toggled(self, event: Any) -> None:
        self.open.label = f"{self._title} {'▾' if event.new else '▸'}"
        if self.form is None:
            self.form = self._build()
            self.panel.append(self.form.panel)
        self.form.panel.visible = bool(event.new)


__all__ = ["Drawer", "panel"]
