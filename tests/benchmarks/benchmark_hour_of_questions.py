"""An hour of questions on national data: what each costs, and what memory the app has taken after them.

The workspace is the one the national guide makes (harmony_app/help/chapters/public_files.md), named by
the variable HARMONY_NATIONAL, or ``national`` beside the checkout. Questions are asked of the Explore
page's own objects – its catalogue, estimator and layers – one after the other in one process, as
addresses of views: means, shares, filters, filters on fused variables, medians, joints over two runs,
ranks, two variables on one map. Nothing of them was asked before. At the end the last map is asked for
again, and coloured by its margins: what a person does in a row must not have been dropped.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
from support.measuring import Usage, in_own_process, metered, peak_memory
from support.reporting import Row, Unavailable, run_alone

from fusion_core.estimates import EstimateCache
from fusion_core.workspace.layout import Workspace
from harmony_app.explore.data import Catalogue, Estimator, layer_of, read_catalogue
from harmony_app.explore.map import area_shapes
from harmony_app.explore.view import estimate_request, from_query

TOPIC = "an hour of questions on national data"
GOAL_GB = 1.5
# Seconds a new variable may take with 10 implicates; with 40 it is twice that.
GOAL_NEW = 1.0
TRAVEL, ENERGY, BOTH = "travel", "energy", "both"
"""Which source a question is asked of: a run of either donor, or the combination of both."""


def _share(variable: str, level: str = "Agree") -> dict[str, str]:
    return {"var": variable, "stat": "share", "level": level}


VIEWS: tuple[tuple[str, dict[str, str], str, float | None], ...] = (
    (TRAVEL, {"var": "hhvehcnt"}, "the first question, reading included", None),
    (TRAVEL, {"var": "hhvehcnt", "where": "ten = 'Rented'"}, "a filter", 1.0),
    (TRAVEL, {"var": "drvrcnt"}, "a new variable, mean", GOAL_NEW),
    (TRAVEL, _share("price"), "a new variable, share", GOAL_NEW),
    (TRAVEL, {**_share("price"), "where": "np >= 3"}, "a filter by a number", 1.0),
    (TRAVEL, {"var": "hhvehcnt", "where": "price = 'Agree'"}, "a filter on a fused answer", 2.0),
    (TRAVEL, {"var": "hhvehcnt", "stat": "median"}, "a median", 3.0),
    (TRAVEL, {"var": "drvrcnt", "where": "hhvehcnt >= 2"}, "a filter on a fused count", 2.0),
    (TRAVEL, {**_share("ptrans"), "rank": "yes"}, "a share and its ranks", None),
    (ENERGY, {"var": "totaldol"}, "a mean of another donor, reading included", None),
    (ENERGY, {"var": "totaldol", "where": "ten = 'Rented'", "rank": "yes"}, "", None),
    (ENERGY, {"var": "totaldol", "stat": "median"}, "a median of an amount", 3.0),
    (ENERGY, {"var": "dollarel", "where": "adqinsul = 'Poorly insulated'"}, "", None),
    (ENERGY, {"var": "totaldol", "with": "mean:dollarel"}, "two variables on one map", None),
    (ENERGY, {"var": "totaldol", "stat": "ratio", "per": "hincp"}, "a ratio", None),
    (BOTH, {"var": "totaldol", "where": "price = 'Agree'"}, "an amount among others' answer", 2.0),
    (BOTH, {"var": "totaldol", "with": "share:price=Agree"}, "", None),
    (
        BOTH,
        {**_share("adqinsul", "Poorly insulated"), "where": "price = 'Agree'"},
        "a joint condition over two runs",
        2.0,
    ),
    (
        BOTH,
        {"var": "hhvehcnt", "where": "totaldol > 0.06 * hincp AND price = 'Agree'"},
        "a burden by both donors, by an expression",
        None,
    ),
    (
        BOTH,
        {"var": "dollarel", "stat": "median", "where": "hhvehcnt >= 1"},
        "a median among others' answer",
        None,
    ),
    (TRAVEL, {**_share("bike", "Daily"), "within": "New York"}, "a share in one state", 1.0),
    (TRAVEL, {"var": "hhvehcnt", "where": "yrblt = '2010 to 2019'", "rank": "yes"}, "", None),
)


def measure(*, quick: bool) -> list[Row]:
    """Ask everything once of a copy of the workspace, in a process of its own."""
    del quick  # the workspace has one size
    home = Path(os.environ.get("HARMONY_NATIONAL", Path(__file__).parents[2].parent / "national"))
    if not (home / "workspace.json").is_file():
        raise Unavailable(f"There is no national workspace in {home}")
    return in_own_process(_ask_all, home)


def _ask_all(home: Path) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "national"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("estimates", "*.estimates"))
        workspace = Workspace.open(copy)
        catalogue, estimator = read_catalogue(workspace), Estimator(workspace, EstimateCache())
        names = _sources(catalogue)
        peak, asked = 0.0, list[Usage]()
        rows: list[Row] = []

        def ask(view: dict[str, str]) -> None:
            nonlocal peak
            with metered() as meter:
                _show(workspace, catalogue, estimator, view)
            peak = max(peak, meter.usage.memory)
            asked.append(meter.usage)
            cached = estimator.cache.memory.nbytes
            what = " ".join(f"{key}={value}" for key, value in view.items() if key != "run")
            print(
                f"{meter.usage.cpu:6.2f} s {_resident() / 1e9:5.2f} GB, kept {cached / 1e9:4.2f}, "
                f"at most {meter.usage.memory / 1e9:5.2f}: {what}",
                file=sys.stderr,
            )

        views = [
            ({"run": names[which], **view}, what, goal)
            for which, view, what, goal in VIEWS
            if which in names
        ]
        for view, named, goal in views:
            ask(view)
            if named:
                row = _row(named, asked[-1].cpu, "CPU s")
                rows.append(row if goal is None else row.against("goal", goal))
        gc.collect()
        what = f"{len(views)} questions of {len(names)} sources"
        rows.append(_row(f"memory after {what}", _resident() / 1e9, "GB").against("goal", GOAL_GB))
        rows.append(_row(f"largest memory during {what}", peak / 1e9, "GB"))
        for name, change in _IN_A_ROW.items():
            ask({**views[-1][0], **change})
            rows.append(_row(name, asked[-1].cpu, "CPU s"))
        return rows


_IN_A_ROW = {
    "the last question again": {},
    "the last map by its margins": {"show": "moe"},
    "the last variable with another filter": {"where": "ten = 'Rented'"},
    "another level of the last variable": {"var": "price", "stat": "share", "level": "Disagree"},
}


def _show(
    workspace: Workspace, catalogue: Catalogue, estimator: Estimator, view: dict[str, str]
) -> None:
    """Answer a view as the page does: first colours, margins, layer, and ranks where asked for."""
    state = from_query({key: value for key, value in view.items() if key != "rank"})
    source = catalogue.sources[state.source]
    request = estimate_request(state)
    areas = area_shapes(workspace, state.area_kind).areas
    if estimator.takes_long(source, request):
        estimator.first_answer(source, request, areas)
    answer = estimator.answer(source, request, areas)
    layer_of(state, source, answer, "light")
    if "rank" in view:
        estimator.ranking(source, replace(request))


def _sources(catalogue: Catalogue) -> dict[str, str]:
    """Return the runs that have the variables asked for, and a combination of both."""
    wanted: dict[str, Callable[[set[str]], bool]] = {
        TRAVEL: lambda names: {"hhvehcnt", "drvrcnt", "price", "ptrans", "bike"} <= names,
        ENERGY: lambda names: {"totaldol", "dollarel", "adqinsul"} <= names,
        BOTH: lambda names: {"hhvehcnt", "totaldol"} <= names,
    }
    found: dict[str, str] = {}
    for source in catalogue.sources.values():
        for which, fits in wanted.items():
            joined = len(source.specs) > 1
            if source.is_fused and joined == (which == BOTH) and fits(set(source.variables)):
                found.setdefault(which, source.id)
    if not found:
        raise Unavailable("No finished run of the workspace has the variables asked for")
    return found


def _resident() -> float:
    return float(psutil.Process().memory_info().rss)


def _row(what: str, value: float, unit: str) -> Row:
    return Row(topic=TOPIC, what=what, value=value, unit=unit, note=f"peak {peak_memory():.3g} B")


if __name__ == "__main__":
    sys.exit(run_alone(measure))
