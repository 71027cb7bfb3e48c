"""The page without a browser: messages in, parts of the screen and files out."""

from __future__ import annotations

import json

import pytest

from fusion_core.harmony.model.harmony import Harmony, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))


def part(page, name):
    return json.loads(getattr(page.browser, name))


def store(workspace):
    return HarmonyStore(workspace.path, PAIR)


def test_the_address_chooses_pair_variables_and_view(open_page):
    page = open_page(donor="kids", recipient="agep", view="all")
    assert part(page, "place")["pair"] == str(PAIR)
    assert part(page, "place")["view"] == "all"
    assert part(page, "subject")["donor"]["name"] == "kids"
    assert part(page, "form")["key"] == "kids__agep"


@pytest.mark.parametrize(
    "query", [{"donor": "nonsense"}, {"donor": "heat", "recipient": "nonsense"}]
)
def test_an_unknown_variable_in_the_address_is_named(open_page, query):
    page = open_page(**query)
    assert "nonsense" in part(page, "place")["notice"]
    assert part(page, "subject") is not None


@pytest.mark.parametrize("pair", ["nonsense", "RECS_1999__ACS_2019", "..__..", f"A_{9**500}__B_1"])
@pytest.mark.parametrize("view", ["match", "transfer"])
def test_an_unknown_pair_in_the_address_leaves_the_choice_of_another(open_page, pair, view):
    page = open_page(pair=pair, view=view)
    place = part(page, "place")
    assert (place["pair"], place["view"]) == ("", "match")
    assert all(sentence.endswith(".") for sentence in place["message"][:2])
    assert len("".join(place["message"][:2])) < 250
    offered = part(page, "pairs")
    names = [survey["id"] for survey in offered["surveys"]]
    pairs = [f"{names[donor]}__{names[recipient]}" for donor, recipient in offered["order"]]
    assert pairs == [str(PAIR), "ACS_2019__ENERGY_2020"]


@pytest.fixture
def with_broken_ones(workspace):
    """Harmonies whose donor or recipient variable is gone, beside one that is whole."""
    whole = Harmony(Side("kids"), Side("agep", "person", aggregator="count"))
    broken = [
        Harmony(Side("gone"), Side("hfl")),
        Harmony(Side("heat"), Side("away")),
        Harmony(Side("aaa"), Side("zzz")),
    ]
    for harmony in (whole, *broken):
        store(workspace).save(harmony, author="kim", expected_revision=0)
    return [item.key for item in broken]


@pytest.mark.parametrize("donor", ["kids", "heat", "pay", ""])
def test_a_broken_harmony_leaves_every_link_to_the_others(open_page, with_broken_ones, donor):
    del with_broken_ones
    page = open_page(**({"donor": donor} if donor else {}))
    assert not part(page, "place")["notice"]
    assert part(page, "subject")["donor"]["name"] == (donor or "kids")
    assert page.work is not None


def test_a_link_to_a_broken_harmony_says_what_is_broken(open_page, with_broken_ones):
    del with_broken_ones
    page = open_page(donor="gone", recipient="hfl")
    notice = part(page, "place")["notice"]
    assert "gone__hfl cannot be opened: ENERGY 2020 has no variable 'gone'" in notice
    assert part(page, "subject")["donor"]["name"] == "kids"
    both = part(open_page(donor="aaa", recipient="zzz"), "place")["notice"]
    assert "ENERGY 2020 has no variable 'aaa' and ACS 2019 has no variable 'zzz'" in both


def test_broken_harmonies_are_listed_with_their_reason_and_can_be_deleted(
    open_page, with_broken_ones, workspace, told
):
    page = open_page(view="all")
    rows = {row["key"]: row for row in part(page, "table")["rows"]}
    assert {rows[key]["status"] for key in with_broken_ones} == {"attention"}
    assert rows["gone__hfl"]["donor_text"] == "not in ENERGY 2020: this harmony is broken"
    assert rows["gone__hfl"]["recipient_text"] == "House heating fuel"
    page.receive({"kind": "open_row", "pair": str(PAIR), "key": "gone__hfl"})
    assert "has no variable 'gone'" in told[-1]["message"]
    assert part(page, "place")["view"] == "all"
    items = [{"pair": str(PAIR), "key": key} for key in with_broken_ones]
    page.receive({"kind": "delete_rows", "items": items})
    assert [item.key for item in store(workspace).load().harmonies] == ["kids__agep"]


def test_a_damaged_table_is_named_where_the_result_would_stand(open_page, workspace):
    damaged = workspace.survey_folder(SurveyId("ENERGY", "2020")) / "household.parquet"
    whole = damaged.read_bytes()
    page = open_page(donor="heat", recipient="hfl")
    damaged.write_bytes(whole[:200])
    again = open_page(donor="heat", recipient="hfl")
    again.receive({"kind": "assign", "sequence": 1, "donor": [0], "recipient": [0], "group": 2})
    assert str(damaged) in part(again, "preview")["failed"]
    assert part(again, "computing") is False
    damaged.write_bytes(whole)
    page.receive({"kind": "assign", "sequence": 1, "donor": [0], "recipient": [0], "group": 2})
    assert "failed" not in part(page, "preview")


