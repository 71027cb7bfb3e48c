"""The component that draws the Fuse place in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import param
from panel.custom import JSComponent

_ASSETS: Final = Path(__file__).parent / "assets"
_SCRIPTS: Final = ("dom", "picker", "predictors", "stages", "settings", "runs", "detail", "page")


def _script() -> str:
    """Join the sections: a component takes one module, and they share their helpers."""
    return "\n".join((_ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)


class FuseBoard(JSComponent):
    """Shows what it is given and passes on what the visitor does; decides nothing.

    Each parameter is what one section of the page shows; setting it redraws that section only.
    """

    toolbar = param.Dict(default={})
    variables = param.List(default=[])
    picker = param.Dict(default={})
    predictors = param.Dict(default={})
    settings = param.Dict(default={})
    stages = param.Dict(default={})
    cost = param.Dict(default={})
    runs = param.Dict(default={})
    detail = param.Dict(default={})
    view = param.String(default="new")
    notice = param.String(default="")
    undo = param.String(default="")

    _esm = _script()
    _stylesheets: Final = [(_ASSETS / "fuse.css").read_text(encoding="utf-8")]

    def __init__(self, on_message: Callable[[dict[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._on_message = on_message

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._on_message(data)
