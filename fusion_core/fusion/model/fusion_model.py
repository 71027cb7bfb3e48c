"""The trained fusion model: a chain of steps, each with its predictors, trees and donors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.fusion.base import Stream, TrainSettings, VariableType
from fusion_core.fusion.model.neighbours import DonorPool
from fusion_core.fusion.trees import Tuning
from fusion_core.summaries import Summarized, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

PartRole = Literal["zero", "mean", "quantile", "classes"]


@dataclass(frozen=True)
class ModelPart:
    """One fitted tree model of a variable.

    Attributes
    ----------
    role
        Probability that the value is not zero, mean, quantile, or class probabilities.
    probability
        Probability of the quantile; 0 for the other roles.
    text
        The model in LightGBM's text form.
    tuning
        What cross-validation chose.
    """

    role: PartRole
    probability: float
    text: str = field(repr=False)
    tuning: Tuning

    def __reduce__(self) -> tuple[type[ModelPart], tuple[PartRole, float, str, Tuning]]:
        """Travel between processes as the text alone, without what was made from it."""
        return type(self), (self.role, self.probability, self.text, self.tuning)

    @cached_property
    def booster(self) -> lgb.Booster:
        """The model ready to predict."""
        return lgb.Booster(model_str=self.text)

    @cached_property
    def split_counts(self) -> NDArray[np.int64]:
        """How many splits use each predictor of the variable."""
        return np.asarray(self.booster.feature_importance("split"), dtype=np.int64)

    @cached_property
    def gains(self) -> NDArray[np.float64]:
        """How much each predictor of the variable lowers the training loss."""
        return np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)


@dataclass(frozen=True, repr=False)
class VariableModel(Summarized):
    """The conditional distribution of one fused variable.

    Attributes
    ----------
    type
        The variable.
    features
        Positions of its predictors: the model's predictors first, then its fused variables in
        fusion order.
    classes
        Codes of the levels observed in the donor, for a categorical variable.
    parts
        Tree models: zero model first, then mean and rising quantiles; or the class model.
    constant
        Value of every non-zero donor where all are equal, so that no tree is needed.
    temperature
        What class probabilities, or the probability of not being zero, are calibrated by when they
        are drawn from (see `calibration`); 1 leaves them as predicted.
    """

    type: VariableType
    features: tuple[int, ...]
    classes: tuple[int, ...]
    parts: tuple[ModelPart, ...]
    constant: float | None = None
    temperature: float = 1.0

    @property
    def width(self) -> int:
        """The number of expectations per row."""
        if self.type.is_categorical:
            return len(self.classes)
        return len(self.parts)

    def _title(self) -> str:
        return self.type.name

    def _facts(self) -> dict[str, object]:
        return {
            "kind": self.type.kind.replace("_", "-"),
            "levels": len(self.classes) or "",
            "predictors": len(self.features),
            "tree models": listed([part.role for part in self.parts]),
        }

    @property
    def has_zero_part(self) -> bool:
        """Whether the first expectation is the probability of not being zero."""
        return self.type.kind == "zero_inflated"


@dataclass(frozen=True, repr=False)
class Step(Summarized):
    """One link of the chain: a variable, or a block of variables drawn from one donor record.

    Attributes
    ----------
    variables
        The models of its variables.
    pool
        Donors to draw from; ``None`` for a categorical variable on its own, which is drawn from
        its probabilities.
    origin
        What its random numbers are named after (see `streams.origin`); empty in models of earlier
        versions.
    """

    variables: tuple[VariableModel, ...]
    pool: DonorPool | None
    origin: str = ""

    @property
    def is_block(self) -> bool:
        """Whether several variables are drawn together."""
        return len(self.variables) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fused variables."""
        return tuple(variable.type.name for variable in self.variables)

    def _title(self) -> str:
        return "of a block" if self.is_block else f"of {self.names[0]}" if self.names else ""

    def _facts(self) -> dict[str, object]:
        return {
            "variables": listed(self.names),
            "drawn from": "probabilities" if self.pool is None else "donors",
        }


