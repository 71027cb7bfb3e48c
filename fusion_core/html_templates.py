"""HTML from templates, in which every text is shown as it is and does nothing else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Environment

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DELETE: Final = 0x7F
_FIRST_PRINTABLE: Final = 0x20
_PICTURES: Final = 0x2400


@cache
def html_templates(folder: Path) -> Environment:
    """Return the templates of a folder.

    Texts are escaped, and control characters in them become pictures; a name that a template uses
    and nobody gave it is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=_visible,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )


class Macros:
    """The macros of a template, by name; each makes HTML of the values it is called with.

    Parameters
    ----------
    template
        The file; it is read when a macro is called first.
    """

    def __init__(self, template: Path) -> None:
        self._template = template

    def __call__(self, macro: str, *values: Any, **named: Any) -> str:
        """Return what a macro makes of some values."""
        folder, name = self._template.parent, self._template.name
        module = html_templates(folder).get_template(name).module
        # Plain text, which whoever shows it may take apart; `safe` takes it into another template.
        return str(getattr(module, macro)(*values, **named))


def _visible(value: object) -> object:
    """Show control characters as pictures, halves of a surrogate pair as a replacement character.

    What a template made itself is left alone.
    """
    return value if hasattr(value, "__html__") else _CONTROL.sub(_picture, str(value))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < _FIRST_PRINTABLE:
        return chr(_PICTURES + code)
    return "\u2421" if code == _DELETE else "\ufffd"


__all__ = ["Macros", "html_templates"]
