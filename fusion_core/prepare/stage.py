"""The prepare stage of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.local_context import share_columns
from fusion_core.geography.location import PUMA
from fusion_core.prepare.assemble import WARNING, assemble, stored_words
from fusion_core.prepare.choose import check_named, choose_predictors, flat_names
from fusion_core.prepare.location_knowledge import location_knowledge
from fusion_core.prepare.own_donors import of_own_donors
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted
from fusion_core.surveys.model import WEIGHT
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import RunSpec

Progress = Callable[[float, str], None]


@dataclass(frozen=True, repr=False)
class PreparedInput(Checked, Summarized):
    """What train, fuse, validate and estimate read.

    Attributes
    ----------
    donor
        One row per donor household that answered a fusion variable: `household_id`, `weight`,
        replicate weights, published geography, `puma` where imputed, kept predictors, fusion
        variables, missing where they were not answered.
    recipient
        One row per recipient household in survey order, which is the row order of the implicates:
        `household_id`, `weight`, replicate weights, geography, `puma`, kept predictors.
    predictors
        Every predictor with its similarity, whether it is kept, and why (see
        `fusion_core.prepare.choose_predictors`).
    donor_design, recipient_design
        How sampling variances are computed on either side.
    notes
        What a user should know, one sentence each.
    location
        What the run knows of where households live, and what it does not; one sentence each. None
        where an earlier version prepared the input.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    predictors: pd.DataFrame
    donor_design: WeightDesign
    recipient_design: WeightDesign
    notes: tuple[str, ...] = ()
    location: tuple[str, ...] = ()

    def _facts(self) -> dict[str, object]:
        return {
            "donor": f"{len(self.donor):,} × {counted(self.donor.shape[1], 'column')}",
            "recipient": f"{len(self.recipient):,} × {counted(self.recipient.shape[1], 'column')}",
            "predictors": f"{len(self.kept)} of {len(self.predictors)} kept",
            "notes": len(self.notes) or "",
        }

    @property
    def kept(self) -> list[str]:
        """Names of the predictors in use that both surveys' households have; see `given`."""
        used = self.predictors["kept"] & (self.predictors["source"] != "context")
        return [str(name) for name in self.predictors.loc[used, "predictor"]]

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """Local contexts in use: columns with the probability of each class, as `train` takes them."""
        used = self.predictors["kept"] & (self.predictors["source"] == "context")
        return {
            str(name): share_columns(str(name), list(self.donor[name].cat.categories))
            for name in self.predictors.loc[used, "predictor"]
        }

    @property
    def failures(self) -> Mapping[str, str]:
        """Why predictors could not be used, by name."""
        failed = self.predictors[self.predictors["problem"] != ""]
        return dict(zip(failed["predictor"], failed["problem"], strict=True))


def prepare(
    workspace: Workspace, spec: RunSpec, *, progress: Progress | None = None
) -> PreparedInput:
    """Turn two surveys and their harmonies into the input of a fusion.

    All saved harmonies are applied (one that fails is reported and left out), donor households get
    a PUMA within the place they publish, spatial predictors are joined on both sides, and
    predictors whose distributions differ too much are left out.

    Parameters
    ----------
    workspace
        Where surveys, harmonies and spatial tables are.
    spec
        The request.
    progress
        Called with the share done and a sentence; raises to cancel.

    Raises
    ------
    InputError
        If a fusion variable cannot be fused, or no predictor is left.
    """
    donor = workspace.stored_survey(spec.pair.donor)
    recipient = workspace.stored_survey(spec.pair.recipient)
    names = flat_names(spec.fusion_variables)
    observed, among = of_own_donors(donor, _fusion_columns(donor, names), spec.second_stage)
    pool = assemble(
        workspace, spec.pair, seed=spec.seed, progress=progress, surveys=(donor, recipient)
    )
    predictors = choose_predictors(
        pool.table,
        names,
        minimum_similarity=spec.minimum_similarity,
        keep=spec.keep_predictors,
        exclude=spec.exclude_predictors,
        built_from=workspace.built_from(spec.pair.donor),
    )
    check_named(predictors, names, spec.train)
    kept = list(predictors.loc[predictors["kept"], "predictor"])
    if set(kept) <= set(pool.shares):
        raise InputError(
            "No predictor is left to fuse with",
            where=spec.pair.title,
            fix="Improve the harmonies, or lower the minimum similarity",
        )
    left_out = [name for name in predictors["predictor"] if name not in kept]
    left_out += [column for name in left_out for column in pool.shares.get(name, ())]
    answered = observed.notna().any(axis=1)
    fused = pd.concat([pool.donor.drop(columns=left_out, errors="ignore"), observed], axis=1)
    notes = [
        *pool.notes,
        *among,
        *_less_alike(predictors, pool.changed),
        *_notes(predictors, pool.donor, observed),
    ]
    return PreparedInput(
        location=location_knowledge(workspace, donor, pool, predictors),
        donor=fused[answered].reset_index(drop=True),
        recipient=pool.recipient.drop(columns=left_out, errors="ignore"),
        predictors=predictors,
        donor_design=donor.description.design,
        recipient_design=recipient.description.design,
        notes=tuple(sorted(notes, key=lambda note: not note.startswith(WARNING))),
    )