def test_nothing_names_an_edit_before_it_is_kept(open_page, workspace, monkeypatch):
    page = open_page(donor="heat", recipient="hfl")
    shown, act = [], page._hearing.act

    def act_and_show(message):
        act(message)
        page.show("form")  # as some actions do
        shown.append((part(page, "form")["sequence"], bool(store(workspace).load_drafts("kim"))))

    monkeypatch.setattr(page._hearing, "act", act_and_show)
    page.receive({"kind": "assign", "sequence": 7, "donor": [0], "recipient": [0], "group": 2})
    assert shown == [(0, False)]
    assert part(page, "form")["sequence"] == 7
    assert store(workspace).load_drafts("kim")


def test_an_edit_changes_form_preview_and_status_and_is_kept_as_a_draft(open_page, workspace):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "assign", "sequence": 1, "donor": [0], "recipient": [0], "group": 2})
    page.receive({"kind": "assign", "sequence": 2, "donor": [1], "recipient": [1], "group": 3})
    page.receive({"kind": "assign", "sequence": 3, "donor": [2], "recipient": [2], "group": 4})
    form = part(page, "form")
    assert form["sequence"] == 3
    assert form["sides"]["donor"]["groups"][:2] == [2.0, 3.0]
    assert form["draft"]
    assert part(page, "statuses")["variables"]["heat"] == {"status": "draft", "partners": ["hfl"]}
    assert part(page, "preview")["similarity"] == pytest.approx(0.875)
    assert part(page, "rows")["recipient"]["shares"] == [0.25, 0.5, 0.25]
    assert list(store(workspace).load_drafts("kim")) == ["heat__hfl"]
    assert store(workspace).load_drafts("lee") == {}
    again = open_page(donor="heat", recipient="hfl")
    assert part(again, "form")["sides"] == form["sides"]
    for sequence in (4, 5, 6):
        page.receive({"kind": "undo", "sequence": sequence})
    assert not part(page, "form")["draft"]
    assert store(workspace).load_drafts("kim") == {}


def test_a_harmony_with_ungrouped_levels_says_so_in_place_of_a_similarity(open_page):
    page = open_page(donor="heat", recipient="hfl")
    group = {"kind": "assign", "group": 1}
    page.receive(group | {"donor": [0], "recipient": [0]})
    assert part(page, "preview")["missing"] == (
        "2 of 3 levels of ENERGY 2020 and 2 of 3 levels of ACS 2019 have no group yet."
    )
    page.receive(group | {"donor": [1], "recipient": [1, 2]})
    assert part(page, "preview")["missing"] == "1 of 3 levels of ENERGY 2020 has no group yet."
    page.receive(group | {"donor": [2], "recipient": [], "group": "drop"})
    assert part(page, "preview")["missing"] == ""


def test_what_is_not_done_yet_is_progress_until_it_is_saved(open_page, told):
    page = open_page(donor="heat", recipient="hfl")

    def severities():
        return {item["rule"]: item["severity"] for item in part(page, "preview")["findings"]}

    page.receive({"kind": "assign", "group": 1, "donor": [0], "recipient": [0]})
    assert severities()["level-without-group"] == "progress"
    assert "error" not in severities().values()
    page.receive({"kind": "save"})
    assert severities()["level-without-group"] == "error"
    said = [message for message in told if message["kind"] == "toast"][-1]
    assert said["severity"] == "warning"
    assert said["message"] == (
        "Saved heat__hfl, revision 1 – it cannot be applied yet: "
        "2 levels of the donor have no group yet: 'Electric', 'Wood'."
    )
    page.receive({"kind": "assign", "group": 2, "donor": [1], "recipient": [1]})
    assert severities()["level-without-group"] == "progress"


def test_a_head_count_is_made_step_by_step(open_page):
    page = open_page(donor="kids", recipient="agep")
    page.receive({"kind": "breakpoints", "side": "recipient", "values": [18]})
    page.receive({"kind": "assign", "donor": [], "recipient": [0], "group": 1})
    page.receive({"kind": "assign", "donor": [], "recipient": [1], "group": 0})
    page.receive({"kind": "aggregator", "side": "recipient", "value": "sum"})
    assert (
        "number of household members" in part(page, "form")["sides"]["recipient"]["aggregator_text"]
    )
    preview = part(page, "preview")
    assert preview["numeric"]["recipient"][:3] == [0.5, 0.25, 0.25]
    assert preview["similarity"] is not None


def test_save_delete_and_undo_reach_the_file(open_page, workspace, told):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "save"})
    assert store(workspace).load().get("heat__hfl").author == "kim"
    assert part(page, "statuses")["done"] == 1
    page.receive({"kind": "delete"})
    assert store(workspace).load().harmonies == ()
    page.receive(told[-1]["undo"])
    assert store(workspace).load().get("heat__hfl") is not None


