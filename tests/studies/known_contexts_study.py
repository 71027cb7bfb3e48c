"""Do margins hold where the kind of neighbourhood is drawn? Known answers with and without a local context.

    python tests/studies/known_contexts_study.py WORKSPACE --donor NHTS_2017 --recipient ACS_2024

Every harmonized variable is hidden in turn and fused twice, the second time with the local context of the
donor among what is known (`harmony places context add`). The part of a margin for what areas have
beyond the predictors is learned from the other variables, with the context and without it. Writes the
table to standard output.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.execution.knowing import harmonized_sources, published_place
from fusion_core.geography.location import PUMA
from fusion_core.harmony.model import SurveyPair
from fusion_core.prepare import assemble, choose_predictors
from fusion_core.surveys.model import SurveyId
from fusion_core.validation.known_answers import (
    KnownAnswers,
    KnownAnswerSettings,
    KnownPair,
    ask_known_answers,
    learn_rule,
    summarise,
    with_margins,
)
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from fusion_core.prepare import PredictorPool

SEED = 2017


def pair_of(workspace: Workspace, surveys: SurveyPair, pool: PredictorPool) -> KnownPair:
    """Return the surveys with every harmonized predictor that is alike enough."""
    chosen = choose_predictors(pool.table, [], minimum_similarity=0.8)
    kept = tuple(chosen.loc[chosen["kept"], "predictor"])
    return KnownPair(
        pool.donor,
        pool.recipient,
        tuple(name for name in kept if name not in pool.shares),
        PUMA,
        harmonized_sources(workspace, surveys),
        place=published_place(pool.donor, workspace.describe(surveys.donor).geography),
        given=pool.shares,
    )


def compared(answers: KnownAnswers, words: str) -> pd.DataFrame:
    """Return one row per hidden variable: its margins from the rule the others taught."""
    rule = learn_rule(answers.areas, PUMA, place="place")
    summary = summarise(with_margins(answers, rule))
    found = summary.groupby("variable", sort=False).agg(
        slope=("slope", "median"),
        error=("error", "mean"),
        before=("coverage_before", "mean"),
        inside=("coverage", "mean"),
        margin=("margin", "mean"),
    )
    kappas = pd.DataFrame([(item.variable, item.kappa) for item in rule.evidence])
    found["kappa"] = kappas.groupby(0)[1].mean()
    return found.reset_index().assign(known=words)


def main() -> None:
    """Ask with and without the context, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--donor", default="NHTS_2017")
    parser.add_argument("--recipient", default="ACS_2024")
    parser.add_argument("--households", type=int, default=100)
    parser.add_argument("--donors", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="folder for the answers, to look at them again")
    asked = parser.parse_args()
    workspace = Workspace.open(asked.workspace)
    surveys = SurveyPair(SurveyId.parse(asked.donor), SurveyId.parse(asked.recipient))
    pair = pair_of(workspace, surveys, assemble(workspace, surveys, seed=SEED))
    settings = KnownAnswerSettings(most=20, own=0, households=asked.households, donors=asked.donors)
    tables = []
    for words, given in (("predictors", {}), ("and a class of the neighbourhood", pair.given)):
        answers = ask_known_answers(replace(pair, given=given), settings, seed=SEED, threads=2)
        if asked.keep:
            answers.areas.to_parquet(asked.keep / f"{len(given)}.parquet")
        tables.append(compared(answers, words))
        print(tables[-1].round(4).to_string(), flush=True)
    means = pd.concat(tables).groupby("known")[["before", "inside", "margin"]].mean()
    print(means.round(4).to_string())


if __name__ == "__main__":
    main()
