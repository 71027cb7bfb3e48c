"""The checker finds the mistakes known in the published harmonies, and says little else."""

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import benchmark_checker

OTHERWISE = "grouped-differently-in-sibling"
CEI, CPS, NHTS = "CEI_2015-2019__ACS_", "CPS_2019__ACS_", "NHTS_2017__ACS_"
KNOWN = [
    *(
        (f"{NHTS}{year}", "worker__wkl", "breaks-on-categories")
        for year in (2015, 2016, 2017, 2019)
    ),
    (f"{CEI}2015", "perslt18__agep", "head-count-codes"),
    (f"{CEI}2015", "persot64__agep", "head-count-codes"),
    ("NHANES_2015-2018__ACS_2019", "indhhin2__hincp", "ranges-do-not-meet"),
    ("RECS_2024__ACS_2019", "yearmaderange__ybl", "ranges-do-not-meet"),
    (f"{CPS}2016", "ptdtrace__rac1p", OTHERWISE),
    (f"{CPS}2016", "ptdtrace__rac1p", "label-closer-to-another-group"),
    (f"{CPS}2018", "peafever__mil", OTHERWISE),
    (f"{CPS}2015", "peafnow__mil", OTHERWISE),
    (f"{CPS}2016", "peafnow__mil", OTHERWISE),
    ("FAPS_2013__ACS_2019", "educcat_r__schl", OTHERWISE),
    ("FAPS_2013__ACS_2019", "educcat_r__schl", "label-closer-to-another-group"),
    *((f"{NHTS}{year}", "occat__occp", OTHERWISE) for year in (2015, 2016, 2017, 2019)),
    (f"{CEI}2016", "in_coll__sch", OTHERWISE),
    *(
        (f"{CEI}{year}", "inc_hrsq__wkhp", "aggregators-differ")
        for year in (2015, 2016, 2017, 2019)
    ),
    ("ASEC_2019__ACS_2019", "noc__noc", "aggregator-without-persons"),
    ("AHS_2023__ACS_2022", "move__mv", "bin-label-contradicts-breakpoints"),
    ("RECS_2015__ACS_2017", "moneypy__hincp", "price-constant-disagrees-with-index"),
    ("AHS_2019__ACS_2019", "protaxamt__taxamt", "units-differ"),  # a month's tax against a year's
    ("AHS_2019__ACS_2015", "protaxamt__taxamt", "periods-differ"),
    ("FAPS_2013__ACS_2017", "exprentmrtg_r__grntp", "amounts-of-different-things"),
    (f"{CPS}2019", "peernhro__wkhp", "numbers-far-apart"),
    (f"{CEI}2015", "educ_ref__schl", "answer-in-another-group"),
    (f"{NHTS}2017", "occat__occp", "answer-in-another-group"),
    (f"{NHTS}2017", "wkftpt__wkhp", "full-time-from-few-hours"),
    (f"{NHTS}2017", "wrkcount__wif", "outsiders-counted-as-none"),
    ("ASEC_2019__ACS_2019", "classwkr__cow", "level-spelt-otherwise"),
    ("CPS_2019__ACS_2019", "hesp1__fs", "level-not-in-dictionary"),
    ("FAPS_2013__ACS_2019", "educcat_r__schl", "dictionary-level-missing"),
]
LEVELS = {"level-not-in-dictionary", "dictionary-level-missing", "level-spelt-otherwise"}
CATALOGUE = {
    "ACS breaks stored on a categorical": {"breaks-on-categories"},
    "sum of group codes": {"head-count-codes"},
    "income brackets shifted": {"ranges-do-not-meet"},
    "level sent to the wrong group": {OTHERWISE},
    "inverted or shifted groups": {OTHERWISE},
    "bin label disagrees": {"bin-label-contradicts-breakpoints"},
    "person-level donor defaults": {"aggregators-differ", "aggregator-without-persons"},
    "literal backslash": {"odd-characters-in-label"},
    "donor levels differ": LEVELS,
    "ACS levels differ": LEVELS,
    "ordered=TRUE but group codes": {"order-not-monotone", "levels-listed-out-of-order"},
    "unordered although": {"order-not-declared"},
}
"""Kinds of irregularities listed with the files, and the rules that stand for them."""


@pytest.fixture(scope="module")
def dictionary_of(shared_data):
    assert (shared_data / "dictionaries" / "ACS_2019_H.parquet").exists()
    return benchmark_checker.dictionaries()


@pytest.fixture(scope="module")
def checked(dictionary_of):
    """All published harmonies, checked at once."""
    return benchmark_checker.published(dictionary_of)


@pytest.fixture(scope="module")
def findings(checked):
    """Findings by file and key."""
    return {(item.source.removesuffix(".R"), item.harmony.key): item.findings for item in checked}


