"""The second stage of a run: formulas checked before anything is trained, prices compared at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.calibration.prices import check_prices
from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import check_on
from fusion_core.derived.outcomes import put_outcome, read_outcomes
from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.expressions import check_condition
from fusion_core.surveys.model import Variable
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec, SecondStage

PRICES_FILE: Final = "prices.parquet"
_FLAT, _STEEP = 0.8, 1.25
"""Slopes of implied on known prices within which local price levels count as matched."""


def check_second_stage(workspace: Workspace, spec: RunSpec, predictors: pd.DataFrame) -> None:
    """Check formulas and prices on what the run will have, before anything is trained.

    Parameters
    ----------
    workspace, spec
        The run's workspace and request.
    predictors
        What became of each predictor: ``predictor``, ``kept``, ``source`` and ``type``.

    Raises
    ------
    InputError
        If a formula is not allowed, or it or a price names what the run will not have.
    """
    if not spec.second_stage:
        return
    known = _known_variables(workspace, spec, predictors)
    donor = workspace.dictionary(spec.pair.donor)
    for stage in spec.second_stage:
        if stage.donors:
            where = f"second stage, donors of '{stage.variable}'"
            answers = {item.name: item for item in donor.answers("household")}
            check_condition(stage.donors, answers, where=where)
        if stage.formula:
            if stage.variable in known:
                raise InputError(
                    f"There is a variable '{stage.variable}' already",
                    where="second stage",
                    fix="Give what is computed another name",
                )
            where = f"second stage, '{stage.variable}'"
            check_on(_outcome(stage), known, where=where)
        if stage.price and stage.price not in known:
            raise InputError.unknown(
                "column of prices", stage.price, known, where=f"second stage, '{stage.variable}'"
            )


def _known_variables(
    workspace: Workspace, spec: RunSpec, predictors: pd.DataFrame
) -> dict[str, Variable]:
    """Return what an expression over the run's households may read."""
    donor = workspace.dictionary(spec.pair.donor)
    recipient = workspace.dictionary(spec.pair.recipient)
    places = {
        str(row["predictor"]): Variable(str(row["predictor"]), type="continuous")
        for row in predictors.to_dict("records")
        if row["kept"] and row["source"] == "spatial" and row["type"] == "number"
    }
    own = {item.name: item for item in recipient.answers("household")}
    steps = ((item,) if isinstance(item, str) else item for item in spec.fusion_variables)
    fused = {name: donor.require(name) for step in steps for name in step}
    return {**places, **own, **fused}


def store_formulas(run: Run) -> None:
    """Store what is computed with the run, as outcomes that follow from every implicate."""
    there = {item.name for item in read_outcomes(run.derived_path)}
    for stage in run.spec().second_stage:
        if stage.formula and stage.variable not in there:
            put_outcome(run.derived_path, _outcome(stage))
            run.log(stage.sentence, stage="fuse")


def _outcome(stage: SecondStage) -> DerivedVariable:
    return DerivedVariable(stage.variable, stage.formula, label=stage.title, unit=stage.unit)


def compare_prices(workspace: Workspace, run: Run) -> None:
    """Compare the prices that amounts imply with known ones, and keep and log what it shows.

    A price that cannot be compared does not stop the run: its log says why.
    """
    records: list[dict[str, Any]] = []
    for stage in run.spec().second_stage:
        if not stage.price:
            continue
        asked = {"spending": stage.variable, "use": stage.by[0], "price": stage.price}
        try:
            found = check_prices(
                workspace, run, spending=stage.variable, use=stage.by[0], price=stage.price
            )
        except HarmonyError as error:
            sentence, matched, slope = f"Prices could not be compared: {error.message}", False, None
        else:
            matched, slope = _FLAT <= found.slope <= _STEEP, found.slope
            verdict = "are matched" if matched else "are not matched"
            sentence = f"Local price levels {verdict}. {found.sentence}"
        severity = {} if matched else {"severity": "warning"}
        run.log(f"{stage.variable}: {sentence}", stage="validate", **severity)
        records.append({**asked, "matched": matched, "slope": slope, "sentence": sentence})
    if records:
        write_table(pd.DataFrame(records), run.validation_folder / PRICES_FILE)


def second_stage_note(run: Run) -> list[str]:
    """Return the section of a methods note on the second stage; empty where a run has none."""
    spec = run.spec()
    if not spec.second_stage:
        return []
    lines = ["## Second stage", "", *(f"- {stage.sentence}" for stage in spec.second_stage)]
    path = run.validation_folder / PRICES_FILE
    if path.exists():
        records = read_table(path, what="the comparison of prices", fix="Run it again").to_dict(
            "records"
        )
        lines += ["", *(f"- {row['spending']}: {row['sentence']}" for row in records)]
    computed = [stage.variable for stage in spec.second_stage if stage.formula]
    if computed:
        lines += [
            "",
            f"Implicate i of {' and '.join(computed)} follows from implicate i of the others.",
        ]
    return ["\n".join([*lines, ""])]


__all__ = ["check_second_stage", "compare_prices", "second_stage_note", "store_formulas"]
