"""`harmony survey`: what is in the workspace, and adding to it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli import derive
from fusion_core.cli.options import (
    CreateOption,
    JsonOption,
    WorkspaceOption,
    decimal_mark,
    open_workspace,
    pairs,
)
from fusion_core.cli.output import Output, number, table
from fusion_core.errors import ConflictError, HarmonyError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.surveys.model import Survey, SurveyDescription, Variable
    from fusion_core.surveys.stored import StoredSurvey
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(no_args_is_help=True, help="List, show and add surveys.")
app.command("derive")(derive.derive)


@app.command("list")
def list_surveys(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the surveys of a workspace."""
    opened = open_workspace(workspace)
    records, problems = [], list(opened.unreadable_surveys())
    for survey in opened.survey_ids():
        try:
            records.append(_overview(opened, str(survey)))
        except HarmonyError as error:
            problems.append(f"{survey.title}: {error.message}")
            continue
        problems += [f"{survey.title}: {sentence}" for sentence in records[-1]["damaged"]]

    def show(console: Console) -> None:
        for sentence in problems:
            console.print(sentence, markup=False)
        if not records and not problems:
            console.print("No survey yet. Add one with `harmony survey add`.", markup=False)
        if not records:
            return
        rows = [
            (
                item["survey"],
                item["title"],
                number(item["households"], digits=1),
                number(item["persons"], digits=1),
                item["variables"],
                item["variance"],
            )
            for item in records
        ]
        columns = ("survey", "title", "households", "persons", "variables", "variance")
        console.print(table(columns, rows))

    Output(json).result({"surveys": records, "problems": problems}, show)