@pytest.mark.parametrize(("file", "key", "rule"), KNOWN)
def test_a_known_mistake_is_found(file, key, rule, findings):
    assert rule in {finding.rule for finding in findings[file, key]}


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (f"{CPS}2015", "ptdtrace__rac1p"),
        (f"{CPS}2019", "peafever__mil"),
        (f"{CEI}2015", "in_coll__sch"),
        ("FAPS_2013__ACS_2018", "educcat_r__schl"),
    ],
)
def test_the_years_that_are_right_are_not_blamed(file, key, findings):
    assert OTHERWISE not in {finding.rule for finding in findings[file, key]}


def test_incomes_called_monthly_whose_median_is_that_of_a_year_are_not_multiplied(findings):
    found = findings["FAPS_2013__ACS_2017", "inchhreported_r__hincp"]
    assert "periods-differ" not in {finding.rule for finding in found}


def test_nearly_all_catalogued_irregularities_are_found(findings, shared_data):
    found, missed = Counter(), defaultdict(list)
    with (shared_data / "harmonies" / "known_irregularities.csv").open() as file:
        for row in csv.DictReader(file):
            rules = next((r for kind, r in CATALOGUE.items() if row["kind"].startswith(kind)), None)
            place = (row["file"], row["key"])
            if rules is None or place not in findings:
                continue
            if rules & {finding.rule for finding in findings[place]}:
                found[row["kind"]] += 1
            else:
                missed[row["kind"]].append(place)
    assert sum(found.values()) >= 100
    assert sum(len(places) for places in missed.values()) <= 1, dict(missed)


def test_most_of_what_drifted_between_the_years_is_found(findings, shared_data):
    reported = {
        (file.split("__")[0], key)
        for (file, key), found in findings.items()
        if any(finding.rule.startswith("grouped-") for finding in found)
    }
    with (shared_data / "harmonies" / "year_drift.csv").open() as file:
        drifted = {(row["donor"], row["key"]) for row in csv.DictReader(file)}
    assert len(drifted & reported) >= 16


def test_good_files_stay_nearly_free_of_errors(findings):
    good = (
        "RECS_2015__ACS_2016",
        "RECS_2015__ACS_2017",
        "RECS_2015__ACS_2018",
        "RECS_2020__ACS_2016",
        "RECS_2020__ACS_2017",
        "RECS_2020__ACS_2019",
        "RECS_2024__ACS_2020",
        "RECS_2024__ACS_2021",
        "RECS_2024__ACS_2022",
        "RECS_2024__ACS_2023",
        "AHS_2019__ACS_2015",
        "AHS_2019__ACS_2016",
        "AHS_2023__ACS_2020",
        "AHS_2023__ACS_2023",
    )
    harmonies = [found for (file, _), found in findings.items() if file in good]
    severities = Counter(finding.severity for found in harmonies for finding in found)
    assert len(harmonies) > 400
    assert severities["error"] <= 2
    assert severities["warning"] <= 20


def test_few_harmonies_are_called_wrong(findings):
    wrong = [key for key, found in findings.items() if any(f.severity == "error" for f in found)]
    assert 15 <= len(wrong) <= 30


def test_every_fix_of_a_finding_is_another_harmony(findings):
    fixes = [finding.fix for found in findings.values() for finding in found if finding.fix]
    assert len(fixes) > 100
    assert all(fix.label and fix.harmony.donor.variable for fix in fixes)


LEAST_FOUND = {
    "a level in another group": 0.8,
    "two groups exchanged": 0.9,
    "an amount times twelve": 0.8,
    "a wrong break point": 0.2,
    "two neighbouring levels exchanged": 0.8,
    "brackets moved by one": 0.95,
    "head count coded 1/2": 1.0,
    "a level dropped": 0.7,
    "yes and no inverted": 0.8,
    "a break on a category": 0.9,
    "wrong deflator": 1.0,
    "deflator dropped": 1.0,
    "aggregator on one side": 0.8,
    "group the other side lacks": 1.0,
}


def test_most_seeded_mistakes_are_found(checked, dictionary_of):
    results = benchmark_checker.seed(checked, dictionary_of, most=20)
    found = {kind: result.found for kind, result in results.items()}
    assert all(result.planted >= 10 for result in results.values())
    assert {kind: share for kind, share in found.items() if share < LEAST_FOUND[kind]} == {}


def test_few_harmonies_are_blamed_as_they_are(findings):
    """The same mistake is found in every year of a survey that has it."""
    blamed = [key for key, found in findings.items() if any(f.severity != "hint" for f in found)]
    assert len(blamed) <= 0.095 * len(findings)
