"""A department on one server: fifty people signed in on every page, imports and runs going on, kills.

Visitors speak the server's protocol without a browser. Each opens a page and stays, many edit a
harmony, and all note what the server has answered; meanwhile surveys are imported and runs wait in line from the
command line, a run is killed and resumed, and between the rounds the server itself is killed and
started again. At the end everything that was answered has to be there.
"""

import asyncio
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil
from support.raw_session import RawSession
from support.reporting import Row, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "app" / "server"))

from running_app import AppServer, free_port, start_app
from visiting import PASSWORD, Visitor

from fusion_core.demo import ensure_demo, first_look
from fusion_core.execution import run_status, set_runs_at_once, start_run, wait_for_run
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import Run, create_run
from harmony_app.access import UserList

PAIR = "DEMOENERGY_2020__DEMOACS_2022"
PAGES = ("harmonize", "surveys", "harmonize", "fuse", "validate", "harmonize", "explore", "begin")
_groups = itertools.count(1_000)


@dataclass(frozen=True)
class Size:
    """How much is done: people, how many come in the same second, edits of each, runs and imports."""

    people: int
    at_once: int
    edits: int
    runs: int
    imports: int
    free_seconds: float


FULL = Size(people=50, at_once=5, edits=3, runs=1, imports=2, free_seconds=30)
QUICK = Size(people=8, at_once=2, edits=1, runs=1, imports=1, free_seconds=1)


@dataclass
class Seen:
    """What the server answered: seconds of pages and edits, and what is promised to be there.

    An edit is promised once the page shows the harmony with it: by then it is on disk.
    """

    pages: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)
    early: int = 0
    drafts: dict[str, tuple[str, float]] = field(default_factory=dict)
    failed: int = 0


@dataclass
class Soak:
    """A server, what it serves, what is done, and what was seen."""

    server: AppServer
    workspace: Workspace
    pair: SurveyPair
    keys: list[str]
    size: Size
    seen: Seen = field(default_factory=Seen)


def row(what: str, value: float, unit: str, *, note: str = "") -> Row:
    return Row(topic="soak", what=what, value=value, unit=unit, note=note)


def person(number: int) -> str:
    return f"person {number}"


def sign_in(soak: Soak) -> list[Visitor]:
    found = [Visitor(soak.server.port) for _ in range(soak.size.people)]
    for number, visitor in enumerate(found):
        visitor.sign_in(person(number))
    return found


async def visit(soak: Soak, visitors: list[Visitor]) -> None:
    """Let everybody come, a few in the same second, and stay until all have been there."""
    turns = asyncio.Semaphore(soak.size.at_once)
    opened: list[RawSession] = []

    async def come(number: int, visitor: Visitor) -> None:
        async with turns:
            await one_person(soak, number, visitor, opened)

    await asyncio.gather(*(come(*each) for each in enumerate(visitors)))
    for session in opened:
        session.close()


async def one_person(soak: Soak, number: int, visitor: Visitor, opened: list[RawSession]) -> None:
    """Open a page, and edit a harmony if it is that page; what fails is counted."""
    cookies, seen = {"Cookie": visitor.cookie_header}, soak.seen
    page = PAGES[number % len(PAGES)]
    key = soak.keys[number % len(soak.keys)]
    asked = dict(zip(("donor", "recipient"), key.split("__"), strict=True)) | {"pair": PAIR}
    began = time.perf_counter()
    try:
        session = await RawSession.open(
            soak.server.url, asked if page == "harmonize" else {}, page=page, headers=cookies
        )
        seen.pages.append(time.perf_counter() - began)
        opened.append(session)
        for turn in range(soak.size.edits if page == "harmonize" else 0):
            group = float(next(_groups))
            edit = {"kind": "assign", "donor": [0], "recipient": [0], "group": group}
            answered, shown = await session.edit(turn + 1, edit)
            seen.answers.append(answered)
            seen.edits.append(shown)
            seen.drafts[person(number)] = (key, group)
        seen.early += session.early
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        print(f"{page}: {type(error).__name__} {error}", file=sys.stderr)
        seen.failed += 1


def import_surveys(folder: Path, first: int, count: int) -> list[subprocess.Popen[bytes]]:
    """Import small surveys from the command line, one process each."""
    processes = []
    for number in range(first, first + count):
        table = folder.parent / f"homes-{number}.csv"
        rows = "\n".join(f"{row},{row % 7},{row % 3}" for row in range(2_000))
        table.write_text(f"id,kwh,zone\n{rows}\n", encoding="utf-8")
        command = [sys.executable, "-m", "fusion_core.cli.main", "survey", "add", "--name", "HOMES"]
        command += ["--household", str(table), "--vintage", str(2000 + number), "-w", str(folder)]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    return processes


def start_runs(workspace: Workspace, count: int) -> list[Run]:
    runs = [create_run(workspace, first_look()) for _ in range(count)]
    for run in runs:
        start_run(workspace, run)
    return runs


