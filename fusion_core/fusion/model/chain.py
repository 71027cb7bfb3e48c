"""What a fusion model consists of: a chain of steps, each with its predictors, trees and donors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from fusion_core.fusion.base import TrainSettings, VariableType
from fusion_core.fusion.forests import Forest
from fusion_core.fusion.model.neighbours import DonorPool
from fusion_core.fusion.trees import Tuning, skill_of
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, listed

PartRole = Literal["zero", "mean", "quantile", "classes"]


@dataclass(frozen=True)
class ModelPart(Checked):
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
class VariableModel(Checked, Summarized):
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
    shares
        Columns of the recipient with the probability of each class, for a variable whose
        distribution there is given and not modelled; such a variable has no parts.
    """

    type: VariableType
    features: tuple[int, ...]
    classes: tuple[int, ...]
    parts: tuple[ModelPart, ...]
    constant: float | None = None
    temperature: float = 1.0
    shares: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of expectations per row."""
        if self.type.is_categorical:
            return len(self.classes)
        return len(self.parts)

    def boosted_skill(self) -> float | None:
        """Return the skill of the mean or the classes in households held out; ``None`` without trees."""
        found = [part.tuning for part in self.parts if part.role in {"mean", "classes"}]
        return skill_of(found[0].loss, found[0].baseline_loss) if found else None

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
class Step(Checked, Summarized):
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
    forest
        The forest whose leaves donors are drawn from, for its share of the draws.
    """

    variables: tuple[VariableModel, ...]
    pool: DonorPool | None
    origin: str = ""
    forest: Forest | None = None

    def forest_skills(self) -> list[tuple[str, float]]:
        """Return name and skill of each variable drawn from the forest, in households held out."""
        if self.forest is None:
            return []
        choice = self.forest.choice
        losses = zip(self.names, choice.losses, choice.baselines, strict=True)
        return [(name, skill_of(loss, baseline)) for name, loss, baseline in losses]

    @property
    def is_block(self) -> bool:
        """Whether several variables are drawn together."""
        return len(self.variables) > 1

    @property
    def is_given(self) -> bool:
        """Whether the recipient itself brings the distribution of the variable."""
        return bool(self.variables[0].shares)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fused variables."""
        return tuple(variable.type.name for variable in self.variables)

    def _title(self) -> str:
        return "of a block" if self.is_block else f"of {self.names[0]}" if self.names else ""

    def _facts(self) -> dict[str, object]:
        return {
            "variables": listed(self.names),
            "drawn from": self._source(),
        }

    def _source(self) -> str:
        if self.is_given:
            return "given probabilities"
        others = "probabilities" if self.pool is None else "donors"
        if self.forest is None:
            return others
        share = self.forest.mixture
        leaves = "the leaves of a forest"
        return leaves if share == 1 else f"{leaves} ({share:.0%}) and {others}"


@dataclass(frozen=True, repr=False)
class ModelContent(Summarized):
    """Everything a fusion model consists of, as it is trained, kept on disk and read.

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

    @property
    def fused_types(self) -> tuple[VariableType, ...]:
        """The fused variables in fusion order."""
        return tuple(variable.type for step in self.steps for variable in step.variables)

    @property
    def shares(self) -> tuple[str, ...]:
        """Columns of the recipient with given probabilities, in fusion order."""
        return tuple(
            name for step in self.steps for variable in step.variables for name in variable.shares
        )

    def _title(self) -> str:
        return f"of {self.donor}" if self.donor else ""

    def _facts(self) -> dict[str, object]:
        fused = [" + ".join(step.names) for step in self.steps]
        weighted = {None: "", "": ", unweighted"}.get(self.weight, f", weighted by {self.weight}")
        return {
            "predictors": listed([item.name for item in self.predictors]),
            "fused variables": listed(fused),
            "donors": f"{len(self.weights):,}{weighted}",
            "method": self.settings.method,
            "seed": self.seed,
            "notes": len(self.notes) or "",
        }
