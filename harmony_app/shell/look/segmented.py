"""A row of buttons of which one is pressed, for switching between views of the same thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import panel as pn

_STYLE: Final = (Path(__file__).parents[1] / "assets" / "segmented.css").read_text(encoding="utf-8")


def segmented(options: dict[str, Any] | list[str], **params: Any) -> pn.widgets.RadioButtonGroup:
    """Return a radio button group that looks like one divided button.

    Parameters
    ----------
    options
        Values by label.
    params
        Further parameters of the widget.
    """
    return pn.widgets.RadioButtonGroup(
        options=options, stylesheets=[_STYLE], **{"margin": 0, **params}
    )
