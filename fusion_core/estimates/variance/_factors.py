"""A measure as factors, and the predictors and answers a donor's regression of it takes.

Beside the recipient's own answers a mean is the sum, over these answers, of regressions of what the
donors would contribute to each: there is one pattern for every such answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, mul
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    Answered,
    Constant,
    DonorAnswers,
    Groups,
    HasLevel,
    Measure,
    Number,
    Product,
    ThresholdIndicator,
    Within,
)
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.wanted import check_wanted

Floats = NDArray[np.float64]

# Fewer patterns are regressed one by one.
_MANY_PATTERNS: Final = 8
# Rows whose draws are multiplied at once.
_BLOCK: Final = 65_536
# Combinations of patterns are regressed in the directions in which donors differ by more than this.
_SAME_DIRECTION: Final = 1e-9


@dataclass(frozen=True)
class Factors:
    """A measure as a product: what a household has already, what it was given, and of whom.

    Attributes
    ----------
    own
        Measures of the recipient's own answers, and of what other donors gave it.
    asked
        What the donors would contribute of the fused variables; ``None`` where they were not asked.
    conditions
        Subgroups that fused variables define, as the donors see them.
    keys
        What tells patterns of answers from others.
    sample
        The donors; ``None`` where nobody is asked.
    """

    own: tuple[Measure, ...] = ()
    asked: tuple[DonorAnswers | None, ...] = ()
    conditions: tuple[DonorAnswers | None, ...] = ()
    keys: tuple[object, ...] = ()
    sample: DonorSample | None = None

    @classmethod
    def of(
        cls,
        measure: Measure,
        sample: DonorSample,
        *,
        place: int = 0,
        is_given: Callable[[str], bool],
    ) -> Factors:
        """Take a measure apart.

        Parameters
        ----------
        measure
            What is summed.
        sample, place
            The donor, and its place among several.
        is_given
            Whether a fused variable was drawn from another donor alone.
        """
        if isinstance(measure, Product):
            first, second = (
                cls.of(part, sample, place=place, is_given=is_given)
                for part in (measure.first, measure.second)
            )
            return cls(
                first.own + second.own,
                sample.product_of(first.asked + second.asked),
                first.conditions + second.conditions,
                first.keys + second.keys,
                sample,
            )
        if isinstance(measure, Within):
            answers = measure.condition.of_donor(place)
            return cls(conditions=(answers,), keys=(measure.key,), sample=sample)
        if isinstance(measure, Constant):
            return cls(sample=sample)
        if not isinstance(measure, Number | HasLevel | ThresholdIndicator | Answered):
            raise TypeError(type(measure))
        column = measure.column
        if column.observed or is_given(column.name):
            return cls(own=(measure,), sample=sample)
        found = sample.answers_to(measure)
        has_pattern = found is not None and found.pattern is not None
        return cls(
            asked=(found,), keys=(("derived", column.name),) if has_pattern else (), sample=sample
        )

    @property
    def own_key(self) -> tuple[object, ...]:
        """What tells the recipient's part of it from others."""
        answers = self.answers
        # Where patterns differ between implicates, those beside which no donor counts are left out.
        counting: tuple[bytes, ...] = ()
        if answers is not None and answers.is_drawn:
            counting = (_counting(answers).tobytes(),)
        return (*(item.key for item in self.own), *self.keys, *counting)

    @cached_property
    def answers(self) -> DonorAnswers | None:
        """What donors contribute beside each pattern; ``None`` where they were not asked.

        NaN for donors who did not answer.
        """
        asked, conditions = (
            [item for item in items if item is not None] for items in (self.asked, self.conditions)
        )
        if len(asked) < len(self.asked) or len(conditions) < len(self.conditions):
            return None
        if self.sample is None:
            return DonorAnswers(None, np.ones((1, 1)))
        return self.sample.contributions(asked, conditions)

    def donors_meeting(self, sample: DonorSample) -> int:
        """Return how many donors belong to the subgroup beside some answers of the recipient."""
        known = [item for item in self.conditions if item is not None]
        return sample.meeting(reduce(and_, known)) if known else sample.own.rows


