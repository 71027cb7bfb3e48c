"""Whether margins of block groups hold the truth of the demo, which knows it.

    python tests/studies/small_area_study.py FOLDER [SEED …]

builds a demo for every seed, fuses it with the quick settings, allocates its households by its
published tables, estimates for its block groups and tracts, and compares with the truth.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fusion_core.demo import RECIPIENT, build_demo
from fusion_core.demo.quick_look import quick_look
from fusion_core.downscaling import DownscaleRequest, downscale, small_area_estimates
from fusion_core.estimates import EstimateCache, Statistic
from fusion_core.execution import execute_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import create_run

OBSERVED = (Statistic("mean", "hincp"), Statistic("share", "ten"), Statistic("share", "hfl"))
FUSED = (
    Statistic("mean", "elec_kwh"),
    Statistic("mean", "gas_therms"),
    Statistic("mean", "sqft"),
    Statistic("mean", "share_heat"),
    Statistic("share", "main_ac"),
    Statistic("share", "insulation"),
    Statistic("share", "insecure"),
)
GROUPS = {
    "elec_kwh": "hidden",
    "insecure": "hidden",
    "hincp": "in the tables",
    "ten": "in the tables",
    "hfl": "in the tables",
}


def study(folder: Path, seed: int, *, quick: bool) -> pd.DataFrame:
    """Return estimates of one demo beside the truth."""
    workspace = build_demo(folder / f"demo-{seed}", seed=seed, quick=quick)
    run = create_run(workspace, quick_look())
    execute_run(workspace, run)
    tables = workspace.path / "tables"
    allocation = downscale(
        workspace,
        DownscaleRequest(
            "bg",
            RECIPIENT,
            (tables / "block_groups.csv", tables / "tracts.csv"),
            tables / "constraints.csv",
            may_replace=True,
        ),
    )
    print(f"seed {seed}: areas differ by {allocation.effects}, met {allocation.inside:.4f}")
    cache, truth, frames = EstimateCache(), _truth(workspace), []
    for places in ("block_group", "tract"):
        for source, asked in ((RECIPIENT, OBSERVED), (run, FUSED)):
            found = small_area_estimates(
                workspace, source, allocation, asked, places=places, cache=cache
            )
            frames.append(found.assign(places=places))
    both = pd.concat(frames).merge(truth, on=["area", "variable", "level", "statistic"])
    return both.assign(
        seed=seed,
        inside=(both["lower"] <= both["value"]) & (both["value"] <= both["upper"]),
        z=(both["estimate"] - both["value"]) / both["standard_error"],
        kind=both["variable"].map(GROUPS).fillna("fused, hidden only through others"),
    )


def _truth(workspace: Workspace) -> pd.DataFrame:
    known = pd.read_parquet(workspace.path / "truth" / "block_groups.parquet")
    known = known.rename(columns={"area_id": "area"})
    tracts = known.assign(area=known["area"].str[:11], sum=known["value"] * known["households"])
    sums = tracts.groupby(["area", "variable", "level", "statistic"])[["sum", "households"]].sum()
    averaged = (sums["sum"] / sums["households"]).rename("value").reset_index()
    averaged = averaged[averaged["statistic"].isin(["mean", "share"])]
    return pd.concat([known.drop(columns="households"), averaged])


def main() -> None:
    """Run the study and print its tables."""
    folder, *seeds = sys.argv[1:]
    quick = "quick" in seeds
    chosen = [int(seed) for seed in seeds if seed != "quick"] or [1]
    found = pd.concat([study(Path(folder), seed, quick=quick) for seed in chosen])
    common = found[found["value"].between(0.02, 0.98) | (found["statistic"] == "mean")]
    for title, table in (("all", found), ("without shares under 2 %", common)):
        print(title)
        print(
            table.groupby(["places", "kind"])
            .agg(
                estimates=("inside", "size"),
                inside=("inside", "mean"),
                spread=("z", lambda z: np.sqrt(np.nanmean(np.minimum(z**2, 100)))),
                cv=("cv", "median"),
            )
            .round(3)
            .to_string()
        )
        print(table.groupby("places")["inside"].mean().round(3).to_string())
    by_variable = found.pivot_table(index="variable", columns="places", values="inside")
    print(by_variable.round(3).to_string())


if __name__ == "__main__":
    main()
