"""Where the households live: tenure, building, age and size of the home, heating fuel, vehicles."""

# The literal numbers are the model: shares, thresholds and effects of an invented state.
# ruff: noqa: PLR2004

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.demo.world.people import draw_category, logistic

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[Any]

MORTGAGED, OWNED, RENTED, FREE = range(4)
MOBILE, DETACHED, ATTACHED = 0, 1, 2
GAS, BOTTLED, ELECTRIC, OIL, COAL, WOOD, SOLAR, OTHER_FUEL, NO_FUEL = range(9)
_APARTMENTS = slice(3, 9)


def make_homes(
    households: pd.DataFrame, places: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Add the home of every household, in positions of the codebook's answer lists.

    Adds `ten`, `bld`, `ybl`, `year_built`, `mv`, `years_here`, `rmsp`, `bdsp`, `hfl`, `veh`, `fs`,
    `access`, `elefp`, and `log_income` (log of household income, at least 4,000 dollars).
    """
    place = households["place"].to_numpy()
    local = {
        name: places[name].to_numpy()[place]
        for name in ("urbanity", "coast", "old_stock", "new_stock", "gas_network", "hdd")
    }
    home = households.assign(log_income=np.log(np.maximum(households["hincp"].to_numpy(), 4_000.0)))
    home["ten"] = _tenure(home, local, rng)
    home["bld"] = _building(home, local, rng)
    home["year_built"] = _year_built(home, local, rng)
    home["ybl"] = np.clip((home["year_built"].to_numpy() - 1930) // 10, 0, 9).astype(np.int8)
    home["years_here"] = _years_here(home, rng)
    home["mv"] = np.digitize(home["years_here"], (1, 2, 5, 10, 20, 30)).astype(np.int8)
    home["rmsp"] = _rooms(home, rng)
    spread = rng.normal(0, 0.45, len(home))
    bedrooms = np.round(0.42 * home["rmsp"] + 0.17 * home["np"] + 0.1 + spread)
    home["bdsp"] = np.clip(bedrooms, 0, np.minimum(home["rmsp"] - 1, 8)).astype(int)
    home["hfl"] = _fuel(home, local, rng)
    home["veh"] = _vehicles(home, local, rng)
    return home.assign(**_services(home, rng))


def _tenure(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    count, age = len(home), home["reference_agep"].to_numpy()
    couple = home["hht"].to_numpy() == 0
    score = (
        0.35
        + 0.046 * (np.minimum(age, 75) - 45)
        + 1.0 * (home["log_income"].to_numpy() - 10.9)
        - 1.3 * (local["urbanity"] - 0.5)
        + 0.7 * couple
        + 0.15 * home["children"].to_numpy()
    )
    owns = rng.random(count) < logistic(score)
    mortgaged = rng.random(count) < logistic(2.2 - 0.075 * (age - 40))
    free = rng.random(count) < 0.04
    return np.where(
        owns, np.where(mortgaged, MORTGAGED, OWNED), np.where(free, FREE, RENTED)
    ).astype(np.int8)


def _building(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    """Draw the building type: houses for owners and the country, flats for renters and cities."""
    urban = local["urbanity"][:, None]
    owns = (home["ten"].to_numpy() <= OWNED)[:, None]
    income = (home["log_income"].to_numpy() - 10.9)[:, None]
    size = home["np"].to_numpy()[:, None]
    base = np.array([-2.1, 1.2, -1.3, -1.7, -1.5, -1.6, -1.9, -2.4, -2.8, -5.5])
    by_urban = np.array([-2.6, -0.7, 1.3, 1.2, 1.3, 1.6, 2.2, 2.6, 3.2, -1.0])
    by_own = np.array([0.3, 2.0, 0.5, -1.4, -2.0, -2.2, -2.2, -2.0, -1.8, 0.0])
    by_income = np.array([-1.0, 0.6, 0.2, -0.3, -0.3, -0.3, -0.1, 0.0, 0.2, -0.5])
    by_size = np.array([0.0, 0.25, 0.05, 0.0, -0.1, -0.15, -0.2, -0.25, -0.3, -0.3])
    logits = base + urban * by_urban + owns * by_own + income * by_income + (size - 2) * by_size
    return draw_category(logits, rng)


def _year_built(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    kind = home["bld"].to_numpy()
    shift = np.array([12, 0, 8, -18, -12, -4, 4, 8, 6, 10])[kind]
    centre = (
        1974
        + shift
        + 18 * local["new_stock"]
        - 20 * local["old_stock"]
        + home["home_age"].to_numpy()
        + 4 * (home["log_income"].to_numpy() - 10.9)
    )
    year = np.round(rng.normal(centre, 17))
    oldest = np.where(kind == MOBILE, 1955, 1880)
    newest = 2022 - rng.integers(0, 25, len(kind)) // 4
    return np.asarray(np.clip(year, oldest, newest), dtype=np.int64)


def _years_here(home: pd.DataFrame, rng: np.random.Generator) -> Array:
    age = home["reference_agep"].to_numpy()
    owns = home["ten"].to_numpy() <= OWNED
    typical = np.where(owns, 1.5 + 0.32 * (age - 20), 0.8 + 0.075 * (age - 18))
    years = rng.exponential(np.maximum(typical, 0.4))
    limit = np.minimum(age, 2022 - home["year_built"].to_numpy() + 0.9)
    return np.asarray(np.minimum(years, limit))


def _rooms(home: pd.DataFrame, rng: np.random.Generator) -> Array:
    kind = np.array([4.4, 5.7, 5.1, 4.2, 3.8, 3.6, 3.4, 3.2, 3.0, 2.0])[home["bld"].to_numpy()]
    owns = home["ten"].to_numpy() <= OWNED
    rooms = (
        kind
        + 0.7 * owns
        + 0.75 * (home["log_income"].to_numpy() - 10.9)
        + 0.30 * (home["np"].to_numpy() - 2)
        + rng.normal(0, 1.1, len(home))
    )
    return np.asarray(np.clip(np.round(rooms), 1, 14), dtype=np.int64)


def _fuel(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    """Heating fuel: utility gas needs a network; oil is coastal and old, wood and LP gas rural."""
    urban, coast = local["urbanity"], local["coast"]
    age = (2000 - home["year_built"].to_numpy()) / 20
    flat = home["bld"].to_numpy() >= _APARTMENTS.start
    mobile = home["bld"].to_numpy() == MOBILE
    cold = (local["hdd"] - 5300) / 1000
    network = rng.random(len(home)) < local["gas_network"]
    logits = np.column_stack(
        [
            np.where(network, 1.9 + 0.5 * cold - 0.3 * flat + 0.1 * age, -9.0),
            0.3 - 2.2 * urban + 0.4 * cold - 1.5 * flat + 0.5 * mobile,
            0.7 - 0.5 * cold - 0.25 * age + 0.8 * flat + 0.5 * mobile,
            -1.9 + 1.9 * coast + 0.5 * cold + 0.35 * age - 0.2 * flat,
            np.full(len(home), -6.2),
            -0.9 - 2.6 * urban + 0.4 * cold - 2.5 * flat,
            -5.6 - 0.6 * age - 1.0 * flat,
            np.full(len(home), -4.8),
            -4.3 - 0.9 * cold + 0.3 * flat,
        ]
    )
    return draw_category(logits, rng)


def _vehicles(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    wanted = (
        0.25
        + 0.82 * home["adults"].to_numpy() * (1 - 0.38 * local["urbanity"])
        + 0.30 * (home["log_income"].to_numpy() - 10.9)
        + 0.2 * (home["ten"].to_numpy() <= OWNED)
        + rng.normal(0, 0.62, len(home))
    )
    return np.clip(np.round(wanted), 0, 6).astype(np.int8)


def _services(home: pd.DataFrame, rng: np.random.Generator) -> dict[str, Array]:
    """Food stamps, internet and who pays the electricity bill."""
    count = len(home)
    log_income = home["log_income"].to_numpy()
    per_head = log_income - 0.5 * np.log(home["np"].to_numpy())
    poor = logistic(-2.6 - 1.9 * (per_head - 10.0) + 0.25 * home["children"].to_numpy())
    age = home["reference_agep"].to_numpy()
    offline = -2.9 + 0.045 * (age - 55) - 0.75 * (log_income - 10.9)
    internet = np.column_stack([np.zeros(count), np.full(count, -3.4), offline])
    flat = home["bld"].to_numpy() >= _APARTMENTS.start
    renter = home["ten"].to_numpy() >= RENTED
    included = rng.random(count) < np.select([renter & flat, renter, flat], [0.20, 0.05, 0.03], 0)
    none = rng.random(count) < 0.006
    return {
        "fs": np.where(rng.random(count) < poor, 0, 1).astype(np.int8),
        "access": draw_category(internet, rng),
        "elefp": np.select([included, none], [0, 1], 2).astype(np.int8),
    }