@app.command("show")
def show_survey(
    survey: Annotated[str, typer.Argument(metavar="SURVEY", help="Such as RECS_2015.")],
    variable: Annotated[
        str, typer.Option("--variable", "-v", metavar="NAME", help="Show one variable in detail.")
    ] = "",
    search: Annotated[
        str, typer.Option("--search", metavar="WORDS", help="Only variables these words describe.")
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Show a survey's dictionary, or one of its variables with its distribution."""
    from fusion_core.surveys.model import SurveyId

    opened = open_workspace(workspace)
    identifier = SurveyId.parse(survey)
    description = opened.describe(identifier)
    dictionary = opened.dictionary(identifier)
    output = Output(json)
    if variable:
        found = dictionary.require(variable, where=identifier.title)
        _show_variable(output, opened.stored_survey(identifier), found)
        return
    answers = dictionary.answers()
    if search:
        answers = _matching(identifier, dictionary, search)
    problems = opened.broken_variables(identifier)
    record = {
        "survey": survey,
        "description": description,
        "variables": answers,
        "problems": problems,
    }

    def show(console: Console) -> None:
        for sentence in problems:
            console.print(sentence, markup=False)
        _show_dictionary(console, description, answers)

    output.result(record, show)


@app.command("readers")
def list_readers(
    recipe: Annotated[
        str,
        typer.Option(
            metavar="READER", help="Print a recipe file for the imports of this reader instead."
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """List the surveys that are read as they are published, and the files of each."""
    from fusion_core.ingest.readers import READERS, find_reader
    from fusion_core.ingest.recipes import example_recipe

    if recipe:
        text = example_recipe(find_reader(recipe))
        # As it stands in the file, so that it can be sent to one.
        Output(json).result({"reader": recipe, "text": text}, lambda _: typer.echo(text, nl=False))
        return
    records = [
        {
            "reader": reader.key,
            "title": reader.title,
            "help": reader.help,
            "variance": reader.variance,
            "files": [
                {
                    "slot": slot.key,
                    "title": slot.title,
                    "required": slot.required,
                    "endings": slot.suffixes,
                    "help": slot.help,
                }
                for slot in reader.slots
            ],
        }
        for reader in READERS
    ]

    def show(console: Console) -> None:
        for reader in READERS:
            console.print(f"{reader.key}: {reader.title}", markup=False, style="bold")
            console.print(f"  {reader.help}", markup=False)
            for slot in reader.slots:
                need = "" if slot.required else " (optional)"
                console.print(f"  {slot.key}{need}: {slot.title}. {slot.help}", markup=False)
            if reader.variance:
                console.print(f"  Variance: {reader.variance}", markup=False)

    Output(json).result({"readers": records}, show)


@app.command("add")
def add_survey(
    *,
    reader: Annotated[
        str,
        typer.Option(
            help="generic (the usual), acs_pums, recs, nhts, ahs, cex, cex_years, ipums or fusiondata: see"
            " `harmony survey readers`."
        ),
    ] = "",
    household: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Household (or housing) file.")
    ] = None,
    person: Annotated[Path | None, typer.Option(metavar="FILE", help="Person file.")] = None,
    codebook: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Codebook with descriptions and labels.")
    ] = None,
    dictionary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Census Bureau data dictionary (acs_pums).")
    ] = None,
    supplement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="More columns of the households (recs).")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            metavar="SLOT=FILE",
            help="Any file the reader takes, such as trip=trippub.csv; may be repeated.",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Survey name such as RECS.")] = "",
    vintage: Annotated[str, typer.Option(help="Year such as 2015, or 2015-2019.")] = "",
    title: Annotated[str, typer.Option(help="Full name, as people see it.")] = "",
    key: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column that identifies the household.")
    ] = "",
    weight: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column of the weights; '-' if there is none.")
    ] = "",
    person_weight: Annotated[
        str, typer.Option(metavar="COLUMN", help="Weight in the person file; '-' for none.")
    ] = "",
    replicates: Annotated[
        str,
        typer.Option(
            metavar="STEM", help="What the replicate weights' names share (REPWT); '-' for none."
        ),
    ] = "",
    design: Annotated[
        str, typer.Option(help="Replication design: sdr, brr, fay:0.5, jk1, jk2, jkn:7 or none.")
    ] = "",
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=CODES",
            help="Codes that stand for no answer, such as RENT=-6,-9; RENT= for none; repeatable.",
        ),
    ] = None,
    areas: Annotated[
        str,
        typer.Option(
            metavar="COLUMN,…", help="Columns of areas, coarse to fine, such as STATE,PUMA."
        ),
    ] = "",
    encoding: Annotated[str, typer.Option(help="Text encoding, such as cp1252 or latin-1.")] = "",
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="COLUMN", help="Column not to read; may be repeated."),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="OLD=NEW", help="Another name for a column."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="COLUMN=TYPE",
            help="What a column is: number, integer, category, ordered or text.",
        ),
    ] = None,
    decimal: Annotated[
        str, typer.Option(metavar="MARK", help="Mark of decimals in numbers: '.' or ','.")
    ] = "",
    implied_decimals: Annotated[
        list[str] | None,
        typer.Option(
            "--implied-decimals",
            metavar="COLUMN=DIGITS",
            help="How many last digits are decimals, such as WGTP=2; a stem names numbered columns.",
        ),
    ] = None,
    sheet: Annotated[
        str, typer.Option(metavar="NAME", help="Sheet of a workbook, or file in a ZIP.")
    ] = "",
    person_sheet: Annotated[
        str, typer.Option(metavar="NAME", help="The same for the person file.")
    ] = "",
    header_row: Annotated[
        int, typer.Option(min=0, metavar="ROW", help="Row of the column names; 0 finds it.")
    ] = 0,
    price_year: Annotated[
        int,
        typer.Option(
            "--price-year",
            metavar="YEAR",
            min=0,
            help="Year whose prices dollar amounts are in; by default the year of the vintage.",
            show_default=False,
        ),
    ] = 0,
    memory: Annotated[
        int,
        typer.Option(
            metavar="MB",
            min=0,
            help="Give up where the files need more memory.",
            show_default="nine tenths of this computer's",
        ),
    ] = 0,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Choices of an earlier import: its recipe.toml."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read and report, but store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a survey of the same name and vintage.")
    ] = False,
    create: CreateOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Read raw survey files and add them to the workspace.

    Nothing is stored unless everything in the files is right. What is inferred of a file can be put
    right with --key, --weight, --replicates, --missing, --type, --decimal and others (generic
    reader); the choices are kept beside the survey in recipe.toml for the next vintage, where what
    is said anew goes before what the recipe says. Examples:

    harmony survey add --household homes.csv --name HOMES --vintage 2021 --leave-out note
    --rename AGE_=age_flag --type zip=category --check

    harmony survey add --recipe recipe.toml --household homes_2022.csv --vintage 2022

    harmony survey add --reader acs_pums --household csv_hor.zip --person csv_por.zip
    --dictionary PUMS_Data_Dictionary_2019.csv --vintage 2019

    harmony survey add --reader nhts --household csv.zip --file replicates=ReplicatesCSV.zip
    --vintage 2017
    """
    from fusion_core.ingest.generic import parse_missing
    from fusion_core.ingest.import_report import report_facts
    from fusion_core.ingest.limits import try_within
    from fusion_core.ingest.readers import ImportRequest, find_reader
    from fusion_core.ingest.recipes import Recipe, read_recipe, write_recipe
    from fusion_core.ingest.tables import FileProblemsError

    opened = None if check else open_workspace(workspace, create=create)
    earlier = Recipe() if recipe is None else read_recipe(recipe)
    chosen = find_reader(reader or earlier.reader)
    said: dict[str, Any] = {
        "key": key,
        "weight": weight,
        "person_weight": person_weight,
        "replicates": tuple(part.strip() for part in replicates.split(",") if part.strip()),
        "design": design,
        "missing": dict(earlier.choices.missing) | parse_missing(missing or []),
        "geography": tuple(part.strip() for part in areas.split(",") if part.strip()),
        "encoding": encoding,
        "left_out": tuple(dict.fromkeys((*earlier.choices.left_out, *(leave_out or ())))),
        "renamed": dict(earlier.choices.renamed) | pairs(rename or (), "--rename", "OLD=NEW"),
        "types": dict(earlier.choices.types) | pairs(kind or (), "--type", "COLUMN=TYPE"),
        "decimal": decimal_mark(decimal),
        "implied_decimals": dict(earlier.choices.implied_decimals)
        | pairs(implied_decimals or (), "--implied-decimals", "COLUMN=DIGITS"),
        "sheet": sheet,
        "person_sheet": person_sheet,
        "header_row": header_row,
    }
    choices = dataclasses.replace(
        earlier.choices, **{field: value for field, value in said.items() if value}
    )
    kept = Recipe(chosen.key, name or earlier.name or chosen.name, title or earlier.title, choices)
    given = {
        "household": household,
        "person": person,
        "codebook": codebook,
        "dictionary": dictionary,
        "supplement": supplement,
    } | {slot: Path(path) for slot, path in pairs(file or (), "--file", "SLOT=FILE").items()}
    request = ImportRequest(
        chosen.key,
        {slot: path for slot, path in given.items() if path is not None},
        name=kept.name,
        vintage=vintage,
        title=kept.title,
        choices=choices,
        price_year=price_year,
    )
    trial = try_within(request, memory * 1_000_000 if memory else None)
    if trial.survey is None:
        raise FileProblemsError(trial.problems)
    survey = trial.survey
    broken: tuple[str, ...] = ()
    if opened is not None:
        if opened.has_survey(survey.id) and not replace:
            raise ConflictError(
                f"The workspace has {survey.id.title} already",
                where=str(opened.path),
                fix="Give --replace to replace it, or another --vintage to keep both",
            )
        broken = opened.add_survey(survey, may_replace=replace)
        write_recipe(kept, opened.survey_folder(survey.id))
    warnings = [*(problem.sentence for problem in trial.problems), *broken]
    record = {
        "survey": str(survey.id),
        "stored": not check,
        "warnings": warnings,
        "report": {fact.title: fact.text for fact in report_facts(trial, chosen)},
    } | _sizes(survey)
    Output(json).result(record, lambda console: _show_added(console, survey, record))


def _overview(workspace: Workspace, survey: str) -> dict[str, Any]:
    from fusion_core.surveys.model import SurveyId
    from fusion_core.surveys.summary import survey_overview

    identifier = SurveyId.parse(survey)
    folder = workspace.survey_folder(identifier)
    found = survey_overview(folder, workspace.dictionary(identifier))
    design = found.description.design
    replicates = f", {design.replicates} replicates" if design.replicates else ""
    return {
        "survey": survey,
        "title": found.description.title or identifier.title,
        "synthetic": found.description.synthetic,
        "households": found.households,
        "persons": found.persons,
        "variables": found.household_variables + found.person_variables,
        "variance": f"{design.method}{replicates}",
        "geography": found.description.geography,
        "price_year": found.description.price_year,
        "bytes": found.size,
        "damaged": (*found.damaged, *workspace.broken_variables(identifier)),
    }


def _matching(identifier: Any, dictionary: Any, words: str) -> list[Variable]:
    from fusion_core.surveys.search import build_index, search

    hits = search(build_index([(identifier, dictionary)]), words)
    return [hit.entry.variable for hit in hits if hit.entry.variable.role == "answer"]


def _show_dictionary(
    console: Console, description: SurveyDescription, answers: list[Variable]
) -> None:
    console.print(description.title or description.id.title, markup=False)
    for note in description.notes:
        console.print(f"  {note}", markup=False)
    rows = [
        (
            item.name,
            item.respondent,
            item.type,
            f"{len(item.levels)} levels" if item.levels else item.unit,
            item.description,
        )
        for item in answers
    ]
    console.print(table(("variable", "level", "type", "values", "description"), rows))


def _show_variable(output: Output, survey: StoredSurvey, variable: Variable) -> None:
    from fusion_core.surveys.summary import read_distribution

    found = read_distribution(survey, variable)
    record = {"variable": variable, "distribution": found}

    def show(console: Console) -> None:
        console.print(f"{variable.name}: {variable.description}", markup=False)
        unit = f", {variable.unit}" if variable.unit else ""
        console.print(f"{variable.type}, asked of each {variable.respondent}{unit}", markup=False)
        if variable.definition:
            console.print(f"Derived: {variable.definition}", markup=False)
        if variable.note:
            console.print(variable.note, markup=False)
        if found is None:
            for code, level in zip(variable.codes, variable.levels, strict=False):
                console.print(f"  {code}  {level}", markup=False)
        else:
            derive.show_distribution(console, found)

    output.result(record, show)


def _sizes(survey: Survey) -> dict[str, Any]:
    return {
        "households": None if survey.household is None else len(survey.household),
        "persons": None if survey.person is None else len(survey.person),
        "variables": len(survey.dictionary.answers()),
        "notes": survey.description.notes,
    }


def _show_added(console: Console, survey: Survey, record: dict[str, Any]) -> None:
    done = "Added" if record["stored"] else "Would add"
    tables = [
        f"{number(record[name], digits=1)} {name}"
        for name in ("households", "persons")
        if record[name] is not None
    ]
    console.print(
        f"{done} {survey.id.title}: {', '.join(tables)}, {record['variables']} variables",
        markup=False,
    )
    for title, text in record["report"].items():
        console.print(f"  {title}: {text}.", markup=False)
    for sentence in dict.fromkeys((*record["warnings"], *survey.description.notes)):
        console.print(f"  {sentence}", markup=False)
