"""Who lives in the fictional state: households, their members, schooling, work and income.

All arrays hold positions in the answer lists of `fusion_core.demo.samples.codebook`.
"""

# The literal numbers are the model: shares, thresholds and effects of an invented state.
# ruff: noqa: PLR2004

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

NEIGHBOURHOOD_SIZE = 120
_SINGLE, _COUPLE, _FAMILY, _LONE_PARENT, _THREE_GENERATIONS, _ROOMMATES, _RELATIVES = range(7)
_TYPE_SHARES = (0.28, 0.27, 0.25, 0.08, 0.035, 0.05, 0.035)
_TYPE_URBAN = (0.4, 0.0, -0.35, 0.2, 0.1, 0.9, 0.1)
_REFERENCE, _SPOUSE, _PARTNER, _SAME_SEX_SPOUSE = 0, 1, 2, 3
_CHILD, _SIBLING, _PARENT, _ROOMMATE = 5, 6, 7, 9
_MALE, _FEMALE = 0, 1
_SLOTS = 8  # reference person, spouse or partner, four children, two others


def make_households(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Place households along their PUMA, neighbourhood by neighbourhood.

    Neighbouring households resemble each other, which is what makes a sample in this order
    more precise than a simple random one, and successive differences meaningful.

    Returns
    -------
    pandas.DataFrame
        One row per household: `place` (row of `places`), `position` (0–1 within the PUMA),
        `kind` (composition), `status` (standing of the household, a standard normal),
        `home_wealth` and `home_age` (effects of PUMA and neighbourhood), `urbanity`.
    """
    counts = places["households"].to_numpy()
    place = np.repeat(np.arange(len(places)), counts)
    within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    neighbourhood = np.cumsum((within % NEIGHBOURHOOD_SIZE) == 0) - 1
    number = int(neighbourhood[-1]) + 1
    urbanity = places["urbanity"].to_numpy()[place]
    logits = np.log(_TYPE_SHARES) + urbanity[:, None] * np.array(_TYPE_URBAN)
    return pd.DataFrame(
        {
            "place": place,
            "position": (within + 0.5) / counts[place],
            "kind": draw_category(logits, rng),
            "status": rng.normal(0, 1, len(place)),
            "home_wealth": places["wealth"].to_numpy()[place]
            + _smooth_noise(number, 0.20, rng)[neighbourhood],
            "home_age": _smooth_noise(number, 11.0, rng)[neighbourhood],
            "urbanity": urbanity,
        }
    )


def make_persons(
    households: pd.DataFrame, places: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Fill households with people.

    Returns
    -------
    pandas.DataFrame
        One row per person, by household with the reference person first: `household` (row number),
        `person_number`, and the columns of `codebook.PERSON_QUESTIONS` as positions or numbers.
    """
    relation, age, sex = _members(households, rng)
    household, slot = np.nonzero(relation >= 0)
    persons = pd.DataFrame(
        {
            "household": household,
            "person_number": slot_numbers(household),
            "relshipp": relation[household, slot].astype(np.int8),
            "agep": age[household, slot],
            "sex": sex[household, slot].astype(np.int8),
        }
    )
    own = households.iloc[household]
    talent = 0.6 * own["status"].to_numpy() + 0.8 * rng.normal(0, 1, len(persons))
    minority = places["minority"].to_numpy()
    persons["rac1p"] = _race(household, minority[households["place"].to_numpy()], rng)
    urbanity = own["urbanity"].to_numpy()
    persons["schl"] = _schooling(persons["agep"].to_numpy(), talent + 0.45 * urbanity, rng)
    persons["esr"] = _employment(persons, talent, rng)
    persons["pincp"] = _income(persons, talent, own["home_wealth"].to_numpy(), rng)
    return persons


def summarise_members(households: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Add what a household's members imply: size, counts, income, type and reference person."""
    index, count = persons["household"].to_numpy(), len(households)
    age, status = persons["agep"].to_numpy(), persons["esr"].to_numpy()
    reference = persons[persons["person_number"] == 1]
    result = households.assign(
        np=np.bincount(index, minlength=count),
        children=np.bincount(index, age < 18, count).astype(int),
        older=np.bincount(index, age >= 65, count).astype(int),
        infants=np.bincount(index, age < 2, count).astype(int),
        adults=np.bincount(index, age >= 18, count).astype(int),
        workers=np.bincount(index, np.isin(status, (1, 2, 4, 5)), count).astype(int),
        hincp=np.bincount(index, persons["pincp"], count).round().astype(np.int64),
        **{
            f"reference_{name}": reference[name].to_numpy()
            for name in ("agep", "sex", "rac1p", "schl", "esr")
        },
    )
    relation = persons["relshipp"].to_numpy()
    married = np.bincount(index, np.isin(relation, (_SPOUSE, _SAME_SEX_SPOUSE)), count) > 0
    related = np.bincount(index, np.isin(relation, (_CHILD, _SIBLING, _PARENT)), count) > 0
    woman = result["reference_sex"].to_numpy() == _FEMALE
    alone = result["np"].to_numpy() == 1
    nonfamily = 3 + 2 * woman + ~alone
    result["hht"] = np.select([married, related], [0, 1 + woman], nonfamily).astype(np.int8)
    return result


def draw_category(logits: Array, rng: np.random.Generator) -> Array:
    """Draw one category per row with probability ∝ exp(logit) (Gumbel maximum)."""
    noise = rng.gumbel(size=logits.shape)
    return np.asarray(np.argmax(logits + noise, axis=1), dtype=np.int8)


def slot_numbers(group: Array) -> Array:
    """Count the rows of each group from 1; equal groups stand together."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group))) + 1


def logistic(value: Array) -> Array:
    """Return the inverse logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-value)))


