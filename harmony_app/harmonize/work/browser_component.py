"""The browser half of the page: one component made of the small modules in `assets`.

State travels as one JSON text per part, so that a part that did not change is not sent again, and
what survey files say reaches the browser as data, never as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import param
from panel.custom import JSComponent

from harmony_app.shell.sending import SEND_SCRIPT

ASSETS: Final = Path(__file__).parents[1] / "assets"
MODULES: Final = (
    "dom",
    "about",
    "changes",
    "named",
    "hand",
    "queue",
    "level_query",
    "worklist",
    "links",
    "level_order",
    "level_rows",
    "level_tools",
    "level_list",
    "level_drag",
    "group_codes",
    "level_table",
    "group_bar",
    "levels",
    "group_menu",
    "picker",
    "condition",
    "expression",
    "recipe",
    "universe",
    "collapse",
    "deflate",
    "bins",
    "settings",
    "decision",
    "candidates",
    "suggestion",
    "finding_card",
    "consequence",
    "findings_list",
    "notices",
    "nothing_open",
    "conflict",
    "keys",
    "review",
    "dialogs",
    "match",
    "harmony_table",
    "transfer",
    "compare",
    "coverage",
    "target",
    "recode_list",
    "recode",
    "import_report",
    "exchange",
    "overview",
    "desk",
)
"""Modules in the order they depend on one another."""

STYLES: Final = (
    "desk",
    "settings",
    "suggestion",
    "checks",
    "teamwork",
    "overview",
    "target",
    "recode",
    "exchange",
    "room",
)

_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z_]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)


def bundled(modules: tuple[str, ...] = MODULES, *, last: str = "") -> str:
    """Join the modules into the single one a component can carry.

    Panel hands a component's module to the browser as text, which has no address that a relative
    import could start from. Each module becomes a block of its own, so that private names of two
    modules never meet.

    Parameters
    ----------
    modules
        Names of the modules, in the order they depend on one another.
    last
        A whole module that uses them and renders the component, where none of them does.
    """
    parts = []
    for name in modules:
        source = (ASSETS / f"{name}.js").read_text(encoding="utf-8")
        names = re.findall(
            r"^export (?:async )?(?:function|const|class) (\w+)", source, re.MULTILINE
        )
        body = _EXPORT.sub("", _IMPORT.sub("", source))
        parts.append(
            f"const {{ {', '.join(names)} }} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();"
        )
    return "\n".join([*parts, last or "export { render };"])


class HarmonizeComponent(JSComponent):
    """Worklist, match and consequence in one component.

    Every parameter is the JSON text of one part of what is shown; `show` replaces
    them, `on_message` is called with what the person did.
    """

    pairs = param.String(default="null")
    place = param.String(default="null")
    recipients = param.String(default="null")
    variables = param.String(default="null")
    statuses = param.String(default="null")
    subject = param.String(default="null")
    labels = param.String(default="null")
    rows = param.String(default="null")
    form = param.String(default="null")
    preview = param.String(default="null")
    computing = param.String(default="false")
    suggestion = param.String(default="null")
    queue = param.String(default="null")
    checks = param.String(default="null")
    findings = param.String(default="null")
    teamwork = param.String(default="null")
    table = param.String(default="null")

    _esm = f"{SEND_SCRIPT}\n{bundled()}"
    _stylesheets: Final = [(ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in STYLES]

    def __init__(self, on_message: Callable[[dict[str, Any]], None], **params: Any) -> None:
        super().__init__(sizing_mode="stretch_width", **params)
        self._on_message = on_message

    def show(self, **parts: Any) -> None:
        """Send the parts of the page that changed."""
        texts = {
            name: json.dumps(value, ensure_ascii=False, allow_nan=False)
            for name, value in parts.items()
        }
        changed = {name: text for name, text in texts.items() if getattr(self, name) != text}
        if changed:  # an update of nothing costs as much as one of everything
            self.param.update(**changed)

    def tell(self, kind: str, **content: Any) -> None:
        """Send something that is shown once: an answer, a dialogue, a download."""
        self._send_msg({"kind": kind, **content})

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._on_message(data)


__all__ = ["ASSETS", "MODULES", "HarmonizeComponent", "bundled"]
