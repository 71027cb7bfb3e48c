"""The list of verdicts, one button per variable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent

from harmony_app.validate.view import score_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from fusion_core.surveys.model import Variable
    from harmony_app.figures.subsets.curves import LineStyle

ASSETS = Path(__file__).parents[1] / "assets"


class VerdictList(JSComponent):
    """Verdicts to read and to choose the variable in detail, beside the lines they are drawn by.

    Parameters
    ----------
    on_choose
        Called with the variable that is clicked.
    on_narrow
        Called with the variables that a search leaves; none when there is no search.
    params
        Further parameters of the component.
    """

    items = param.List(default=[], doc="One record per variable, see `verdict_items`.")
    chosen = param.String(default="", doc="The variable in detail.")

    _esm = ASSETS / "verdicts.js"
    _stylesheets: ClassVar[list[str]] = [(ASSETS / "verdicts.css").read_text(encoding="utf-8")]

    def __init__(
        self,
        on_choose: Callable[[str], None],
        on_narrow: Callable[[list[str]], None],
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._on_choose = on_choose
        self._on_narrow = on_narrow

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        if "narrowed" in msg:
            self._on_narrow([str(name) for name in msg["narrowed"]])
        else:
            self._on_choose(str(msg["variable"]))


def verdict_items(
    verdicts: Mapping[str, str],
    summary: pd.DataFrame,
    styles: Mapping[str, LineStyle],
    variables: Mapping[str, Variable],
) -> list[dict[str, Any]]:
    """Return what the list shows of each variable.

    Parameters
    ----------
    verdicts
        A sentence per variable.
    summary
        Scores, one row per variable (`fusion_core.validation.Validation.summary`).
    styles
        How each variable's line is drawn.
    variables
        The donor's dictionary.
    """
    scores = {str(row["variable"]): row for _, row in summary.iterrows()}
    return [
        {
            "variable": name,
            "description": variables[name].description if name in variables else "",
            "verdict": sentence.removeprefix(f"{name}: "),
            "scores": score_phrase(scores[name]) if name in scores else "",
            "colour": styles[name].colour,
            "dash": " ".join(map(str, styles[name].dash)),
            "width": styles[name].width,
        }
        for name, sentence in verdicts.items()
    ]
