"""The validation of a run: fused back onto its donor, by its own model and by models of others.

The usual validation fuses the donor with the model that was trained on it. The out-of-fold one, an
option of the run or asked for later, trains models anew without a part of the households and fuses
that part; it is stored inside the folder of the other.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.execution.budget import available_cores
from fusion_core.geography.location import PUMA, SHARE
from fusion_core.surveys.model import WEIGHT, Dictionary, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates
    from fusion_core.prepare import PreparedInput
    from fusion_core.validation.internal import SubsetChoice
    from fusion_core.validation.report import AreaSizes
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec

Progress = Callable[[float, str], None]

# The uncertainty of an estimate over implicates needs at least two of them.
_FEWEST_IMPLICATES: Final = 2
# The part of the time that the comparison takes, after fusing.
_COMPARING: Final = 0.4
_COMPARING_OUT_OF_FOLD: Final = 0.05
_OUT_OF_FOLD: Final = "out_of_fold"
_STATE: Final = "state"


def validate_inside(run: Run, progress: Progress) -> None:
    """Validate a run with its own model, which was trained on the households it is asked about.

    Raises
    ------
    InputError
        If a subset variable cannot be used.
    CorruptFileError
        If a file of the run is missing or altered.
    """
    from fusion_core.fusion import FusionModel, fuse
    from fusion_core.prepare import read_prepared
    from fusion_core.validation import validate, write_validation

    started = time.monotonic()
    spec, prepared = run.spec(), read_prepared(run.input_folder)
    model = FusionModel.load(run.model_folder)
    subsets = subset_variables(prepared, spec)
    said = _subsets_said(prepared, spec)
    run.log(said, stage="validate")
    if spec.implicates < _FEWEST_IMPLICATES:
        run.log(
            f"The run has one implicate; it is validated with {_FEWEST_IMPLICATES}, because one "
            "says nothing of its own uncertainty",
            stage="validate",
        )
    if not _is_weighted(prepared):
        run.log("The donor has no weights: every household counts the same", stage="validate")
    implicates = fuse(
        prepared.donor,
        model,
        implicates=_implicates(spec),
        seed=_own_seed(spec),
        threads=available_cores(),
        progress=lambda share, words: progress((1.0 - _COMPARING) * share, words),
    )
    implicates = _modelled(implicates, prepared)
    progress(1.0 - _COMPARING, "Comparing fused with observed values")
    result = validate(
        prepared.donor,
        implicates,
        subsets,
        weight=WEIGHT,
        progress=lambda share, words: progress(1.0 - _COMPARING * (1.0 - share), words),
    )
    result = dataclasses.replace(result, importance=model.importance())
    write_validation(
        result,
        run.validation_folder,
        fingerprint=fingerprint(run),
        facts={"subsets": said, **_facts(implicates, subsets, prepared, started)},
    )


def validate_out_of_fold(run: Run, folds: int, progress: Progress) -> None:
    """Validate a run by models that never saw the households they are asked about.

    Predictors, settings and order are those of the run; every fold trains models of its own. An
    interrupted validation goes on with the folds it finished.

    Raises
    ------
    InputError
        If the donor cannot be cut into so many folds or a subset variable cannot be used.
    CorruptFileError
        If a file of the run is missing or altered.
    """
    from fusion_core.fusion import fuse_out_of_fold
    from fusion_core.prepare import read_prepared
    from fusion_core.validation import validate, write_validation
    from fusion_core.workspace.runs import drop_checkpoints

    started = time.monotonic()
    spec, prepared = run.spec(), read_prepared(run.input_folder)
    subsets = subset_variables(prepared, spec)
    # Named as the input is at the start: what changes meanwhile makes the result outdated.
    name = fingerprint(run)
    checkpoints = run.checkpoint_folder / _OUT_OF_FOLD
    targets = [item if isinstance(item, str) else list(item) for item in spec.fusion_variables]
    implicates = fuse_out_of_fold(
        prepared.donor,
        variables=targets,
        predictors=prepared.kept,
        weight=WEIGHT,
        given=prepared.given,
        implicates=_implicates(spec),
        seed=_own_seed(spec),
        settings=spec.train,
        folds=folds,
        threads=available_cores(),
        checkpoints=checkpoints,
        progress=lambda share, words: progress((1.0 - _COMPARING_OUT_OF_FOLD) * share, words),
    )
    implicates = _modelled(implicates, prepared)
    progress(1.0 - _COMPARING_OUT_OF_FOLD, "Comparing fused with observed values")
    result = validate(
        prepared.donor,
        implicates,
        subsets,
        weight=WEIGHT,
        progress=lambda share, words: progress(1.0 - _COMPARING_OUT_OF_FOLD * (1.0 - share), words),
    )
    write_validation(
        result,
        out_of_fold_folder(run),
        fingerprint=name,
        facts={"folds": folds, **_facts(implicates, subsets, prepared, started)},
    )
    drop_checkpoints(run, _OUT_OF_FOLD)


def _modelled(implicates: Implicates, prepared: PreparedInput) -> Implicates:
    """Leave out what is given and not modelled: the donor's own classes come back as they were."""
    rest = {name: item for name, item in implicates.variables.items() if name not in prepared.given}
    return dataclasses.replace(implicates, variables=rest)


