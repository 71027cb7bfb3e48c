"""Figures of results, by whatever installed package draws them.

The engine knows no screen. A package that draws names its functions in the entry point group
``harmony.figures``, by what they draw; they are loaded when the first figure is asked for.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any, Final

from fusion_core.errors import InputError

GROUP: Final = "harmony.figures"


def draw(kind: str, result: object, **options: Any) -> Any:
    """Return a figure of a result.

    Parameters
    ----------
    kind
        What is drawn, such as ``"validation"``: the name of an entry point.
    result
        What the engine found.
    options
        Passed to the function that draws.

    Raises
    ------
    InputError
        If nothing that draws such results is installed.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == kind]
    if not found:
        raise InputError(
            f"No installed package draws figures of {kind}",
            fix="Install survey-harmonization-tool with harmony_app, which draws them, and start "
            "Python again",
        )
    return found[0].load()(result, **options)
