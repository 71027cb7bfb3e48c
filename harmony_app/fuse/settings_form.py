"""Every training setting as a field a person can read and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from fusion_core.fusion.settings import TrainSettings


@dataclass(frozen=True)
class SettingField:
    """One setting.

    Attributes
    ----------
    name
        Attribute of `TrainSettings`.
    title, help
        Words beside the field.
    kind
        ``"whole"``, ``"number"``, ``"numbers"``, ``"whole numbers"``, ``"words"`` or ``"choice"``.
    choices
        Pairs (value, words) of a choice.
    """

    name: str
    title: str
    help: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()


GROUPS: Final[tuple[tuple[str, tuple[SettingField, ...]], ...]] = (
    (
        "Models",
        (
            SettingField(
                "quantiles", "Quantiles", "Conditional quantiles modelled besides the mean.",
                "numbers",
            ),
            SettingField(
                "folds", "Cross-validation folds", "0 holds out a part of the donor instead.",
                "whole",
            ),
            SettingField(
                "held_out_fraction", "Held-out share", "Used when there are no folds.", "number"
            ),
            SettingField(
                "leaves", "Leaves per tree", "Candidates; the best out of sample is taken.",
                "whole numbers",
            ),
            SettingField("learning_rate", "Learning rate", "Smaller is finer and slower.", "number"),
            SettingField("maximum_trees", "Most trees", "Upper limit per model.", "whole"),
            SettingField(
                "early_stopping_rounds", "Stop after", "Trees without improvement.", "whole"
            ),
            SettingField(
                "feature_fraction", "Predictors per tree", "Share tried for each tree.", "number"
            ),
            SettingField(
                "minimum_leaf_rows", "Smallest leaf, rows", "The larger of the two applies.",
                "whole",
            ),
            SettingField(
                "minimum_leaf_share", "Smallest leaf, share", "Share of the donor.", "number"
            ),
        ),
    ),
    (
        "Screening of predictors",
        (
            SettingField(
                "screen_above", "Screen above", "No screening with this many predictors or fewer.",
                "whole",
            ),
            SettingField(
                "rank_correlation", "Least rank correlation",
                "Weaker predictors are dropped, per fusion variable.", "number",
            ),
            SettingField(
                "deviance_share", "LASSO deviance share", "1 switches the LASSO off.", "number"
            ),
            SettingField("maximum_predictors", "Most predictors", "Per model.", "whole"),
            SettingField("force", "Never screened out", "Predictors, by name.", "words"),
        ),
    ),
    (
        "Draws",
        (
            SettingField("neighbours", "Largest k", "Most similar donors drawn from.", "whole"),
            SettingField("minimum_neighbours", "Smallest k", "Fewest donors drawn from.", "whole"),
            SettingField(
                "centres", "Centres", "Stand for a larger donor in the search.", "whole"
            ),
            SettingField(
                "block_neighbours", "Donors per block", "Nearest records a block is drawn from.",
                "whole",
            ),
            SettingField(
                "neighbour_rule", "Choice of k", "How k is read off its error curve.", "choice",
                (("smoothed", "smoothed (R package)"), ("smallest", "smallest error (paper)")),
            ),
            SettingField(
                "donor_expectations", "Donors placed by", "Models that did or did not see them.",
                "choice", (("out_of_fold", "other folds' models"), ("fitted", "fitted models (paper)")),
            ),
        ),
    ),
    (
        "Computation",
        (
            SettingField(
                "workers", "Side by side", "Threads that fit models; results are the same.",
                "whole",
            ),
        ),
    ),
)  # fmt: skip


def form_data(settings: TrainSettings) -> list[dict[str, Any]]:
    """Describe the form for the browser: groups of fields with their values as text."""
    return [
        {
            "title": title,
            "fields": [
                {
                    "name": item.name,
                    "title": item.title,
                    "help": item.help,
                    "value": shown_value(getattr(settings, item.name)),
                    "choices": [list(choice) for choice in item.choices],
                }
                for item in fields
                if hasattr(settings, item.name)
            ],
        }
        for title, fields in GROUPS
    ]


def shown_value(value: Any) -> str:
    """Write a setting as a person would type it."""
    if isinstance(value, tuple):
        return ", ".join(shown_value(item) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def read_value(settings: TrainSettings, name: str, text: str) -> Any:
    """Read what a person typed into a field.

    Raises
    ------
    InputError
        If there is no such setting or the text is not of its kind.
    """
    fields = {item.name: item for _, items in GROUPS for item in items}
    if name not in fields:
        raise InputError.unknown("setting", name, fields)
    field = fields[name]
    if shown_value(getattr(settings, name)) == text.strip():
        return getattr(settings, name)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        if field.kind == "whole":
            return int(text)
        if field.kind == "number":
            return float(text)
        if field.kind == "numbers":
            return tuple(float(part) for part in parts)
        if field.kind == "whole numbers":
            return tuple(int(part) for part in parts)
    except ValueError as error:
        kind = "a number" if field.kind in {"whole", "number"} else "numbers separated by commas"
        raise InputError(f"'{text}' is not {kind}", where=field.title) from error
    return tuple(parts) if field.kind == "words" else text.strip()