def out_of_fold_folder(run: Run) -> Path:
    """Return the folder of a run's out-of-fold validation."""
    from fusion_core.validation.report import OUT_OF_FOLD

    return run.validation_folder / OUT_OF_FOLD


def fingerprint(run: Run) -> str:
    """Return a text that changes when what a validation follows from changes.

    These are the prepared donor and, by its hashes, the model.
    """
    from fusion_core.fusion.model import MANIFEST_FILE
    from fusion_core.prepare.storage import DONOR_FILE
    from fusion_core.validation.report import fingerprint_files

    return fingerprint_files((run.input_folder / DONOR_FILE, run.model_folder / MANIFEST_FILE))


def area_sizes(workspace: Workspace, run: Run) -> AreaSizes | None:
    """Return how many households the recipient's areas have, PUMAs first.

    Those of areas that the workspace knows as parts of PUMAs, such as counties, are put together from
    theirs.

    Returns
    -------
    AreaSizes or None
        ``None`` where the run names no PUMAs.

    Raises
    ------
    CorruptFileError
        If the prepared recipient is missing or damaged.
    """
    from fusion_core.prepare.storage import RECIPIENT_FILE
    from fusion_core.validation.report import AreaSizes
    from fusion_core.workspace.tables import read_table, read_table_outline

    path, said = run.input_folder / RECIPIENT_FILE, ("The prepared input", "Start the run again")
    if not path.exists():
        return None
    _, names = read_table_outline(path, what=said[0], fix=said[1])
    if PUMA not in names:
        return None
    known = [name for name in (PUMA, _STATE) if name in names]
    columns = [*known, *([WEIGHT] if WEIGHT in names else [])]
    table = read_table(path, what=said[0], fix=said[1], columns=columns)
    weight = table[WEIGHT] if WEIGHT in names else pd.Series(1.0, index=table.index)
    kinds = {
        str(name): np.asarray(weight.groupby(table[name], observed=True).sum(), dtype=np.float64)
        for name in known
    }
    return AreaSizes(float(weight.sum()), kinds, _allocated(workspace, weight, table[PUMA], kinds))


def _allocated(
    workspace: Workspace, weight: pd.Series, pumas: pd.Series, named: Mapping[str, Any]
) -> dict[str, NDArray[np.float64]]:
    """Return about how many households areas have that are made of parts of PUMAs, by what they are.

    Left out is what does not cover all PUMAs, as where these are of another census.
    """
    from fusion_core.estimates.places import area_shares, kinds_by_shares

    households = weight.groupby(pumas.astype(str), observed=True).sum()
    found = {}
    for kind in kinds_by_shares(workspace):
        shares = area_shares(workspace, kind)
        if kind in named or shares is None or not households.index.isin(shares[PUMA]).all():
            continue
        parts = shares[SHARE] * shares[PUMA].map(households)
        sums = parts.groupby(shares[kind]).sum()
        found[kind] = np.asarray(sums[sums > 0], dtype=np.float64)
    return found


def is_outdated(run: Run, folder: Path) -> bool:
    """Whether the files that a validation was computed from changed since.

    Parameters
    ----------
    run
        The run.
    folder
        Folder of one of its validations. One of an earlier format, which knows nothing of its
        files, is not called outdated.
    """
    from fusion_core.validation.report import read_facts

    if run.published_folder.exists():  # its donor and model are elsewhere
        return False
    known = read_facts(folder)["fingerprint"]
    return bool(known) and known != fingerprint(run)


def check_subset_variables(prepared: PreparedInput, spec: RunSpec) -> None:
    """Refuse subset variables that cannot be used, before models are trained.

    Raises
    ------
    InputError
        If one is no predictor of the run, has a single value, or no subset is large enough; or if
        none is named and no predictor can be used.
    """
    from fusion_core.validation.internal import build_subsets

    for name in spec.subset_variables:
        if name not in prepared.kept:
            raise InputError.unknown(
                "predictor to form validation subsets", name, map(str, prepared.kept)
            )
    build_subsets(prepared.donor, subset_variables(prepared, spec))


def subset_variables(prepared: PreparedInput, spec: RunSpec) -> tuple[str, ...]:
    """Return the variables that form a run's validation subsets, chosen where none is named."""
    return spec.subset_variables or tuple(choice.name for choice in automatic_subsets(prepared))


