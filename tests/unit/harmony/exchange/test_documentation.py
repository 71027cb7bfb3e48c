"""The printed crosswalk: complete, self-contained, and text that stays text."""

from html.parser import HTMLParser

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.exchange.documentation import (
    DocumentFacts,
    Provenance,
    crosswalk_document,
    preview_harmonies,
    survey_facts,
)
from fusion_core.harmony.exchange.exporting import FORMATS, export_harmonies, parse_format
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import (
    DROP,
    Acceptance,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SurveyPair,
)
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable

PAIR = SurveyPair(SurveyId("HOMES", "2021"), SurveyId("ACS", "2019"))
SOURCE = Provenance("Solmere", "2026-05-04T10:30:00", "Ann", "1.2.3")
HOSTILE = (
    "</script><img src=x onerror=alert(1)> & \"q\" 'a' \\ \x00\x1b\x7f\ud800 🏠 \u202eשלום\nline"
)


class Page(HTMLParser):
    """Collects what a browser would build."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []

    def handle_data(self, data):
        self.text += data


def survey(name, **columns):
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame({"household_id": range(rows), "weight": 1.0})
    variables = []
    for column, values in columns.items():
        frame[column] = pd.Categorical(values)
        levels = tuple(frame[column].cat.categories)
        variables.append(Variable(column, description=f"What {column} asks", levels=levels))
    return Survey(SurveyDescription(name, price_year=2021), Dictionary(variables), frame)


GROUPED = Harmony(
    Side("heat", levels=(LevelGroup("Gas", 1), LevelGroup("Other", 2), LevelGroup("GQ", DROP))),
    Side(
        "hfl",
        levels=(LevelGroup("Utility gas", 1), LevelGroup("Coal", 2), LevelGroup("?", None)),
        universe="hfl <> 'None'",
        outside_universe=2,
    ),
    ordered=True,
    group_names=((1, "Gas heat"),),
    comment="Looked at twice",
    author="Bo",
    modified="2026-01-02T03:04:05",
    revision=7,
    accepted=(Acceptance("some-rule", "it is fine"),),
)
NUMBERS = Harmony(
    Side("income", adjustment="income * 12", deflate_to_year=2019),
    Side(
        "agep",
        "person",
        breakpoints=(18,),
        aggregator="sum",
        levels=(LevelGroup("under 18", 0), LevelGroup("18 or more", 1)),
    ),
)


def document(*harmonies, **facts):
    return crosswalk_document(HarmonySet(PAIR, harmonies), DocumentFacts(SOURCE, **facts))


def test_everything_a_harmony_says_is_in_its_section():
    page = Page(document(GROUPED, NUMBERS))
    for words in (
        "Crosswalk HOMES 2021 → ACS 2019",
        "Solmere",
        "2026-05-04 10:30",
        "Ann",
        "1.2.3",
        "not in the workspace",
        "1. heat → hfl",
        "Gas heat",
        "Utility gas",
        "left out",
        "no group yet",
        "not in universe",
        "hfl <> 'None'",
        "in the order of their codes",
        "Looked at twice",
        "Bo",
        "2026-01-02 03:04",
        "revision 7",
        "heat__hfl",
        "Accepted: some rule – it is fine",
        "income * 12",
        "converted to dollars of 2019",
        "new bin at 18",
        "added up",
        "number of household members ",
        "not saved yet",
        "the number itself",
    ):
        assert words in page.text, words
    assert {link.removeprefix("#") for link in page.links} == {"h1", "h2"} <= set(page.ids)


def test_with_microdata_there_are_shares_similarity_and_findings_on_request():
    donor = survey(PAIR.donor, heat=["Gas", "Gas", "Other", "Other"])
    recipient = survey(PAIR.recipient, hfl=["Utility gas", "Coal", "Coal", "Coal"])
    harmony = Harmony(
        Side("heat", levels=(LevelGroup("Gas", 1), LevelGroup("Other", 2))),
        Side("hfl", levels=(LevelGroup("Utility gas", 1), LevelGroup("Coal", 2))),
    )
    told = []
    previews = preview_harmonies(
        HarmonySet(PAIR, (harmony,)), donor, recipient, progress=lambda *said: told.append(said)
    )
    assert told == [(0.0, "Comparing heat__hfl"), (1.0, "All harmonies compared")]
    surveys = {"donor": survey_facts(donor), "recipient": survey_facts(recipient)}
    text = Page(document(harmony, surveys=surveys, previews=previews)).text
    assert "4 households" in text
    assert "What heat asks" in text
    assert "0.75" in text
    assert "25.0\xa0%" in text
    assert "Probably wrong" not in text
    text = Page(document(harmony, surveys=surveys, previews=previews, with_findings=True)).text
    assert "Probably wrong" in text


def test_the_file_needs_nothing_else_and_runs_nothing():
    text = document(GROUPED)
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "input"}
    assert not any(name.startswith("on") or name == "src" for _, a in page.tags for name in a)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_hostile_text_is_shown_and_does_nothing():
    plain = Page(document(GROUPED, NUMBERS))
    hostile = [
        Harmony(
            Side(
                HOSTILE,
                levels=(LevelGroup(HOSTILE, 1), LevelGroup("b", 2)),
                universe=HOSTILE,
                outside_universe=1,
            ),
            Side("hfl", adjustment=HOSTILE, levels=(LevelGroup(HOSTILE, 1), LevelGroup("", 2))),
            group_names=((1, HOSTILE),),
            comment=HOSTILE,
            author=HOSTILE,
            modified=HOSTILE,
            accepted=(Acceptance(HOSTILE, HOSTILE),),
        ),
    ]
    text = crosswalk_document(
        HarmonySet(PAIR, tuple(hostile)),
        DocumentFacts(Provenance(HOSTILE, HOSTILE, HOSTILE, HOSTILE)),
    )
    text.encode("utf-8")
    page = Page(text)
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"bdi"}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text.count("<img src=x onerror=alert(1)>") >= 9
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "␀␛␡\ufffd 🏠" in page.text


def test_small_tables_stay_on_one_page_and_long_ones_may_be_split():
    long = Harmony(
        Side("a", levels=(LevelGroup("x", 1),)),
        Side("b", levels=tuple(LevelGroup(f"level {place}", 1) for place in range(531))),
    )
    tables = [a.get("class", "") for tag, a in Page(document(GROUPED)).tags if tag == "table"]
    assert any("groups whole" in item for item in tables)
    tags = Page(document(long)).tags
    assert any("groups wide-recipient" in a.get("class", "") for tag, a in tags if tag == "table")
    assert any(a.get("class") == "long" for tag, a in tags if tag == "tr")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_a_name_that_says_the_pair(form):
    exported = export_harmonies(HarmonySet(PAIR, (GROUPED,)), form, DocumentFacts(SOURCE))
    assert exported.name == f"HOMES_2021__ACS_2019.{form}"
    assert "heat__hfl" in exported.text
    with pytest.raises(InputError, match="no saved harmony"):
        export_harmonies(HarmonySet(PAIR), form, DocumentFacts(SOURCE))


def test_json_is_the_form_without_loss(tmp_path):
    harmonies = (GROUPED, NUMBERS)
    exported = export_harmonies(HarmonySet(PAIR, harmonies), "json", DocumentFacts(SOURCE))
    path = tmp_path / "any name.json"
    path.write_text(exported.text, encoding="utf-8")
    found = read_harmonies(path)
    assert found.pair == PAIR
    assert set(found.harmonies) == set(harmonies)


def test_formats_are_recognised_as_people_type_them():
    assert [parse_format(item) for item in ("r", ".R", "HTML", "csv")] == ["R", "R", "html", "csv"]
    with pytest.raises(InputError, match="no format 'xlsx'"):
        parse_format("xlsx")


def test_a_survey_harmonized_with_itself_has_no_form_in_r():
    pair = SurveyPair(SurveyId("ACS", "2018"), SurveyId("ACS", "2019"))
    with pytest.raises(InputError, match="both are ACS"):
        export_harmonies(HarmonySet(pair, (GROUPED,)), "R", DocumentFacts(SOURCE))
