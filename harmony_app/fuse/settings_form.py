"""Every training setting as a field a person can read and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.fusion.base import TrainSettings


@dataclass(frozen=True)
class SettingField:
    """One setting.

    Attributes
    ----------
    name
        Attribute of `TrainSettings`.
    title, help
        Words beside the field.
    choices
        Pairs (value, words) of a choice.
    wide
        Whether the field holds a list, which needs the whole width.
    """

    name: str
    title: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()
    wide: bool = False


GROUPS: Final[tuple[tuple[str, tuple[SettingField, ...]], ...]] = (
    (
        "Models",
        (
            SettingField(
                "quantiles",
                "Quantiles",
                "Modelled besides the mean: probabilities, or how many.",
            ),
            SettingField(
                "folds",
                "Cross-validation folds",
                "0 holds out a part of the donor instead.",
            ),
            SettingField("held_out_fraction", "Held-out share", "Used when there are no folds."),
            SettingField(
                "leaves",
                "Leaves per tree",
                "Candidates; the best out of sample is taken.",
            ),
            SettingField(
                "grid",
                "Also choose from",
                "Such as learning_rate=0.05+0.1; every combination costs a training.",
                wide=True,
            ),
            SettingField("learning_rate", "Learning rate", "Smaller is finer and slower."),
            SettingField("maximum_trees", "Maximum trees", "Upper limit per model."),
            SettingField("early_stopping_rounds", "Stop after", "Trees without improvement."),
            SettingField("feature_fraction", "Predictors per tree", "Share tried for each tree."),
            SettingField(
                "minimum_leaf_rows",
                "Smallest leaf, rows",
                "The larger of the two applies.",
            ),
            SettingField("minimum_leaf_share", "Smallest leaf, share", "Share of the donor."),
            SettingField(
                "lightgbm",
                "Further parameters of LightGBM",
                "Such as max_depth=5, data_sample_strategy=goss.",
                wide=True,
            ),
        ),
    ),
    (
        "Screening of predictors",
        (
            SettingField(
                "screen_above",
                "Screen above",
                "No screening with this many predictors or fewer.",
            ),
            SettingField(
                "screening_share", "Donors used for screening", "Share of a large donor, at random."
            ),
            SettingField(
                "rank_correlation",
                "Minimum rank correlation",
                "Weaker predictors are dropped, per fusion variable.",
            ),
            SettingField("deviance_share", "LASSO deviance share", "1 switches the LASSO off."),
            SettingField("maximum_predictors", "Maximum predictors", "Per model."),
            SettingField("force", "Never screened out", "Predictors, by name.", wide=True),
            SettingField(
                "force_for", "Never screened out of", "Such as kwh=age+rooms, gas=rooms.", wide=True
            ),
            SettingField("exclude", "Left out of", "Such as kwh=age+rooms, gas=rooms.", wide=True),
            SettingField(
                "predictors",
                "Only these predictors of",
                "Such as kwh=age+rooms, gas=rooms.",
                wide=True,
            ),
            SettingField(
                "types",
                "Types, where the data do not say them",
                "Such as rooms=ordered, gas=zero_inflated; also continuous and nominal.",
                wide=True,
            ),
        ),
    ),
    (
        "Draws",
        (
            SettingField("neighbours", "Largest k", "Most similar donors drawn from."),
            SettingField("minimum_neighbours", "Smallest k", "Fewest donors drawn from."),
            SettingField(
                "centres", "Centres", "Stand for a larger donor in the search; 0: all donors."
            ),
            SettingField(
                "block_neighbours",
                "Donors per block",
                "Nearest records a block is drawn from.",
            ),
            SettingField(
                "largest_block", "Largest block formed", "1 forms none beyond those above."
            ),
            SettingField(
                "block_bond",
                "Association in such a block",
                "Least r² its variables have, given predictors.",
            ),
            SettingField(
                "method",
                "Donors found by",
                "Out of fold: nearest by models that never saw them. Forest: in the same leaf of a tree "
                "drawn at random, the quickest. Boosted forest: such trees also see what the out-of-fold "
                "models expect. Stacked: these mixed, for each variable in the shares that describe unseen "
                "donors best. Variable-k is the paper's way, smoothed k the R package's; their draws "
                "vary too little.",
                (
                    ("stacked", "stacked"),
                    ("out-of-fold", "out of fold"),
                    ("forest", "forest"),
                    ("boosted-forest", "boosted forest"),
                    ("variable-k", "variable-k"),
                    ("variable-k-smoothed", "smoothed k"),
                ),
            ),
            SettingField("forest_trees", "Trees of a forest", "Used by all ways with forests."),
            SettingField(
                "forest_leaves",
                "Donors per leaf",
                "Fewest in a forest's leaf: candidates; the best out of bag is taken.",
            ),
            SettingField(
                "forest_shares",
                "Predictors per split",
                "Share tried at a forest's split: candidates.",
            ),
            SettingField("tree_rows", "Donors per tree", "Most that a forest's tree is grown on."),
            SettingField(
                "class_probabilities",
                "Class probabilities",
                "Calibrated: corrected where too sure or too unsure for households held out.",
                (("predicted", "predicted"), ("calibrated", "calibrated")),
            ),
        ),
    ),
    (
        "Computation",
        (
            SettingField(
                "workers",
                "Side by side",
                "Threads that fit models; results are the same.",
            ),
        ),
    ),
)


def form_data(settings: TrainSettings) -> list[dict[str, Any]]:
    """Describe the form for the browser: groups of fields with their values as text."""
    from fusion_core.fusion.base import setting_text

    return [
        {
            "title": title,
            "fields": [
                {
                    "name": item.name,
                    "title": item.title,
                    "help": item.help,
                    "value": setting_text(getattr(settings, item.name)),
                    "choices": [list(choice) for choice in item.choices],
                    "wide": item.wide,
                }
                for item in fields
                if hasattr(settings, item.name)
            ],
        }
        for title, fields in GROUPS
    ]


def read_value(settings: TrainSettings, name: str, text: str) -> Any:
    """Read what a person typed into a field; what the field showed means the value as it is.

    Raises
    ------
    InputError
        If there is no such setting or the text is not of its kind.
    """
    from fusion_core.fusion.base import read_setting, setting_text

    titles = {item.name: item.title for _, items in GROUPS for item in items}
    if name not in titles:
        raise InputError.unknown("setting", name, titles)
    value = getattr(settings, name)
    if setting_text(value) == text.strip():
        return value
    return read_setting(name, text, where=titles[name])
