"""Turn runs into what the runs table and the detail of one run show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fusion_core.errors import HarmonyError
from fusion_core.execution.pipeline import finished_stages
from fusion_core.prepare.choose import flat_names
from fusion_core.summaries import counted, ordinal
from fusion_core.workspace.files import read_json, size_text
from fusion_core.workspace.runs import STAGES, RunSpec
from harmony_app.fuse.presenting import settings_words
from harmony_app.fuse.settings_form import form_data
from harmony_app.fuse.state import PRESET_TITLES, FuseState
from harmony_app.shell.look import duration, elapsed, moment

if TYPE_CHECKING:
    from fusion_core.workspace.runs import RemovedRun, Run
    from harmony_app.shell.work import RunRow

MOST_LOG_LINES: Final = 300
_STATUS: Final = {
    "created": ("not started", ""),
    "queued": ("in line", "place"),
    "running": ("running", "now"),
    "finished": ("finished", "good"),
    "failed": ("failed", "bad"),
    "cancelled": ("cancelled", "warn"),
}
_STAGE_TITLES: Final = {
    "prepare": "Prepare",
    "train": "Train",
    "fuse": "Fuse",
    "validate": "Validate",
}
DOWNLOADS: Final = (
    ("implicates", "Implicates", "The fused values, Parquet files in a ZIP"),
    ("model", "Model", "The trained models, readable by LightGBM, in a ZIP"),
    ("methods", "Methods note", "Settings, seeds, versions and predictors, as text"),
)


def runs_data(
    rows: Sequence[RunRow],
    state: FuseState,
    removed: Sequence[RemovedRun] = (),
    at_once: int = 1,
) -> dict[str, Any]:
    """Describe the runs table, the deleted runs that can be restored, and how many go on at a time."""
    return {
        "selected": state.run or "",
        "rows": [_row(row) for row in rows],
        "removed": [_removed(item) for item in removed],
        "at_once": at_once,
    }


def _removed(item: RemovedRun) -> dict[str, str]:
    deleted = f"deleted {moment(item.removed)}, " if item.removed else ""
    return {
        "id": item.run.id,
        "name": item.name,
        "what": f"{deleted}{size_text(float(item.nbytes))}",
    }


def detail_data(row: RunRow | None, message: str = "") -> dict[str, Any]:
    """Describe one run; nothing but a message when there is none to show."""
    if row is None:
        return {"id": "", "message": message}
    words, tone = _status(row)
    done = finished_stages(row.run)
    log = row.run.log_records()
    return {
        "id": row.run.id,
        "name": row.name,
        "status": row.state.status,
        "status_text": words,
        "tone": tone,
        "active": row.is_active,
        "waiting": row.state.status == "queued",
        "cancelling": row.cancelling,
        "can_resume": row.spec is not None
        and row.state.status in {"created", "failed", "cancelled"},
        "progress": row.state.progress,
        "left": _left(row),
        "message": _message(row),
        "stages": [_stage(row, stage, done) for stage in STAGES],
        "links": _links(row, done),
        "downloads": _downloads(row.run, done),
        "notes": _notes(row.run) if "prepare" in done else [],
        "facts": _facts(row.spec, row),
        "settings": _every_setting(row.spec),
        "skills": _skills(log),
        "log": _log(log),
    }


def _status(row: RunRow) -> tuple[str, str]:
    words, tone = _STATUS[row.state.status]
    return (f"{ordinal(row.place)} in line" if row.place else words, tone)


def _message(row: RunRow) -> str:
    """Say what is being done; of a waiting run, what it waits for."""
    if not row.place:
        return row.state.message
    before = row.place - 1
    if not before:
        return "It starts as soon as a running one ends."
    return f"It starts after {counted(before, 'run')} ahead of it and a running one have ended."


def _row(row: RunRow) -> dict[str, Any]:
    words, tone = _status(row)
    seconds = elapsed(row.state.started, "" if row.is_active else row.state.finished)
    if not row.is_active and not row.state.finished:
        seconds = None
    spec = row.spec
    settings = "" if spec is None else _settings(spec)
    when = row.state.started or row.state.updated
    return {
        "id": row.run.id,
        "name": row.name,
        "pair": spec.pair.title if spec is not None else "",
        "status": "stopping" if row.cancelling and row.is_active else words,
        "tone": tone,
        "active": row.is_active,
        "progress": row.state.progress,
        "when": moment(when),
        "moment": when,
        "duration": duration(seconds),
        "settings": settings,
        "sort": {
            "name": row.name.lower(),
            "status": words,
            "when": row.run.id,
            "duration": seconds or 0.0,
            "settings": settings,
        },
    }


def _settings(spec: RunSpec) -> str:
    return settings_words(spec.preset, spec.implicates, flat_names(spec.fusion_variables))


def _left(row: RunRow) -> str:
    words = duration(row.state.seconds_left)
    return f"about {words} left" if words else ""


def _stage(row: RunRow, stage: str, done: Any) -> dict[str, str]:
    state = "waiting"
    took = ""
    if stage in done:
        state, took = "done", duration(done[stage])
    elif stage == row.state.stage and row.state.status == "running":
        state = "now"
    elif stage == row.state.stage and row.state.status == "failed":
        state = "bad"
    return {"title": _STAGE_TITLES[stage], "state": state, "took": took}


def _links(row: RunRow, done: Any) -> list[dict[str, str]]:
    address = quote(row.run.id)
    links = []
    if "validate" in done:
        links.append({"title": "See how good it is", "href": f"validate?run={address}"})
    if "fuse" in done:
        links.append({"title": "Explore the map", "href": f"explore?run={address}"})
        links.append({"title": "Publish…", "href": f"explore?run={address}&panel=publish"})
    return links


def _downloads(run: Run, done: Any) -> list[dict[str, str]]:
    needs = {"implicates": "fuse", "model": "train", "methods": "prepare"}
    return [
        {"title": title, "help": words, "href": f"download/{quote(run.id)}/{part}"}
        for part, title, words in DOWNLOADS
        # A run opened from a published data set has no model.
        if needs[part] in done and (part != "model" or run.model_folder.exists())
    ]


def _notes(run: Run) -> list[str]:
    try:
        return [str(note) for note in read_json(run.input_folder / "prepare.json")["notes"]]
    except (HarmonyError, KeyError) as error:
        return [str(error)]


def _facts(spec: RunSpec | None, row: RunRow) -> list[list[str]]:
    if spec is None:
        return [["Run", row.run.id]]
    items = [
        item if isinstance(item, str) else f"block of {' + '.join(item)}"
        for item in spec.fusion_variables
    ]
    facts = [
        ["Pair", spec.pair.title],
        ["Fusion variables", ", ".join(items)],
        ["Order", "suggested" if spec.train.order == "suggested" else "as listed"],
        ["Preset", PRESET_TITLES.get(spec.preset, spec.preset)],
        ["Implicates, seed", f"{spec.implicates}, {spec.seed}"],
        ["Minimum similarity", f"{spec.minimum_similarity:.2f}"],
    ]
    if spec.train.largest_block > 1:
        facts.append(["Blocks", f"suggested, of at most {spec.train.largest_block} variables"])
    if spec.out_of_fold:
        facts.append(["Checked with unseen households", f"{spec.out_of_fold} parts"])
    hidden = f"{spec.known_answers} predictors hidden" if spec.known_answers else "not checked"
    facts.append(["Known answers", hidden])
    if spec.keep_predictors:
        facts.append(["Kept by choice", ", ".join(spec.keep_predictors)])
    if spec.exclude_predictors:
        facts.append(["Left out by choice", ", ".join(spec.exclude_predictors)])
    facts.append(["Identifier", row.run.id])
    return facts


def _every_setting(spec: RunSpec | None) -> list[list[str]]:
    if spec is None:
        return []
    return [
        [str(field["title"]), str(field["value"]) or "–"]
        for group in form_data(spec.train)
        for field in group["fields"]
    ]


def _skills(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the skill of each variable modelled so far, the latest start's."""
    found = {
        str(record["variable"]): float(record["skill"])
        for record in log
        if "variable" in record and isinstance(record.get("skill"), int | float)
    }
    return [
        {"name": name, "skill": f"{round(skill, 2) + 0.0:.2f}", "share": min(max(skill, 0.0), 1.0)}
        for name, skill in found.items()
    ]


def _log(log: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for record in log[-MOST_LOG_LINES:]:
        time = str(record.get("time", ""))[11:19]
        stage = f"{record['stage']}: " if "stage" in record else ""
        lines.append(f"{time}  {stage}{record.get('message', '')}")
        if record.get("details"):
            lines.append(str(record["details"]))
    return lines