def automatic_subsets(prepared: PreparedInput) -> tuple[SubsetChoice, ...]:
    """Choose predictors whose levels form validation subsets when the request names none.

    Harmonized predictors go before spatial ones, which say nothing of the household itself; of these
    `fusion_core.validation.internal.choosing` takes those that form many groups and hang together little.

    Raises
    ------
    InputError
        If no predictor has at least two groups.
    """
    from fusion_core.harmony.model import OTHER, themes_of
    from fusion_core.validation.internal import choose_subset_variables

    kept = prepared.predictors
    kept = kept[kept["kept"]].sort_values("similarity", ascending=False, kind="stable")
    harmonized = kept[kept["source"] == "harmony"]
    weights = prepared.donor[WEIGHT].to_numpy(dtype=np.float64)
    for pool in (harmonized, kept):
        names = [str(name) for name in pool["predictor"]]
        labels = [
            Variable(name, str(label)) for name, label in zip(names, pool["label"], strict=True)
        ]
        themes = {
            name: theme for name, theme in themes_of(Dictionary(labels)).items() if theme != OTHER
        }
        chosen = choose_subset_variables(prepared.donor[names], themes, weights)
        if chosen:
            return tuple(chosen)
    raise InputError(
        "No predictor divides the donor into groups that a validation could compare",
        fix="Keep a predictor with at least two answers",
    )


def _subsets_said(prepared: PreparedInput, spec: RunSpec) -> str:
    """Say which variables form the subsets, and why these."""
    if spec.subset_variables:
        return f"Subsets are formed by {', '.join(spec.subset_variables)}, as asked for"
    words = ", ".join(choice.words for choice in automatic_subsets(prepared))
    return (
        f"Subsets are formed by {words}: the predictors with the most groups that depend little on "
        "each other"
    )


def _own_seed(spec: RunSpec) -> int:
    """Return the seed of validations, whose draws share no random number with the run's."""
    from fusion_core.fusion.base import Purpose, integer_seed

    return integer_seed(spec.seed, Purpose.VALIDATION)


def _implicates(spec: RunSpec) -> int:
    return max(spec.implicates, _FEWEST_IMPLICATES)


def _is_weighted(prepared: PreparedInput) -> bool:
    """Whether the donor's households count differently."""
    weight = prepared.donor[WEIGHT]
    return bool(weight.min() != weight.max())


def _facts(
    implicates: Implicates, subsets: tuple[str, ...], prepared: PreparedInput, started: float
) -> dict[str, Any]:
    return {
        "implicates": implicates.count,
        "households": implicates.rows,
        "subset_variables": list(subsets),
        "weighted": _is_weighted(prepared),
        "seconds": round(time.monotonic() - started, 1),
    }


@dataclasses.dataclass(frozen=True)
class RunDifferences:
    """Two runs on the same donor, side by side.

    Attributes
    ----------
    settings
        What was asked differently, see `fusion_core.workspace.run_differences`.
    predictors
        Predictors that one of them alone used: ``predictor``, and ``run`` (``first`` or ``second``).
    results
        One row per variable of both: ``variable`` and, with the endings ``_first`` and ``_second``,
        ``absolute_percent_error``, ``value_added``, ``uncertainty_ratio``, ``skill`` and ``coverage``.
    unseen
        Whether results are of households neither has seen: both have such a validation.
    scores
        Which scores differ beyond chance (`score_differences`); empty unless `unseen`.
    """

    settings: pd.DataFrame
    predictors: pd.DataFrame
    results: pd.DataFrame
    unseen: bool
    scores: pd.DataFrame


def compare_runs(first: Run, second: Run) -> RunDifferences:
    """Set two runs on the same donor side by side, whatever their methods.

    Raises
    ------
    InputError
        If their donors are different surveys.
    CorruptFileError
        If a file of a validation is missing or damaged.
    """
    from fusion_core.validation.report import (
        has_validation,
        read_validation,
        score_differences,
        side_by_side,
    )
    from fusion_core.workspace.run_differences import setting_differences

    runs = first, second
    specs = [run.spec() for run in runs]
    if specs[0].pair.donor != specs[1].pair.donor:
        raise InputError(
            "The two runs have different donors",
            where=f"{first.id}, {second.id}",
            fix="Compare runs on the same donor",
        )
    inside = [read_validation(run.validation_folder) for run in runs]
    unseen = all(has_validation(out_of_fold_folder(run)) for run in runs)
    shown = [read_validation(out_of_fold_folder(run)) for run in runs] if unseen else inside
    used = [set(item.importance["predictor"].astype(str)) for item in inside]
    alone = [(name, "first") for name in sorted(used[0] - used[1])]
    alone += [(name, "second") for name in sorted(used[1] - used[0])]
    scores = score_differences(shown[0], shown[1])
    return RunDifferences(
        settings=setting_differences(*specs),
        predictors=pd.DataFrame(alone, columns=["predictor", "run"]),
        results=side_by_side(shown[0], shown[1], ("_first", "_second")),
        unseen=unseen,
        scores=scores if unseen else scores.head(0),
    )
