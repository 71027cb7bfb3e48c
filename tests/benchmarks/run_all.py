"""Run the benchmarks and write one Markdown table: machine, versions, figures, ratios, exponents.

``python tests/benchmarks/run_all.py [--quick] [--output FILE] [TOPIC …]``; a topic is a benchmark's
file name without ``benchmark_``. Each runs in a process of its own, one after the other, so that
none disturbs another; one that fails is a row of the table, and the exit code is then 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from support import machine
from support.reporting import Outcome, markdown, read_outcome, topic_of

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUTPUT = ROOT / "assets" / "measured" / "benchmarks.md"
QUICK_OUTPUT = HERE / "results" / "quick.md"
PATIENCE_SECONDS = 20 * 60
QUICK_PATIENCE_SECONDS = 5 * 60

LEGEND = """\
**Ratio** is baseline ÷ value where less is better and value ÷ baseline where more is: above 1 is
better than what the figure is compared with. R is the package fusionModel 2.4 on two cores of
another machine: orders of magnitude. **Exponents** e say that cost grows as size^e from one size to
ten times it (1: in proportion; 0: not at all); times in them are processor seconds of a process that
has already loaded its libraries, memory is the largest resident memory of the process.
"""


def benchmarks() -> dict[str, Path]:
    """Return the benchmarks' files by topic."""
    return {topic_of(path): path for path in sorted(HERE.glob("benchmark_*.py"))}


def run(path: Path, *, quick: bool, patience: float | None = None) -> Outcome:
    """Run one benchmark in a process of its own.

    Parameters
    ----------
    path
        Its file.
    quick
        Whether to measure small sizes.
    patience
        Seconds after which it is stopped and has failed.
    """
    topic = topic_of(path)
    patience = patience or (QUICK_PATIENCE_SECONDS if quick else PATIENCE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "outcome.json"
        command = [sys.executable, str(path), "--json", str(result)]
        process = subprocess.Popen(
            command + ["--quick"] * quick,
            stdout=sys.stderr,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            # The whole group: a benchmark's own processes must not go on beside the next one.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Outcome(topic, failure=f"It was stopped after {patience:.0f} seconds.")
        try:
            return read_outcome(result)
        except (OSError, ValueError, TypeError):
            return Outcome(topic, failure=f"Its process ended with code {process.returncode}.")


def report(
    outcomes: Sequence[Outcome],
    circumstances: str,
    *,
    quick: bool,
    seconds: float,
    topics: Sequence[str] = (),
) -> str:
    """Write the outcomes as one Markdown document, with the machine as it was found.

    `topics` are those that were chosen, none for all.
    """
    rows = [row for outcome in outcomes for row in outcome.table_rows()]
    command = f"make bench{' QUICK=1' if quick else ''}"
    if topics:
        command = (
            f"python tests/benchmarks/run_all.py{' --quick' if quick else ''} {' '.join(topics)}"
        )
    small = (
        "\n**Quick mode: small sizes, to see that everything runs. Fixed costs weigh on the exponents.**\n"
        if quick
        else ""
    )
    return (
        f"# Benchmarks\n\n{circumstances}"
        f"- `{command}`, {seconds / 60:.1f} minutes\n{small}\n{LEGEND}\n{markdown(rows)}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and write the report; returns the exit code."""
    known = benchmarks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, three minutes")
    parser.add_argument(
        "--output", type=Path, help=f"instead of {OUTPUT} or, quick, {QUICK_OUTPUT}"
    )
    given = parser.parse_args(arguments)
    wanted = [topic.replace("_", " ") for topic in given.topics]
    if unknown := [topic for topic in wanted if topic not in known]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    start, outcomes = time.perf_counter(), []
    circumstances = machine.describe()
    for topic in wanted or known:
        begun = time.perf_counter()
        print(f"{topic} …", file=sys.stderr, flush=True)
        outcome = run(known[topic], quick=given.quick)
        outcomes.append(outcome)
        said = outcome.failure or outcome.absent or f"{len(outcome.rows)} figures"
        print(f"  {time.perf_counter() - begun:.0f} s: {said}", file=sys.stderr, flush=True)
    elapsed = time.perf_counter() - start
    text = report(outcomes, circumstances, quick=given.quick, seconds=elapsed, topics=given.topics)
    output = given.output or (QUICK_OUTPUT if given.quick else OUTPUT)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    print(text)
    return int(any(outcome.failure for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
