"""How the households use energy: what the energy survey asks and the recipient survey does not.

Everything depends on the home, the people and the place in a plausible way, with noise of its own
and a small effect of the PUMA that no predictor explains.
"""

# The literal numbers are the model: shares, thresholds and effects of an invented state.
# ruff: noqa: PLR2004

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.demo.world._homes import ATTACHED, DETACHED, ELECTRIC, GAS, MOBILE, RENTED
from fusion_core.demo.world.people import draw_category, logistic

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[Any]

_NO_AC, _CENTRAL, _HEAT_PUMP, _WINDOW, _EVAPORATIVE = range(5)
_KWH_PER_THERM = 29.3
SHARE_STEP = 4096
"""Shares are multiples of 1/4096: binary fractions, so that three of them sum to one exactly."""


def make_energy(
    homes: pd.DataFrame, places: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Add the fusion variables of the codebook and the recipient survey's electricity bill.

    Adds `sqft`, `insulation`, `main_ac`, `elec_kwh`, `gas_therms`, `share_heat`, `share_cool`,
    `share_other`, `insecure` (positions or numbers) and `elep`.
    """
    place = homes["place"].to_numpy()
    local = {
        name: places[name].to_numpy()[place]
        for name in (
            "hdd",
            "cdd",
            "price",
            "gas_network",
            "kwh_effect",
            "gas_effect",
            "insecure_effect",
        )
    }
    result = homes.assign(sqft=_floor_area(homes, rng))
    result["insulation"] = _insulation(result, local, rng)
    result["main_ac"] = _air_conditioning(result, local, rng)
    heating, cooling = _loads(result, local, rng)
    result["gas_therms"] = _gas(result, local, heating, rng)
    result["elec_kwh"] = _electricity(result, local, heating, cooling, rng)
    result = result.assign(**_shares(result, heating, cooling, rng))
    result["elep"] = _bill(result, local, rng)
    result["insecure"] = _insecurity(result, local, rng)
    return result


def _floor_area(home: pd.DataFrame, rng: np.random.Generator) -> Array:
    kind = np.array([-0.25, 0.18, 0.0, -0.15, -0.28, -0.32, -0.36, -0.4, -0.42, -0.9])
    log_area = (
        6.45
        + kind[home["bld"].to_numpy()]
        + 0.13 * home["rmsp"].to_numpy()
        + 0.10 * (home["log_income"].to_numpy() - 10.9)
        + 0.0015 * (home["year_built"].to_numpy() - 1975)
        + rng.normal(0, 0.20, len(home))
    )
    return np.asarray(np.clip(np.round(np.exp(log_area), -1), 200, 9_000))


def _insulation(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    latent = (
        0.030 * (home["year_built"].to_numpy() - 1975)
        + 0.35 * (home["log_income"].to_numpy() - 10.9)
        - 0.45 * (home["ten"].to_numpy() >= RENTED)
        + 0.25 * (local["hdd"] - 5300) / 1000
        - 0.3 * (home["bld"].to_numpy() == MOBILE)
        + rng.logistic(0, 0.75, len(home))
    )
    return np.asarray(np.digitize(latent, (-3.3, -1.25, 0.75)), dtype=np.int8)


def _air_conditioning(
    home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator
) -> Array:
    heat = (local["cdd"] - 1500) / 500
    new = (home["year_built"].to_numpy() - 1975) / 20
    income = home["log_income"].to_numpy() - 10.9
    house = np.isin(home["bld"].to_numpy(), (DETACHED, ATTACHED))
    electric = home["hfl"].to_numpy() == ELECTRIC
    owner = home["ten"].to_numpy() < RENTED
    logits = np.column_stack(
        [
            0.1 - 1.25 * heat - 0.15 * income,
            0.9 + 0.55 * heat + 0.65 * new + 0.4 * income + 0.5 * house,
            -1.7 + 0.25 * heat + 0.5 * new + 0.2 * income + 2.3 * electric + 0.3 * owner,
            0.35 + 0.15 * heat - 0.55 * new - 0.35 * income - 0.5 * house,
            -2.2 + 0.35 * heat + 0.7 * (local["hdd"] - 5300) / 1000 + 0.5 * house - 0.2 * income,
        ]
    )
    return draw_category(logits, rng)


def _loads(
    home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Heat to be delivered and electricity for cooling in a year, both in kWh."""
    count = len(home)
    envelope = np.array([1.55, 1.28, 1.0, 0.82])[home["insulation"].to_numpy()]
    exposed = np.array([1.1, 1.0, 0.8, 0.75, 0.66, 0.6, 0.55, 0.52, 0.5, 1.2])
    exposed = exposed[home["bld"].to_numpy()]
    area = home["sqft"].to_numpy() ** 0.8 / 10
    comfort = 0.12 * (home["log_income"].to_numpy() - 10.9) + 0.03 * home["np"].to_numpy()
    older = 0.05 * home["older"].to_numpy()
    heating = (
        36.0
        * area
        * (local["hdd"] / 1000)
        * envelope
        * exposed
        * np.exp(0.5 * comfort + older + rng.normal(0, 0.25, count))
    )
    machine = np.array([0.0, 1.0, 0.8, 0.55, 0.25])[home["main_ac"].to_numpy()]
    cooling = (
        30.0
        * area
        * (local["cdd"] / 1000)
        * np.sqrt(envelope)
        * exposed
        * machine
        * np.exp(comfort + rng.normal(0, 0.30, count))
    )
    return heating, cooling


def _gas(
    home: pd.DataFrame, local: dict[str, Array], heating: Array, rng: np.random.Generator
) -> Array:
    """Return utility gas in therms: none without a connection, else heat, hot water and cooking."""
    count = len(home)
    heats = home["hfl"].to_numpy() == GAS
    chance = np.where(home["bld"].to_numpy() == MOBILE, 0.03, 0.10 + 0.10 * local["gas_network"])
    connected = heats | (rng.random(count) < chance)
    water = 45 + 38 * home["np"].to_numpy() ** 0.8
    therms = heats * heating / (_KWH_PER_THERM * 0.82) + water * np.exp(rng.normal(0, 0.3, count))
    therms *= np.exp(local["gas_effect"] + rng.normal(0, 0.08, count))
    return np.where(connected, np.maximum(np.round(therms), 5.0), 0.0)


def _electricity(
    home: pd.DataFrame,
    local: dict[str, Array],
    heating: Array,
    cooling: Array,
    rng: np.random.Generator,
) -> Array:
    count = len(home)
    pump = home["main_ac"].to_numpy() == _HEAT_PUMP
    electric_heat = home["hfl"].to_numpy() == ELECTRIC
    for_heat = electric_heat * heating / np.where(pump, 2.6, 1.0)
    water = (home["gas_therms"].to_numpy() == 0) * (900 + 750 * home["np"].to_numpy() ** 0.8)
    appliances = np.exp(
        7.35
        + 0.42 * np.log(home["np"].to_numpy())
        + 0.28 * np.log(home["sqft"].to_numpy() / 1600)
        + 0.14 * (home["log_income"].to_numpy() - 10.9)
        + 0.05 * home["children"].to_numpy()
        + rng.normal(0, 0.33, count)
    )
    thrift = -0.30 * np.log(local["price"] / 14.0)
    total = (appliances * 1.9 + water + for_heat + cooling) * np.exp(thrift + local["kwh_effect"])
    return np.asarray(np.maximum(np.round(total, -1), 300.0))


def _shares(
    home: pd.DataFrame, heating: Array, cooling: Array, rng: np.random.Generator
) -> dict[str, Array]:
    """End-use shares of the home's energy, exact to the last bit."""
    count = len(home)
    pump = (home["main_ac"].to_numpy() == _HEAT_PUMP) & (home["hfl"].to_numpy() == ELECTRIC)
    fuel_efficiency = np.where(home["hfl"].to_numpy() == ELECTRIC, 1.0, 0.8)
    heat = heating / np.where(pump, 2.6, fuel_efficiency)
    all_electricity = home["elec_kwh"].to_numpy()
    all_gas = home["gas_therms"].to_numpy() * _KWH_PER_THERM
    rest = np.maximum(0.35 * all_electricity + 0.22 * all_gas, 800.0)
    parts = np.column_stack([heat, cooling, rest]) * np.exp(rng.normal(0, 0.12, (count, 3)))
    share = parts / parts.sum(axis=1, keepdims=True)
    steps = np.round(share[:, :2] * SHARE_STEP)
    cooled = cooling > 0
    steps[:, 1] = np.where(cooled, np.maximum(steps[:, 1], 1), 0)
    steps[:, 0] = np.minimum(steps[:, 0], SHARE_STEP - 1 - steps[:, 1])
    return {
        "share_heat": steps[:, 0] / SHARE_STEP,
        "share_cool": steps[:, 1] / SHARE_STEP,
        "share_other": (SHARE_STEP - steps.sum(axis=1)) / SHARE_STEP,
    }


def _bill(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    """Electricity cost of one month as people remember it; zero where it is not paid directly."""
    season = np.exp(rng.normal(0.05, 0.28, len(home)))
    cost = home["elec_kwh"].to_numpy() / 12 * local["price"] / 100 * season
    paid = home["elefp"].to_numpy() == 2
    return np.where(paid, np.maximum(np.round(cost, -1), 4.0), 0.0).astype(int)


def _insecurity(home: pd.DataFrame, local: dict[str, Array], rng: np.random.Generator) -> Array:
    """0 for yes, 1 for no: low income, high bills and leaky homes make it more likely."""
    cost = home["elec_kwh"].to_numpy() * local["price"] / 100 + home["gas_therms"].to_numpy() * 1.3
    burden = np.log(cost) - home["log_income"].to_numpy() + 3.4
    score = (
        -2.75
        + 0.75 * burden
        + 0.26 * (local["price"] - 14.2)
        + 0.35 * (local["hdd"] - 5300) / 1000
        - 0.40 * (home["log_income"].to_numpy() - 10.9)
        + 0.55 * (home["ten"].to_numpy() >= RENTED)
        + 0.16 * home["children"].to_numpy()
        + 0.70 * (home["insulation"].to_numpy() <= 1)
        + 0.75 * (home["reference_rac1p"].to_numpy() == 1)
        - 0.30 * (home["reference_agep"].to_numpy() >= 65)
        + 0.30 * (home["fs"].to_numpy() == 0)
        + local["insecure_effect"]
    )
    return np.where(rng.random(len(home)) < logistic(score), 0, 1).astype(np.int8)