def _smooth_noise(length: int, spread: float, rng: np.random.Generator) -> Array:
    """Draw normal effects that resemble those of the neighbourhoods next to them."""
    raw = rng.normal(0, 1, length + 4)
    kernel = np.array([0.25, 0.55, 1.0, 0.55, 0.25])
    return spread * np.convolve(raw, kernel / np.sqrt(np.sum(kernel**2)), mode="valid")


def _members(households: pd.DataFrame, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Relationship (−1: nobody), age and sex of up to eight members, shape (households, 8)."""
    kind = households["kind"].to_numpy()
    count = len(kind)
    relation = np.full((count, _SLOTS), -1, dtype=np.int8)
    age = np.zeros((count, _SLOTS), dtype=np.int64)
    sex = rng.integers(0, 2, (count, _SLOTS))
    relation[:, 0] = _REFERENCE
    age[:, 0] = _reference_age(kind, rng)
    sex[:, 0] = np.where(kind == _LONE_PARENT, rng.random(count) < 0.75, sex[:, 0])
    _add_spouse(kind, relation, age, sex, rng)
    _add_children(kind, relation, age, rng)
    _add_others(kind, relation, age, rng)
    return relation, age, sex


def _reference_age(kind: Array, rng: np.random.Generator) -> Array:
    young = np.array([31, 31, 38, 36, 42, 26, 46], dtype=float)[kind]
    old = np.array([69, 64, 45, 44, 48, 34, 60], dtype=float)[kind]
    share_old = np.array([0.5, 0.66, 0.5, 0.35, 0.5, 0.25, 0.5])[kind]
    spread = np.array([10, 9, 6.5, 8, 7, 6, 11])[kind]
    centre = np.where(rng.random(len(kind)) < share_old, old, young)
    return np.clip(np.round(rng.normal(centre, spread)), 18, 95).astype(int)


def _add_spouse(
    kind: Array, relation: Array, age: Array, sex: Array, rng: np.random.Generator
) -> None:
    count = len(kind)
    couple = np.isin(kind, (_COUPLE, _FAMILY, _THREE_GENERATIONS))
    same = rng.random(count) < 0.02
    partner = rng.random(count) < np.where(age[:, 0] < 35, 0.25, 0.08)
    link = np.where(partner, _PARTNER, _SPOUSE) + np.where(same, 2, 0)
    relation[:, 1] = np.where(couple, link, -1)
    age[:, 1] = np.clip(age[:, 0] + np.round(rng.normal(-0.5, 4, count)), 18, 95)
    sex[:, 1] = np.where(same, sex[:, 0], 1 - sex[:, 0])


def _add_children(kind: Array, relation: Array, age: Array, rng: np.random.Generator) -> None:
    count = len(kind)
    parents = np.isin(kind, (_FAMILY, _LONE_PARENT, _THREE_GENERATIONS))
    number = np.where(parents, rng.choice(4, count, p=(0.38, 0.39, 0.16, 0.07)) + 1, 0)
    eldest = np.clip(age[:, 0] - rng.integers(20, 37, count), 0, 24)
    for child in range(4):
        born_later = rng.integers(1, 5, count)
        eldest = eldest if child == 0 else eldest - born_later
        present = (number > child) & (eldest >= 0)
        relation[:, 2 + child] = np.where(present, _CHILD, -1)
        age[:, 2 + child] = np.maximum(eldest, 0)


def _add_others(kind: Array, relation: Array, age: Array, rng: np.random.Generator) -> None:
    count = len(kind)
    grandparent = kind == _THREE_GENERATIONS
    sharing, related = kind == _ROOMMATES, kind == _RELATIVES
    relation[:, 6] = np.select([grandparent, sharing, related], [_PARENT, _ROOMMATE, _SIBLING], -1)
    elder = age[:, 0] + rng.integers(20, 33, count)
    peer = age[:, 0] + np.round(rng.normal(0, 4, count)).astype(int)
    age[:, 6] = np.clip(np.where(grandparent, elder, peer), 18, 95)
    third = (sharing & (rng.random(count) < 0.4)) | (related & (rng.random(count) < 0.25))
    relation[:, 7] = np.where(third, np.where(sharing, _ROOMMATE, _SIBLING), -1)
    age[:, 7] = np.clip(age[:, 0] + np.round(rng.normal(0, 5, count)), 18, 95)


def _race(household: Array, minority: Array, rng: np.random.Generator) -> Array:
    """Race of each person: mostly that of the household."""
    share = np.array([0.36, 0.05, 0.01, 0.01, 0.24, 0.02, 0.18, 0.13])
    count = len(minority)
    other = 1 + rng.choice(8, count, p=share)
    of_household = np.where(rng.random(count) < minority, other, 0)
    own = of_household[household]
    mixed = rng.random(len(household)) < 0.03
    return np.where(mixed, 8, own).astype(np.int8)


def _schooling(age: Array, talent: Array, rng: np.random.Generator) -> Array:
    """Educational attainment: by age for the young, by talent and generation for adults."""
    latent = talent - 0.012 * (age - 40) + rng.normal(0, 0.35, len(age))
    steps = (-2.3, -1.6, -1.1, -0.25, -0.1, 0.1, 0.45, 0.72, 1.5, 2.15, 2.45)
    reached = np.array([10, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])[np.digitize(latent, steps)]
    school_age = np.clip(age - 2, 1, 15)
    student = np.minimum(reached, 19)
    result = np.select([age < 3, age < 18, age < 22], [0, school_age, student], reached)
    return np.asarray(result, dtype=np.int8)


def _employment(persons: pd.DataFrame, talent: Array, rng: np.random.Generator) -> Array:
    age, sex = persons["agep"].to_numpy(), persons["sex"].to_numpy()
    base = np.interp(
        age, (16, 18, 22, 28, 55, 62, 67, 75, 90), (-1.6, -0.3, 0.8, 1.7, 1.5, 0.5, -1.1, -2.4, -4)
    )
    works = rng.random(len(age)) < logistic(base + 0.45 * talent - 0.35 * (sex == _FEMALE))
    looking = rng.random(len(age)) < 0.07
    soldier = (rng.random(len(age)) < 0.006) & (age < 45)
    away = rng.random(len(age)) < 0.025
    working = np.where(soldier, 4, 1) + away
    result = np.where(works, working, np.where(looking & (age < 70), 3, 6))
    return np.where(age < 16, 0, result).astype(np.int8)


def _income(persons: pd.DataFrame, talent: Array, wealth: Array, rng: np.random.Generator) -> Array:
    """Income of a person in whole ten dollars; a few businesses lose money."""
    age, status = persons["agep"].to_numpy(), persons["esr"].to_numpy()
    count = len(age)
    career = np.interp(age, (16, 20, 28, 45, 60, 75), (-1.6, -0.9, -0.2, 0.15, 0.1, -0.5))
    school = 0.085 * (persons["schl"].to_numpy() - 17)
    gap = -0.12 * (persons["sex"].to_numpy() == _FEMALE)
    log_wage = 10.65 + career + school + 0.16 * talent + wealth + gap + rng.normal(0, 0.5, count)
    pension = np.exp(9.95 + 0.25 * talent + 0.4 * wealth + rng.normal(0, 0.45, count))
    transfer = np.where(rng.random(count) < 0.75, np.exp(rng.normal(8.6, 0.8, count)), 0.0)
    works = np.isin(status, (1, 2, 4, 5))
    retired = ~works & (age >= 63)
    amount = np.select([works, retired, age >= 16], [np.exp(log_wage), pension, transfer], 0.0)
    amount += np.where(works & (age >= 66), 0.6 * pension, 0.0)
    loss = works & (rng.random(count) < 0.005)
    amount = np.where(loss, -rng.uniform(200, 9_000, count), amount)
    return np.asarray(np.minimum(np.round(amount, -1), 950_000.0))
