"""Local contexts are listed, mapped and checked beside boundaries and spatial tables."""

import dataclasses

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import areas_path
from fusion_core.geography.local_context import (
    ContextClass,
    LocalContext,
    as_spatial_table,
    context_path,
    write_context,
)
from fusion_core.places.contexts import ContextRequest
from fusion_core.places.overview import check_places, stored_contexts
from fusion_core.surveys import SurveyId
from harmony_app.places import rows
from harmony_app.places.context_fields import ContextFields

PUMAS = ("9900100", "9900200", "9900300", "9900400")


@pytest.fixture
def context(toy_pair) -> LocalContext:
    mix = pd.DataFrame({"puma": PUMAS, "None": [60.0, 50, 50, 0], "Central": [40.0, 50, 50, 100]})
    classes = (ContextClass("None", None, 1.5), ContextClass("Central", 1.5, None))
    return LocalContext(
        "cooling",
        "cooling of the block group",
        toy_pair.donor,
        "cooling",
        classes,
        mix,
        unit="units",
    )


def sentences(workspace) -> str:
    return " ".join(item.sentence for item in check_places(workspace))


def test_a_context_that_fits_is_no_finding(toy_workspace, context):
    write_context(toy_workspace, context)

    assert "context" not in sentences(toy_workspace)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"donor": SurveyId("NHTS", "2017")}, "the workspace has no survey NHTS 2017"),
        ({"variable": "heating"}, "TOY 2020 has no column 'heating'"),
        ({"mix": slice(2)}, "no block groups of 2 of 4 PUMAs of TOYACS 2022"),
    ],
)
def test_a_context_that_does_not_fit_is_named(toy_workspace, context, change, words):
    if "mix" in change:
        change = {"mix": context.mix[change["mix"]]}
    write_context(toy_workspace, dataclasses.replace(context, **change))

    assert words in sentences(toy_workspace)


def test_a_damaged_context_is_listed_as_such(toy_workspace, context):
    write_context(toy_workspace, context)
    context_path(toy_workspace, "cooling").with_suffix(".json").write_text("{}")

    (stored,) = stored_contexts(toy_workspace)

    assert stored.context is None
    assert stored.problem in sentences(toy_workspace)
    assert rows.context_rows([stored])[0]["donor"] == "damaged"
    assert rows.with_contexts([], [stored])[0].problem == stored.problem


def test_a_context_is_mapped_by_the_share_of_each_class(context):
    table = as_spatial_table(context)

    assert table.title == "Cooling of the block group, as TOY 2020 publishes it"
    assert table.predictors == ("None", "Central")
    assert table.data["None"].tolist() == [60.0, 50.0, 50.0, 0.0]
    assert table.columns == {
        "None": "Percent in None: below 1.5 units (40.0 % of all)",
        "Central": "Percent in Central: 1.5 units and more (60.0 % of all)",
    }


def test_the_page_lists_contexts_under_names_no_table_can_have(toy_workspace, context):
    write_context(toy_workspace, context)
    stored = stored_contexts(toy_workspace)

    (row,) = rows.context_rows(stored)

    assert (row["context"], row["donor"], row["classes"]) == ("cooling", "TOY 2020", "2")
    assert row["id"] == rows.with_contexts([], stored)[0].name == "context/cooling"


def test_the_form_asks_for_a_context_as_the_command_does(toy_workspace, tmp_path):
    fields = ContextFields(toy_workspace, {})
    donor, recipe, variable, measure, cuts, weight = fields.shown
    shared = {"census": "2020", "vintage": "2020", "crosswalks": (), "name": ""}
    donor.value = "TOY_2020"
    for field, text in ((variable, "cooling"), (measure, "units"), (weight, "homes")):
        field.value_input = text
    cuts.value_input = "1.5, 3"

    asked = fields.request(tmp_path / "block_groups.csv", **shared)

    assert "nhts_density" in recipe.options.values()
    assert asked == ContextRequest(
        tmp_path / "block_groups.csv",
        SurveyId("TOY", "2020"),
        variable="cooling",
        measure="units",
        cuts=(1.5, 3.0),
        weight="homes",
        census="2020",
        vintage="2020",
    )
    cuts.value_input = "few, many"
    with pytest.raises(InputError, match="not cut points"):
        fields.request(tmp_path / "block_groups.csv", **shared)


def test_damaged_boundaries_are_a_finding_and_hide_nothing_else(toy_workspace, context):
    write_context(toy_workspace, context)
    assert "damaged" not in sentences(toy_workspace)
    areas_path(toy_workspace, "puma").write_bytes(b"PAR1 cut off")
    assert "The boundaries are damaged or cut off" in sentences(toy_workspace)
    assert [item.name for item in stored_contexts(toy_workspace)] == [context.name]
