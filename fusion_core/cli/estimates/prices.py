"""`harmony prices`: whether amounts carry the price level of each place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates.statistics import chosen_fusion
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, table

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.calibration import PriceCheck

_SHOWN = 100


def prices(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run, 'latest', or a combination of runs.")
    ],
    *,
    spending: Annotated[
        str, typer.Option(metavar="NAME", help="Variable with what households spend.")
    ],
    use: Annotated[str, typer.Option(metavar="NAME", help="Variable with what they use.")],
    price: Annotated[
        str,
        typer.Option(
            metavar="COLUMN", help="Known local price, a spatial predictor such as energy.price."
        ),
    ],
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Compare the prices a run implies, spending by use, with known ones of each PUMA.

    Spending learned from a donor mixes the prices of many places. Where local prices are known, an
    outcome made of them is surer:

    harmony outcome latest elec_cost --expression 'elec_kwh * "energy.price" / 100'

    harmony prices latest --spending elec_cost --use elec_kwh --price energy.price
    """
    from fusion_core.calibration import check_prices

    opened = open_workspace(workspace)
    source = chosen_fusion(opened, run)
    found = check_prices(opened, source, spending=spending, use=use, price=price)
    record = {
        "source": source.id,
        "slope": found.slope,
        "correlation": found.correlation,
        "prices": found.table,
    }
    Output(json).result(record, lambda console: _show(console, found))


def _show(console: Console, found: PriceCheck) -> None:
    farthest = found.table.assign(off=(found.table["implied"] / found.table["known"] - 1).abs())
    rows = [
        (
            row["puma"],
            number(row["implied"]),
            f"± {number(row['moe'])}",
            number(row["known"]),
            "" if row["agrees"] else "no",
        )
        for row in farthest.sort_values("off", ascending=False).head(_SHOWN).to_dict("records")
    ]
    console.print(table(("puma", "implied", "margin", "known", "agrees"), rows))
    console.print("Prices are relative to their average over households.", markup=False)
    console.print(found.sentence, markup=False)
