"""The trained fusion model: what may be asked of it, and its way to disk and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import PathLike, path_of
from fusion_core.fusion.base import Stream, encode
from fusion_core.fusion.forests import Forest
from fusion_core.fusion.model.chain import ModelContent, ModelPart, VariableModel
from fusion_core.fusion.model.files import read_model, write_model
from fusion_core.fusion.trees import skill_of
from fusion_core.records import Checked


@dataclass(frozen=True, repr=False)
class FusionModel(Checked, ModelContent):
    """Everything `fuse` needs; `ModelContent` describes the attributes."""

    def drawn_values(self, name: str) -> NDArray[Any]:
        """Return the values of a fused variable by donor, as they are drawn."""
        return self.exact.get(name, self.values[name])

    @property
    def predictor_names(self) -> tuple[str, ...]:
        """Names of the predictors."""
        return tuple(predictor.name for predictor in self.predictors)

    @property
    def recipient_columns(self) -> tuple[str, ...]:
        """Columns a recipient must have: the predictors, then the given probabilities."""
        return (*self.predictor_names, *self.shares)

    def own_shares(self, households: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities of households that know their class: one for it, zero for others.

        Parameters
        ----------
        households
            Have the given variables themselves, as the donor does; those that lack one get NaN.
        """
        result = {}
        for variable in (variable for step in self.steps for variable in step.variables):
            if variable.shares:
                own = encode(households[variable.type.name], variable.type)
                for code, name in zip(variable.classes, variable.shares, strict=True):
                    result[name] = np.where(np.isnan(own), np.nan, own == code)
        return result

    @property
    def variable_names(self) -> tuple[str | tuple[str, ...], ...]:
        """Names of the fused variables in fusion order; an inner tuple is a block."""
        return tuple(step.names if step.is_block else step.names[0] for step in self.steps)

    def streams(self, seed: int) -> tuple[Stream, ...]:
        """Return which random numbers decide each step of a fusion with some seed."""
        everything = tuple(variable.name for variable in self.fused_types)
        return tuple(
            Stream(seed, step.origin, step.names if step.origin else everything)
            for step in self.steps
        )

    def variables(self) -> pd.DataFrame:
        """Return what each variable was taken for; `TrainSettings.types` overrides it.

        Returns
        -------
        One row per predictor and fused variable with the columns variable, role (``"predictor"``,
        ``"fused"``, or ``"given"`` where the recipient brings the distribution), kind, declared (whether the user stated the kind), levels (their number; 0 for
        numbers) and missing (donors without a value; trees treat a missing predictor as an answer
        of its own).
        """
        declared = dict(self.settings.types)
        roles = [("predictor", item) for item in self.predictors]
        roles += [
            ("given" if variable.shares else "fused", variable.type)
            for step in self.steps
            for variable in step.variables
        ]
        return pd.DataFrame(
            [
                {
                    "variable": item.name,
                    "role": role,
                    "kind": item.kind,
                    "declared": item.name in declared,
                    "levels": len(item.levels),
                    "missing": self.missing.get(item.name, 0),
                }
                for role, item in roles
            ]
        )

    def type_notes(self) -> list[str]:
        """Say in sentences what the predictors and the fused variables were taken for."""
        notes = []
        for title, variables in (
            ("Predictors", self.predictors),
            ("Fused variables", self.fused_types),
        ):
            kinds = sorted({item.kind for item in variables})
            shown = [
                f"{kind.replace('_', '-')}: "
                + ", ".join(item.name for item in variables if item.kind == kind)
                for kind in kinds
            ]
            notes.append(f"{title} by type – {'; '.join(shown)}.")
        return notes

    def summary(self) -> pd.DataFrame:
        """Return one row per tree model or forest: what was chosen, how well it predicts held-out rows.

        Returns
        -------
        Columns variable, part, predictors, leaves, trees, loss, baseline_loss and skill, the share
        of the baseline loss (best constant prediction) that the model saves. Of a forest leaves is the
        fewest donors of a leaf, and loss the CRPS of a number or the Brier score of classes.
        """
        rows = []
        for step in self.steps:
            for place, variable in enumerate(step.variables):
                rows += [_part_row(variable, part) for part in variable.parts]
                if step.forest is not None:
                    rows.append(_forest_row(variable, step.forest, place))
        return pd.DataFrame(rows)

    def importance(self) -> pd.DataFrame:
        """Return how much each predictor contributes to each fused variable.

        Returns
        -------
        Columns variable, predictor and share: the predictor's part of the total gain of the
        variable's class or mean model (its zero model where there is no other), or of its forest
        where there are no boosted trees; shares of a variable sum to one.
        """
        names = [*self.predictor_names, *(variable.name for variable in self.fused_types)]
        rows: list[dict[str, Any]] = []
        for step in self.steps:
            for variable in step.variables:
                features, gains = _gains(variable, step.forest)
                total = gains.sum()
                rows.extend(
                    {
                        "variable": variable.type.name,
                        "predictor": names[feature],
                        "share": float(gain / total) if total > 0 else 0.0,
                    }
                    for feature, gain in zip(features, gains, strict=True)
                )
        return pd.DataFrame(rows, columns=["variable", "predictor", "share"])

    def save(self, path: PathLike) -> None:
        """Write the model to a folder, or to one file ``….zip`` (see `files`).

        Raises
        ------
        InputError
            If something else is there, or it cannot be written.
        """
        write_model(self, path_of(path, "path"))

    @classmethod
    def load(cls, path: PathLike) -> FusionModel:
        """Read a model from its folder or zip.

        Raises
        ------
        CorruptFileError
            If a file is missing, altered, cut off or of another format version.
        InputError
            If there is nothing at the path.
        """
        return read_model(path_of(path, "path"), cls)


def _part_row(variable: VariableModel, part: ModelPart) -> dict[str, Any]:
    tuning = part.tuning
    quantile = f" {part.probability:.3f}" if part.role == "quantile" else ""
    return _row(
        variable,
        part.role + quantile,
        len(variable.features),
        (tuning.leaves, tuning.trees),
        (tuning.loss, tuning.baseline_loss),
    )


def _forest_row(variable: VariableModel, forest: Forest, place: int) -> dict[str, Any]:
    choice = forest.choice
    return _row(
        variable,
        "forest",
        len(forest.features),
        (choice.main.leaf, len(forest.roots)),
        (choice.losses[place], choice.baselines[place]),
    )


def _row(
    variable: VariableModel,
    part: str,
    predictors: int,
    size: tuple[int, int],
    losses: tuple[float, float],
) -> dict[str, Any]:
    loss, baseline = losses
    return {
        "variable": variable.type.name,
        "part": part,
        "predictors": predictors,
        "leaves": size[0],
        "trees": size[1],
        "loss": loss,
        "baseline_loss": baseline,
        "skill": skill_of(loss, baseline),
    }


def _gains(
    variable: VariableModel, forest: Forest | None
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return a variable's predictors and how much each lowers the loss."""
    if not variable.parts and forest is not None:
        return forest.features, np.array(forest.gains[: len(forest.features)])
    main = [part for part in variable.parts if part.role in ("mean", "classes")]
    gains = (main or list(variable.parts))[0].gains if variable.parts else np.zeros(0)
    return (variable.features if variable.parts else ()), gains
