"""Raw PUMS files in exactly the layout of the Census Bureau, made from its own dictionary."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fusion_core.ingest.acs._census_dictionary import CensusVariable, read_census_dictionary
from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.surveys import Survey


@dataclass(frozen=True)
class PumsFiles:
    housing: Path
    person: Path
    dictionary: Path
    households: list[dict[str, str]]
    persons: list[dict[str, str]]

    def rewrite(self) -> None:
        write_csv(self.housing, self.households)
        write_csv(self.person, self.persons)


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), quoting=csv.QUOTE_MINIMAL)
        writer.writeheader()
        writer.writerows(rows)


def some_value(variable: CensusVariable, generator: np.random.Generator) -> str:
    """Draw a code, or a number from one of the ranges, the dictionary allows (no blank)."""
    values = [value for value in variable.values if not value.is_blank]
    if not values:
        return "0"
    value = values[generator.integers(len(values))]
    if not value.is_range or variable.kind == "code":
        return value.low
    low, high = sorted((int(value.low), int(value.high)))
    return str(generator.integers(low, min(high, low + 5000) + 1))


def blank_row(variables: dict[str, CensusVariable]) -> dict[str, str]:
    return dict.fromkeys(variables, "")


@pytest.fixture
def pums_2019(shared_data, tmp_path) -> PumsFiles:
    """30 households (1–4 persons each), 3 vacant units and 2 group quarters, ACS 2019 layout."""
    return make_files(shared_data, tmp_path)


@pytest.fixture(scope="session")
def survey_2019(shared_data, tmp_path_factory) -> Survey:
    """The unchanged files, read once."""
    files = make_files(shared_data, tmp_path_factory.mktemp("pums"))
    return read_acs_pums(files.housing, files.person, files.dictionary, vintage="2019")


def make_files(shared_data: Path, folder: Path) -> PumsFiles:
    dictionary_path = shared_data / "public" / "dictionary" / "pums-dict_acs1-2019.csv.gz"
    dictionary = read_census_dictionary(dictionary_path)
    generator = np.random.default_rng(2019)
    households, persons = [], []
    for index in range(35):
        kind = "household" if index < 30 else "vacant" if index < 33 else "quarters"
        letters = "GQ" if kind == "quarters" else "HU"
        serial = f"2019{letters}{index:07d}"
        size = int(generator.integers(1, 5)) if kind == "household" else int(kind == "quarters")
        row = blank_row(dictionary.household)
        if kind == "household":
            row = {
                name: some_value(variable, generator)
                for name, variable in dictionary.household.items()
            }
        row |= {
            "RT": "H",
            "SERIALNO": serial,
            "ST": "04",
            "PUMA": f"{100 + index % 2:05d}",
            "NP": str(size),
            "TYPE": "1" if kind != "quarters" else "2",
            "ADJINC": "1010145",
            "ADJHSG": "1000000",
            "REGION": "4",
            "DIVISION": "8",
            "WGTP": "0" if kind == "quarters" else str(50 + index),
        }
        row |= {f"WGTP{r}": str(40 + (index * r) % 30) for r in range(1, 81)}
        households.append(row)
        for number in range(1, size + 1):
            member = {
                name: some_value(variable, generator)
                for name, variable in dictionary.person.items()
            }
            member |= {
                "RT": "P",
                "SERIALNO": serial,
                "SPORDER": str(number),
                "PUMA": row["PUMA"],
                "ST": "04",
                "ADJINC": "1010145",
                "PWGTP": str(60 + index + number),
                "RELSHIPP": "37" if kind == "quarters" else "20" if number == 1 else "25",
                "AGEP": str(20 + number),
                "WAGP": "",
                "REGION": "4",
                "DIVISION": "8",
            }
            member |= {f"PWGTP{r}": str(30 + (index + number * r) % 40) for r in range(1, 81)}
            persons.append(member)
    files = PumsFiles(
        folder / "psam_h04.csv", folder / "psam_p04.csv", dictionary_path, households, persons
    )
    files.rewrite()
    return files
