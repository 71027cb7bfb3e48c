"""Known answers: hide what the recipient knows, fuse it, and compare every area with what it says.

A validation on the donor cannot show whether fused values of an *area* hold, because the donor has no
such areas. The recipient has: one harmonized variable at a time is hidden, with whatever would give it
away (`_hiding`), fused from the donor like any other, and compared with the recipient's own answers.
This is the failure of poverty maps that Tarozzi and Deaton (2009, *Using census and survey data to
estimate poverty and inequality for small areas*, Review of Economics and Statistics 91) describe: where
areas differ in ways no predictor shows, predictions are alike that should not be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import Groups, GroupSums, Statistic, build_targets
from fusion_core.estimates.variance import (
    KAPPAS,
    DonorError,
    DonorSample,
)
from fusion_core.fusion.base import Purpose, integer_seed, stream
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted
from fusion_core.validation.known_answers._areas import area_differences
from fusion_core.validation.known_answers._hiding import (
    AREA_SHARE,
    LARGEST_BOND,
    between_share,
    bonds_of_given,
    bonds_with,
    hidden_with,
)
from fusion_core.validation.known_answers.pair import KnownPair
from fusion_core.validation.known_answers.places import donor_places, regions_of
from fusion_core.validation.known_answers.settings import KnownAnswerSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import NamedTarget
    from fusion_core.fusion import Implicates

    Floats = NDArray[np.float64]
    Progress = Callable[[float, str], None]
    SampleOf = Callable[[pd.DataFrame, pd.DataFrame, Sequence[str], str], DonorSample]

AREA_COLUMNS: Final = (
    "variable",
    "level",
    "area",
    "households",
    "fused",
    "answer",
    "sampling",
    "answer_sampling",
    "donor",
    "unexplained",
    "overall",
    "places",
    "region",
    "apart",
    "own",
)
"""Columns of `KnownAnswers.areas`: hidden variable and level (empty for numbers); area; households
compared; fused and answered mean or share; sampling variance of their difference and of the answer; the
donor's variance; variance of single households around their prediction, in the area and of all donors;
variance between places beyond the predictors over that within (see
`fusion_core.estimates.variance.area_rule`), missing where the donor publishes no places; of the few
places it publishes, the code of the one that holds most of the area, −1 for none, and how far the area
moves with it (`fusion_core.estimates.variance.apart_from_all`);
whether only the recipient asked, so that a part of it was the donor."""
HIDDEN_COLUMNS: Final = ("variable", "predictor", "reason")
SEEN_COLUMNS: Final = ("variable", "level", "kappa", "likelihood")
"""Columns of `KnownAnswers.seen`: hidden variable and level; κ, and the logarithm of the likelihood of so
much variance between the few places the donor publishes (`FewPlaces`)."""
_FEWEST_AREAS: Final = 3
_LOOKED_AT: Final = 20_000
_TWO: Final = 2


@dataclass(frozen=True, repr=False)
class KnownAnswers(Checked, Summarized):
    """What was hidden and what came out.

    Attributes
    ----------
    areas
        One row per hidden variable, level and area, with `AREA_COLUMNS`.
    hidden
        What was hidden beside each variable and why, with `HIDDEN_COLUMNS`.
    seen
        What the few places a donor publishes say of each variable, with `SEEN_COLUMNS`.
    notes
        What a user should know, one sentence each.
    """

    areas: pd.DataFrame
    hidden: pd.DataFrame
    seen: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SEEN_COLUMNS)))
    notes: tuple[str, ...] = ()

    def joined(self, other: KnownAnswers) -> KnownAnswers:
        """Return both, those of the other marked as the recipient's own questions."""
        areas = pd.concat([self.areas, other.areas.assign(own=True)], ignore_index=True)
        hidden = pd.concat([self.hidden, other.hidden], ignore_index=True)
        seen = _joined([self.seen, other.seen], SEEN_COLUMNS)
        return KnownAnswers(areas, hidden, seen, (*self.notes, *other.notes))

    def seen_of(self, variable: str, level: str) -> Floats | None:
        """Return what few places say of a variable, at `KAPPAS`; ``None`` where they say nothing."""
        rows = (self.seen["variable"] == variable) & (self.seen["level"] == level)
        found = self.seen.loc[rows, "likelihood"].to_numpy(dtype=np.float64)
        return found if len(found) else None

    def _facts(self) -> dict[str, object]:
        return {
            "variables": ", ".join(map(str, self.areas["variable"].unique())),
            "areas": counted(self.areas["area"].nunique(), "area"),
        }


