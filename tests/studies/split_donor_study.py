"""Whether joint shares of two donors say what one donor that asked both would say.

One survey, NHTS 2017, is dealt to three parts. The first is the donor of one question only, the
second of another, and both are fused onto the third, which answered both: its own joint shares are
the truth. What the two donors give as independent given the predictors is compared with it, and the
bounds with whether they hold it.

    python tests/studies/split_donor_study.py
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fusion_core.estimates.joint import joint_bounds
from fusion_core.estimates.statistics import DrawnTable
from fusion_core.fusion import Implicates, TrainSettings, fuse, train
from fusion_core.harmony.expressions import check_expression

SHARED = (
    Path(__file__).parents[3] / "shared" / "data" / "public" / "nhts" / "nhts2017_hhpub.parquet"
)
PREDICTORS = [
    "HOMEOWN",
    "HHSIZE",
    "HHFAMINC",
    "HHVEHCNT",
    "DRVRCNT",
    "NUMADLT",
    "WRKCOUNT",
    "LIF_CYC",
    "URBRUR",
    "MSACAT",
    "CENSUS_D",
    "HH_RACE",
    "HH_HISP",
]
AGREES = ("01", "02")
PAIRS = {
    "gasoline price matters, travel is a burden": ("PRICE", "PLACE"),
    "travel is a burden, takes the bus": ("PLACE", "BUS"),
    "travel is a burden, has a computer": ("PLACE", "PC"),
}
GROUPS = "HHFAMINC"
FEWEST = 200


def study(rows: int, implicates: int, seed: int) -> pd.DataFrame:
    """Return truth, estimate and bounds of every pair, overall and by income."""
    table = pd.read_parquet(SHARED)
    names = sorted({name for pair in PAIRS.values() for name in pair})
    answered = (~table[names].astype(str).apply(lambda column: column.str.startswith("-"))).all(
        axis=1
    )
    table = table[answered].sample(3 * rows, random_state=seed).reset_index(drop=True)
    data = table[PREDICTORS].astype(str).astype("category")
    for name in names:
        holds = table[name].isin(AGREES).to_numpy()
        data[name] = pd.Categorical(np.where(holds, "Yes", "No"), categories=["No", "Yes"])
    data["weight"] = table["WTHHFIN"].astype(float)
    parts = [
        data.iloc[place * rows : (place + 1) * rows].reset_index(drop=True) for place in range(3)
    ]
    settings = TrainSettings.preset("quick").replace(workers=1)
    found = []
    for title, pair in PAIRS.items():
        fused = {}
        for donor, name in zip(parts, pair, strict=False):
            model = train(donor, [name], PREDICTORS, weight="weight", seed=seed, settings=settings)
            drawn = fuse(parts[2], model, implicates=implicates, seed=seed)
            fused[name] = drawn[name]
        found += _compared(title, pair, parts[2], Implicates(fused))
    return pd.DataFrame(found)


def _compared(
    title: str, pair: tuple[str, str], recipient: pd.DataFrame, implicates: Implicates
) -> list[dict[str, object]]:
    condition = f"{pair[0]} = 'Yes' AND {pair[1]} = 'Yes'"
    checked = check_expression(condition, list(pair))
    households = DrawnTable(recipient.drop(columns=list(pair)), implicates)
    bounds = joint_bounds(checked, households, {pair[0]: 0, pair[1]: 1})
    drawn = np.column_stack(
        [
            (
                (implicates[pair[0]].values[:, number] == 1)
                & (implicates[pair[1]].values[:, number] == 1)
            )
            for number in range(implicates.count)
        ]
    ).mean(axis=1)
    true = ((recipient[pair[0]] == "Yes") & (recipient[pair[1]] == "Yes")).to_numpy(dtype=float)
    weight = recipient["weight"].to_numpy()
    levels = recipient[GROUPS].cat.codes.to_numpy().astype(np.intp)
    groups = {"all": np.zeros(len(true), dtype=np.intp)}
    for code, level in enumerate(recipient[GROUPS].cat.categories):
        inside = levels == code
        if inside.sum() >= FEWEST:
            groups[f"income {level}"] = np.where(inside, 0, -1)
    rows = []
    for name, group in groups.items():
        used = weight * (group >= 0)
        lower, upper = bounds.totals(group, 1, weight)
        rows.append(
            {
                "pair": title,
                "group": name,
                "households": int((group >= 0).sum()),
                "truth": float(np.average(true, weights=used)),
                "error": _error(true, used),
                "estimate": float(np.average(drawn, weights=used)),
                "lower": float(lower[0] / used.sum()),
                "upper": float(upper[0] / used.sum()),
            }
        )
    return rows


def _error(values: np.ndarray, weight: np.ndarray) -> float:
    """Return the standard error of the truth, which is of a sample itself."""
    share = np.average(values, weights=weight)
    return float(np.sqrt((weight**2 * (values - share) ** 2).sum()) / weight.sum())


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=12_000, help="households of each part")
    parser.add_argument("--implicates", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not SHARED.exists():
        sys.exit(f"needs the shared survey data {SHARED}, which are not there")
    found = study(given.rows, given.implicates, given.seed)
    # A truth from some hundred households may lie outside by its own sampling error alone.
    margin = 1.645 * found["error"]
    held = (found["lower"] - margin <= found["truth"]) & (found["truth"] <= found["upper"] + margin)
    print(found.round(4).to_string(index=False))
    print(
        f"\nBounds hold {held.mean():.0%} of {len(found)} joint shares, within their sampling error."
    )


if __name__ == "__main__":
    main()