@dataclass(frozen=True, repr=False)
class FusionModel(Summarized):
    """Everything `fuse` needs.

    Attributes
    ----------
    predictors
        Predictors the recipient must have.
    fill
        Each predictor's typical value, used where a recipient lacks a value that no donor lacks;
        NaN where donors lack values themselves, so that the trees know what to do.
    steps
        The chain, in fusion order.
    values
        Observed values of each fused variable by donor (numbers or codes; missing: NaN).
    weights
        Donor weights scaled to mean 1.
    settings, seed
        What the model was trained with.
    notes
        What a user should know about the training, in sentences.
    missing
        Number of donors without a value, by variable.
    donor
        Name of the donor survey, where it has one.
    exact
        Values of fused whole numbers too large for `values` to hold exactly, which are drawn in
        their place.
    weight
        Name of the donor's weight column, empty where every donor counted once; ``None`` where it is
        not known, as in models of earlier versions.
    """

    predictors: tuple[VariableType, ...]
    fill: tuple[float, ...]
    steps: tuple[Step, ...]
    values: Mapping[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    notes: tuple[str, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    donor: str = ""
    exact: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    weight: str | None = None

    def _title(self) -> str:
        return f"of {self.donor}" if self.donor else ""

    def _facts(self) -> dict[str, object]:
        fused = [" + ".join(step.names) for step in self.steps]
        weighted = {None: "", "": ", unweighted"}.get(self.weight, f", weighted by {self.weight}")
        return {
            "predictors": listed(self.x),
            "fused variables": listed(fused),
            "donors": f"{len(self.weights):,}{weighted}",
            "method": self.settings.method,
            "seed": self.seed,
            "notes": len(self.notes) or "",
        }

    def drawn_values(self, name: str) -> NDArray[Any]:
        """Return the values of a fused variable by donor, as they are drawn."""
        return self.exact.get(name, self.values[name])

    @property
    def x(self) -> tuple[str, ...]:
        """Names of the predictors."""
        return tuple(predictor.name for predictor in self.predictors)

    @property
    def y(self) -> tuple[str | tuple[str, ...], ...]:
        """Names of the fused variables in fusion order; an inner tuple is a block."""
        return tuple(step.names if step.is_block else step.names[0] for step in self.steps)

    @property
    def fused_types(self) -> tuple[VariableType, ...]:
        """The fused variables in fusion order."""
        return tuple(variable.type for step in self.steps for variable in step.variables)

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
        One row per predictor and fused variable with the columns variable, role (``"predictor"`` or
        ``"fused"``), kind, declared (whether the user stated the kind), levels (their number; 0 for
        numbers) and missing (donors without a value; trees treat a missing predictor as an answer
        of its own).
        """
        declared = dict(self.settings.types)
        roles = [("predictor", item) for item in self.predictors]
        roles += [("fused", item) for item in self.fused_types]
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
        """Return one row per tree model: what was chosen and how well it predicts held-out rows.

        Returns
        -------
        Columns variable, part, predictors, leaves, trees, loss, baseline_loss and skill, the share
        of the baseline loss (best constant prediction) that the model saves.
        """
        rows = []
        for variable in (variable for step in self.steps for variable in step.variables):
            for part in variable.parts:
                tuning = part.tuning
                saved = 1 - tuning.loss / tuning.baseline_loss if tuning.baseline_loss > 0 else 0.0
                quantile = f" {part.probability:.3f}" if part.role == "quantile" else ""
                rows.append(
                    {
                        "variable": variable.type.name,
                        "part": part.role + quantile,
                        "predictors": len(variable.features),
                        "leaves": tuning.leaves,
                        "trees": tuning.trees,
                        "loss": tuning.loss,
                        "baseline_loss": tuning.baseline_loss,
                        "skill": saved,
                    }
                )
        return pd.DataFrame(rows)

    def importance(self) -> pd.DataFrame:
        """Return how much each predictor contributes to each fused variable.

        Returns
        -------
        Columns variable, predictor and share: the predictor's part of the total gain of the
        variable's class or mean model (its zero model where there is no other); shares of a
        variable sum to one.
        """
        names = [*self.x, *(variable.name for variable in self.fused_types)]
        rows: list[dict[str, Any]] = []
        for variable in (variable for step in self.steps for variable in step.variables):
            main = [part for part in variable.parts if part.role in ("mean", "classes")]
            gains = (main or list(variable.parts))[0].gains if variable.parts else np.zeros(0)
            total = gains.sum()
            rows.extend(
                {
                    "variable": variable.type.name,
                    "predictor": names[feature],
                    "share": float(gain / total) if total > 0 else 0.0,
                }
                for feature, gain in zip(variable.features, gains, strict=True)
            )
        return pd.DataFrame(rows, columns=["variable", "predictor", "share"])

    def save(self, path: PathLike) -> None:
        """Write the model to a folder, or to one file ``….zip`` (see `model_files`).

        Raises
        ------
        InputError
            If something else is there, or it cannot be written.
        """
        from fusion_core.fusion.model.files import save_model

        save_model(self, path_of(path, "path"))

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
        from fusion_core.fusion.model.files import load_model

        return load_model(path_of(path, "path"))