def ask_known_answers(
    pair: KnownPair,
    settings: KnownAnswerSettings | None = None,
    *,
    seed: int = 0,
    sample_of: SampleOf | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> KnownAnswers:
    """Hide known variables one at a time, fuse them, and compare every area.

    Parameters
    ----------
    pair
        The two surveys.
    settings
        Which variables, and how thoroughly.
    seed
        Seed of every random choice.
    sample_of
        Encodes the donor for its own sampling error, given donor, recipient, predictors and the
        hidden variable; by default `DonorSample.build` without replicate weights.
    threads
        Row blocks fused at the same time; the result does not depend on it.
    progress
        Called with the share done and a sentence; raises to cancel.

    Raises
    ------
    InputError
        If a variable is no predictor, or the recipient has fewer than three areas.
    """
    chosen_settings = KnownAnswerSettings() if settings is None else settings
    small = _subsample(pair, chosen_settings, seed)
    codes, areas = pd.factorize(small.recipient[pair.area])
    if len(areas) < _FEWEST_AREAS:
        raise InputError(
            f"Known answers are compared area by area, and the recipient has {len(areas)}",
            fix="Choose a recipient with more areas",
        )
    codes = np.asarray(codes, dtype=np.intp)
    plans = _plans(small, chosen_settings, codes)
    report = progress or (lambda _share, _words: None)
    parts, hidden, seen, notes = [], [], [], []
    for place, (variable, beside) in enumerate(plans.items()):
        report(place / len(plans), f"Hiding {variable} and fusing it")
        if not _left(small, variable, beside):
            notes.append(f"{variable} cannot be hidden: no predictor would be left.")
            continue
        try:
            found, told = _asked(
                small,
                variable,
                beside,
                (codes, areas),
                chosen_settings,
                seed=seed,
                sample_of=sample_of or _plain_sample(pair.weight),
                threads=threads,
            )
        except InputError as error:  # such as a level that a single donor has
            notes.append(f"{variable} cannot be hidden: {error.message}")
            continue
        hidden += [(variable, name, reason) for name, reason in beside.items()]
        parts.append(found)
        seen.append(told)
    report(1.0, "Known answers are compared")
    return KnownAnswers(
        _joined(parts, AREA_COLUMNS),
        pd.DataFrame(hidden, columns=list(HIDDEN_COLUMNS)),
        _joined(seen, SEEN_COLUMNS),
        tuple(notes),
    )


def _joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables below each other; without a row, return an empty one of these columns."""
    told = [table for table in tables if len(table)]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(columns))


def _asked(
    pair: KnownPair,
    variable: str,
    beside: Collection[str],
    areas: tuple[NDArray[np.intp], pd.Index],
    settings: KnownAnswerSettings,
    *,
    seed: int,
    sample_of: SampleOf,
    threads: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hide one variable and those beside it, and compare every area, level by level.

    Returns
    -------
    tuple
        Rows of `KnownAnswers.areas` and of `KnownAnswers.seen`.
    """
    from fusion_core.fusion import fuse, train

    given = {name: columns for name, columns in pair.given.items() if name not in beside}
    predictors = _left(pair, variable, beside)
    donor = pair.donor[pair.donor[variable].notna()].reset_index(drop=True)
    known = pair.recipient[variable].notna().to_numpy()
    recipient = pair.recipient[known].reset_index(drop=True)
    drawn = integer_seed(seed, Purpose.VALIDATION)
    model = train(
        donor,
        variables=[variable],
        predictors=predictors,
        weight=pair.weight,
        given=given or None,
        seed=drawn,
        settings=settings.training,
    )
    implicates = fuse(recipient, model, implicates=settings.implicates, seed=drawn, threads=threads)
    weights = recipient[pair.weight].to_numpy(dtype=np.float64)
    codes, names = areas[0][known], areas[1]
    shares = [name for columns in given.values() for name in columns]
    sample = sample_of(donor, recipient, [*predictors, *shares], variable)
    sample = replace(sample, places=donor_places(pair, donor, recipient, predictors, codes))
    sums = GroupSums(Groups.from_codes(codes, len(names)), weights[:, None])
    error = DonorError(sample, sums, weights)
    region, apart = regions_of(pair, recipient, weights, codes, len(names))
    parts, seen = [], []
    for item in _targets(variable, implicates, len(recipient)):
        draws, answers = _values(item, variable, implicates, recipient)
        found = area_differences(draws, answers, weights, codes, len(names))
        effect = error.effect(item, found.fused)
        own = _own_values(donor[variable], item.level)
        told = sample.seen_places(own)
        if told.likelihood is not None:
            seen.append(_seen_rows(variable, item.level, told.likelihood))
        unknown = np.full(len(names), np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "variable": variable,
                    "level": item.level,
                    "area": names.astype(str),
                    "households": found.households,
                    "fused": found.fused,
                    "answer": found.answer,
                    "sampling": found.sampling,
                    "answer_sampling": found.answer_sampling,
                    "donor": unknown if effect is None else effect.variance,
                    "unexplained": found.unexplained,
                    "overall": sample.unexplained(own),
                    "places": told.excess,
                    "region": region,
                    "apart": apart,
                    "own": False,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True).dropna(subset=["sampling"])
    return table.reset_index(drop=True), _joined(seen, SEEN_COLUMNS)


def _seen_rows(variable: str, level: str, likelihood: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {"variable": variable, "level": level, "kappa": KAPPAS, "likelihood": likelihood}
    )


def _left(pair: KnownPair, variable: str, beside: Collection[str]) -> list[str]:
    """Return the predictors that are not hidden."""
    return [name for name in pair.predictors if name != variable and name not in beside]


def _own_values(column: pd.Series[Any], level: str) -> Floats:
    """Return a donor's answers as numbers, of a level as 0 and 1."""
    if not level:
        return column.to_numpy(dtype=np.float64)
    return np.asarray(column.astype(str) == level, dtype=np.float64)


def _targets(variable: str, implicates: Implicates, rows: int) -> list[NamedTarget]:
    """Return the mean, or the share of every level; of two levels the first, which tells the other."""
    categorical = implicates[variable].is_categorical
    statistic = Statistic("share" if categorical else "mean", variable)
    targets = build_targets([statistic], implicates, None, rows)
    return targets[:1] if len(targets) == _TWO else targets


def _values(
    item: NamedTarget, variable: str, implicates: Implicates, recipient: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Return draws and answers as numbers, of a level as 0 and 1."""
    fused, own = implicates[variable], recipient[variable]
    if not fused.is_categorical:
        return np.asarray(fused.values, dtype=float), _own_values(own, "")
    draws = fused.values == fused.levels.index(item.level)
    return draws.astype(float), _own_values(own, item.level)


def _subsample(pair: KnownPair, settings: KnownAnswerSettings, seed: int) -> KnownPair:
    """Keep a random part of the donors and of the households of each area."""
    generator = stream(seed, Purpose.VALIDATION, "known answers")
    placed = pair.recipient[pair.area].notna() & (pair.recipient[pair.weight] > 0)
    recipient = pair.recipient[placed]
    order = generator.permutation(len(recipient))
    place = recipient.iloc[order].groupby(pair.area, observed=True).cumcount()
    kept = np.sort(order[place.to_numpy() < settings.households])
    donors = np.sort(generator.permutation(len(pair.donor))[: settings.donors])
    return KnownPair(
        pair.donor.iloc[donors].reset_index(drop=True),
        recipient.iloc[kept].reset_index(drop=True),
        pair.predictors,
        pair.area,
        pair.sources,
        pair.place,
        pair.regions,
        pair.weight,
        pair.others,
        pair.given,
    )


def _plans(
    pair: KnownPair, settings: KnownAnswerSettings, codes: NDArray[np.intp]
) -> dict[str, dict[str, str]]:
    """Return the variables to hide, and what is hidden beside each."""
    rows = slice(None)
    if len(pair.recipient) > _LOOKED_AT:
        rows = slice(None, None, len(pair.recipient) // _LOOKED_AT)
    table, areas = pair.recipient.iloc[rows], codes[rows]
    # Areas without a household in the part looked at have no mean.
    _, areas = np.unique(areas, return_inverse=True)
    for name in settings.variables:
        if name not in pair.known:
            raise InputError.unknown("predictor to hide", name, pair.known)
    every = tuple(dict.fromkeys((*pair.predictors, *pair.others)))
    shares = {name: between_share(table[name], areas) for name in pair.known}
    candidates = settings.variables or tuple(
        name for name in pair.known if shares[name] < AREA_SHARE
    )
    bonds = {
        name: bonds_with(name, table, every, areas) | bonds_of_given(name, table, pair.given, areas)
        for name in candidates
    }
    chosen = settings.variables or choose_variables(bonds, shares, settings.most)
    names = (*pair.predictors, *pair.given)
    return {name: hidden_with(name, names, bonds[name], pair.sources) for name in chosen}


def choose_variables(
    bonds: Mapping[str, Mapping[str, float]], shares: Mapping[str, float], most: int
) -> tuple[str, ...]:
    """Choose variables that do not say the same and differ in how much areas differ by them.

    Of variables bound to each other the first is taken; of these, as many as asked for, spread evenly
    from those that differ least between areas to those that differ most.

    Parameters
    ----------
    bonds
        How nearly variables say the same, by candidate (see `_hiding.bonds_with`).
    shares
        Share of each variable's variance that lies between areas.
    most
        How many at most.
    """
    apart: list[str] = []
    for name, bound in bonds.items():
        if all(max(bound.get(other, 0.0), 0.0) < LARGEST_BOND for other in apart):
            apart.append(name)
    ranked = sorted(apart, key=lambda name: (shares[name], name))
    if len(ranked) <= most:
        return tuple(ranked)
    places = np.linspace(0, len(ranked) - 1, most).round().astype(int)
    return tuple(ranked[place] for place in places)


def _plain_sample(weight: str) -> SampleOf:
    def sample_of(
        donor: pd.DataFrame, recipient: pd.DataFrame, predictors: Sequence[str], variable: str
    ) -> DonorSample:
        return DonorSample.build(
            donor, recipient, predictors=predictors, variables=[variable], weight=weight
        )

    return sample_of
