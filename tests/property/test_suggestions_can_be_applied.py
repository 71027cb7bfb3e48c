"""Whatever is suggested and saved can be applied and exported, or it is said when it is saved."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.cli.harmonies._saving import save_suggested
from fusion_core.harmony.apply import harmonize_pair
from fusion_core.harmony.exchange import DocumentFacts, Provenance, SurveyFacts, export_harmonies
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model import SIDES, HarmonySet, SurveyPair
from fusion_core.harmony.previews import preview
from fusion_core.harmony.store import HarmonyStore
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import Variable

PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))
QUESTIONS = {
    "Educational attainment": (
        ("Less than 3 years old", "Grade 5", "High school graduate", "Bachelor's degree"),
        ("Less than high school", "High school graduate or GED", "College", "Refused"),
    ),
    "Housing tenure": (
        ("Owned free and clear", "Owned with mortgage", "Rented", "Occupied without payment"),
        ("Own", "Rent", "Some other arrangement", "Don't know"),
    ),
    "Race": (
        ("White alone", "Black alone", "Asian alone", "Some other race", "Two or more races"),
        ("White", "Black", "Asian", "Multiple races", "Not ascertained"),
    ),
    "Means of transportation to work": (
        ("Not a worker", "Car, truck, or van", "Bus", "Walked", "Worked from home"),
        ("Car", "Public transportation", "Walk", "Something else", "Valid skip"),
    ),
    "Number of vehicles": (("No vehicles", "1 vehicle", "2 or more vehicles"), ()),
    "Household income": (("Under $20,000", "$20,000 to $39,999", "$40,000 or more"), ()),
    "Do you have a refrigerator?": (("Yes", "No"), ()),
    "Age": ((), ()),
}
"""Questions, and two ways in which surveys list their answers; none where they are numbers."""
quick = examples(30)


@st.composite
def variables(draw, question, form, name):
    levels = QUESTIONS[question][form]
    respondent = draw(st.sampled_from(["household", "person"]))
    if not levels:
        return Variable(name, question, respondent, type="integer")
    return Variable(name, question, respondent, type="nominal", levels=levels)


@st.composite
def surveys(draw, variable, name):
    """A survey of one variable: any answers of its list or numbers, some of them missing."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=6))
    households = {"household_id": np.arange(len(sizes))}
    persons = {
        "household_id": np.repeat(np.arange(len(sizes)), sizes),
        "person_number": np.concatenate([np.arange(1, size + 1) for size in sizes]),
    }
    own = households if variable.respondent == "household" else persons
    count = len(own["household_id"])
    answer = st.sampled_from(variable.levels) if variable.levels else st.integers(0, 90_000)
    answers = draw(st.lists(st.one_of(answer, st.none()), min_size=count, max_size=count))
    own[variable.name] = (
        pd.Categorical(answers, variable.levels)
        if variable.levels
        else np.array(answers, dtype=float)
    )
    known = draw(st.booleans())
    share = sum(item is None for item in answers) / count
    described = Variable(
        variable.name,
        variable.description,
        variable.respondent,
        type=variable.type,
        levels=variable.levels,
        missing_share=share if known else None,
    )
    tables = [pd.DataFrame(table).assign(weight=1.0) for table in (households, persons)]
    return Survey(SurveyDescription(name), Dictionary([described]), *tables)


@st.composite
def suggestions(draw):
    asked, also = (draw(st.sampled_from(sorted(QUESTIONS))) for _ in range(2))
    other = draw(st.sampled_from([asked, also]))
    forms = draw(st.permutations([0, 1]))
    donor = draw(surveys(draw(variables(asked, forms[0], "own")), PAIR.donor))
    recipient = draw(surveys(draw(variables(other, forms[1], "its")), PAIR.recipient))
    index = SuggestionIndex(recipient.dictionary)
    years = dict.fromkeys(SIDES, draw(st.sampled_from([None, 2017])))
    found = index.suggest(donor.dictionary["own"], "its", PAIR, price_years=years)
    return found.harmony, donor, recipient


@quick
@given(suggestions())
def test_what_is_saved_can_be_applied_and_what_is_not_says_why(suggested):
    harmony, donor, recipient = suggested
    failures = harmonize_pair([harmony], donor, recipient).failures
    with tempfile.TemporaryDirectory() as folder:
        store = HarmonyStore(Path(folder), PAIR)
        saved = save_suggested(store, [harmony], (donor, recipient), None)
        assert set(saved.refused) == set(failures)
        assert {item.key for item in store.load().harmonies} == set(saved.keys)
    assert all(reason.strip() for reason in saved.refused.values())


@quick
@given(suggestions())
def test_the_page_says_on_saving_what_applying_would_leave_out(suggested):
    harmony, donor, recipient = suggested
    failures = harmonize_pair([harmony], donor, recipient).failures
    seen = preview(harmony, donor, recipient)
    errors = [item for item in seen.findings if item.severity == "error"]
    assert bool(failures) <= bool(seen.problems or errors)


@quick
@given(suggestions())
def test_what_an_export_leaves_out_it_names(suggested):
    harmony, donor, recipient = suggested
    facts = DocumentFacts(
        Provenance("Any", "2026-11-30", "kim", "1"), dict.fromkeys(SIDES, SurveyFacts()), {}
    )
    exported = export_harmonies(HarmonySet(PAIR, (harmony,)), "R", facts)
    left_out = {item.key for item in exported.remarks if item.left_out}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / exported.name
        path.write_text(exported.text)
        read = read_harmonies(path, donor=donor.dictionary, recipient=recipient.dictionary)
    assert {item.key for item in read.harmony_set.harmonies} == {harmony.key} - left_out
