"""The figures of a validation: which there are, what each shows, and its words on a sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.validation.internal import reliability_gaps
from harmony_app.figures.calibration import calibration_panels, shown_levels
from harmony_app.figures.dependence import dependence_classes, dependence_panel
from harmony_app.figures.distributions import MOST_LEVELS, distribution_panel
from harmony_app.figures.importance import MOST_PREDICTORS, importance_panels
from harmony_app.figures.printing import Mark, Sheet
from harmony_app.figures.settling import settling_panels
from harmony_app.figures.subsets.curve_sheet import curve_sheet
from harmony_app.figures.subsets.curves import curve_panels, curve_view
from harmony_app.figures.subsets.metrics import METRICS, Metric
from harmony_app.figures.subsets.multiples import multiples_panel, multiples_sheet
from harmony_app.shell.look import count, figure_colours

if TYPE_CHECKING:
    from fusion_core.validation import Validation
    from harmony_app.figures.look import Look
    from harmony_app.figures.subsets.curves import SizeMark

MOST: Final = 12
"""Variables or panels of a figure of which none was asked for by name."""

_INTERVALS: Final = "Bands and bars are 90 % margins of error"
_DENSE: Final = 30
# Figures that show every variable at once.
_WHOLE: Final = ("curves", "multiples", "dependence")


@dataclass(frozen=True)
class _Figure:
    """A kind of figure.

    Attributes
    ----------
    panels
        Draws some variables.
    first
        Names the variables to show when none is asked for, those first that matter most.
    heading
        What stands above it.
    tables
        The tables of a validation that it is drawn from.
    """

    panels: Callable[[Validation, Sequence[str], Look], list[Any]]
    first: Callable[[Validation], list[str]]
    heading: str
    tables: tuple[str, ...]


def variables_of(found: Validation) -> list[str]:
    """Return the fused variables of a validation in their order."""
    return [str(name) for name in found.summary["variable"]]


def telling_variables(found: Validation, what: str) -> list[str]:
    """Return the variables a figure shows first: those that it finds furthest from right."""
    first = _figure(what).first(found)
    return first if what in _WHOLE else first[:MOST]


def has_figure(found: Validation, what: str) -> bool:
    """Whether a validation knows what a figure shows; one of an earlier version may not."""
    return any(len(getattr(found, table)) for table in _figure(what).tables)


def validation_panels(
    found: Validation, what: str, look: Look, names: Sequence[str] = ()
) -> list[Any]:
    """Return the panels of a figure.

    Parameters
    ----------
    found
        The validation.
    what
        ``curves``, ``multiples``, ``distributions``, ``dependence``, ``calibration``, ``predictors`` or
        ``implicates``.
    look
        Where they are drawn.
    names
        Only these variables; empty lets `telling_variables` decide, of which curves show all.

    Raises
    ------
    InputError
        If there is no such figure or variable.
    """
    _known(found, names)
    return _figure(what).panels(found, list(names) or telling_variables(found, what), look)


def validation_sheet(
    found: Validation,
    what: str,
    *,
    title: str,
    names: Sequence[str] = (),
    note: str = "",
    marks: Sequence[SizeMark] = (),
    chosen: str = "",
    metric: Metric = METRICS[0],
) -> Sheet:
    """Return a figure with its words, to be written to a file.

    Parameters
    ----------
    found, what, names
        As in `validation_panels`.
    title
        Of the run.
    note
        What the numbers are of, before the rest of the caption.
    marks
        Typical sizes of areas, for curves.
    chosen
        The variable in detail, for curves.
    metric
        What multiples draw.
    """
    _known(found, [*names, *([chosen] if chosen else [])])
    if what == "curves":
        own = list(names) or variables_of(found)
        return curve_sheet(
            found.metrics[found.metrics["variable"].isin(own)],
            found.curves[found.curves["variable"].isin(own)],
            own,
            title=title,
            note=note,
            chosen=chosen,
            marks=marks,
        )
    if what == "multiples":
        own = list(names) or variables_of(found)
        curves = found.curves[found.curves["variable"].isin(own)]
        return multiples_sheet(curves, own, metric, title=title, note=note, marks=marks)
    shown = list(names) or telling_variables(found, what)
    caption = f"{_caption(found, what, shown)}{_left_out(found, what, names, shown)}"
    heading = f"{_figure(what).heading} of {shown[0]}" if len(names) == 1 else _figure(what).heading
    return Sheet(
        title=f"{heading}, {title}" if title else heading,
        caption=" ".join(part for part in (note, caption) if part),
        draw=lambda look: look.layout(validation_panels(found, what, look, names)),
        legend=_legend(what),
        columns=1 if what == "dependence" else 0,
        grid=what not in {"dependence", "predictors"},
        names=_names_along(found, names) if what == "dependence" else 0,
        panel=_matrix_height(found, names)
        if what == "dependence"
        else _answers_height(found, what, shown),
    )


def _figure(what: str) -> _Figure:
    if what not in _FIGURES:
        raise InputError.unknown("figure", what, _FIGURES)
    return _FIGURES[what]


def _known(found: Validation, names: Sequence[str]) -> None:
    known = variables_of(found)
    for name in names:
        if name not in known:
            raise InputError.unknown("fused variable", name, known)


def _draw_curves(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    own = list(names)
    metrics = found.metrics[found.metrics["variable"].isin(own)]
    curves = found.curves[found.curves["variable"].isin(own)]
    return list(curve_panels(curve_view(metrics, curves, own), look))


def _draw_multiples(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    own = found.curves[found.curves["variable"].isin(names)]
    return [multiples_panel(own, names, METRICS[0], look)]


def _draw_distributions(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    return [distribution_panel(found.marginals, name, look) for name in names]


def _draw_dependence(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    chosen = names[0] if len(names) == 1 else ""
    pairs = found.correlations
    own = (
        pairs
        if chosen
        else pairs[
            pairs["first"].isin(names) & (pairs["second"].isin(names) | (pairs["kind"] != "fused"))
        ]
    )
    return [] if own.empty else [dependence_panel(own, look, chosen)]


def _draw_calibration(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    panels = [
        panel
        for name in names
        for panel in calibration_panels(found.reliability, found.coverage, name, look)
    ]
    return panels if len(names) == 1 else panels[: 2 * MOST]


def _draw_importance(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    return [panel for name in names for panel in importance_panels(found.importance, name, look)]


def _draw_settling(found: Validation, names: Sequence[str], look: Look) -> list[Any]:
    return [panel for name in names for panel in settling_panels(found.convergence, name, look)]


def _furthest_apart(found: Validation) -> list[str]:
    ordered = found.distances.sort_values("distance", ascending=False, kind="stable")
    return [str(name) for name in ordered["variable"]]


def _least_calibrated(found: Validation) -> list[str]:
    """Return the variables whose draws are least as sure as they should be first."""
    off = dict.fromkeys(variables_of(found), 0.0)
    for row in reliability_gaps(found.reliability).to_dict("records"):
        off[row["variable"]] = max(off[row["variable"]], float(row["gap"]))
    for row in found.coverage.to_dict("records"):
        gap = abs(float(row["held"]) - float(row["level"]))
        off[row["variable"]] = max(off[row["variable"]], gap)
    return sorted(off, key=lambda name: -off[name])


def _settling_last(found: Validation) -> list[str]:
    last = found.convergence[
        found.convergence["implicates"] == found.convergence["implicates"].max()
    ]
    noise = last.groupby("variable", sort=False)["noise"].max().sort_values(ascending=False)
    return [str(name) for name in noise.index][:1]


_FIGURES: Final[dict[str, _Figure]] = {
    "curves": _Figure(_draw_curves, variables_of, "Errors by size of subset", ("curves",)),
    "multiples": _Figure(_draw_multiples, variables_of, METRICS[0].title, ("curves",)),
    "distributions": _Figure(
        _draw_distributions, _furthest_apart, "Distribution, observed and fused", ("marginals",)
    ),
    "dependence": _Figure(
        _draw_dependence, variables_of, "Dependence, fused less observed", ("correlations",)
    ),
    "calibration": _Figure(
        _draw_calibration,
        _least_calibrated,
        "Draws of single households against the truth",
        ("reliability", "coverage"),
    ),
    "predictors": _Figure(
        _draw_importance, variables_of, "What variables were predicted from", ("importance",)
    ),
    "implicates": _Figure(
        _draw_settling, _settling_last, "Estimates by number of implicates", ("convergence",)
    ),
}


def _left_out(found: Validation, what: str, names: Sequence[str], shown: Sequence[str]) -> str:
    everyone = len(variables_of(found))
    if names or len(shown) >= everyone or what in _WHOLE:
        return ""
    reason = {
        "distributions": "whose distributions differ most",
        "predictors": "the first that were fused",
        "calibration": "whose draws are least as sure as they should be",
        "implicates": "that settles last" if len(shown) == 1 else "that settle last",
    }[what]
    return f" Shown: {count(len(shown), 'variable')} of {everyone}, {reason}."


def _caption(found: Validation, what: str, shown: Sequence[str]) -> str:
    """Say what is drawn, and nothing that is not."""
    if what == "distributions":
        return _distribution_caption(found, shown)
    if what == "dependence":
        return (
            "A square is a pair of variables: by how much fusing made their dependence (correlation,"
            " correlation ratio or Cramér's V, whichever fits the pair) weaker or stronger."
        )
    if what == "calibration":
        return _calibration_caption(found, shown)
    if what == "predictors":
        return (
            "How much each predictor contributed when the models were grown, as a share of the reduction of"
            f" the training loss; at most {MOST_PREDICTORS} of a variable."
        )
    return (
        "The estimate of all households with its 90 % margin of error (band) from the first two"
        " implicates to all."
    )


def _distribution_caption(found: Validation, shown: Sequence[str]) -> str:
    own = found.marginals[found.marginals["variable"].isin(shown)]
    said = []
    numbers = own["lower"].notna()
    if numbers.any():
        said.append(
            "Numbers: share of households per bin; the outermost bins hold the tails, drawn as dense as"
            " their households are and cut at the frame."
        )
    if not numbers.all():
        said.append("Categories: share of households with each answer.")
        if own[~numbers].groupby("variable").size().max() > MOST_LEVELS:
            said.append(f"Of categories with more than {MOST_LEVELS} answers the first are shown.")
    if "observed_moe" in own.columns and own["observed_moe"].notna().any():
        said.append(f"{_INTERVALS}.")
    return " ".join(said)


def _calibration_caption(found: Validation, shown: Sequence[str]) -> str:
    said = ["On the dashed diagonal draws are as sure as they should be."]
    if found.coverage["variable"].isin(shown).any():
        said.append("Numbers: how often the central 50, 80 and 90 % of draws hold the true value.")
    own = found.reliability[found.reliability["variable"].isin(shown)]
    if len(own):
        said.append(
            "Categories: a dot is a group of households, larger for more of them; right, the share of"
            " draws with the answer, up, the share that really gave it, with its 90 % interval."
        )
        if any(
            part["level"].nunique() > len(shown_levels(part))
            for _, part in own.groupby("variable", sort=False)
        ):
            said.append("Of several answers the most frequent are shown, of two the rarer.")
    return " ".join(said)


def _legend(what: str) -> tuple[Mark, ...]:
    colours = figure_colours("light")
    if what == "distributions":
        return (
            Mark("observed", colours["text"], dash=(5, 3)),
            Mark("fused", colours["accent"]),
        )
    if what == "dependence":
        return tuple(
            Mark(said, colour, "patch") for colour, said, _, _ in dependence_classes("light")
        )
    return ()


def _matrix_height(found: Validation, names: Sequence[str]) -> float:
    """Return the height of the matrix over its width, so that its squares are about square."""
    if len(names) == 1:
        return 0.32
    return 0.62 if len(variables_of(found)) < _DENSE else 0.9


def _names_along(found: Validation, names: Sequence[str]) -> int:
    """Return how many names stand below the matrix."""
    pairs = found.correlations
    if len(names) == 1:
        pairs = pairs[(pairs["first"] == names[0]) | (pairs["second"] == names[0])]
    return len({*pairs["first"], *pairs["second"]})


def _answers_height(found: Validation, what: str, shown: Sequence[str]) -> float:
    """Return the height of panels over their width; many answers need more."""
    if what == "calibration":
        return 0.95
    if what != "distributions":
        return 0.0
    own = found.marginals[found.marginals["variable"].isin(shown) & found.marginals["lower"].isna()]
    most = int(min(own.groupby("variable").size().max(), MOST_LEVELS)) if len(own) else 0
    return float(np.clip(0.07 * most, 0.7, 1.8)) if most else 0.0
