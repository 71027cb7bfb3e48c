"""Turn state and engine results into what the sections of the builder show."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.execution import CostEstimate
from fusion_core.fusion.base import TrainSettings
from fusion_core.workspace.files import size_text
from harmony_app.fuse.recipe_choice import recipes_of
from harmony_app.fuse.settings_form import form_data
from harmony_app.fuse.state import (
    PRESET_IMPLICATES,
    PRESET_TITLES,
    PRESETS,
    FuseState,
    suggested_name,
)
from harmony_app.shell.look import duration

if TYPE_CHECKING:
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import Variable
    from harmony_app.shell.work import RunRow

MOST_CLAUSES: Final = 3
_KIND_WORDS: Final = {
    "continuous": ("number", "number"),
    "zero_inflated": ("number · zeros", "number"),
    "unusable": ("neither number nor category", "bad"),
}
_PRESET_WORDS: Final = {
    "quick": "For a first look.",
    "paper": "As published by Ummel et al. (2024), to the letter.",
    "production": "For results you publish: the paper's method, improved where held-out households "
    "showed a gain.",
    "custom": "Your own settings; a preset brings back the published ones.",
}
METHOD_WORDS: Final = {
    "stacked": "Some answers are taken from donors with the most similar out-of-fold predictions, the "
    "others from donors in the same leaf of a random forest; for each variable the shares are those that "
    "describe unseen donors best.",
    "out-of-fold": "A number is taken from one of the donors with the most similar out-of-fold "
    "predictions; a category is drawn from its predicted probabilities.",
    "forest": "Every answer is taken from a donor that shares the household's leaf in one tree, drawn at "
    "random, of a random forest.",
    "boosted-forest": "Every answer is taken from a donor in the household's leaf of a random forest, "
    "some of whose trees also use the predictions of boosted trees; categories are partly drawn from "
    "the boosted trees' probabilities.",
    "variable-k": "A number is taken from one of the k donors with the most similar predictions, where "
    "k is the number whose answers match the predicted distribution best.",
    "variable-k-smoothed": "A number is taken from one of the k donors with the most similar predictions, "
    "k being read off a smoothed curve.",
}
"""How each method draws, in a sentence."""
_UNSEEN_PARTS: Final = (3, 5, 10)
STAGE_WORDS: Final = {
    "prepare": "prepare",
    "train": "train",
    "fuse": "fuse",
    "validate": "validate",
}


def toolbar_data(
    state: FuseState, pairs: Sequence[SurveyPair], runs: Sequence[RunRow], sizes: str
) -> dict[str, Any]:
    """Describe the bar above both views."""
    counts: Counter[str] = Counter(row.state.status for row in runs)
    parts = [
        f", {counts[status]} {said}"
        for status, said in (("running", "running"), ("queued", "in line"))
        if counts[status]
    ]
    return {
        "view": state.view,
        "runs_title": f"Runs ({len(runs)}{''.join(parts)})" if runs else "Runs",
        "pairs": [{"id": str(pair), "title": pair.title} for pair in pairs],
        "pair": str(state.pair) if state.pair else "",
        "recipes": recipes_of(state.pair),
        "sizes": sizes,
    }


def variables_data(
    variables: Sequence[Variable], kinds: Mapping[str, str], harmonized: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Describe the donor variables that can be fused.

    Parameters
    ----------
    variables
        The variables.
    kinds
        Detected kinds, as far as known.
    harmonized
        Predictors made from a donor variable.
    """
    rows = []
    for variable in variables:
        words, tone = kind_words(variable, kinds.get(variable.name))
        rows.append(
            {
                "name": variable.name,
                "description": variable.description,
                "search": f"{variable.name} {variable.description} {words}".lower(),
                "kind": words,
                "tone": tone,
                "shared": variable.name in harmonized,
            }
        )
    return rows