def test_an_earlier_revision_comes_back_as_a_draft(open_page, workspace, told):
    page = open_page(donor="heat", recipient="hfl")
    for text in ("first", "second"):
        page.receive({"kind": "comment", "text": text})
        page.receive({"kind": "save"})
    page.receive({"kind": "history"})
    assert [entry["revision"] for entry in told[-1]["entries"]] == [2, 1]
    assert told[-1]["entries"][0]["changes"] == [["comment", "first", "second", []]]
    page.receive({"kind": "restore", "entry": 1})
    assert part(page, "form")["comment"] == "first"
    assert store(workspace).load().get("heat__hfl").comment == "second"


@pytest.mark.parametrize(
    "text", ["__import__('os')", "read_csv('/etc/passwd')", "agepp", "agep +", "(SELECT 1)"]
)
def test_a_bad_expression_is_told_at_its_field_and_changes_nothing(open_page, told, text):
    page = open_page(donor="kids", recipient="agep")
    before = part(page, "form")["sides"]
    page.receive({"kind": "adjustment", "side": "recipient", "text": text})
    problem = told[-1]
    assert (problem["kind"], problem["side"], problem["field"]) == (
        "problem",
        "recipient",
        "adjustment",
    )
    assert problem["message"].endswith(".")
    assert isinstance(problem["position"], int)
    assert part(page, "form")["sides"] == before


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("agep * 2", "Whole number, 10 to 140"),
        ("agep > 17", "Condition, true for"),
        ("CASE WHEN agep > 20 THEN 'old' END", "Text: “old”, 57 % without a value"),
    ],
)
def test_a_good_expression_is_answered_with_what_it_yields(open_page, told, text, answer):
    page = open_page(donor="kids", recipient="agep")
    page.receive(
        {"kind": "check", "side": "recipient", "field": "adjustment", "text": text, "sequence": 7}
    )
    assert told[-1]["sequence"] == 7
    assert told[-1]["result"].startswith(answer)


def test_a_damaged_file_is_reported_and_recovered_from_its_history(open_page, workspace):
    open_page(donor="heat", recipient="hfl").receive({"kind": "save"})
    path = store(workspace).path
    path.write_text(path.read_text(encoding="utf-8")[:60], encoding="utf-8")
    page = open_page()
    place = part(page, "place")
    assert "damaged" in place["message"][0]
    assert place["recover"] == str(PAIR)
    page.receive({"kind": "recover", "pair": place["recover"]})
    assert part(page, "place")["harmonies"] == 1


def test_a_message_nobody_knows_is_answered(open_page, told):
    open_page(donor="heat", recipient="hfl").receive({"kind": "explode", "sequence": 1})
    assert "does not know" in told[-1]["message"]


def test_a_workspace_without_surveys_says_what_to_do(tmp_path):
    from fusion_core.workspace.layout import Workspace
    from harmony_app.harmonize.page.page import HarmonizePage
    from harmony_app.shell.session import Session

    page = HarmonizePage(Session(Workspace.create(tmp_path / "empty"), "kim", "light", {}))
    assert part(page, "place")["message"][0] == "Harmonizing needs two surveys"


def test_saving_says_that_a_harmony_has_mistakes(open_page, told):
    page = open_page(donor="heat", recipient="hfl")
    for index, (donor, recipient) in enumerate([(1, 1), (2, 2), (3, 4)]):
        page.receive({"kind": "assign", "donor": [index], "recipient": [], "group": donor})
        page.receive({"kind": "assign", "donor": [], "recipient": [index], "group": recipient})
    page.receive({"kind": "save"})
    said = [message for message in told if message["kind"] == "toast"][-1]
    assert said["severity"] == "warning"
    assert said["message"] == "Saved heat__hfl, revision 1 – with 2 mistakes, see Findings."
    page.receive({"kind": "assign", "donor": [], "recipient": [2], "group": 3})
    page.receive({"kind": "save"})
    said = [message for message in told if message["kind"] == "toast"][-1]
    assert said["severity"] == "note"
    assert said["message"] == "Saved heat__hfl, revision 2."


def test_a_correction_says_what_it_changes_before_it_is_taken(open_page):
    page = open_page(donor="heat", recipient="hfl")
    for index, (donor, recipient) in enumerate([(1, 1), (2, 2), (3, 4)]):
        page.receive({"kind": "assign", "donor": [index], "recipient": [], "group": donor})
        page.receive({"kind": "assign", "donor": [], "recipient": [index], "group": recipient})
    page.receive({"kind": "rename", "code": 1, "name": "Gas"})
    page.receive({"kind": "assign", "donor": [0], "recipient": [0], "group": 5})
    (found,) = [item for item in part(page, "preview")["findings"] if item["fix"]]
    assert found["rule"] == "name-of-unused-group"
    assert "Gas" in found["effect"][0]
    assert "findings: 6 → 5" in found["effect"]
