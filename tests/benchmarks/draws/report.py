"""Write what the study of ways to draw found as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from draws.scores import Scores, difference
from draws.worlds import DEMO_HOUSEHOLDS
from scipy.stats import norm
from support.machine import describe

if TYPE_CHECKING:
    from benchmark_draws import Result

Key = tuple[str, str, str]
Found = dict[Key, dict[str, "Result"]]
DEFAULT: Final = "out-of-fold"
MOST_TIMES: Final = 1.5
LEVEL: Final = 0.05


def report(found: Found) -> str:
    """Return the whole document.

    Parameters
    ----------
    found
        Results by survey, purpose and name of the world, and by way to draw.
    """
    parts = [_HEAD.format(machine=describe(), worlds=_worlds(found), demo=DEMO_HOUSEHOLDS)]
    for survey, purpose, title in _SECTIONS:
        worlds = [item for key, item in found.items() if key[:2] == (survey, purpose)]
        if worlds:
            parts.append(f"## {title}\n\n{_differences(worlds)}\n")
    for survey in dict.fromkeys(key[0] for key in found):
        worlds = [item for key, item in found.items() if key[:2] == (survey, "report")]
        if worlds:
            parts.append(
                f"## {survey}, each variable of the report worlds\n\n{_each_variable(worlds)}\n"
            )
            parts.append(_tested(worlds))
    parts.append(_verdict(found))
    return "\n".join(parts)


def _differences(worlds: list[dict[str, Result]]) -> str:
    """One row per way to draw, pooled over worlds; differences are paired by household."""
    base = [world[DEFAULT] for world in worlds]
    rows = []
    for name in _common(worlds):
        own = [world[name] for world in worlds]
        if own[0].scores.brier.keys() != base[0].scores.brier.keys():
            continue  # peers draw numbers only
        rows.append(
            [
                f"**{name}**" if name == DEFAULT else name,
                *(
                    _signed(_compared(own, base, pick)) if pick(base[0].scores) else "–"
                    for pick in _SCORES
                ),
                *(f"{100 * np.mean(list(_inside(own, level))):.1f}" for level in (0, 1)),
                f"{_mean(own, lambda item: np.mean(list(item.calibration.values()))):.4f}",
                f"{_mean(own, lambda item: item.correlation):.3f}",
                f"{100 * _mean(own, lambda item: item.subgroups):.1f}",
                _seconds([item.training for item in own]),
                _seconds([item.fusing for item in own]),
            ]
        )
    return _table(_COLUMNS, rows)


def _common(worlds: list[dict[str, Result]]) -> list[str]:
    """Return the ways scored in all worlds."""
    return [name for name in worlds[0] if all(name in world for world in worlds)]


def _each_variable(worlds: list[dict[str, Result]]) -> str:
    first = worlds[0][DEFAULT].scores
    rows = []
    for name in _common(worlds):
        scores = [world[name].scores for world in worlds]
        cells = [
            f"{np.mean([item.crps[variable].mean() for item in scores]):.4g} "
            f"({100 * np.mean([item.coverage[variable][0] for item in scores]):.1f}, "
            f"{100 * np.mean([item.coverage[variable][1] for item in scores]):.1f})"
            for variable in first.crps
        ]
        cells += [
            f"{np.mean([item.brier[variable].mean() for item in scores]):.4f} / "
            f"{np.mean([item.log[variable].mean() for item in scores]):.4f}"
            if variable in scores[0].brier
            else "–"
            for variable in first.brier
        ]
        rows.append([name, *cells])
    explained = (
        "Numbers: CRPS (per cent inside the 80 % and the 50 % interval). Classes: Brier / log.\n"
    )
    return explained + "\n" + _table(("", *first.crps, *first.brier), rows)


def _tested(worlds: list[dict[str, Result]]) -> str:
    """Test every way against the default, variable by variable, with Holm's correction."""
    rows = []
    first = worlds[0][DEFAULT].scores
    variables = [*first.crps, *first.brier]
    for name in _common(worlds):
        if name == DEFAULT:
            continue
        found = [_one_variable(worlds, name, variable) for variable in variables]
        chances = np.array([np.nan if item is None else _two_sided(*item) for item in found])
        sure = _holm(chances) < LEVEL
        cells = [
            "–" if item is None else _signed(item) + (" *" if mark else "")
            for item, mark in zip(found, sure, strict=True)
        ]
        rows.append([name, *cells])
    explained = (
        "CRPS or Brier score, difference from the default in per cent of its score. A star: significant at "
        "5 % by a two-sided test of the households' paired differences, Holm-adjusted over the row.\n"
    )
    return explained + "\n" + _table(("", *variables), rows)


def _one_variable(
    worlds: list[dict[str, Result]], name: str, variable: str
) -> tuple[float, float] | None:
    """Return a way's difference from the default in one variable, and its standard error."""
    pairs = [
        ({**world[name].scores.crps, **world[name].scores.brier}, world[DEFAULT].scores)
        for world in worlds
    ]
    if any(variable not in own for own, _ in pairs):
        return None
    base = [{**scores.crps, **scores.brier} for _, scores in pairs]
    return difference(
        [{variable: own[variable]} for own, _ in pairs],
        [{variable: item[variable]} for item in base],
    )


def _two_sided(mean: float, error: float) -> float:
    return float(2 * norm.sf(abs(mean) / error)) if error > 0 else 1.0


