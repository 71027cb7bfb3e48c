"""What the curves of subsets say of areas: from which size on fused estimates hold, and of single PUMAs.

Curves tell the typical error of subsets of the donor by their share of households. An area of the
recipient has a share too. Small areas lie beyond the smallest subset that was tested; there the
curves say nothing, and known answers, where the run has them, say how far single PUMAs were off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked
from fusion_core.summaries import counted
from fusion_core.validation.internal import (
    FAIR_ERROR,
    GOOD_ERROR,
    UNUSABLE_ERROR,
    error_curve,
    percent_words,
    smallest_share,
)
from fusion_core.validation.report.sentences import Finding

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.validation.report.sentences import Tone

Floats = NDArray[np.float64]

_NAMES: Final = {"puma": ("PUMA", "PUMAs"), "county": ("county", "counties")}
_DIGITS: Final = 2
# Areas hardly smaller than the smallest subset are as well known.
_NEARLY: Final = 0.75
# A limit that fewer areas of every kind are large enough for helps nobody.
_WORTH_SAYING: Final = 0.1


@dataclass(frozen=True)
class AreaSizes(Checked):
    """How many households the recipient's areas have.

    Attributes
    ----------
    households
        Households in all.
    kinds
        Households of each area, by the column that names the areas.
    allocated
        About how many households areas have that are made of parts of others, such as counties of
        PUMAs, by what they are.
    """

    households: float
    kinds: Mapping[str, Floats]
    allocated: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def every(self) -> dict[str, Floats]:
        """Households of each area of all kinds."""
        return {**self.kinds, **self.allocated}

    @property
    def smallest(self) -> str:
        """The kind of the areas named that are smallest; empty where there are none."""
        return min(self.kinds, key=lambda name: float(np.median(self.kinds[name])), default="")


def area_size_finding(variable: str, curves: pd.DataFrame, sizes: AreaSizes) -> Finding | None:
    """Say how large areas must be for a variable, and what to expect of the smallest.

    Parameters
    ----------
    variable
        Name of the variable.
    curves
        Curves of this and possibly other variables, as `fusion_core.validation.Validation.curves`.
    sizes
        Of the recipient's areas.

    Returns
    -------
    Finding or None
        ``None`` where no subset was compared or the recipient names no areas.
    """
    shares, errors = error_curve(curves, variable)
    if not len(shares) or not sizes.smallest:
        return None
    size = float(np.median(sizes.kinds[sizes.smallest]))
    share = size / sizes.households
    about = f"a single {_named(sizes.smallest)[0]} (about {_households(size)})"
    if share >= _NEARLY * shares[0]:
        error = float(np.interp(np.sqrt(share), np.sqrt(shares), errors))
        last, tone = f"in {about} expect an error of about {percent_words(error)}", _tone(error)
    else:
        last = (
            f"{about}, {percent_words(share)} of all, is beyond what was tested: the smallest subsets"
            f" have {percent_words(float(shares[0]))} of households and are off by"
            f" {percent_words(float(errors[0]))}"
        )
        tone = "poor" if _tone(float(errors[0])) == "poor" else "fair"
    return Finding(variable, tone, f"{variable}: {_reach(shares, errors, sizes)}; {last}.")


def area_size_findings(
    names: Sequence[str],
    curves: pd.DataFrame,
    sizes: AreaSizes | None,
    *,
    known: pd.DataFrame | None = None,
) -> list[Finding]:
    """Say of variables how large areas must be, the least certain first, then what known answers tell.

    Parameters
    ----------
    names
        Names of the variables.
    curves, sizes
        As in `area_size_finding`; nothing is said without `sizes`.
    known
        What known answers show, one row per hidden variable and level (`known_answers.summarise`).
    """
    if sizes is None:
        return []
    found = [area_size_finding(name, curves, sizes) for name in names]
    said = {item.variable: item for item in found if item is not None}
    order = sorted(said.values(), key=lambda item: -float(error_curve(curves, item.variable)[1][0]))
    where = known_areas_finding(known, sizes.smallest) if order and known is not None else None
    return [*order, *([] if where is None else [where])]


def known_areas_finding(known: pd.DataFrame, kind: str) -> Finding | None:
    """Say how far single areas were off where the answer is known, beyond sampling error.

    Parameters
    ----------
    known
        As in `area_size_findings`.
    kind
        Column that names the areas.

    Returns
    -------
    Finding or None
        ``None`` where no answer both surveys asked was known.
    """
    shared = known[~known["own"].astype(bool)]
    sums = shared.groupby("variable")[["beyond", "mean"]].sum()
    off = (sums["beyond"] / sums["mean"].abs()).replace([np.inf, -np.inf], np.nan).dropna()
    if off.empty:
        return None
    ordered = sorted((float(value), str(name)) for name, value in off.items())
    ends = [f"{percent_words(value)} ({name})" for value, name in (ordered[0], ordered[-1])]
    much = ends[0] if len(off) == 1 else " to ".join(ends)
    tested = counted(len(off), "variable")
    return Finding(
        "",
        _tone(float(off.median())),
        f"Where the answer is known ({tested}), single {_named(kind)[1]} are off by {much} beyond"
        " sampling error.",
    )


def _reach(shares: Floats, errors: Floats, sizes: AreaSizes) -> str:
    """Say from which size on the error is small, and how many areas are as large.

    The smallest of the usual limits that areas of the recipient are large enough for.
    """
    limits = (GOOD_ERROR, FAIR_ERROR, UNUSABLE_ERROR)
    reached = {limit: smallest_share(shares, errors, limit) for limit in limits}
    least = {
        limit: share * sizes.households for limit, share in reached.items() if share is not None
    }
    for limit, size in least.items():
        enough = [
            _of_all(int((own >= size).sum()), len(own), name)
            for name, own in sizes.every.items()
            if (own >= size).mean() >= _WORTH_SAYING
        ]
        if enough:
            return f"{_off_by(limit, size)} ({', '.join(enough)})"
    if not least:
        return f"off by more than {percent_words(UNUSABLE_ERROR)} in areas of every size"
    limit, size = next(reversed(least.items()))
    return f"{_off_by(limit, size)}, which no area of the recipient has"


def _off_by(limit: float, size: float) -> str:
    return (
        f"typically off by less than {percent_words(limit)} in areas of {_households(size)} or more"
    )


def _of_all(enough: int, areas: int, kind: str) -> str:
    every = counted(areas, *_named(kind))
    return f"all {every}" if enough == areas > 1 else f"{enough:,} of {every}"


def _named(kind: str) -> tuple[str, str]:
    """Return what an area of a kind is called, and several are."""
    return _NAMES.get(kind, (kind, f"{kind}s"))


def _tone(error: float) -> Tone:
    return "good" if error <= FAIR_ERROR else "fair" if error <= UNUSABLE_ERROR else "poor"


def _households(number: float) -> str:
    """Write a number of households with two digits that count."""
    step = 10.0 ** max(np.floor(np.log10(max(number, 1.0))) - (_DIGITS - 1), 0.0)
    return counted(max(int(round(number / step) * step), 1), "household")
