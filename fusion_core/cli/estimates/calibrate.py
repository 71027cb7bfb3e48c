"""`harmony calibrate`: estimates brought into agreement with published totals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates.statistics import chosen_fusion
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.spreadsheets import csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from fusion_core.calibration import KnownTotal
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_SHOWN = 100


def calibrate(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run, 'latest', or a combination of runs.")
    ],
    totals: Annotated[
        Path,
        typer.Argument(
            metavar="TOTALS",
            help="Table with columns variable, value, one of standard_error, moe and rse, and, where "
            "wanted, level, statistic and area.",
        ),
    ],
    *,
    method: Annotated[
        str,
        typer.Option(
            help="precision weighs totals and estimates by their errors; difference and ratio meet "
            "totals exactly."
        ),
    ] = "precision",
    factor: Annotated[
        float, typer.Option(help="How many times as large or small an estimate may become.")
    ] = 2.0,
    common: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="How far the donor's part in the error is the same in all PUMAs."
        ),
    ] = 0.5,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all figures to this CSV file.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write household weights that meet the totals in every implicate (Parquet).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the totals drawn for weights.")] = 0,
    keep: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Also keep the totals and the method under this name, so that Explore calibrates to them.",
        ),
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace known totals of this name.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Bring a run's PUMA estimates into agreement with known totals, beside what they were.

    Areas are 'all', a state's code, or a place whose shares of PUMAs the workspace knows, such as a
    division. Totals may nest and have errors of their own, which the margins contain. Example:

    harmony calibrate latest recs_totals.csv --method ratio --to calibrated.csv
    """
    from fusion_core.calibration import METHODS, StoredTotals, keep_totals, read_totals
    from fusion_core.calibration import calibrate as calibrate_estimates
    from fusion_core.errors import InputError

    opened = open_workspace(workspace)
    chosen = next((name for name in METHODS if name == method), None)
    if chosen is None:
        raise InputError.unknown("method", method, METHODS)
    source = chosen_fusion(opened, run)
    known = read_totals(totals)
    named = StoredTotals(keep, known, totals.name, chosen, factor) if keep else None
    found = calibrate_estimates(opened, source, known, method=chosen, factor=factor, common=common)
    if to is not None:
        from fusion_core.workspace.files import replace_file

        with replace_file(to) as temporary:
            temporary.write_text(csv_text(found), encoding="utf-8", newline="")
    if weights is not None:
        _write_weights(opened, source, known, weights, seed)
    if named is not None:
        keep_totals(opened, named, may_replace=replace)
    record = {
        "kept": keep,
        "source": source.id,
        "method": method,
        "totals": list(known),
        "synthetic": opened.synthetic,
        "conflicts": found.attrs["conflicts"],
        "estimates": found,
    }
    Output(json).result(record, lambda console: _show(console, found, opened.synthetic))


def _write_weights(
    workspace: Workspace,
    source: Run | Combination,
    totals: Sequence[KnownTotal],
    path: Path,
    seed: int,
) -> None:
    import numpy as np

    from fusion_core.calibration import implicate_weights
    from fusion_core.workspace.tables import write_table

    found = implicate_weights(workspace, source, totals, np.random.default_rng(seed))
    write_table(found, path)


def _show(console: Console, found: pd.DataFrame, synthetic: bool) -> None:
    rows = [
        (
            row["puma"],
            row["variable"],
            row["level"] if isinstance(row["level"], str) else "",
            *_amounts(row["statistic"], row["estimate"], row["moe"]),
            *_amounts(row["statistic"], row["calibrated"], row["calibrated_moe"]),
            number(row["factor"]),
            "at its limit" if row["held"] else "",
        )
        for row in found.head(_SHOWN).to_dict("records")
    ]
    columns = (
        "puma",
        "variable",
        "level",
        "estimate",
        "margin",
        "calibrated",
        "margin",
        "factor",
        "",
    )
    console.print(table(columns, rows))
    if len(found) > _SHOWN:
        console.print(f"… {len(found) - _SHOWN:,} more; write them with --to", markup=False)
    console.print(
        "Margins of error at 90 % confidence, those after calibration with the totals' own errors.",
        markup=False,
    )
    for sentence in found.attrs["conflicts"]:
        console.print(sentence, markup=False)
    if synthetic:
        console.print("Synthetic data: no figure describes a real place.", markup=False)


def _amounts(statistic: str, value: float, margin: float) -> tuple[str, str]:
    say = percent if statistic == "share" else number
    return say(value), f"± {say(margin)}"
