"""Fuse: draw implicates of the fused variables for a recipient.

The chain is run M times with independent draws (Ummel et al. 2024).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.fusion.base import Progress, no_report
from fusion_core.fusion.fusing._drawing import RowRange, check_draws, draw_rows, storage_type
from fusion_core.fusion.fusing._prediction import FastPredictor, Predictor
from fusion_core.fusion.fusing._recipients import encode_recipient, fusion_notes, read_recipient
from fusion_core.fusion.implicates import Implicates
from fusion_core.fusion.model import FusionModel
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from fusion_core.frames import Table


def fuse(
    recipient: Table,
    model: FusionModel,
    *,
    implicates: int | None = None,
    seed: int | None = None,
    threads: int = 1,
    predictor: Predictor | None = None,
    progress: Progress | None = None,
    m: int | None = None,
) -> Implicates:
    """Draw M implicates of every fused variable for each recipient household.

    Parameters
    ----------
    recipient
        One row per household with the model's predictors, of the same types and levels: a pandas or
        polars frame, an Arrow table or a DuckDB relation.
    model
        A trained model.
    implicates
        Number of implicates, 40 when left out; the first ten of forty equal ten drawn with the same seed.
    seed
        Seed of the draws; a random one when left out, which `Implicates.seed` tells. Fusions with
        equal seeds are independent, but for the same variable of the same donor: that is drawn with
        the same random numbers, so that two methods can be compared.
    threads
        Row blocks computed at the same time; the result does not depend on it.
    predictor
        How expectations are computed; by `FastPredictor` when left out.
    progress
        Called with the share done and a sentence; may raise to stop.
    m
        Short name of `implicates`.

    Returns
    -------
    Implicates in the recipient's row order, with its index. Every value is one observed in the
    donor.

    Raises
    ------
    InputError
        If `implicates` is below 1, the implicates do not fit into the memory, the recipient is empty, or a
        predictor is missing or differs in type or levels from the donor's.
    """
    report = progress or no_report
    report(0.0, "Checking the recipient")
    draws = check_draws(implicates, seed, threads, m=m)
    require_type(model, FusionModel, "model", fix="Read a saved one with FusionModel.load")

    frame = read_recipient(recipient, model)
    _check_memory(model, len(frame) * draws.implicates)
    encoded = encode_recipient(frame, model)
    rows = RowRange(0, len(frame))
    drawn = draw_rows(
        encoded.matrix, model, rows, draws, predictor=predictor or FastPredictor(), progress=report
    )
    notes = fusion_notes(model, encoded.lacking)
    variables = {variable.name: variable for variable in drawn}
    return Implicates(variables, notes, frame.index, model.donor, model.weight)


def _check_memory(model: FusionModel, cells: int) -> None:
    needed = cells * sum(storage_type(variable).itemsize for variable in model.fused_types)
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"The implicates need {size_text(needed)} of memory, but only {size_text(free)} are free",
            fix="Write them to disk with fuse_to_folder, or ask for fewer",
        )
