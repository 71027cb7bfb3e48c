"""Tables and sentences of the page."""

from __future__ import annotations

from dataclasses import replace

from fusion_core.harmony.editing.changes import Change, harmony_changes
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.surveys.model import Dictionary, SurveyId, Variable
from harmony_app.harmonize.table._overview import correspondence, table_rows
from harmony_app.harmonize.work.browser_component import MODULES, bundled
from harmony_app.harmonize.work.catalogue import harmony_statuses, variable_entry, worklist_statuses


def grouped(donor: list, recipient: list, **options) -> Harmony:
    sides = [
        Side(name, levels=tuple(LevelGroup(f"{name} {i}", code) for i, code in enumerate(codes)))
        for name, codes in (("heat", donor), ("hfl", recipient))
    ]
    return Harmony(*sides, **options)


def test_the_correspondence_is_named_after_the_largest_group():
    assert correspondence(grouped([1, 2], [1, 2])) == "one to one"
    assert correspondence(grouped([1, 1, 2], [1, 2])) == "many to one"
    assert correspondence(grouped([1, 2], [1, 1, 2])) == "one to many"
    assert correspondence(grouped([1, 1], [1, 1])) == "many to many"
    assert correspondence(Harmony(Side("kids"), Side("np"))) == "number to number"


def test_changes_name_the_level_and_both_groups():
    before = grouped([1, 2], [1, 2])
    after = replace(grouped([1, "drop"], [1, 2]), ordered=True, group_names=((1.0, "Gas"),))
    assert harmony_changes(before, after) == [
        Change("donor: heat 1", "2", "left out"),
        Change("ordered", "no", "yes"),
        Change("name of group 1", "–", "Gas"),
    ]
    assert harmony_changes(before, before) == []


def test_many_regrouped_levels_are_summed_up():
    changes = harmony_changes(grouped([1] * 30, [1]), grouped([2] * 30, [1]))
    assert [change.cells for change in changes] == [["donor: 30 levels", "1", "2"]]
    assert changes[0].levels == tuple(f"heat {index}" for index in range(30))


def test_the_overview_says_status_and_settings():
    harmony = replace(
        grouped([1, 2], [1, 2]), recipient=Side("np", breakpoints=(2.0,), aggregator="sum")
    )
    pair = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
    texts = ({"heat": "Heating fuel"}, {})
    (row,) = table_rows(pair, [harmony], {harmony.key: "attention"}, texts)
    assert (row["pair"], row["key"], row["status"]) == (str(pair), harmony.key, "attention")
    assert (row["donor_text"], row["recipient_text"]) == ("Heating fuel", "")
    assert row["settings"] == "recipient: bins 2 · sum"


def test_the_most_urgent_status_of_a_variable_counts():
    saved = [grouped([1], [1]), Harmony(Side("heat"), Side("np"))]
    statuses = harmony_statuses(saved, drafts=["heat__np"], attention=["heat__hfl", "gone__x"])
    assert statuses == {"heat__hfl": "attention", "heat__np": "draft"}
    summary = worklist_statuses(
        Dictionary([Variable("heat"), Variable("kids")]), statuses, ["heat"], {"heat__hfl": ["Why"]}
    )
    assert summary["variables"] == {
        "heat": {"status": "attention", "partners": ["hfl", "np"], "reasons": ["Why"]}
    }
    assert (summary["done"], summary["total"]) == (1, 2)


def test_an_identifier_with_thousands_of_levels_stays_small():
    entry = variable_entry(
        Variable("id", levels=tuple(f"level {i}" for i in range(34_334))), "Other"
    )
    assert entry["levels"] == 34_334
    assert len(entry["text"]) <= 12_000


def test_the_modules_join_into_one_without_imports():
    text = bundled()
    assert "import {" not in text
    assert text.rstrip().endswith("export { render };")
    assert text.count("=> {\n// ") == len(MODULES)
