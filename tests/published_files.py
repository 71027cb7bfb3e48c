"""Files in exactly the layout statistical offices publish, made from their own dictionaries."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from fusion_core.ingest.acs._census_dictionary import CensusVariable, read_census_dictionary
from fusion_core.ingest.ahs import _codebook as ahs_codebook
from fusion_core.ingest.cex import interview
from fusion_core.ingest.cex._expenditures import MONTHLY, read_expenditures
from fusion_core.ingest.generic import CodebookEntry, read_codebook
from fusion_core.ingest.recs._codebook import RecsVariable, read_recs_codebook

_CEX_TABLES = Path(interview.__file__).parent / "tables"
QUARTERS = [("191x", 2019, 2), ("192", 2019, 5), ("193", 2019, 8), ("194", 2019, 11)]
QUARTERS += [("201", 2020, 2)]
HALF_SAMPLES = [f"WTREP{index:02d}" for index in range(1, 45)]
FIVE_YEARS = [
    (
        f"{year % 100:02d}{quarter}{'x' if (year, quarter) == (2015, 1) else ''}",
        year,
        3 * quarter - 1,
    )
    for year in range(2015, 2020)
    for quarter in range(1, 5)
]
FIVE_YEARS += [("201", 2020, 2)]
NUMBERS = {"YRBUILT": 1970, "HHMOVE": 2010, "BUILT": 1970, "HINCP": 60_000, "HHAGE": 45}


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


def answers(
    entries: dict[str, CodebookEntry],
    place: int,
    *,
    unasked: Sequence[str] = (),
    generator: np.random.Generator | None = None,
) -> dict[str, str]:
    """Every code of every variable in turn, or at random, and some number of what has no codes."""
    found = {}
    for entry in entries.values():
        if generator is not None:
            place = int(generator.integers(10_000))
        codes = [code for code in entry.labels if code not in unasked]
        number = NUMBERS.get(entry.name, 3) + place % 5
        found[entry.name] = codes[place % len(codes)] if codes else str(number)
    return found


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


def make_pums(
    shared_data: Path,
    folder: Path,
    *,
    year: int = 2019,
    described: str = "pums-dict_acs1-2019.csv.gz",
) -> PumsFiles:
    """30 households (1–4 persons each), 3 vacant units and 2 group quarters of Arizona."""
    dictionary_path = shared_data / "public" / "dictionary" / described
    dictionary = read_census_dictionary(dictionary_path)
    generator = np.random.default_rng(year)
    households, persons = [], []
    for index in range(35):
        kind = "household" if index < 30 else "vacant" if index < 33 else "quarters"
        letters = "GQ" if kind == "quarters" else "HU"
        serial = f"{year}{letters}{index:07d}"
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
            _kind(dictionary.household): "1" if kind != "quarters" else "2",
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
                **_relation(dictionary.person, quarters=kind == "quarters", first=number == 1),
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


def _kind(variables: dict[str, CensusVariable]) -> str:
    return "TYPEHUGQ" if "TYPEHUGQ" in variables else "TYPE"


def _relation(
    variables: dict[str, CensusVariable], *, quarters: bool, first: bool
) -> dict[str, str]:
    if "RELSHIPP" in variables:
        return {"RELSHIPP": "37" if quarters else "20" if first else "25"}
    return {"RELP": "16" if quarters else "00" if first else "02"}


def make_ahs(folder: Path, units: int = 60, generator: np.random.Generator | None = None) -> Path:
    """A release of the AHS with every code of the variables the package knows; the last is vacant."""
    entries = ahs_codebook.own_codebook()
    homes, members = [], []
    for place in range(units):
        control = f"'{11000000 + place}'"
        known = {
            name: f"'{text}'" if entries[name.lower()].labels else text
            for name, text in answers(entries, place, generator=generator).items()
        }
        home = {"CONTROL": control, "INTSTATUS": "'1'" if place < units - 1 else "'3'"}
        home |= known | {"JTENURE": "'0'", "WEIGHT": "1000.5", "SP1WEIGHT": "900"}
        homes.append(home | {f"REPWEIGHT{index}": "1000" for index in range(1, 161)})
        members += [
            {"CONTROL": control, "PLINE": str(line), "REL": "'01'", "AGE": str(40 + line)}
            for line in (1, 2)
        ]
    write_csv(folder / "household.csv", homes)
    write_csv(folder / "person.csv", members)
    return folder


def make_cex(
    folder: Path,
    quarters: Sequence[tuple[str, int, int]] = QUARTERS,
    *,
    units: int = 2,
    described: bool = False,
    panel: bool = False,
    drawn: np.random.Generator | None = None,
) -> Path:
    """Interview files of some quarters: a unit spends 100 $ a month on electricity.

    `described` gives every code of every characteristic to some unit, `panel` interviews each unit in
    four quarters, `drawn` draws its answers, and what it spends on everything the package groups.
    """
    entries = read_codebook(_CEX_TABLES / "codebook.csv")
    of_members = {"AGE", "SEX", "CU_CODE", "CU_CODE1", "MARITAL", "EDUCA", "MEMBRACE", "IN_COLL"}
    of_units = {key: entry for key, entry in entries.items() if entry.name not in of_members}
    for place, (name, year, month) in enumerate(quarters):
        homes, members, costs = [], [], []
        for unit in range(units):
            newid = (
                f"03{place // 4}{unit:02d}0{place % 4 + 1}" if panel else f"03{place}{unit:02d}001"
            )
            half = {
                column: "24000" if (unit + k) % 2 else "" for k, column in enumerate(HALF_SAMPLES)
            }
            homes.append(
                (answers(of_units, place * units + unit, generator=drawn) if described else {})
                | {"NEWID": newid, "QINTRVMO": f"{month:02d}", "QINTRVYR": str(year)}
                | {"FINLWT21": "12000", "FINCBTXM": "50000", "FINATXEM": "42000"}
                | ({} if described else {"CUTENURE": "1", "REGION": "3"})
                | {"STUDFINX": "10" if unit % 2 else "", "AGE_REF_": "D"}
                | ({} if drawn is None else _debts(drawn))
                | half
            )
            members += [
                {"NEWID": newid, "MEMBNO": "1", "CU_CODE": "2", "AGE": "40", "SEX": "1"},
                {"NEWID": newid, "MEMBNO": "2", "CU_CODE": "1", "AGE": "41", "SEX": "2"},
            ]
            for back in range(1, 4):
                total = year * 12 + month - 1 - back
                when = {"REF_YR": str(total // 12), "REF_MO": f"{total % 12 + 1:02d}"}
                costs.append({"NEWID": newid, "UCC": "260111", "COST": "100"} | when)
                costs.append({"NEWID": newid, "UCC": "830101", "COST": "-30"} | when)
                if drawn is not None:
                    costs += [{"NEWID": newid} | cost | when for cost in _costs(drawn)]
        write_csv(folder / f"fmli{name}.csv", homes)
        write_csv(folder / f"memi{name}.csv", members)
        write_csv(folder / f"mtbi{name}.csv", costs)
    return folder


def _debts(generator: np.random.Generator) -> dict[str, str]:
    """What a unit says it pays for its debts in a month."""
    names = ("STUDFINX", "CREDFINX", "OTHFINX")
    return {name: f"{generator.gamma(2, 20):.0f}" for name in names}


def _costs(generator: np.random.Generator) -> list[dict[str, str]]:
    """What a unit spends in a month: on every group the package knows, half of the time."""
    costs = []
    for part in read_expenditures(_CEX_TABLES / "expenditures.csv"):
        if part.source == MONTHLY and generator.random() < 0.5:
            amount = f"{generator.gamma(2, 40):.0f}"
            costs.append({"UCC": part.items[0].partition("-")[0], "COST": amount})
    return costs


def make_recs_2015(
    folder: Path, codebook: Path, generator: np.random.Generator, homes: int = 400
) -> Path:
    """The microdata of RECS 2015 with every column its codebook describes, answers drawn at random."""
    entries = read_recs_codebook(codebook)
    rows = []
    for place in range(homes):
        row = {name: _recs_answer(entry, generator) for name, entry in entries.items()}
        row |= {"DOEID": str(10001 + place), "NWEIGHT": "20000"}
        rows.append(row | {f"BRRWT{index}": "20000" for index in range(1, 97)})
    write_csv(folder / "recs2015_public_v4.csv", rows)
    return folder


def _recs_answer(entry: RecsVariable, generator: np.random.Generator) -> str:
    if entry.kind == "code":
        return str(generator.choice(list(entry.labels)))
    return f"{generator.gamma(2, 20):.0f}"


def make_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """An Excel workbook of the rows of each sheet."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