def predictor_sums(sample: DonorSample, weight: Floats, factors: Factors, groups: Groups) -> Floats:
    """Return the recipient's weighted sums of predictors, shape (groups, patterns, columns)."""
    answers = factors.answers
    pattern = None if answers is None else answers.pattern
    if answers is None or pattern is None:
        part = _own_part(weight, factors.own)
        return sample.recipient.sums(part, groups)[:, None, :]
    count = len(answers.met)
    if not answers.is_drawn:
        codes = groups.codes(len(weight))
        cells = Groups.from_codes(
            np.where(codes < 0, -1, codes * count + pattern), len(groups) * count
        )
        sums = sample.recipient.sums(_own_part(weight, factors.own), cells)
        return sums.reshape(len(groups), count, -1)
    places, shares, numbers = _shared_patterns(answers, weight, factors.own)
    codes = groups.codes(len(weight))[places]
    cells = Groups.from_codes(np.where(codes < 0, -1, codes * count + numbers), len(groups) * count)
    sums = sample.recipient.take(places).sums(shares, cells)
    return sums.reshape(len(groups), count, -1)


def _shared_patterns(
    answers: DonorAnswers, weight: Floats, own: tuple[Measure, ...]
) -> tuple[NDArray[np.intp], Floats, NDArray[np.integer]]:
    """Return which patterns each household has in some implicates, and with which share of its weight.

    What other donors gave differs between implicates, so that a household has a share of several
    patterns; of most only a few, and those beside which no donor counts are left out.

    Returns
    -------
    tuple
        Household, weight times its own answers times the share of implicates, and pattern, each one
        entry per household and pattern.
    """
    pattern = answers.pattern
    if pattern is None:
        raise ValueError("there is one pattern for all")
    counts, found = _counting(answers), []
    for start in range(0, len(pattern), _BLOCK):
        check_wanted()
        rows = slice(start, start + _BLOCK)
        block = pattern[rows]
        parts = [measure(rows) for measure in own]
        factor = reduce(mul, parts) if parts else np.ones((1, 1))
        values = np.where(counts[block], np.broadcast_to(factor, block.shape), 0.0)
        key = np.arange(len(block))[:, None] * len(answers.met) + block
        # What adds up to nothing counts nowhere.
        sums = np.bincount(key.ravel(), values.ravel())
        used = np.flatnonzero(sums)
        household = used // len(answers.met)
        share = weight[rows][household] * sums[used] / block.shape[1]
        found.append((household + start, share, used % len(answers.met)))
    households, shares, numbers = (np.concatenate(items) for items in zip(*found, strict=True))
    return households, shares, numbers


def _counting(answers: DonorAnswers) -> NDArray[np.bool_]:
    """Return beside which patterns any donor contributes anything."""
    return np.asarray((np.nan_to_num(answers.met, nan=1.0) != 0).any(axis=1))


def _own_part(weight: Floats, own: tuple[Measure, ...]) -> Floats:
    """Return each household's weight times what it has already, the mean over implicates."""
    if not own:
        return weight
    result = np.empty(len(weight))
    for start in range(0, len(weight), _BLOCK):
        rows = slice(start, start + _BLOCK)
        result[rows] = weight[rows] * reduce(mul, [measure(rows) for measure in own]).mean(axis=1)
    return result


def directions(means: Floats, values: Floats) -> list[tuple[Floats, Floats]]:
    """Return mean predictors and donor values, pattern by pattern or in fewer directions.

    What donors contribute beside some patterns is a multiple of what they do beside others – a cost
    over an income of the recipient is the same cost beside every income –, and the regression is
    linear in it. So patterns are replaced by the directions in which they differ.

    Parameters
    ----------
    means
        Shape (groups, patterns, columns).
    values
        Shape (patterns, donors), NaN for donors who did not answer.
    """
    places = [place for place in range(len(values)) if np.nan_to_num(values[place], nan=1.0).any()]
    plain = [(means[:, place], values[place]) for place in places]
    if len(places) < _MANY_PATTERNS:
        return plain
    unknown = np.isnan(values[places])
    if (unknown != unknown[0]).any():
        return plain
    left, size, right = np.linalg.svd(np.nan_to_num(values[places]), full_matrices=False)
    kept = np.flatnonzero(size > _SAME_DIRECTION * size[0])
    if len(kept) == len(places):
        return plain
    mixed = np.einsum("gpc,pk->gkc", means[:, places], left[:, kept] * size[kept])
    return [
        (mixed[:, place], np.where(unknown[0], np.nan, right[direction]))
        for place, direction in enumerate(kept)
    ]