def _holm(chances: np.ndarray) -> np.ndarray:
    """Return Holm's (1979) adjusted probabilities; NaN stays."""
    result = np.full(len(chances), np.nan)
    known = np.flatnonzero(np.isfinite(chances))
    order = known[np.argsort(chances[known])]
    factors = len(order) - np.arange(len(order))
    result[order] = np.minimum(np.maximum.accumulate(factors * chances[order]), 1.0)
    return result


def _verdict(found: Found) -> str:
    """State which ways to draw win on the report worlds, and where."""
    lines = [
        "## What follows\n",
        (
            "Better than the default by more than two standard errors on the report worlds, at no more "
            f"than {MOST_TIMES} times its processor time (a new default has to be so on all surveys):\n"
        ),
    ]
    for title, pick in (("CRPS", _SCORES[0]), ("Brier score", _SCORES[1])):
        surveys = dict.fromkeys(key[0] for key in found if key[1] == "report")
        won = {survey: _winners(found, survey, pick) for survey in surveys}
        every = set.intersection(*map(set, won.values())) if won else set()
        said = "; ".join(f"{survey} {_listed(names)}" for survey, names in won.items())
        lines.append(f"- {title}: {said}; on all **{_listed(sorted(every))}**.")
    return "\n".join(lines) + "\n"


def _winners(found: Found, survey: str, pick: Callable[[Scores], dict[str, Any]]) -> list[str]:
    """Return the ways that are clearly better than the default on a survey's report worlds."""
    worlds = [item for key, item in found.items() if key[:2] == (survey, "report")]
    base = [world[DEFAULT] for world in worlds]
    winners = []
    for name in set.intersection(*(set(world) for world in worlds)) if worlds else ():
        own = [world[name] for world in worlds]
        if not pick(base[0].scores) or pick(own[0].scores).keys() != pick(base[0].scores).keys():
            continue
        mean, error = _compared(own, base, pick)
        if mean < -2 * error and _total(own) <= MOST_TIMES * _total(base):
            winners.append(name)
    return sorted(winners)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _compared(
    own: list[Result], base: list[Result], pick: Callable[[Scores], dict[str, Any]]
) -> tuple[float, float]:
    return difference([pick(item.scores) for item in own], [pick(item.scores) for item in base])


def _inside(own: Iterable[Result], level: int) -> Iterable[float]:
    for item in own:
        yield from (values[level] for values in item.scores.coverage.values())


def _mean(own: list[Result], pick: Callable[[Scores], float]) -> float:
    return float(np.mean([pick(item.scores) for item in own]))


def _total(own: list[Result]) -> float:
    return sum((item.training or 0) + (item.fusing or 0) for item in own)


def _seconds(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.1f}" if known else "–"


def _signed(value: tuple[float, float]) -> str:
    mean, error = value
    return "0" if error == 0 else f"{mean:+.2f} ± {error:.2f}"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(columns)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _worlds(found: Found) -> str:
    """List the worlds that were scored."""
    listed: dict[str, list[str]] = {}
    for survey, purpose, name in found:
        listed.setdefault(f"{survey}, {purpose}", []).append(name)
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in listed.items())


_SCORES: Final = (
    lambda item: item.crps,
    lambda item: item.brier,
    lambda item: item.log,
    lambda item: {"energy": item.energy},
)
_COLUMNS: Final = (
    "way to draw",
    "CRPS, %",
    "Brier, %",
    "log score, %",
    "energy, %",
    "in 80 %",
    "in 50 %",
    "class calibration error",
    "correlation",
    "subgroups, %",
    "train s",
    "fuse s",
)
_SECTIONS: Final = (
    ("RECS", "report", "Report: the official RECS half"),
    ("demo", "report", "Report: demo populations"),
    ("NHTS", "report", "Report: a half of NHTS 2017"),
    ("AHS", "report", "Report: a half of AHS 2019"),
    ("RECS", "choose", "To choose by: folds inside the RECS donor half"),
    ("demo", "choose", "To choose by: another demo population"),
    ("NHTS", "choose", "To choose by: the other half of NHTS 2017"),
    ("AHS", "choose", "To choose by: the other half of AHS 2019"),
)
_HEAD: Final = """# Ways to draw, measured

Written by `python tests/benchmarks/benchmark_draws.py --write`; what each way is stands in
`tests/benchmarks/draws/candidates.py`, the peers in `peers.py` beside it. [Ways that lost](draws_trials.md)
were measured earlier.

{machine}- Worlds – {worlds}
- Demo: {demo:,} donors and as many other households of the population with that seed. Training seed
  1, drawing seed 5 (6 where it says drawn again); 40 implicates of the whole chain of variables,
  production settings but for what a way changes

CRPS, Brier, log and energy score: difference from the default, `out-of-fold`, in per cent of its
score, ± standard error of the households' paired differences; below zero is better. The error does
not hold what another donor sample or seed would have changed. Inside 80 % and 50 %: share of true
values in the central interval of the 40 draws, mean over the numbers, by ranks, so that draws from
the true distribution give exactly 80 and 50 (interpolated quantiles of 40 draws would give 76 for
80). Class calibration error: mean absolute difference between drawn and true shares over tenths of
households, which is above zero even for true probabilities because 40 draws and the tenths are
finite. Draws are independent. Correlation: largest difference of a correlation among the numbers. Subgroups: median
absolute error of the numbers' subgroup means. A plain 0 means the very same draws: on RECS both
classes come before all numbers, and the demo and the folds have fewer donors than centres. Times:
processor seconds, one thread, on a machine others used too.
"""