def picker_data(
    state: FuseState,
    variables: Sequence[Variable],
    kinds: Mapping[str, str],
    harmonized: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Describe the chosen steps; arguments as in `variables_data`."""
    by_name = {variable.name: variable for variable in variables}
    chosen = []
    for name in state.chosen:
        predictors = ", ".join(harmonized.get(name, ()))
        chosen.append([name, f"no longer a predictor: {predictors}" if predictors else ""])
    steps = [{"names": [_named(name, by_name, kinds) for name in step]} for step in state.steps]
    return {"steps": steps, "chosen": chosen, "suggest": state.train.order == "suggested"}


def kind_words(variable: Variable, kind: str | None) -> tuple[str, str]:
    """Return the words and the tone of a variable's type chip."""
    if kind in _KIND_WORDS:
        return _KIND_WORDS[kind]
    if variable.is_categorical:
        word = "ordered" if variable.type == "ordered" else "category"
        return f"{word} · {len(variable.levels)}", "category"
    return "number", "number"


def predictors_loading(share: float, words: str) -> dict[str, Any]:
    """Describe the predictor section while donor and recipient are being compared.

    Parameters
    ----------
    share
        How much is done, 0–1.
    words
        What is being done; empty before it began.
    """
    doing = f": {words[0].lower()}{words[1:]}" if words else ""
    return {
        "status": "loading",
        "message": f"Comparing donor and recipient{doing} …",
        "share": round(share, 2),
        "minimum": "",
    }


def predictors_failed(message: str) -> dict[str, Any]:
    """Describe the predictor section when there is nothing to predict from."""
    return {"status": "error", "message": message, "minimum": ""}


def predictors_data(
    state: FuseState, decided: pd.DataFrame, notes: Sequence[str]
) -> dict[str, Any]:
    """Describe the predictors: used ones by similarity, then those left out."""
    rows: list[dict[str, Any]] = [
        {
            "name": str(row["predictor"]),
            "label": str(row["label"]),
            "source": str(row["source"]),
            "similarity": None if math.isnan(row["similarity"]) else float(row["similarity"]),
            "low": not math.isnan(row["similarity"])
            and float(row["similarity"]) < state.minimum_similarity,
            "kept": bool(row["kept"]),
            "reason": str(row["reason"]),
            "fixed": bool(row["problem"]) or row["donor_variable"] in state.chosen,
            "choice": _choice(state, str(row["predictor"])),
        }
        for row in decided.to_dict("records")
    ]
    rows.sort(key=lambda row: (not row["kept"], -(row["similarity"] or 0.0)))
    return {
        "status": "ready",
        "message": "",
        "minimum": f"{state.minimum_similarity:.2f}",
        "kept": int(decided["kept"].sum()),
        "rows": rows,
        "notes": list(notes),
    }


def settings_data(state: FuseState, error: str) -> dict[str, Any]:
    """Describe presets, options and every setting."""
    return {
        "preset": state.preset,
        "presets": [
            {
                "name": name,
                "title": PRESET_TITLES[name],
                "help": explanation(name, TrainSettings.preset(name), PRESET_IMPLICATES[name]),
            }
            for name in PRESETS
        ],
        "explanation": explanation(state.preset, state.train, state.implicates),
        "implicates": str(state.implicates),
        "seed": str(state.seed),
        "name": state.name,
        "unseen": str(state.out_of_fold),
        "unseen_choices": unseen_choices(state.out_of_fold),
        "known_answers": str(state.known_answers),
        "placeholder": suggested_name(state) if state.steps else "named after what it fuses",
        "groups": form_data(state.train),
        "error": error,
    }


def unseen_choices(chosen: int) -> list[list[str]]:
    """Return in how many parts unseen households may be checked, with what it costs."""
    parts = sorted({0, *_UNSEEN_PARTS, chosen})
    return [
        [str(count), f"{count} parts – about {count} times longer" if count else "no"]
        for count in parts
    ]


def explanation(preset: str, settings: TrainSettings, implicates: int) -> str:
    """Say what a preset is for and the choices that matter most."""
    checked = f"{settings.folds} folds" if settings.folds else "one held-out part"
    sizes = " or ".join(str(leaves) for leaves in settings.leaves)
    said = f"{_PRESET_WORDS[preset]} {METHOD_WORDS[settings.method]}"
    if not settings.is_boosted:
        return f"{said} {settings.forest_trees} trees a forest, {implicates} implicates."
    return (
        f"{said} {checked.capitalize()}, {len(settings.quantiles)} quantiles, trees "
        f"of {sizes} leaves, learning rate {settings.learning_rate:g}, {implicates} implicates."
    )


def cost_data(cost: CostEstimate) -> dict[str, Any]:
    """Describe what the run is expected to need."""
    parts = ", ".join(
        f"{STAGE_WORDS[stage]} {duration(seconds)}"
        for stage, seconds in cost.seconds_by_stage.items()
    )
    return {
        "ready": True,
        "bad": False,
        "message": "",
        "time": f"≈ {duration(cost.seconds)}",
        "memory": f"≈ {size_text(cost.memory_bytes)}",
        "disk": f"≈ {size_text(cost.disk_bytes)}",
        "detail": f"Estimate: {parts}",
    }


def cost_unknown(message: str, *, bad: bool = False) -> dict[str, Any]:
    """Describe why a run cannot be started yet."""
    return {"ready": False, "bad": bad, "message": message}


def settings_words(preset: str, implicates: int, variables: Sequence[str]) -> str:
    """Summarise a run's settings in one line."""
    shown = ", ".join(variables[:MOST_CLAUSES])
    more = f" + {len(variables) - MOST_CLAUSES}" if len(variables) > MOST_CLAUSES else ""
    return f"{PRESET_TITLES.get(preset, preset)}, M = {implicates} · {shown}{more}"


def _named(
    name: str, variables: Mapping[str, Variable], kinds: Mapping[str, str]
) -> dict[str, str]:
    if name not in variables:
        return {"name": name, "kind": "not in the donor", "tone": "bad"}
    words, tone = kind_words(variables[name], kinds.get(name))
    return {"name": name, "kind": words, "tone": tone}


def _choice(state: FuseState, predictor: str) -> str | None:
    if predictor in state.keep:
        return "keep"
    return "exclude" if predictor in state.exclude else None
