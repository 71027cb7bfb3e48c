"""The sections of the industry and occupation lists are where the published dictionaries put them."""

import csv
import gzip
import io
import re
from collections import defaultdict

import pytest

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.labels.census_codes import INDUSTRY, NEVER_WORKED, OCCUPATION
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.suggest.suggestions import suggest_by_wording
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys import SurveyId

TABLES = {"INDP": INDUSTRY, "OCCP": OCCUPATION}


def entries(path):
    """Yield variable, code and label of the coded lists of a machine-readable dictionary."""
    with gzip.open(path) as raw:
        for row in csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace")):
            if row and row[0] == "VAL" and row[1] in TABLES and row[4].strip().isdigit():
                yield row[1], float(row[4]), row[-1]


@pytest.mark.parametrize("file", ["acs1-2017", "acs1-2019", "acs5-2021"])
def test_every_published_code_lies_in_the_section_its_label_names(shared_data, file):
    seen = defaultdict(set)
    for variable, code, label in entries(
        shared_data / "public" / "dictionary" / f"pums-dict_{file}.csv.gz"
    ):
        named = re.match(r"([A-Z]{3})-", label.upper())
        if named is None:
            assert code == NEVER_WORKED, label
            continue
        starts = TABLES[variable]
        within = max((start, name) for name, start in starts.items() if start <= code)
        assert within[1] == named[1], (variable, code, label)
        seen[variable].add(named[1])
    assert seen == {name: set(table) for name, table in TABLES.items()}


def survey_dictionary(folder, name):
    files = [folder / "dictionaries" / f"{name}_{level}.parquet" for level in "HP"]
    return read_fusiondata_dictionary(*files).dictionary


def test_an_industry_list_is_grouped_as_published(shared_data):
    """Published break points differ where they contradict the list, as at 3570 for wholesale."""
    path = shared_data / "harmonies" / "r" / "ASEC_2019__ACS_2019.R"
    harmonies = {item.key: item.harmony for item in read_harmonies(path).entries}
    published = harmonies["ind__naicsp"]
    donors, recipients = (
        survey_dictionary(shared_data, name) for name in ("ASEC_2019", "ACS_2019")
    )
    pair = SurveyPair(SurveyId("ASEC", "2019"), SurveyId("ACS", "2019"))
    found = suggest_by_wording(donors["ind"], recipients["naicsp"], pair).harmony
    groups = {item.level: item.group for item in published.recipient.levels}
    pairs = {
        (groups[item.level], item.group) for item in found.recipient.levels if item.level in groups
    }
    assert (
        len(pairs)
        == len({first for first, _ in pairs})
        == len({second for _, second in pairs})
        == 19
    )
    assert len(set(found.donor.breakpoints) & set(published.donor.breakpoints)) == 14
