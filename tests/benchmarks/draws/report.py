"""Write what the study of ways to draw found as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from draws.scores import Scores, difference
from draws.worlds import DEMO_HOUSEHOLDS, MANY
from scipy.stats import norm
from support.machine import describe

if TYPE_CHECKING:
    from benchmark_draws import Result

Key = tuple[str, str, str]
Found = dict[Key, dict[str, "Result"]]
REFERENCE: Final = "out-of-fold"
DEFAULT: Final = "stacked"
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
    base = [world[REFERENCE] for world in worlds]
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
                f"{_mean(own, lambda item: np.mean(list(item.calibration.values()))):.4f}"
                if base[0].scores.calibration
                else "–",
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
    first = worlds[0][REFERENCE].scores
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
    """Test every way against the reference, and against the default, variable by variable."""
    tables = []
    for base in (REFERENCE, DEFAULT):
        rows = [
            [
                name,
                *(_signed(item) + (" *" if sure else "") if item else "–" for item, sure in found),
            ]
            for name in _common(worlds)
            if name not in (base, REFERENCE) and (found := _against(worlds, name, base))
        ]
        if not rows:
            continue
        explained = (
            f"CRPS or Brier score, difference from `{base}` in per cent of its score. A star: significant "
            "at 5 % by a two-sided test of the households' paired differences, Holm-adjusted over the row.\n"
        )
        tables.append(explained + "\n" + _table(("", *_variables(worlds)), rows))
    return "\n".join(tables)


def _variables(worlds: list[dict[str, Result]]) -> list[str]:
    scores = worlds[0][REFERENCE].scores
    return [*scores.crps, *scores.brier]


def _against(
    worlds: list[dict[str, Result]], name: str, base: str
) -> list[tuple[tuple[float, float] | None, bool]]:
    """Return a way's difference from another in each variable, and whether it is significant."""
    found = [_one_variable(worlds, name, base, variable) for variable in _variables(worlds)]
    chances = np.array([np.nan if item is None else _two_sided(*item) for item in found])
    return list(zip(found, (_holm(chances) < LEVEL).tolist(), strict=True))


def _one_variable(
    worlds: list[dict[str, Result]], name: str, base: str, variable: str
) -> tuple[float, float] | None:
    """Return a way's difference from another in one variable, and its standard error."""
    own, other = (
        [{**world[way].scores.crps, **world[way].scores.brier}.get(variable) for world in worlds]
        for way in (name, base)
    )
    if any(item is None for item in own):
        return None
    return difference([{variable: item} for item in own], [{variable: item} for item in other])


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
    """State in which variables of the report worlds the default is better or worse than other ways."""
    lines = ["## What follows\n", f"Significant differences of `{DEFAULT}` on the report worlds:\n"]
    ways: dict[str, dict[str, list[str]]] = {}
    for survey in dict.fromkeys(key[0] for key in found if key[1] == "report"):
        worlds = [item for key, item in found.items() if key[:2] == (survey, "report")]
        for name in _common(worlds):
            if name == DEFAULT:
                continue
            said = ways.setdefault(name, {"better": [], "worse": [], "compared": []})
            for variable, (item, sure) in zip(
                _variables(worlds), _against(worlds, name, DEFAULT), strict=True
            ):
                if item is not None:
                    said["compared"].append(variable)
                    if sure:
                        said["better" if item[0] > 0 else "worse"].append(f"{survey} {variable}")
    lines += [
        f"- than {name}: better in {len(said['better'])}, worse in {len(said['worse'])} of "
        f"{len(said['compared'])} variables{_listed(said['worse'])}"
        for name, said in ways.items()
    ]
    return "\n".join(lines) + "\n"


def _listed(worse: list[str]) -> str:
    return f" ({', '.join(worse)})" if worse else ""


def _compared(
    own: list[Result], base: list[Result], pick: Callable[[Scores], dict[str, Any]]
) -> tuple[float, float]:
    return difference([pick(item.scores) for item in own], [pick(item.scores) for item in base])


def _inside(own: Iterable[Result], level: int) -> Iterable[float]:
    for item in own:
        yield from (values[level] for values in item.scores.coverage.values())


def _mean(own: list[Result], pick: Callable[[Scores], float]) -> float:
    return float(np.mean([pick(item.scores) for item in own]))


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
    (MANY, "report", "Report: the same half of NHTS 2017, many donors"),
    ("AHS", "report", "Report: a half of AHS 2019"),
    ("RECS", "choose", "To choose by: folds inside the RECS donor half"),
    ("demo", "choose", "To choose by: another demo population"),
    ("NHTS", "choose", "To choose by: the other half of NHTS 2017"),
    ("AHS", "choose", "To choose by: the other half of AHS 2019"),
)
_HEAD: Final = """# Ways to draw, measured

Written by `python tests/benchmarks/benchmark_draws.py --write`; what each way is stands in
`tests/benchmarks/draws/candidates.py`, the peers in `peers.py` beside it. [Ways that lost](draws_trials.md),
and peers, were measured earlier.

{machine}- Worlds – {worlds}
- Demo: {demo:,} donors and as many other households of the population with that seed. Training seed
  1, drawing seed 5 (6 where it says drawn again); 160 implicates of the whole chain of variables,
  production settings but for what a way changes

CRPS, Brier, log and energy score: difference from `out-of-fold`, the default before `stacked`, in per cent of its
score, ± standard error of the households' paired differences; below zero is better. The error does
not hold what another donor sample or seed would have changed. Inside 80 % and 50 %: share of true
values in the central interval of the draws, mean over the numbers, by ranks, so that draws from
the true distribution give exactly 80 and 50. Class calibration error: mean absolute difference between drawn and true shares over tenths of
households, which is above zero even for true probabilities because draws and tenths are finite. Draws are independent. The log score falls with the number of
draws, of which R's implicates are 40, the others' 160. Correlation: largest difference of a correlation among the numbers. Subgroups: median
absolute error of the numbers' subgroup means. A plain 0 means the very same draws: on RECS both
classes come before all numbers, and the demo and the folds have fewer donors than centres. Times:
processor seconds, one thread, on a machine others used too.
"""
