"""Many processes that write the harmonies of one pair and are killed at random moments.

`run_writers` lets them loose, `broken_promises` then compares what each was told – its save has
revision 7 – with what is on disk. A writer notes what it was told in a file of its own, so that the
notes outlive it.
"""

import json
import multiprocessing
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.pair_file import PairContents
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
VARIABLES = 12
LEVELS = 60
MOST_KILLS = 1000
"""A machine too slow for one change between two kills comes to an end too."""
ACTIONS = ("save",) * 6 + ("draft",) * 2 + ("delete", "restore", "review", "forget")


@dataclass(frozen=True)
class Ordeal:
    """What happened: how many were killed, how often the file was read, what took how long."""

    kills: int
    reads: int
    seconds: float


def run_writers(folder: Path, *, writers: int, edits: int, pause: float, seed: int) -> Ordeal:
    """Let `writers` processes make `edits` changes each; kill one about every `pause` seconds."""
    dice = np.random.default_rng(seed)
    start = time.perf_counter()
    processes = {name: _start(folder, name, edits, seed) for name in range(writers)}
    kills = reads = 0
    while processes:
        HarmonyStore(folder, PAIR).load()  # readable at any moment, or this raises
        reads += 1
        time.sleep(dice.uniform(0, 2 * pause))
        for name, process in list(processes.items()):
            if process.exitcode == 0:
                del processes[name]
            elif process.exitcode is not None and process.exitcode != -signal.SIGKILL:
                raise AssertionError(f"writer {name} failed, exit code {process.exitcode}")
        if processes and kills < MOST_KILLS:
            name = int(dice.choice(sorted(processes)))
            processes[name].kill()
            processes[name].join()
            if processes[name].exitcode == 0:
                del processes[name]
            else:
                kills += 1
                processes[name] = _start(folder, name, edits, seed)
    return Ordeal(kills, reads, time.perf_counter() - start)


def broken_promises(folder: Path) -> list[str]:
    """Compare what the writers were told with what is on disk; empty if all of it was kept."""
    store = HarmonyStore(folder, PAIR)
    store.save(_harmony("last", "the last word"), author="nobody")  # makes good what a kill left
    entries = store.history()
    problems = [*_revision_problems(entries), *_file_problems(store, entries)]
    known = {(e.key, e.revision, e.action, e.after.comment if e.after else "") for e in entries}
    said = {(e.key, e.remark.text) for e in entries if e.remark}
    drafts: dict[tuple[str, str], str | None] = {}
    for note in _notes(folder):
        key, action, text = note["key"], note["action"], note["text"]
        if action == "draft":
            drafts[note["user"], key] = text
        elif action == "forget":
            drafts[note["user"], key] = None
        elif action == "review":
            if (key, text) not in said:
                problems.append(f"the remark {text} on {key} is lost")
        elif (key, note["revision"], action, text) not in known:
            problems.append(f"{action} of {key}, revision {note['revision']} ({text}) is lost")
    for (user, key), text in drafts.items():
        draft = store.load_drafts(user).get(key)
        problems += _draft_problems(user, key, text, draft.harmony.comment if draft else None)
    leftovers = [path.name for path in folder.iterdir() if path.name.startswith(f".{PAIR}.json")]
    return problems + [f"leftover {name}" for name in leftovers]


def _draft_problems(user: str, key: str, told: str | None, found: str | None) -> Iterator[str]:
    """Judge a draft; what was killed before it was acknowledged may have happened or not."""
    if told is not None and found is not None and _number(found) < _number(told):
        yield f"the draft {told} of {key} by {user} went back to {found}"


def _number(text: str) -> int:
    return int(text.rpartition(" ")[2])


def _revision_problems(entries) -> Iterator[str]:
    revisions = defaultdict(list)
    for entry in entries:
        if entry.action != "review":
            revisions[entry.key].append(entry.revision)
    for key, found in revisions.items():
        if found != list(range(1, len(found) + 1)):
            yield f"{key} has the revisions {found}"


def _file_problems(store: HarmonyStore, entries) -> Iterator[str]:
    contents = PairContents()
    for entry in entries:
        contents = contents.after(entry)
    if contents != store.contents():
        yield "the file says something else than its history"


def _start(folder: Path, name: int, edits: int, seed: int):
    process = multiprocessing.get_context("fork").Process(
        target=_write, args=(folder, name, edits, seed)
    )
    process.start()
    return process


def _note_path(folder: Path, name: int) -> Path:
    return folder / f"notes-{name}.txt"


def _notes(folder: Path) -> Iterator[dict]:
    for path in sorted(folder.glob("notes-*.txt")):
        for line in path.read_bytes().split(b"\n"):
            if line.endswith(b"}"):
                yield json.loads(line)


def _write(folder: Path, name: int, edits: int, seed: int) -> None:
    """Make changes until `edits` of them are noted."""
    path = _note_path(folder, name)
    done = path.read_bytes().count(b"}\n") if path.exists() else 0
    dice = np.random.default_rng([seed, name, time.time_ns()])
    store = HarmonyStore(folder, PAIR)
    number = int(time.time_ns())  # grows over the lives of a writer
    with path.open("ab", buffering=0) as notes:
        notes.write(b"\n")
        while done < edits:
            number += 1
            note = _change(store, dice, f"writer {name}", number)
            if note is not None:
                os.write(notes.fileno(), json.dumps(note).encode() + b"\n")
                done += 1


def _change(store: HarmonyStore, dice: np.random.Generator, user: str, number: int) -> dict | None:
    """Make one change; ``None`` where someone else was first, as happens to people."""
    harmony = _harmony(f"v{dice.integers(VARIABLES)}", f"{user} {number}")
    note = {"user": user, "key": harmony.key, "text": harmony.comment}
    action = str(dice.choice(ACTIONS))
    try:
        return note | {"action": action} | ACT[action](store, harmony, user)
    except ConflictError:
        return None
    except InputError as error:
        if error.what.startswith(("There is no harmony", "The history of")):
            return None  # someone else deleted it, or it never was
        raise


def _save(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    current = store.load().get(harmony.key)
    revision = current.revision if current else 0
    return {"revision": store.save(replace(harmony, revision=revision), author=user).revision}


def _delete(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    return {"revision": store.delete(harmony.key, author=user).revision + 1, "text": ""}


def _restore(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    back = store.restore(harmony.key, author=user)
    return {"revision": back.revision, "text": back.comment}


def _review(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    store.review(harmony.key, "remark", author=user, text=harmony.comment)
    return {}


def _draft(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    store.save_draft(harmony, user=user)
    return {}


def _forget(store: HarmonyStore, harmony: Harmony, user: str) -> dict:
    store.discard_draft(harmony.key, user=user)
    return {}


ACT = {
    "save": _save,
    "delete": _delete,
    "restore": _restore,
    "review": _review,
    "draft": _draft,
    "forget": _forget,
}


def _harmony(variable: str, comment: str) -> Harmony:
    levels = tuple(LevelGroup(f"level {index}", index % 7) for index in range(LEVELS))
    return Harmony(Side(variable, levels=levels), Side("rmsp"), comment=comment)
