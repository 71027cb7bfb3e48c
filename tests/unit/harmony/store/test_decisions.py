"""Donor variables that get no harmony on purpose: kept for everybody, changed one by one."""

import threading

import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store.decisions import REASON_LIMIT, decide
from fusion_core.harmony.store.store import HarmonyStore, list_pairs
from fusion_core.surveys import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))


@pytest.fixture
def decisions(tmp_path):
    return HarmonyStore(tmp_path, PAIR).decisions


def test_a_decision_is_kept_with_its_reason_and_taken_back(decisions, tmp_path):
    assert decisions.load() == {}
    before = decisions.change(
        decide(["kwh", "gas"], "not a predictor", author="ann", reason=" fused ")
    )
    assert before == {"kwh": None, "gas": None}
    found = HarmonyStore(tmp_path, PAIR).decisions.load()["kwh"]
    assert (found.verdict, found.reason, found.author) == ("not a predictor", "fused", "ann")
    undo = decisions.change(decide(["kwh"], "undecided", author="bob"))
    assert list(decisions.load()) == ["gas"]
    decisions.change(undo)
    assert decisions.load()["kwh"] == found
    assert list_pairs(tmp_path) == [], "decisions alone are no harmonies"


def test_an_undecided_variable_keeps_what_it_waits_for_and_is_still_to_decide(decisions):
    decisions.change(decide(["kwh"], "not a predictor", author="ann"))
    decisions.change(
        decide(["gas", "oil"], "undecided", author="bob", reason="ask the field staff")
    )
    assert decisions.load()["gas"].reason == "ask the field staff"
    assert decisions.set_aside() == {"kwh"}
    decisions.change(decide(["gas"], "undecided", author="bob"))
    assert "gas" not in decisions.load(), "without a reason there is nothing to keep"


def test_people_who_decide_at_once_lose_nothing(decisions):
    def work(who):
        for number in range(10):
            decisions.change(decide([f"{who}{number}"], "nothing matches", author=who))

    threads = [threading.Thread(target=work, args=(who,)) for who in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decisions.load()) == 30


def test_an_unknown_verdict_and_a_long_reason_are_refused():
    with pytest.raises(InputError, match="nothing matches"):
        decide(["kwh"], "nothing match", author="ann")
    with pytest.raises(InputError, match=f"under {REASON_LIMIT}"):
        decide(["kwh"], "nothing matches", author="ann", reason="x" * 501)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"variables": []}', '{"variables": {"kwh": {"verdict": "maybe"}}}']
)
def test_a_damaged_file_is_told_and_kept(decisions, text):
    decisions.path.parent.mkdir(parents=True)
    decisions.path.write_text(text)
    for use in (decisions.load, lambda: decisions.change({"kwh": None})):
        with pytest.raises(CorruptFileError):
            use()
    assert decisions.path.read_text() == text
    aside = decisions.set_aside_damaged()
    assert aside.read_text() == text
    assert decisions.load() == {}


def test_a_damaged_file_that_may_not_be_set_aside_is_said_in_a_sentence(decisions, monkeypatch):
    decisions.path.parent.mkdir(parents=True)
    decisions.path.write_text("{")

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", denied)
    with pytest.raises(InputError) as caught:
        decisions.set_aside_damaged()
    assert "cannot be set aside: Permission denied" in caught.value.message
    assert str(decisions.path) in caught.value.message
    assert decisions.path.read_text() == "{"


def test_a_folder_that_may_not_be_written_is_said_in_a_sentence(decisions, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", denied)
    with pytest.raises(InputError, match="cannot be changed: Permission denied"):
        decisions.change(decide(["kwh"], "nothing matches", author="ann"))