def _fusion_columns(donor: SurveySource, names: Sequence[str]) -> pd.DataFrame:
    """Take the fusion variables of the donor's households.

    Raises
    ------
    InputError
        If one does not exist, belongs to persons, is no answer, or has only one value.
    """
    if not names:
        raise InputError("No fusion variable is chosen", fix="Choose at least one donor variable")
    present = donor.column_names("household")
    where = donor.id.title
    for name in names:
        variable = donor.dictionary.require(name, where=where)
        if variable.respondent != "household":
            raise InputError(
                f"'{name}' belongs to persons and cannot be fused onto households",
                where=where,
                fix="Choose a household variable",
            )
        if variable.role != "answer" or name in {WEIGHT, PUMA}:
            raise InputError(
                f"'{name}' is a {variable.role}, not an answer",
                where=where,
                fix="Choose a variable that households answered",
            )
        if name not in present:
            raise InputError(f"The microdata have no column '{name}'", where=where)
    table = donor.columns("household", names).reset_index(drop=True)
    for name in names:
        if table[name].nunique() < 2:  # noqa: PLR2004 - one value needs no model
            raise InputError(
                f"'{name}' has the same value in every household",
                where=where,
                fix="Leave it out: there is nothing to predict",
            )
    return table


def _notes(predictors: pd.DataFrame, donor: pd.DataFrame, observed: pd.DataFrame) -> list[str]:
    notes = []
    left_out = predictors[~predictors["kept"]]
    if len(left_out):
        clauses = [
            f"{name} ({reason.rstrip('.')})"
            for name, reason in zip(left_out["predictor"], left_out["reason"], strict=True)
        ]
        notes.append(
            f"{counted(len(left_out), 'predictor was', 'predictors were')} left out: {'; '.join(clauses)}."
        )
    notes += _unanswered(observed, donor[WEIGHT].to_numpy(float))
    gaps = predictors[predictors["kept"] & (predictors["missing_recipient"] > 0)]
    if len(gaps):
        notes.append(
            "Some recipient households have no value of "
            f"{', '.join(gaps['predictor'])}; the models treat that as an answer of its own."
        )
    return notes


def _less_alike(predictors: pd.DataFrame, changed: Mapping[str, str]) -> list[str]:
    """Warn of harmonies left out as too unlike after one of their surveys was stored again."""
    left_out = predictors[~predictors["kept"] & (predictors["problem"] == "")]
    return [
        f"{WARNING}the predictor {row['predictor']} leaves the run: {row['reason']}."
        + stored_words(changed[row["predictor"]])
        for row in left_out.to_dict("records")
        if row["predictor"] in changed and str(row["reason"]).startswith("similarity")
    ]


def _unanswered(observed: pd.DataFrame, weight: NDArray[np.float64]) -> list[str]:
    """Say of how many donors each fusion variable is not learned, and who takes no part at all."""
    unknown = observed.isna().to_numpy()
    shares = weight @ unknown / weight.sum()
    clauses = [
        f"{name} by {int(count):,} ({share:.1%} by weight)"
        for name, count, share in zip(observed.columns, unknown.sum(axis=0), shares, strict=True)
        if count
    ]
    if not clauses:
        return []
    listed = ", ".join(clauses)
    notes = [
        f"Fusion variables left unanswered by donor households, and learned from the others: {listed}."
    ]
    silent = unknown.all(axis=1)
    if silent.any():
        share = weight[silent].sum() / weight.sum()
        notes.append(
            f"{int(silent.sum()):,} donor households ({share:.1%} by weight) answered no fusion "
            "variable and were left out."
        )
    return notes
