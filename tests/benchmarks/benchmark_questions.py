"""What a question on national data costs: a new variable, a filter, a median, a joint condition.

The workspace is the one the national guide makes (harmony_app/help/chapters/public_files.md), named by the variable
HARMONY_NATIONAL, or ``national`` beside the checkout; questions are asked of a copy whose finished
tables are thrown away. Goals are those of a person who waits.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from support.measuring import Usage, in_own_process, metered
from support.reporting import Row, Unavailable, run_alone

from fusion_core.estimates import EstimateCache, Statistic
from fusion_core.estimates.runs import area_estimates
from fusion_core.workspace.combinations import (
    Combination,
    combination_names,
    open_combination,
)
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import Run, list_runs

TOPIC = "questions on national data"
VARIABLES = ("hhvehcnt", "price")


@dataclass(frozen=True, slots=True)
class Question:
    """One question, and the seconds it should take at most."""

    what: str
    statistic: Statistic
    goal: float
    where: str = ""
    joint: bool = False


QUESTIONS = (
    Question("a new variable, mean", Statistic("mean", "drvrcnt"), 1.0),
    Question("a new variable, share", Statistic("share", "price", level="Agree"), 1.0),
    Question("a filter", Statistic("mean", "hhvehcnt"), 1.0, "ten = 'Rented'"),
    Question("a filter on a fused variable", Statistic("mean", "hhvehcnt"), 2.0, "price = 'Agree'"),
    Question("a median", Statistic("median", "hhvehcnt"), 3.0),
    Question(
        "a joint condition over two runs",
        Statistic("share", "adqinsul = 'Poorly insulated' AND price = 'Agree'", level="Yes"),
        2.0,
        joint=True,
    ),
)


def measure(*, quick: bool) -> list[Row]:
    """Ask every question once of loaded data, in one process, as a visitor of the app does."""
    del quick  # the workspace has one size
    home = Path(os.environ.get("HARMONY_NATIONAL", Path(__file__).parents[2].parent / "national"))
    if not (home / "workspace.json").is_file():
        raise Unavailable(f"There is no national workspace in {home}")
    return in_own_process(_ask_all, home)


def _ask_all(home: Path) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "national"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("estimates", "*.estimates"))
        workspace, cache = Workspace.open(copy), EstimateCache()
        run = next((item for item in list_runs(workspace) if _asks(item)), None)
        if run is None:
            raise Unavailable(f"No finished run of the workspace has {' and '.join(VARIABLES)}")
        area_estimates(workspace, run, Statistic("mean", "hhvehcnt"), cache=cache)
        rows = []
        source: Run | Combination
        for question in QUESTIONS:
            source = run
            if question.joint:
                names = combination_names(workspace)
                if not names:
                    continue
                source = open_combination(workspace, names[0])
                cache.source(workspace, source)
            with metered() as meter:
                area_estimates(
                    workspace, source, question.statistic, ("puma",), question.where, cache=cache
                )
            used = meter.usage
            what = f"{question.what}, {cache.source(workspace, source).rows:,} households"
            rows.append(
                Row(
                    topic=TOPIC, what=what, value=used.cpu, unit="CPU s", note=_memory(used)
                ).against("goal", question.goal)
            )
        return rows


def _memory(used: Usage) -> str:
    return f"memory of the process {used.memory / 1e9:.2f} GB"


def _asks(run: Run) -> bool:
    return run.state().status == "finished" and set(VARIABLES) <= set(run.spec().fusion_variables)


if __name__ == "__main__":
    sys.exit(run_alone(measure))
