"""`harmony figure donor`: what the donor alone says, beside what was fused."""

from __future__ import annotations

from pathlib import Path

from fusion_core.cli.options import JsonOption, WorkspaceOption
from fusion_core.cli.runs import SourceArgument
from harmony_app.figures.commands._map import (
    ClassesOption,
    CountOption,
    ToOption,
    VariableOption,
    WithinOption,
    draw_asked,
)


def draw_donor(
    *,
    run: SourceArgument = "latest",
    to: ToOption,
    variable: VariableOption,
    within: WithinOption = "",
    classes: ClassesOption = "quantile",
    count: CountOption = 5,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw the donor's own estimates at its resolution beside the fused ones, in the same classes.

    Example: harmony figure donor latest -v share:insecure=Yes --within "New York" --to donor.svg
    """
    options = {"classes": classes, "k": str(count), "within": within, "view": "donor"}
    draw_asked(workspace, run, (variable, ""), options, to=to, json=json)
