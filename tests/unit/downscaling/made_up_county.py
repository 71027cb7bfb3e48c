"""A county of known block groups: its households, microdata drawn from them, and tables with margins."""

import numpy as np
import pandas as pd

from fusion_core.downscaling import PublishedCounts


def county(seed=1, *, tracts=3, groups=3, households=400, sample=0.1):
    """Return (everyone, sampled, tract table, block-group table)."""
    rng = np.random.default_rng(seed)
    frames = []
    for tract in range(tracts):
        for group in range(groups):
            owners = rng.uniform(0.2, 0.9)
            large = rng.uniform(0.1, 0.5)
            frame = pd.DataFrame(
                {
                    "area": f"990010001{tract:02d}{group + 1}",
                    "owner": (rng.random(households) < owners).astype(float),
                    "persons": 1.0 + rng.poisson(1 + 2 * large, households),
                }
            )
            frame["car"] = (rng.random(households) < 0.5 + 0.4 * frame["owner"]).astype(float)
            frames.append(frame)
    everyone = pd.concat(frames, ignore_index=True)
    everyone["households"] = 1.0
    everyone["large"] = (everyone["persons"] > 3).astype(float)
    rows = np.sort(rng.choice(len(everyone), int(sample * len(everyone)), replace=False))
    names = ["households", "owner", "persons", "large"]
    blocks = table(everyone, everyone["area"], names, rng)
    tract_codes = everyone["area"].str[:-1]
    return everyone, everyone.iloc[rows], table(everyone, tract_codes, names, rng), blocks


def table(everyone, area, names, rng, *, cv=0.08):
    counts = everyone.groupby(area.to_numpy())[names].sum()
    errors = cv * counts + 4.0
    noisy = (counts + 0.5 * errors * rng.standard_normal(counts.shape)).clip(lower=0)
    return PublishedCounts.of(noisy, errors)
