"""Many people on one server: a hundred surveys, ten people editing at once, fifty coming and going.

Visitors speak the server's protocol without a browser, so that the server's own time is measured.
"""

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from support.large_workspace import SURVEYS, build_large_workspace
from support.raw_session import RawSession
from support.reporting import Row, require_shared_data, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from running_app import start_app

VISITORS = 10
PAUSE_SECONDS = (0.5, 1.5)


@dataclass(frozen=True)
class Visits:
    """How much is done.

    Attributes
    ----------
    pairs
        Pairs of surveys that are visited.
    edits
        Edits of a person.
    sessions
        Sessions that come and go.
    unused_session_seconds
        Waited until the server has freed a closed session.
    """

    pairs: int
    edits: int
    sessions: int
    unused_session_seconds: float


FULL = Visits(pairs=10, edits=20, sessions=50, unused_session_seconds=45)
QUICK = Visits(pairs=1, edits=5, sessions=5, unused_session_seconds=1)
HARMONIES = {
    # Harmonies with levels on both sides, because an edit puts levels into a group.
    "RECS_2015__ACS_2015": "kownrent__ten",
    "RECS_2015__ACS_2019": "moneypy__hincp",
    "RECS_2020__ACS_2019": "moneypy__hincp",
    "NHTS_2017__ACS_2019": "hhfaminc__hincp",
    "AHS_2019__ACS_2019": "hhrace__rac1p",
    "CEI_2015-2019__ACS_2019": "occucod1__occp",
    "CEI_2015-2019__ACS_2017": "hfl__hfl",
    "CPS_2019__ACS_2019": "hefaminc__hincp",
    "ASEC_2019__ACS_2019": "fullpart__wkhp",
    "FAPS_2013__ACS_2019": "educcat_r__schl",
}

_new_groups = itertools.count(1_000)


def row(what: str, value: float, unit: str, *, goal: float | None = None, note: str = "") -> Row:
    made = Row(topic="sessions", what=what, value=value, unit=unit, note=note)
    return made if goal is None else made.against("goal", goal)


def address(number: int, pairs: int) -> dict[str, str]:
    pair, key = list(HARMONIES.items())[number % pairs]
    donor, recipient = key.split("__")
    return {"pair": pair, "donor": donor, "recipient": recipient}


def edit() -> dict[str, object]:
    """Return an edit nobody made before: drafts are kept, and what changes nothing has no answer."""
    return {"kind": "assign", "donor": [0], "recipient": [0], "group": float(next(_new_groups))}


async def person(url: str, number: int, visits: Visits) -> list[tuple[float, float]]:
    """Edit one harmony again and again, with pauses of a person's length."""
    pauses = random.Random(number)  # noqa: S311 - pauses of a person
    session = await RawSession.open(url, address(number, visits.pairs))
    times = []
    for turn in range(visits.edits):
        await asyncio.sleep(pauses.uniform(*PAUSE_SECONDS))
        times.append(await session.edit(turn + 1, edit()))
    session.close()
    return times


async def come_and_go(url: str, sessions: int, pairs: int) -> None:
    for number in range(sessions):
        session = await RawSession.open(url, address(number, pairs))
        await session.edit(1, edit())
        session.close()


def answer_row(what: str, times: list[float], goal: float) -> Row:
    ordered = sorted(times)
    usual = ordered[int(0.95 * (len(ordered) - 1))] * 1e3
    typical = statistics.median(times) * 1e3
    return row(f"{what}, median", typical, "ms", goal=goal, note=f"95 % within {usual:.0f} ms")


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def mebibytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


async def first_pages(url: str) -> list[Row]:
    rows = []
    for what in ("first page", "the same page again"):
        start = time.perf_counter()
        session = await RawSession.open(url, address(0, 1))
        elapsed = time.perf_counter() - start
        sent = f"{session.received / 2**20:.1f} MiB sent"
        rows.append(row(what, elapsed, "s", goal=3, note=sent))
        session.close()
    return rows


async def editing(url: str, process: psutil.Process, visitors: int, visits: Visits) -> list[Row]:
    before = cpu_seconds(process)
    found = await asyncio.gather(*(person(url, number, visits) for number in range(visitors)))
    times = [item for each in found for item in each]
    used = (cpu_seconds(process) - before) / len(times) * 1e3
    who = f"{visitors} editing at once" if visitors > 1 else "one person editing"
    return [
        answer_row(f"{who}: harmony answered", [item[0] for item in times], 100),
        answer_row(f"{who}: consequence shown", [item[1] for item in times], 200),
        row(f"{who}: processor time per edit, opening included", used, "ms"),
    ]


async def memory_left_behind(url: str, process: psutil.Process, visits: Visits) -> list[Row]:
    await come_and_go(url, VISITORS, visits.pairs)
    await asyncio.sleep(visits.unused_session_seconds)
    before, rows = mebibytes(process), []
    for half in ("first", "second"):
        await come_and_go(url, visits.sessions, visits.pairs)
        await asyncio.sleep(visits.unused_session_seconds)
        after = mebibytes(process)
        what = f"memory after the {half} {visits.sessions} sessions were closed"
        rows.append(row(what, after - before, "MiB more", note=f"of {after:.0f} MiB; goal: 0"))
        before = after
    return rows


async def visit(url: str, process: psutil.Process, visits: Visits) -> list[Row]:
    rows = await first_pages(url)
    for visitors in (1, VISITORS):
        rows += await editing(url, process, visitors, visits)
    return rows + await memory_left_behind(url, process, visits)


def measure(*, quick: bool) -> list[Row]:
    """Let one, ten and many visit a server on a workspace of a hundred surveys, quickly of two."""
    require_shared_data()
    visits = QUICK if quick else FULL
    only = set(next(iter(HARMONIES)).split("__")) if quick else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large"
        build_large_workspace(path, only=only)
        start = time.perf_counter()
        server = start_app(path)
        listening = time.perf_counter() - start
        try:
            process = psutil.Process(server.process.pid)
            rows = asyncio.run(visit(server.url, process, visits))
        finally:
            server.stop()
    surveys = len(only) if only else SURVEYS
    return [row(f"start until it listens, {surveys} surveys", listening, "s"), *rows]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
