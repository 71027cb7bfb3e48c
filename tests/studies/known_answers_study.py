"""Do margins hold where the answer is known? Known answers and left-out places of finished runs.

    python tests/studies/known_answers_study.py FOLDER --run RUN [--run RUN …] [--held-out NAMES]

Runs need known answers (`harmony validate RUN --known-answers`); their donors need published places for
the second part. Writes assets/measured/known_answers.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.machine import describe

from fusion_core.estimates.runs import donor_places
from fusion_core.estimates.variance import AreaRule, margin_multiplier, place_differences
from fusion_core.execution.knowing import known_pair, read_known
from fusion_core.prepare import read_prepared
from fusion_core.validation.known_answers import (
    KnownAnswerSettings,
    ask_known_answers,
    learn_rule,
    summarise,
    with_margins,
)
from fusion_core.workspace.files import read_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run

if TYPE_CHECKING:
    from fusion_core.estimates.variance import PlaceDifferences
    from fusion_core.workspace.runs import Run

TABLE = Path(__file__).parents[2] / "assets" / "measured" / "known_answers.md"
_INTRODUCTION = """# Do margins hold where the answer is known?

Variables that donor and recipient both asked are hidden with everything that gives them away, fused, and compared
with the recipient's own answers in every PUMA; questions that only the recipient asked are fused from a part of it to
the rest. The part of a margin for what areas have beyond the predictors is learned from all *other* variables
(`estimates/variance/area_rule.py`). Intervals aim to hold 90 %; 85 to 95 is the goal, with a smaller interval score
than one constant variance between areas – fitted to the very answers it is judged by – would have. A difference that
all areas have in common is one between the surveys and stays in: where it is large, coverage suffers."""
_COLUMNS = """Coverage in per cent of areas: without the part for areas, with it, and with it around the difference that all areas
have in common. κ: variance between areas over that
within, where the likelihood is largest, and as foretold by the other variables. “score”: interval score over that of
the best constant variance. Levels of a variable are averaged; slopes are their range."""
_FAILS = """## What fails

* Where questions or years differ – race in NHTS 2017, rooms and length of stay in RECS 2015 – all areas are off in one
  direction. That is a difference of the surveys, which is reported but in no margin; some levels of race are off by area, too.
* What belongs to buildings – tenure, rooms, kind of home – differs more between areas than between states, so the rule
  foretells too little of it. Donors that publish the kind of neighbourhood (`geography/local_context.py`) show a part.
* A donor that publishes a few large regions, such as RECS 2015, has no places to learn from: the same κ is foretold
  of all its variables, too much for some and too little for others. What its regions show is in the margin where it is
  seen (`FewPlaces`); here prices, degree days and density could explain every difference between four regions, so that
  they show nothing.
