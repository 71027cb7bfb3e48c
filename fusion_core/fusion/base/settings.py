"""Every choice a fusion makes, in typed and validated objects."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.fusion.base.tree_options import tree_parameters
from fusion_core.records import Checked

Preset = Literal["quick", "paper", "production"]
OrderRule = Literal["given", "suggested"]
ClassProbabilities = Literal["predicted", "calibrated"]
Method = Literal[
    "variable-k", "variable-k-smoothed", "out-of-fold", "forest", "boosted-forest", "stacked"
]
FOREST_METHODS: tuple[Method, ...] = ("forest", "boosted-forest", "stacked")
"""Methods that draw donors from the leaves of a forest."""
OUT_OF_FOLD_METHODS: tuple[Method, ...] = ("out-of-fold", "boosted-forest", "stacked")
"""Methods that take what models that never saw a donor expect of it."""
GRID = ("learning_rate", "feature_fraction", "minimum_leaf_rows")
"""Settings cross-validation can choose from several values of, besides the tree size."""
NAMING = ("types", "predictors", "force", "force_for", "exclude")
"""Settings that name variables."""
PerVariable = tuple[tuple[str, tuple[str, ...]], ...]
"""Names given per fusion variable, as pairs."""
MOST_QUANTILES = 99
VariableKind = Literal["continuous", "zero_inflated", "ordered", "nominal"]


@dataclass(frozen=True, slots=True)
class TrainSettings(Checked):
    """How models of the conditional distribution are fitted.

    Attributes
    ----------
    quantiles
        Probabilities of the conditional quantiles of a number, or how many, evenly spread: 3 are the
        paper's 1/6, 1/2, 5/6, and 2 the R package's 1/4, 3/4.
    folds
        Number of cross-validation folds; 0 holds out `held_out_fraction` of the rows instead.
    held_out_fraction
        Share of rows held out when `folds` is 0.
    leaves
        Candidate numbers of leaves per tree; cross-validation chooses one.
    grid
        Pairs (setting, candidate values) of further settings cross-validation chooses from, in
        every combination: ``"learning_rate"``, ``"feature_fraction"``, ``"minimum_leaf_rows"``.
        Each combination costs as much as a training without a grid.
    learning_rate, maximum_trees, early_stopping_rounds
        Boosting schedule; cross-validation chooses the number of trees.
    feature_fraction
        Share of predictors tried per tree.
    minimum_leaf_rows, minimum_leaf_share
        Smallest number of rows in a leaf: the larger of a count and a share of the donor.
    lightgbm
        Pairs (parameter, value as text) of further parameters of all models, such as
        ``("max_depth", "5")``; `tree_options.TREE_OPTIONS` lists them.
    screen_above
        Predictors are screened only for variables with more candidates than this; trees ignore
        useless ones by themselves, but many of them cost time and add noise.
    screening_share
        Share of the donors, drawn at random, that screening and the search for order and blocks look at;
        less than 1 saves time with large donors.
    rank_correlation
        Predictors with a smaller absolute rank correlation with the variable are dropped.
    deviance_share
        LASSO prescreen keeps the predictors active where this share of the full model's deviance
        is explained; 1 switches the LASSO off.
    maximum_predictors
        Upper limit of predictors per model.
    predictors
        Pairs (fusion variable, predictors): the only predictors that variable is modelled with.
        Fusion variables drawn earlier stay candidates.
    force
        Predictors that are never screened out.
    force_for, exclude
        Pairs (fusion variable, names): predictors or earlier fusion variables that are never
        screened out of that variable's models, or never used in them.
    order
        Whether fusion variables are chained in the given or in a suggested order.
    largest_block, block_bond
        Variables that the predictors leave strongly bound to each other are drawn from one donor, at
        most `largest_block` at a time; 1 forms no blocks beyond those given. Bound are those whose
        unexplained parts have a squared (canonical) correlation of at least `block_bond`.
    neighbours, minimum_neighbours
        Largest (K) and smallest number of nearest donors a value is drawn from. The method
        ``"out-of-fold"`` asks for more where weights are unequal (`neighbours.enough_donors`).
    centres
        Number of k-means centres that stand for a larger donor when neighbours are searched; 0
        makes every donor a centre, however many there are.
    block_neighbours
        Number of nearest donors a block's record is drawn from, or more in the same way.
    method
        How numbers and blocks find their donors. ``"variable-k"`` is the paper's: donors are placed
        by the models fitted to them, and k minimises the error curve Δ(k). ``"variable-k-smoothed"``
        is the R package's: Δ is averaged over five successive k, and the smallest k within 5 % of
        the minimum is taken. ``"out-of-fold"`` places donors by the cross-validation models that
        never saw them, with the smoothed Δ, because fitted models know their own donors too well
        and the draws then vary too little; without folds it is ``"variable-k-smoothed"``.
        ``"forest"`` takes, for every draw, a donor from the household's leaf in one tree of a random
        forest; classes and zeros are drawn so too, and no boosted trees are fitted.
        ``"boosted-forest"`` shows what boosted trees expect out of fold to part of such a forest's
        trees, and draws classes from a mixture of the leaves and the boosted trees' probabilities.
        ``"stacked"`` draws each variable partly as ``"out-of-fold"`` and partly from trees of either
        kind, in the shares with which donors that none of them has seen are described best; without
        folds it is ``"variable-k-smoothed"`` too.
    forest_trees
        Number of trees of a forest.
    forest_leaves
        Candidates of the fewest different donors of a leaf of a forest; the out-of-bag score chooses.
    forest_shares
        Candidates of the share of the predictors tried at a split of a forest.
    tree_rows
        Most donors a tree of a forest is grown on; each tree draws its own.
    class_probabilities
        Whether classes, and zeros, are drawn from probabilities as ``"predicted"`` or
        ``"calibrated"`` by a temperature chosen on out-of-fold predictions (see `calibration`).
        Those of blocks are as predicted.
    types
        Pairs (variable, kind) that override what is detected from the data; kinds are
        ``"continuous"``, ``"zero_inflated"``, ``"ordered"`` and ``"nominal"``.
    workers
        Threads that fit folds, models and variables side by side; the result does not depend on it.

    Raises
    ------
    InputError
        If a choice is outside its range.
    """

    quantiles: tuple[float, ...] = (1 / 6, 1 / 2, 5 / 6)
    folds: int = 5
    held_out_fraction: float = 0.2
    leaves: tuple[int, ...] = (16, 32, 64)
    learning_rate: float = 0.1
    maximum_trees: int = 1000
    early_stopping_rounds: int = 25
    feature_fraction: float = 0.8
    minimum_leaf_rows: int = 20
    minimum_leaf_share: float = 0.001
    lightgbm: tuple[tuple[str, str], ...] = ()
    screen_above: int = 30
    screening_share: float = 1.0
    rank_correlation: float = 0.05
    deviance_share: float = 0.95
    maximum_predictors: int = 100
    predictors: PerVariable = ()
    force: tuple[str, ...] = ()
    force_for: PerVariable = ()
    exclude: PerVariable = ()
    order: OrderRule = "given"
    largest_block: int = 1
    block_bond: float = 0.5
    neighbours: int = 500
    minimum_neighbours: int = 10
    centres: int = 2000
    block_neighbours: int = 10
    method: Method = "stacked"
    forest_trees: int = 200
    forest_leaves: tuple[int, ...] = (2, 5, 15, 40)
    forest_shares: tuple[float, ...] = (0.4, 0.7)
    tree_rows: int = 20_000
    class_probabilities: ClassProbabilities = "predicted"
    types: tuple[tuple[str, VariableKind], ...] = ()
    workers: int = 1
    grid: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantiles", _probabilities(self.quantiles))
        for item in dataclasses.fields(self):
            self._check_kind(item.name, str(item.type))
        for choice, holds, rule in self._rules():
            if not holds:
                raise InputError(
                    f"The training setting '{choice}' is {getattr(self, choice)!r}",
                    fix=f"Set it to {rule}",
                )
        for name, values in self.grid:
            self._check_candidates(name, values)
        for pairs in ("predictors", "force_for", "exclude", "types", "grid", "lightgbm"):
            self._check_pairs(pairs)
        pairs_as_text = tuple((name, str(value)) for name, value in self.lightgbm)
        object.__setattr__(self, "lightgbm", pairs_as_text)
        tree_parameters(self.lightgbm)
        for name, kind in self.types:
            if kind not in get_args(VariableKind):
                raise InputError.unknown(
                    "kind of variable",
                    str(kind),
                    get_args(VariableKind),
                    where=f"variable '{name}'",
                )
        Checked.__post_init__(self)

    def _check_kind(self, choice: str, kind: str) -> None:
        """Check that what shall be a number is one; lists become tuples."""
        value = getattr(self, choice)
        if kind.startswith(("tuple", "PerVariable")):
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise InputError(f"The training setting '{choice}' is {value!r}", fix="Give a list")
            object.__setattr__(self, choice, tupled(value))
            pairs = kind.startswith(("tuple[tuple", "PerVariable"))
            if pairs and not all(map(_is_named, getattr(self, choice))):
                raise InputError(
                    f"The training setting '{choice}' is {value!r}", fix="Give pairs that name what"
                )
        whole, number = kind in {"int", "tuple[int, ...]"}, kind in {"float", "tuple[float, ...]"}
        for item in getattr(self, choice) if kind.startswith("tuple") else (value,):
            wanted = int if whole else int | float
            if (whole or number) and (isinstance(item, bool) or not isinstance(item, wanted)):
                raise InputError(
                    f"The training setting '{choice}' is {value!r}",
                    fix=f"Use {'whole numbers' if whole else 'numbers'}",
                )

    def _check_pairs(self, choice: str) -> None:
        """Check that a setting of pairs names everything once."""
        names = [name for name, _ in getattr(self, choice)]
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    f"The training setting '{choice}' names '{name}' {names.count(name)} times",
                    fix="Name it once",
                )

    def _check_candidates(self, name: str, values: tuple[float, ...]) -> None:
        """Check candidate values of the grid as if each were the setting itself."""
        if name not in GRID:
            raise InputError.unknown("setting to choose from", name, GRID, where="the grid")
        if not values:
            raise InputError(f"The grid names no value of '{name}'", fix="Name at least one")
        kind = type(getattr(self, name))
        for value in values:
            self.replace(grid=(), **{name: kind(value) if kind(value) == value else value})

    def _rules(self) -> tuple[tuple[str, bool, str], ...]:
        quantiles, leaves = self.quantiles, self.leaves
        ascending = all(low < high for low, high in itertools.pairwise((0, *quantiles, 1)))
        return (
            (
                "quantiles",
                bool(quantiles) and ascending,
                "rising probabilities between 0 and 1, or how many",
            ),
            ("folds", self.folds == 0 or self.folds > 1, "0 or at least 2"),
            (
                "folds",
                self.folds > 0 or self.method != "boosted-forest",
                "at least 2: the method 'boosted-forest' learns from out-of-fold expectations",
            ),
            ("held_out_fraction", 0 < self.held_out_fraction <= 0.5, "more than 0, at most 0.5"),  # noqa: PLR2004 - the rule says it
            ("leaves", bool(leaves) and min(leaves, default=0) > 1, "numbers of at least 2"),
            ("learning_rate", 0 < self.learning_rate <= 1, "more than 0, at most 1"),
            ("maximum_trees", self.maximum_trees > 0, "at least 1"),
            ("early_stopping_rounds", self.early_stopping_rounds > 0, "at least 1"),
            ("feature_fraction", 0 < self.feature_fraction <= 1, "more than 0, at most 1"),
            ("minimum_leaf_rows", self.minimum_leaf_rows > 0, "at least 1"),
            ("minimum_leaf_share", 0 <= self.minimum_leaf_share < 1, "at least 0, below 1"),
            ("screen_above", self.screen_above >= 0, "at least 0"),
            ("screening_share", 0 < self.screening_share <= 1, "more than 0, at most 1"),
            ("rank_correlation", 0 <= self.rank_correlation < 1, "at least 0, below 1"),
            ("deviance_share", 0 < self.deviance_share <= 1, "more than 0, at most 1"),
            ("maximum_predictors", self.maximum_predictors > 0, "at least 1"),
            ("order", self.order in get_args(OrderRule), "'given' or 'suggested'"),
            ("largest_block", self.largest_block > 0, "at least 1"),
            ("block_bond", 0 < self.block_bond <= 1, "more than 0, at most 1"),
            ("minimum_neighbours", self.minimum_neighbours > 0, "at least 1"),
            (
                "neighbours",
                self.neighbours >= self.minimum_neighbours,
                "at least 'minimum_neighbours'",
            ),
            ("centres", self.centres >= 0, "at least 0"),
            ("block_neighbours", self.block_neighbours > 0, "at least 1"),
            ("method", self.method in get_args(Method), "one of " + ", ".join(get_args(Method))),
            (
                "class_probabilities",
                self.class_probabilities in get_args(ClassProbabilities),
                "'predicted' or 'calibrated'",
            ),
            ("forest_trees", self.forest_trees > 0, "at least 1"),
            (
                "forest_leaves",
                min(self.forest_leaves, default=0) > 0,
                "whole numbers of at least 1",
            ),
            (
                "forest_shares",
                bool(self.forest_shares) and all(0 < item <= 1 for item in self.forest_shares),
                "shares of more than 0, at most 1",
            ),
            ("tree_rows", self.tree_rows > 0, "at least 1"),
            ("workers", self.workers > 0, "at least 1"),
        )

    @classmethod
    def preset(cls, name: Preset) -> Self:
        """Return a named set of choices.

        ``quick`` answers in about a minute on a laptop and is for looking; ``paper`` follows
        Ummel et al. (2024) to the letter; ``production``, the defaults, differs from it where held-out
        households showed a gain: donors are placed by out-of-fold predictions, the number of donors
        is read off a smoothed curve, leaves of forests take a part of the draws (``quick`` does
        without), and few predictors are not screened.

        Raises
        ------
        InputError
            If there is no such preset.
        """
        if name == "quick":
            return cls(
                folds=3, leaves=(16,), learning_rate=0.15, maximum_trees=300, method="out-of-fold"
            )
        if name == "paper":
            return cls(screen_above=0, method="variable-k")
        if name == "production":
            return cls()
        raise InputError.unknown("preset", str(name), ("quick", "paper", "production"))

    def adopting(self, preset: Preset) -> Self:
        """Return a preset with what no preset decides kept: names, types, order and workers."""
        own = (*NAMING, "order", "largest_block", "block_bond", "workers")
        return self.preset(preset).replace(**{choice: getattr(self, choice) for choice in own})

    def preset_name(self) -> str:
        """Return the preset these settings are, but for what none decides, or ``"custom"``."""
        names = (name for name in get_args(Preset) if self.adopting(name) == self)
        return str(next(names, "custom"))

    def without_names(self) -> Self:
        """Return a copy without the choices that name variables, for another pair of surveys."""
        return self.replace(**dict.fromkeys(NAMING, ()))

    def named(self) -> tuple[str, ...]:
        """Return every predictor and fusion variable the settings name."""
        lists = (*self.predictors, *self.force_for, *self.exclude)
        names = (name for variable, listed in lists for name in (variable, *listed))
        return tuple(dict.fromkeys((*self.force, *names, *(name for name, _ in self.types))))

    def forced(self, variable: str) -> frozenset[str]:
        """Return what is never screened out of the models of a fusion variable."""
        return frozenset({*self.force, *dict(self.force_for).get(variable, ())})

    @property
    def draws_from_forest(self) -> bool:
        """Whether donors are drawn from the leaves of a forest."""
        return self.method in FOREST_METHODS and (self.folds > 0 or self.method != "stacked")

    @property
    def is_boosted(self) -> bool:
        """Whether boosted trees are fitted."""
        return self.method != "forest"

    @property
    def lists_donors(self) -> bool:
        """Whether donors are placed by their expectations, and drawn from lists of near ones."""
        return self.method not in ("forest", "boosted-forest")

    def variants(self) -> tuple[Self, ...]:
        """Return these settings with every combination of the grid's values, and without a grid."""
        names = [name for name, _ in self.grid]
        return tuple(
            self.replace(
                grid=(),
                **{
                    name: type(getattr(self, name))(value)
                    for name, value in zip(names, values, strict=True)
                },
            )
            for values in itertools.product(*(values for _, values in self.grid))
        )

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read settings from JSON, those of earlier versions too.

        Before there was `method`, two settings said how donors are placed and how k is chosen, out of
        fold and smoothed where they said nothing.

        Raises
        ------
        TypeError
            If a setting is unknown.
        """
        values = dict(record)
        placed = values.pop("donor_expectations", None)
        rule = values.pop("neighbour_rule", None)
        if placed is not None:
            fitted: Method = "variable-k" if rule == "smallest" else "variable-k-smoothed"
            values["method"] = fitted if placed == "fitted" else "out-of-fold"
        return cls(**{"method": "out-of-fold"} | values)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some choices changed."""
        return dataclasses.replace(self, **changes)


def _is_named(item: object) -> bool:
    """Whether an item is a name and what is said of it."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)  # noqa: PLR2004 - a pair


def _probabilities(quantiles: Any) -> Any:
    """Return a number p of quantiles as probabilities 1/(2p), 3/(2p), …, and all else as it is."""
    listed = isinstance(quantiles, list | tuple) and len(quantiles) == 1
    count = quantiles[0] if listed else quantiles
    if isinstance(count, bool) or not isinstance(count, int | float):
        return quantiles
    if not (1 <= count <= MOST_QUANTILES and float(count).is_integer()):
        return quantiles
    return tuple((2 * place + 1) / (2 * int(count)) for place in range(int(count)))


def tupled(value: Any) -> Any:
    """Turn lists, of which JSON has no other kind, into tuples at every depth."""
    return tuple(tupled(item) for item in value) if isinstance(value, list | tuple) else value


def checked_settings(settings: TrainSettings | None) -> TrainSettings:
    """Return the settings given, or the defaults.

    Raises
    ------
    InputError
        If something else was given.
    """
    if settings is None:
        return TrainSettings()
    fix = "Use TrainSettings(…), or TrainSettings.preset('quick')"
    return require_type(settings, TrainSettings, "settings", fix=fix)