def kill_and_resume(workspace: Workspace, run: Run) -> None:
    """Kill the process of a run once it works, as a computer without memory would, and resume it."""
    while run_status(workspace, run).status in {"created", "queued"}:
        time.sleep(0.2)
    process = run.state().process
    if process is None:
        return
    with contextlib.suppress(psutil.Error):
        psutil.Process(process).kill()
    while run_status(workspace, run).status == "running":
        time.sleep(0.2)
    if run_status(workspace, run).status == "failed":
        start_run(workspace, run)


async def round_of_work(soak: Soak, number: int) -> list[str]:
    """Let everybody work while surveys come in and runs go on; returns what is missing at the end."""
    workspace, size = soak.workspace, soak.size
    visitors = await asyncio.to_thread(sign_in, soak)
    imports = import_surveys(workspace.path, number * size.imports, size.imports)
    runs = await asyncio.to_thread(start_runs, workspace, size.runs)
    await asyncio.gather(
        visit(soak, visitors), asyncio.to_thread(kill_and_resume, workspace, runs[0])
    )
    missing = [f"import {each.args}" for each in imports if await asyncio.to_thread(each.wait)]
    for run in runs:
        state = await asyncio.to_thread(wait_for_run, workspace, run, timeout=900)
        if state.status != "finished":
            missing.append(f"run {run.id}: {state.status}, {state.message}")
    surveys = [each for each in workspace.survey_ids() if each.name == "HOMES"]
    if len(surveys) < (number + 1) * size.imports:
        missing.append(f"of {(number + 1) * size.imports} surveys {len(surveys)} are there")
    return missing


def lost_drafts(soak: Soak) -> list[str]:
    """Return the people whose last answered edit is not among their drafts.

    An edit that was kept, and whose answer the kill came before, stands above it: undo leads back.
    """
    drafts = HarmonyStore(soak.workspace.path, soak.pair).drafts
    lost = []
    for name, (key, group) in soak.seen.drafts.items():
        draft = drafts.load(name).get(key)
        kept = () if draft is None else (draft.harmony, *draft.past)
        if not any(str(int(group)) in json.dumps(asdict(each), default=str) for each in kept):
            lost.append(f"the draft of {name} of {key}")
    return lost


def measure(*, quick: bool) -> list[Row]:
    """Soak a server for two rounds, killing it in between; quickly with few people."""
    size = QUICK if quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        workspace = ensure_demo(Path(folder) / "demo")
        set_runs_at_once(workspace, 1)
        people = UserList(workspace.path)
        for number in range(size.people):
            people.put(person(number), "owner", password=PASSWORD)
        return asyncio.run(_soak(workspace, size))


async def _soak(workspace: Workspace, size: Size) -> list[Row]:
    pair = next(each for each in list_pairs(workspace.path) if str(each) == PAIR)
    keys = [
        harmony.key
        for harmony in HarmonyStore(workspace.path, pair).load().harmonies
        if harmony.donor.levels and harmony.recipient.levels
    ]

    async def started(port: int) -> AppServer:
        return await asyncio.to_thread(start_app, workspace.path, port, "--sign-in", "password")

    port, used = free_port(), 0.0
    soak, missing, memory = Soak(await started(port), workspace, pair, keys, size), [], {}
    try:
        for name in ("first", "second", "third"):
            if name == "third":  # on a server that was killed, with a few people
                soak.size = replace(size, people=max(1, size.people // 5))
                soak.server.process.kill()
                soak.server.process.wait()
                missing += lost_drafts(soak)
                soak.server = await started(port)
            missing += await round_of_work(soak, len(memory))
            await asyncio.sleep(size.free_seconds)
            process = psutil.Process(soak.server.process.pid)
            memory[name] = process.memory_info().rss / 2**20
            times = process.cpu_times()
            if name != "first":  # the second round ends the first server, the third its own
                used += times.user + times.system
        missing += lost_drafts(soak)
    finally:
        soak.server.stop()
    for sentence in missing:
        print(f"Missing: {sentence}", file=sys.stderr)
    seen, who = soak.seen, f"{size.people} people signed in"
    asked = len(seen.pages) + len(seen.edits)
    notes = {"third": "on a server started after the one before was killed"}
    return [
        _times(f"{who}: a page shown", seen.pages),
        _times(f"{who}: an edit answered, and kept by then", seen.answers),
        _times(f"{who}: consequence of an edit shown", seen.edits),
        row(
            "processor time of the server per page and edit, everything included",
            used / asked,
            "s",
        ),
        *(
            row(f"memory after the {name} round", value, "MiB", note=notes.get(name, ""))
            for name, value in memory.items()
        ),
        row(
            "consequences of an earlier edit that came before the answer to a later one",
            seen.early,
            "",
            note="none of them counts as an answer",
        ),
        row("pages and edits that failed", seen.failed, "", note=f"of {asked}; goal: 0"),
        row("runs, imports and drafts that are missing", len(missing), "", note="goal: 0"),
    ]


def _times(what: str, seconds: list[float]) -> Row:
    ordered = sorted(seconds)
    usual = ordered[int(0.95 * (len(ordered) - 1))]
    return row(
        f"{what}, median of {len(seconds)}",
        statistics.median(seconds),
        "s",
        note=f"95 % within {usual:.1f} s",
    )


if __name__ == "__main__":
    sys.exit(run_alone(measure))
