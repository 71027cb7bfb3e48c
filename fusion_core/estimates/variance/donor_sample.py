"""The donor survey as a sample: how a regression of its answers moves from replicate to replicate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_, mul
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import column_names, require_type
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import (
    AS_TRAINED,
    Column,
    DonorAnswers,
    DonorWeight,
    HasLevel,
    Measure,
    Question,
    Statistic,
    column_from_series,
    donor_weight,
    effective_sample_size,
    weight_matrix,
)
from fusion_core.estimates.variance.area_error import Locality, SeenPlaces
from fusion_core.estimates.variance.area_rule import KAPPAS
from fusion_core.estimates.variance.covariates import Covariates, encode_alike
from fusion_core.estimates.variance.donor_answers import ask_donor, donor_answers
from fusion_core.estimates.variance.donor_places import DonorPlaces, FewPlaces
from fusion_core.estimates.variance.regression import (
    Regression,
    Replication,
    UnseenLocation,
    random_groups,
    told_apart,
    unseen_slopes,
)
from fusion_core.frames import Table, read_frame
from fusion_core.fusion.implicates import order_of
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, listed
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from fusion_core.estimates.statistics import DrawnTable
    from fusion_core.fusion.model import FusionModel
    from fusion_core.harmony.expressions import CheckedExpression

Floats = NDArray[np.float64]

_FEWEST_DONORS: Final = 2
# Combinations of patterns and donors looked at, at most (240 MB).
_MOST_ANSWERS: Final = 30_000_000


@dataclass(frozen=True, repr=False)
class DonorSample(Checked, Summarized):
    """A donor survey with the predictors it shares with a recipient.

    Attributes
    ----------
    columns
        The donor's answers to the fused variables.
    own, recipient
        Predictors of the donor's and of the recipient's households, encoded alike.
    weights
        The donor's weights, shape (donors, 1+R), full sample first.
    factor
        Of the donor's replication: a variance is factor · Σ_r (θ_r − θ)².
    households
        Index of the recipient.
    location
        What the donor's places do not tell of location; ``None`` where nothing is unseen.
    dealt
        Of a donor without replicate weights, the random group of every household; `weights` holds
        the full sample alone then.
    degrees_of_freedom
        Of such a variance, the rank of the replication.
    locality
        Where the recipient's households live and what is known of how areas differ; ``None`` leaves that
        out of the error.
    places
        Where the donors live, as far as the donor publishes it: many places, or the codes of a few;
        ``None`` where it does not.
    """

    columns: Mapping[str, Column]
    own: Covariates
    recipient: Covariates
    weights: Floats
    factor: float
    households: pd.Index | None = None
    degrees_of_freedom: float = np.inf
    locality: Locality | None = None
    places: DonorPlaces | NDArray[np.intp] | None = None
    dealt: NDArray[np.intp] | None = None
    location: UnseenLocation | None = None
    _regressions: dict[bytes, Regression] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def build(
        cls,
        donor: Table,
        recipient: Table,
        *,
        predictors: Sequence[str],
        variables: Sequence[str],
        weight: str | None = "weight",
        design: WeightDesign | None = None,
    ) -> DonorSample:
        """Encode a prepared donor and recipient; `of` asks a model for the names.

        Parameters
        ----------
        donor, recipient
            One row per household, with the predictors, and the donor with the fused variables.
        predictors, variables
            Names of the predictors the fusion used and of the fused variables. Those joined by an
            imputed PUMA hide the bias they cause: see `run_donor.sample_with_location`.
        weight
            The donor's column of full-sample weights, ``None`` to count every donor once.
        design
            Names the donor's replicate weights; without them random groups take their place.

        Raises
        ------
        InputError
            If a column is missing, or neither categories, yes/no nor numbers, or weights are bad.
        """
        predictors = column_names(predictors, "predictors")
        variables = column_names(variables, "variables")
        asked = Question.asked([Statistic("count")], weight=weight, design=design, confidence=0.90)
        donor = asked.read(donor, "the donor", answers=[*predictors, *variables])
        recipient = read_frame(recipient, "the recipient", answers=predictors)
        for table, names, where in (
            (donor, [*predictors, *variables], "donor"),
            (recipient, predictors, "recipient"),
        ):
            for name in names:
                if name not in table.columns:
                    raise InputError.unknown("column", name, map(str, table.columns), where=where)
        if len(donor) < _FEWEST_DONORS or not len(recipient):
            raise InputError(
                f"A sample needs at least {_FEWEST_DONORS} donors and a recipient; got "
                f"{len(donor):,} and {len(recipient):,} rows",
                fix="Give the prepared donor and recipient of the fusion",
            )
        weighted = None if weight is None else donor
        weights = weight_matrix(weighted, len(donor), weight=weight, design=design)
        values, factor = np.asarray(weights.values, dtype=np.float64), weights.design.factor
        freedom = float(weights.design.rank)
        dealt = None
        if not weights.has_replicates:
            values, dealt, factor = random_groups(weights.full)
            freedom = max(float(dealt.max()), 1.0)
        own, other = encode_alike(donor, recipient, predictors, weights.full)
        columns = {name: column_from_series(donor[name], name) for name in variables}
        return cls(columns, own, other, values, factor, recipient.index, freedom, dealt=dealt)

    @classmethod
    def of(
        cls,
        model: FusionModel,
        donor: Table,
        recipient: Table,
        *,
        weight: DonorWeight = AS_TRAINED,
        design: WeightDesign | None = None,
    ) -> DonorSample:
        """Encode the donor and the recipient of a model, which tells predictors, variables and weight.

        Parameters
        ----------
        model
            The fusion model.
        donor, recipient
            One row per household, as they were given to `fusion_core.fusion.train` and
            `fusion_core.fusion.fuse`.
        weight
            The donor's column of full-sample weights; the one the model was trained with when left
            out, ``"weight"`` where that is not known. ``None`` counts every donor once.
        design
            Names the donor's replicate weights; without them random groups take their place.

        Raises
        ------
        InputError
            As `build` does.
        """
        from fusion_core.fusion.model import FusionModel

        fix = "Give a trained model, or read one with FusionModel.load"
        require_type(model, FusionModel, "model", fix=fix)
        if model.shares:
            donor = read_frame(
                donor, "the donor", answers=[item.name for item in model.fused_types]
            )
            donor = donor.assign(**model.own_shares(donor))
        return cls.build(
            donor,
            recipient,
            predictors=model.recipient_columns,
            variables=[item.name for item in model.fused_types],
            weight=donor_weight(weight, model.weight),
            design=design,
        )

    def with_location(
        self, unseen: NDArray[np.float32], ties: Floats, unseen_ties: Floats, least: float
    ) -> DonorSample:
        """Return the sample with what its places tell of location, and what they do not.

        The last numbers among the predictors are components of location. Only what the other predictors
        leave of them has a slope that can be told: where one of these names the place, as a state may, its
        levels say all of the donor's location, and slopes inside places would be guesses.

        Parameters
        ----------
        unseen
            Components that places do not tell apart, of the recipient's households, shape (households,
            components).
        ties, unseen_ties
            Matrices that turn slopes of predictors into those of the components that are seen, in their
            units here, and of those that are not.
        least
            Share of the variance of a component that the other predictors must leave.
        """
        count, first = len(ties), 1 + self.own.numbers.shape[1] - len(ties)
        moments = self._moments(self.weights[:, 0])
        known = told_apart(moments, slice(first, first + count), least)
        own, other = self.own.last(count) @ known, self.recipient.last(count) @ known
        if not known.shape[1] or not unseen.shape[1]:
            return replace(
                self,
                own=self.own.with_last(count, own),
                recipient=self.recipient.with_last(count, other),
            )
        follows, root, scale = unseen_slopes(known.T @ ties, unseen_ties, least)
        nowhere = np.zeros((self.own.rows, unseen.shape[1]))
        last = first + known.shape[1]
        return replace(
            self,
            own=self.own.with_last(count, np.hstack([own, nowhere])),
            recipient=self.recipient.with_last(
                count, np.hstack([other + unseen @ follows, unseen @ root])
            ),
            location=UnseenLocation(slice(first, last), slice(last, last + unseen.shape[1]), scale),
        )

    def in_order_of(self, recipient: pd.DataFrame) -> DonorSample:
        """Return the sample with the recipient's households in the order of a table.

        Raises
        ------
        InputError
            If the table is of other households than the sample was built with.
        """
        if self.households is None or self.households.equals(recipient.index):
            return self
        order = order_of(recipient.index, pd.DataFrame(index=self.households), what="donor sample")
        if order is None:
            return self
        locality = None if self.locality is None else self.locality.take(order)
        return replace(
            self,
            recipient=self.recipient.take(order),
            households=recipient.index,
            locality=locality,
        )

    def _facts(self) -> dict[str, object]:
        return {
            "variables": listed(self.columns),
            "donors": f"{self.own.rows:,}",
            "recipient": f"{self.recipient.rows:,}",
            "replicate weights": self.replicates,
        }

    @property
    def replicates(self) -> int:
        """Number of movements: of replicate weights or random groups in their place, and of location."""
        unseen = 0 if self.location is None else self.location.replicates
        drawn = self.weights.shape[1] - 1 if self.dealt is None else self.dealt.max() + 1
        return int(drawn) + unseen

    def answers_to(self, measure: Measure) -> DonorAnswers | None:
        """Return what the donors contribute to a measure of a fused variable; see `donor_answers`.

        Parameters
        ----------
        measure
            A measure of one fused variable.
        """
        return donor_answers(measure, self)

    def held(self) -> dict[int, int]:
        """Return the bytes that its parts take, by part: copies of a sample share them."""
        sides = {id(side): side.nbytes for side in (self.own, self.recipient)}
        sides[id(self.own)] += 8 * self.own.rows * self.own.width  # its matrix
        return {**sides, id(self.weights): self.weights.nbytes}

    @property
    def names(self) -> Collection[str]:
        """The fused variables the donor was asked."""
        return self.columns.keys()

    def meets(
        self, condition: CheckedExpression, households: DrawnTable, read: Sequence[str]
    ) -> DonorAnswers | None:
        """Return which donors meet a condition on fused variables; see `ask_donor`.

        Parameters
        ----------
        condition, households, read
            As of `ask_donor`.
        """
        return ask_donor(condition, households, read, self)

    def has_level(self, column: Column, code: int) -> DonorAnswers | None:
        """Return which donors have a level of a fused variable.

        Parameters
        ----------
        column, code
            The variable as the recipient has it, and the level's code there.
        """
        return donor_answers(HasLevel(column, code), self)

    def contributions(
        self, asked: Sequence[DonorAnswers], conditions: Sequence[DonorAnswers]
    ) -> DonorAnswers | None:
        """Return what donors of a subgroup contribute beside each pattern.

        Parameters
        ----------
        asked
            Factors of what is summed.
        conditions
            Conditions of the subgroup.

        Returns
        -------
        DonorAnswers or None
            ``None`` where there are too many patterns.
        """
        every = [*asked, *conditions]
        patterns = np.prod([len(item.met) for item in every], dtype=float)
        if patterns * max((item.met.shape[1] for item in every), default=1) > _MOST_ANSWERS:
            return None
        values = reduce(mul, asked, DonorAnswers(None, np.ones((1, 1))))
        if not conditions:
            return values
        met = reduce(and_, conditions)
        # Who fails a condition contributes nothing, whatever else is not known.
        fails = np.repeat(met.met == 0, len(values.met), axis=0)
        product = met * values
        return replace(product, met=np.where(fails, 0.0, product.met))

    def meeting(self, condition: DonorAnswers) -> int:
        """Return how many donors meet a condition beside some answers of the recipient."""
        met = (condition.met == 1).any(axis=0)
        return int((np.broadcast_to(met, self.own.rows) & (self.weights[:, 0] > 0)).sum())

    def effective_behind(self, found: Sequence[DonorAnswers]) -> float:
        """Return the effective number of donors (Kish's) who contribute to all measures.

        Parameters
        ----------
        found
            What donors contribute to each.
        """
        used = np.ones(self.own.rows)
        for answers in found:
            used = used * (np.nan_to_num(answers.met, nan=0.0) > 0).any(axis=0)
        return self.effective_size(used)

    def product_of(self, asked: tuple[DonorAnswers | None, ...]) -> tuple[DonorAnswers | None, ...]:
        """Return factors whose product is that of what was asked; donors can multiply any.

        Parameters
        ----------
        asked
            As of `answers_to`.
        """
        return asked

    def effective_size(self, used: Floats) -> float:
        """Return the effective number of donors (Kish's).

        Parameters
        ----------
        used
            1 for donors who count, else 0.
        """
        return effective_sample_size(self.weights[:, 0] * used)

    def coefficients(self, values: Floats) -> Floats:
        """Return the weighted regression of donor values on the predictors.

        Parameters
        ----------
        values
            One number per donor, NaN for those who did not answer; the others decide.
        """
        known = ~np.isnan(values)
        weighted = self.weights[:, 0] * np.where(known, values, 0.0)
        return np.asarray(self.regression(values).inverse @ (self._matrix.T @ weighted))

    def movements(self, values: Floats) -> Floats:
        """Return how the coefficients differ under each replicate weight, shape (columns, R).

        Linearized: A⁻¹ Σ_j (w_jr − w_j) x_j e_j with A = Σ w x xᵀ and residuals e (Binder 1983, *On
        the variances of asymptotically normal estimators from complex surveys*), widened by
        √(n/(n − p)) because fitted residuals are too small.

        Parameters
        ----------
        values
            One number per donor, NaN for those who did not answer.
        """
        fit, found = self.regression(values), self.coefficients(values)
        residual = np.nan_to_num(values - self._matrix @ found, nan=0.0)
        widened = np.sqrt(fit.donors / max(fit.donors - fit.rank, 1.0))
        return self._with_location(
            found, widened * (fit.inverse @ self._replication.changes(self._matrix, residual))
        )

    def _with_location(self, coefficients: Floats, moved: Floats) -> Floats:
        """Add the movements of unseen location to those of the sample, along the last axis."""
        if self.location is None:
            return moved
        beside = self.location.movements(coefficients, self.factor)
        return np.concatenate([moved, beside], axis=-1)

    def regressed(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the regressions of several numbers at once, and how their coefficients move.

        Parameters
        ----------
        values
            Shape (functions, donors), NaN for those who did not answer.

        Returns
        -------
        tuple
            `coefficients`, shape (functions, columns), and `movements`, shape (functions, columns, R).
        """
        width = self.own.width
        coefficients = np.empty((len(values), width))
        movements = np.empty((len(values), width, self.replicates))
        known = ~np.isnan(values) & (self.weights[:, 0] > 0)
        alike: dict[bytes, list[int]] = {}
        for place, row in enumerate(known):
            alike.setdefault(np.packbits(row).tobytes(), []).append(place)
        for places in alike.values():
            fit, used = self.regression(values[places[0]]), known[places[0]]
            own = np.where(used, values[places], 0.0)
            found = (own * self.weights[:, 0]) @ self._matrix @ fit.inverse
            left = np.where(used, own - found @ self._matrix.T, 0.0)
            widened = np.sqrt(fit.donors / max(fit.donors - fit.rank, 1.0))
            coefficients[places] = found
            moved = widened * (fit.inverse @ self._replication.changes_of(self._matrix, left))
            movements[places] = self._with_location(found, moved)
        return coefficients, movements

    def unexplained(self, values: Floats) -> float:
        """Return the variance of single donors around the regression of their values.

        Parameters
        ----------
        values
            One number per donor, NaN for those who did not answer.
        """
        weight = np.where(np.isnan(values), 0.0, self.weights[:, 0])
        residual = np.nan_to_num(values - self._matrix @ self.coefficients(values), nan=0.0)
        return float(weight @ np.square(residual) / weight.sum())

    def seen_places(self, values: Floats) -> SeenPlaces:
        """Return what the places the donor publishes say of donors' values.

        Parameters
        ----------
        values
            One number per donor, NaN for those who did not answer.
        """
        if isinstance(self.places, DonorPlaces):
            return SeenPlaces(self.places.excess(values))
        if self.places is None:
            return SeenPlaces()
        few = FewPlaces(self._matrix, self.weights[:, 0], self.places)
        return SeenPlaces(likelihood=few.likelihood(values, KAPPAS))

    def regression(self, values: Floats) -> Regression:
        """Return the regression on those donors who answered.

        Parameters
        ----------
        values
            One number per donor, NaN for those who did not answer.
        """
        used = ~np.isnan(values) & (self.weights[:, 0] > 0)
        key = np.packbits(used).tobytes()
        if key not in self._regressions:
            weight = np.where(used, self.weights[:, 0], 0.0)
            self._regressions[key] = Regression.of(self._moments(weight), int(used.sum()))
        return self._regressions[key]

    def _moments(self, weight: Floats) -> Floats:
        return np.asarray(self._matrix.T @ (self._matrix * weight[:, None]))

    @property
    def _replication(self) -> Replication:
        return Replication(self.weights, self.dealt)

    @property
    def _matrix(self) -> Floats:
        return self.own.matrix