* Variables that nothing had seen stay just below the goal: κ is foretold two to five times too small for tenure, race
  and number of adults. All three were asked by both surveys, seven years apart, as were the variables that fail in
  RECS; what only the recipient asked, and was fused from a part of it, does better. How far a difference of surveys
  varies between areas is not told apart from how areas differ."""
_HELD_OUT = "variables that no choice and no rule had seen"
_PLACES = """Each place the donor publishes is predicted by a regression on the households of all others and the
predictors of households alone. Share of places whose own mean lies inside the 90 % margin, which has the sampling
error of the place alone, or also the variance between places learned from the others."""


def known_table(areas: pd.DataFrame, rule: AreaRule) -> pd.DataFrame:
    """Return one row per hidden variable, given the rule learned from all, or from others alone."""
    summary = summarise(areas)
    evidence = learn_rule(areas, "puma").evidence
    summary["kappa"] = [item.kappa for item in evidence]
    summary["foretold"] = [
        rule.without(item.variable).foretell(item.places).kappa for item in evidence
    ]
    around = areas["fused"] - areas["answer"]
    around -= around.groupby([areas["variable"], areas["level"]]).transform("mean")
    held = (around.abs() <= areas["margin"]).groupby(
        [areas["variable"], areas["level"]], sort=False
    )
    summary["around"] = held.mean().to_numpy()
    summary["score"] = summary["interval_score"] / summary["interval_score_constant"]
    rows = []
    for name, own in summary.groupby("variable", sort=False):
        low, high = own["slope"].min(), own["slope"].max()
        rows.append(
            {
                "hidden": name,
                "asked by": "recipient" if own["own"].iloc[0] else "both",
                "levels": len(own),
                "slope": f"{low:.2f}" if len(own) == 1 else f"{low:.2f}–{high:.2f}",
                "before": round(100 * own["coverage_before"].mean(), 1),
                "with it": round(100 * own["coverage"].mean(), 1),
                "around": round(100 * own["around"].mean(), 1),
                "score": round(own["score"].mean(), 3),
                "κ": f"{own['kappa'].mean():.4f}",
                "foretold": f"{own['foretold'].mean():.4f}",
            }
        )
    table = pd.DataFrame(rows)
    means = table[["before", "with it", "around", "score"]].mean().round(3)
    return _with_mean(table, "hidden", means)


def _with_mean(table: pd.DataFrame, name: str, means: pd.Series) -> pd.DataFrame:
    shown = table.astype(str)
    last = pd.DataFrame([{name: "**mean**", **means.astype(str)}])
    return pd.concat([shown, last], ignore_index=True)


def held_out_table(workspace: Workspace, run: Run, names: tuple[str, ...]) -> pd.DataFrame:
    """Hide predictors that no choice and no rule has seen; the rule is that of the run."""
    pair = known_pair(workspace, run, read_prepared(run.input_folder))
    settings = KnownAnswerSettings(variables=names)
    asked = ask_known_answers(pair, settings, seed=run.spec().seed + 1)
    rule = learn_rule(read_known(run).areas, "puma")
    return known_table(with_margins(asked, rule), rule)


def places_table(run: Run) -> pd.DataFrame:
    """Return one row per fused variable: left-out places inside their margins."""
    rule = AreaRule.from_record(read_json(run.area_rule_file))
    prepared = read_prepared(run.input_folder)
    located = donor_places(rule, prepared.donor, prepared.recipient)
    if located is None:
        return pd.DataFrame()
    rows = []
    for name in _fused(run):
        found = [
            item
            for values in _numbers(prepared.donor[name])
            if (
                item := place_differences(
                    values, located.predictors, located.weights, located.places
                )
            )
        ]
        held = np.array([_held(item) for item in found])
        if len(held):
            before, after = 100 * held.mean(axis=(0, 2))
            rows.append(
                {
                    "fused": name,
                    "levels": len(found),
                    "places": len(found[0].mean),
                    "sampling alone": round(before, 1),
                    "with places": round(after, 1),
                    "π": f"{np.mean([item.excess() for item in found]):.4f}",
                }
            )
    table = pd.DataFrame(rows)
    means = table[["sampling alone", "with places"]].mean().round(1)
    return _with_mean(table, "fused", means)


def _held(found: PlaceDifferences) -> list[list[bool]]:
    """Return which places lie inside, without and with the variance between the others."""
    multiplier = float(margin_multiplier(np.array(len(found.mean) - 2.0), 0.90))
    between = np.array(
        [found.without(place).excess() * found.within for place in range(len(found.mean))]
    )
    size = np.abs(found.mean)
    return [
        list(size <= multiplier * np.sqrt(found.sampling)),
        list(size <= multiplier * np.sqrt(found.sampling + between)),
    ]


def _fused(run: Run) -> list[str]:
    names = run.spec().fusion_variables
    return [name for item in names for name in ([item] if isinstance(item, str) else item)]


def _numbers(column: pd.Series) -> list[np.ndarray]:
    """Return a number, or one indicator per level, NaN where there is no answer."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return [column.to_numpy(dtype=float, na_value=np.nan)]
    unknown = column.isna().to_numpy()
    return [
        np.where(unknown, np.nan, (column == level).to_numpy(dtype=float))
        for level in column.cat.categories
    ]


def _markdown(table: pd.DataFrame) -> str:
    shown = table.astype(object).where(table.notna(), "")
    head = "| " + " | ".join(map(str, shown.columns)) + " |"
    rows = ["| " + " | ".join(map(str, row)) + " |" for row in shown.to_numpy()]
    return "\n".join([head, "|" + "---|" * shown.shape[1], *rows])


def _of_run(run: Run) -> pd.DataFrame:
    areas = read_known(run).areas
    return known_table(areas, learn_rule(areas, "puma"))


def report(workspace: Workspace, runs: list[str], held_out: tuple[str, ...]) -> str:
    """Return the study as Markdown."""
    parts = [_INTRODUCTION, describe(), "## Known answers", _COLUMNS]
    opened = [open_run(workspace, name) for name in runs]
    parts += [
        part for run in opened for part in (f"### {run.spec().pair.title}", _markdown(_of_run(run)))
    ]
    if held_out:
        table = held_out_table(workspace, opened[0], held_out)
        parts += [f"### {opened[0].spec().pair.title}: {_HELD_OUT}", _markdown(table)]
    parts += ["## Places left out", _PLACES]
    for run in opened:
        table = places_table(run)
        if len(table):
            parts += [f"### {run.spec().pair.title}", _markdown(table)]
    return "\n\n".join([*parts, _FAILS]) + "\n"


def main() -> None:
    """Read the arguments, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--run", action="append", required=True)
    parser.add_argument("--to", type=Path, default=TABLE)
    parser.add_argument("--held-out", default="", help="predictors of the first run, with commas")
    asked = parser.parse_args()
    held_out = tuple(name for name in asked.held_out.split(",") if name)
    text = report(Workspace.open(asked.workspace), asked.run, held_out)
    asked.to.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
