"""What a run knows of where households live, and what its margins make of what it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fusion_core.estimates.variance import AreaRule
from fusion_core.records import Checked
from fusion_core.summaries import counted
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.files import read_json

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


@dataclass(frozen=True)
class LocalKnowledge(Checked):
    """What a run, or several together, know of location.

    Attributes
    ----------
    location
        What is known, one sentence each (see `fusion_core.prepare.location_knowledge`).
    tested
        Variables whose answers in every area were known, and that taught what margins contain.
    """

    location: tuple[str, ...]
    tested: tuple[str, ...]

    @property
    def margins(self) -> str:
        """Say what margins of areas contain, for a panel and a map's hover."""
        if not self.tested:
            return (
                "How areas differ beyond the predictors was not tested and is not in the margins: areas"
                " may differ by more than these say, and no estimate for a few areas is called reliable."
            )
        return (
            "Margins include how areas differ beyond the predictors, as far as"
            f" {counted(len(self.tested), 'variable')} with known answers tell."
        )

    @property
    def in_short(self) -> str:
        """What is not known of location, and what margins make of it, for a panel and an answer."""
        return " ".join((*self.location[-1:], self.margins))

    @property
    def sentence(self) -> str:
        """All of it, for notes and downloads."""
        return " ".join((*self.location, self.margins))


def local_knowledge(workspace: Workspace, source: Run | Combination) -> LocalKnowledge:
    """Read what a run knows of location; of several runs, what any knows and all have tested.

    Parameters
    ----------
    workspace, source
        The run, or the combination of runs.

    Raises
    ------
    CorruptFileError
        If a file of a run is damaged.
    """
    runs = source.runs(workspace) if isinstance(source, Combination) else [source]
    found = [_of_run(run) for run in runs]
    location = dict.fromkeys(text for item in found for text in item.location)
    tested = dict.fromkeys(name for item in found for name in item.tested)
    every = all(item.tested for item in found)
    return LocalKnowledge(tuple(location), tuple(tested) if every else ())


def _of_run(run: Run) -> LocalKnowledge:
    path = run.input_folder / "prepare.json"
    record: dict[str, Any] = read_json(path) if path.is_file() else {}
    variables: list[str] = []
    if run.area_rule_file.is_file():
        rule = AreaRule.from_record(read_json(run.area_rule_file), where=str(run.area_rule_file))
        variables = [item.variable for item in rule.evidence]
    return LocalKnowledge(tuple(record.get("location", ())), tuple(dict.fromkeys(variables)))
