"""Many people on one server: a hundred surveys, ten people editing at once, fifty coming and going.

Visitors speak the server's protocol without a browser, so that the server's own time is measured.
"""

import asyncio
import itertools
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from large_workspace import SHARED, build_large_workspace
from raw_session import RawSession
from running_app import start_app

VISITORS = 10
EDITS = 20
PAUSE_SECONDS = (0.5, 1.5)
COMING_AND_GOING = 50
UNUSED_SESSION_SECONDS = 45
HARMONIES = {
    # Harmonies with levels on both sides, because an edit puts levels into a group.
    "RECS_2015__ACS_2015": "kownrent__ten", "RECS_2015__ACS_2019": "moneypy__hincp",
    "RECS_2020__ACS_2019": "moneypy__hincp", "NHTS_2017__ACS_2019": "hhfaminc__hincp",
    "AHS_2019__ACS_2019": "hhrace__rac1p", "CEI_2015-2019__ACS_2019": "occucod1__occp",
    "CEI_2015-2019__ACS_2017": "hfl__hfl", "CPS_2019__ACS_2019": "hefaminc__hincp",
    "ASEC_2019__ACS_2019": "fullpart__wkhp", "FAPS_2013__ACS_2019": "educcat_r__schl",
}  # fmt: skip

_new_groups = itertools.count(1_000)


def row(what: str, value: str, goal: str = "") -> None:
    print(f"| {what} | {value} | {goal} |", flush=True)


def address(number: int) -> dict[str, str]:
    pair, key = list(HARMONIES.items())[number % len(HARMONIES)]
    donor, recipient = key.split("__")
    return {"pair": pair, "donor": donor, "recipient": recipient}


def edit() -> dict[str, object]:
    """Return an edit nobody made before: drafts are kept, and what changes nothing has no answer."""
    return {"kind": "assign", "donor": [0], "recipient": [0], "group": float(next(_new_groups))}


async def person(url: str, number: int) -> list[tuple[float, float]]:
    """Edit one harmony again and again, with pauses of a person's length."""
    pauses = random.Random(number)  # noqa: S311 - pauses of a person
    session = await RawSession.open(url, address(number))
    times = []
    for turn in range(EDITS):
        await asyncio.sleep(pauses.uniform(*PAUSE_SECONDS))
        times.append(await session.edit(turn + 1, edit()))
    session.close()
    return times


async def come_and_go(url: str, visits: int) -> None:
    for number in range(visits):
        session = await RawSession.open(url, address(number))
        await session.edit(1, edit())
        session.close()


def milliseconds(times: list[float]) -> str:
    ordered = sorted(times)
    worst = ordered[int(0.95 * (len(ordered) - 1))]
    return f"{statistics.median(times) * 1e3:.0f} / {worst * 1e3:.0f} ms"


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def mebibytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


async def first_pages(url: str) -> None:
    for what in ("first page", "the same page again"):
        start = time.perf_counter()
        session = await RawSession.open(url, address(0))
        elapsed = time.perf_counter() - start
        size = session.received / 2**20
        row(f"{what}, 100 surveys", f"{elapsed:.2f} s, {size:.1f} MiB sent", "3 s")
        session.close()


async def measure(url: str, process: psutil.Process) -> None:
    await first_pages(url)
    for visitors in (1, VISITORS):
        before = cpu_seconds(process)
        found = await asyncio.gather(*(person(url, number) for number in range(visitors)))
        times = [item for each in found for item in each]
        used = (cpu_seconds(process) - before) / len(times) * 1e3
        who = f"{visitors} editing at once" if visitors > 1 else "one person editing"
        row(
            f"{who}: harmony answered, p50 / p95",
            milliseconds([item[0] for item in times]),
            "100 ms",
        )
        row(
            f"{who}: consequence shown, p50 / p95",
            milliseconds([item[1] for item in times]),
            "200 ms",
        )
        row(f"{who}: CPU per edit, opening included", f"{used:.0f} ms")
    await come_and_go(url, VISITORS)
    await asyncio.sleep(UNUSED_SESSION_SECONDS)
    before = mebibytes(process)
    for half in ("first", "second"):
        await come_and_go(url, COMING_AND_GOING)
        await asyncio.sleep(UNUSED_SESSION_SECONDS)
        after = mebibytes(process)
        row(
            f"memory after the {half} {COMING_AND_GOING} sessions were closed",
            f"{after - before:+.0f} MiB (of {after:.0f})", "+0",
        )  # fmt: skip
        before = after


def main() -> int:
    print("## Many people on one server\n")
    if not SHARED.exists():
        print("The shared survey dictionaries are absent, so nothing was measured.")
        return 0
    print("| what | measured | goal |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1:2]
        path = Path(folder) / "large"
        if given:
            shutil.copytree(given[0], path)
        else:
            build_large_workspace(path)
        start = time.perf_counter()
        server = start_app(path)
        row("start until it listens", f"{time.perf_counter() - start:.1f} s", "5 s with the page")
        try:
            asyncio.run(measure(server.url, psutil.Process(server.process.pid)))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
