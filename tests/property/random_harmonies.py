"""Random surveys and random harmonies between them, valid or not."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from fusion_core.harmony.model.binning import bin_labels
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

LEVELS = ("a", "b", "c", "d")
AGGREGATORS = (
    "automatic",
    "reference",
    "sum",
    "minimum",
    "maximum",
    "mean",
    "median",
    "any",
    "count",
)
groups = st.one_of(st.sampled_from([0.0, 1.0, 2.0, 3.5, -1.0]), st.just(DROP), st.none())


@st.composite
def surveys(draw):
    """A survey of households and persons in random order, with missing answers."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    ids = draw(st.permutations(range(len(sizes))))
    persons = [
        (household, number) for household in ids for number in range(1, sizes[household] + 1)
    ]
    persons = draw(st.permutations(persons))
    label = st.one_of(st.sampled_from(LEVELS), st.none())
    number = st.one_of(st.integers(-5, 5), st.just(np.nan))

    def column(strategy, count):
        return draw(st.lists(strategy, min_size=count, max_size=count))

    tables = []
    for keys in (
        {"household_id": list(ids)},
        dict(zip(("household_id", "person_number"), zip(*persons, strict=True), strict=True)),
    ):
        count = len(keys["household_id"])
        prefix = "p" if "person_number" in keys else "h"
        tables.append(
            pd.DataFrame(keys).assign(
                weight=column(st.integers(1, 9), count),
                **{
                    f"{prefix}label": pd.Categorical(column(label, count), LEVELS),
                    f"{prefix}number": np.array(column(number, count), dtype=float),
                },
            )
        )
    variables = [
        variable_from_column(name, table[name], respondent=respondent)
        for table, respondent in zip(tables, ("household", "person"), strict=True)
        for name in table.columns[-2:]
    ]
    return Survey(SurveyDescription(SurveyId("S", "1")), Dictionary(variables), *tables)


@st.composite
def sides(draw):
    person = draw(st.booleans())
    prefix, respondent = ("p", "person") if person else ("h", "household")
    kind = draw(st.sampled_from(["labels", "bins", "number"]))
    common = {
        "respondent": respondent,
        "aggregator": draw(st.sampled_from(AGGREGATORS)),
        "missing": draw(groups),
        "universe": draw(st.sampled_from(["", "", "", f"{prefix}number > 0"])),
        "outside_universe": draw(groups),
    }
    if kind == "labels":
        table = tuple(LevelGroup(level, draw(groups)) for level in LEVELS)
        return Side(f"{prefix}label", levels=table, **common)
    if kind == "number":
        return Side(f"{prefix}number", **common)
    points = tuple(sorted(draw(st.sets(st.integers(-4, 4), min_size=1, max_size=3))))
    table = tuple(LevelGroup(label, draw(groups)) for label in bin_labels(points))
    return Side(f"{prefix}number", breakpoints=points, levels=table, **common)


harmonies = st.builds(Harmony, sides(), sides(), ordered=st.booleans())
