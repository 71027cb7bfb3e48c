"""What people read of a published data set: its README, citation and licence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from fusion_core.records import Checked
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import RunSpec

_PAPER_AUTHORS: Final = (
    ("Ummel", "Kevin"),
    ("Poblete-Cazenave", "Miguel"),
    ("Akkiraju", "Karthik"),
    ("Graetz", "Nick"),
    ("Ashman", "Hero"),
    ("Kingdon", "Cora"),
    ("Herrera Tenorio", "Steven"),
    ("Singhal", "Aaryaman Sunny"),
    ("Cohen", "Daniel Aldana"),
    ("Rao", "Narasimha D."),
)
_PAPER: Final = (
    "Multidimensional well-being of US households at a fine spatial scale using fused household "
    "surveys"
)


@dataclass(frozen=True)
class Terms(Checked):
    """Under what name and terms a data set is published.

    Attributes
    ----------
    title
        Its title; made from the surveys when empty.
    creators
        Who made it, as they want to be cited.
    licence
        Licence of the fused data, such as ``CC-BY-4.0``; empty where none was chosen.
    """

    title: str = ""
    creators: tuple[str, ...] = ()
    licence: str = ""

    def titled(self, spec: RunSpec) -> str:
        """Return the title, of a run's surveys where there is none."""
        pair = spec.pair
        return self.title or f"{pair.donor.title} fused onto {pair.recipient.title}: {spec.name}"


def citation(terms: Terms, spec: RunSpec, workspace: Workspace) -> str:
    """Return ``CITATION.cff`` (Citation File Format 1.2.0).

    Parameters
    ----------
    terms, spec, workspace
        What is published, and from where.
    """
    creators = terms.creators or (workspace.title,)
    lines = [
        "cff-version: 1.2.0",
        "message: Please cite these data, the surveys they were fused from and the method.",
        "type: dataset",
        f"title: {_quoted(terms.titled(spec))}",
        f"date-released: {datetime.now(UTC).date().isoformat()}",
        "authors:",
        *(f"  - name: {_quoted(name)}" for name in creators),
    ]
    if terms.licence:
        lines.append(f"license: {_quoted(terms.licence)}")
    lines += ["references:"]
    for survey in (spec.pair.donor, spec.pair.recipient):
        described = workspace.describe(survey)
        lines += [
            "  - type: dataset",
            f"    title: {_quoted(described.title or survey.title)}",
            "    authors:",
            f"      - name: {_quoted(described.source or survey.name)}",
        ]
    lines += ["  - type: article", f"    title: {_quoted(_PAPER)}", "    authors:"]
    for family, given in _PAPER_AUTHORS:
        lines += [
            f"      - family-names: {_quoted(family)}",
            f"        given-names: {_quoted(given)}",
        ]
    lines += ["    journal: Scientific Data", "    volume: 11", "    year: 2024"]
    return "\n".join(lines) + "\n"


def licence_text(terms: Terms, spec: RunSpec, workspace: Workspace) -> str:
    """Return what may be done with the data, in words.

    Parameters
    ----------
    terms, spec, workspace
        What is published, and from where.
    """
    own = (
        f"The fused data and their documentation are published under {terms.licence}."
        if terms.licence
        else "No licence was chosen for the fused data; ask their publisher before passing them on."
    )
    lines = ["# Licence", "", own, "", "The terms of the surveys apply besides:", ""]
    for survey in (spec.pair.donor, spec.pair.recipient):
        described = workspace.describe(survey)
        source = f" – {described.source}" if described.source else ""
        lines.append(f"- {described.title or survey.title}{source}")
    return "\n".join([*lines, ""])


def combined_readme(
    terms: Terms, specs: Sequence[RunSpec], outcomes: Sequence[DerivedVariable]
) -> str:
    """Return what a published combination holds and how it is used.

    Parameters
    ----------
    terms
        Title, creators and licence.
    specs
        The requests of its runs.
    outcomes
        What was derived from their variables.
    """
    recipient = specs[0].pair.recipient.title
    donors = " and ".join(spec.pair.donor.title for spec in specs)
    parts = "\n".join(
        f"- `{spec.pair.donor}/` – {spec.pair.donor.title}, {spec.implicates} implicates"
        for spec in specs
    )
    derived = "\n".join(
        f"- `{item.name}` – {item.label or item.name}: `{item.expression}`" for item in outcomes
    )
    told = f"\n## Derived outcomes\n\n{derived}\n" if outcomes else ""
    return f"""# {terms.title}

Variables of {donors}, each simulated for every household of {recipient}, and analysed together.

Each folder is a published data set, whole by itself, with its codebook, validation, methods note,
licence and citation:

{parts}

Implicate i of one goes with implicate i of the others: join the tables of `data/` by `household_id` and
`implicate`, as far as all have implicates. The recipient's households lie in the first folder.

**What joint figures rest on.** Given what is known of a household from {recipient}, the donors' answers
are assumed independent: nobody was asked both. Joint shares have bounds that hold without this
assumption (Fréchet and Hoeffding); give them beside the estimate.
{told}
## Use it

    harmony open . --workspace my-project
    harmony repeat . --workspace a-project-with-these-surveys
"""


def readme(
    terms: Terms,
    spec: RunSpec,
    *,
    rows: int,
    files: Mapping[str, int],
    years: str,
    known: str,
    with_recipient: bool,
) -> str:
    """Return what the folder holds and how it is used.

    Parameters
    ----------
    terms, spec
        What is published.
    rows
        Number of households.
    files
        Bytes of each data file by name.
    years
        A sentence on the years and prices of the two surveys.
    known
        A sentence on what is left out or withheld; empty for nothing.
    with_recipient
        Whether the recipient's households are among the files.
    """
    pair = spec.pair
    stem = next(iter(files)).rpartition("/")[2].partition(".")[0]
    households = (
        "`recipient/` – the recipient's households with weights, so that nothing else is needed"
        if with_recipient
        else f"`recipient/` – harmonized predictors only: {pair.recipient.title} itself is needed"
    )
    sizes = ", ".join(f"`{name}` ({size_text(size)})" for name, size in files.items())
    return f"""# {terms.titled(spec)}

Variables of {pair.donor.title} simulated {spec.implicates} times for each of {rows:,} households of
{pair.recipient.title}. {years}

**How not to use these data.** A value is not a fact about a household. Estimate over many households, in
every implicate, and give the margin of error; use no area or group for which the validation advises
against it.

## What is here

- {sizes}: one row per household and implicate, keyed by `household_id`
- `{CODEBOOK_NAME}` – what every column measures
- {households}
- `margins/` – what margins of error need of the donor: regressions of its answers and how these move
  under its replicate weights. No donor's answers are among them.
- `validation/` – how well fused values agree with the donor's own
- `methods.md`, `methods.json` – how the data were made, for people and for programs: checksums of
  inputs, harmonies in full, settings, seed, versions
- `CITATION.cff`, `LICENSE.md`, `SHA256SUMS` (check with `sha256sum --check SHA256SUMS`)
{known}
## Use it

    harmony open . --workspace my-project
    harmony estimate latest --workspace my-project
    harmony app --workspace my-project

Without this program, any reader of Parquet or CSV does:

    pandas.read_parquet("data/{stem}.parquet").groupby("implicate").mean(numeric_only=True)

Make it again from the same surveys: `harmony repeat methods.json --workspace my-project`.
"""


CODEBOOK_NAME: Final = "codebook.csv"


def _quoted(text: str) -> str:
    """Return a text as YAML reads it; JSON strings are YAML."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
