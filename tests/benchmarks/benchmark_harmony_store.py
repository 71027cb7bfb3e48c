"""What the store of harmonies withstands: eight writers of one pair, killed at random moments."""

import sys
import tempfile
from pathlib import Path

from support.reporting import Row, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from crashing_writers import PAIR, broken_promises, run_writers

from fusion_core.harmony.store.store import HarmonyStore

WRITERS = 8
SEED = 1


def measure(*, quick: bool) -> list[Row]:
    """Let writers loose and compare what each was told with what is on disk.

    Raises
    ------
    AssertionError
        If a change was lost or confused.
    """
    edits = 20 if quick else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ordeal = run_writers(folder, writers=WRITERS, edits=edits, pause=0.1, seed=SEED)
        problems = broken_promises(folder)
        entries = len(HarmonyStore(folder, PAIR).history())
    if problems:
        raise AssertionError(f"{len(problems)} promises were broken, such as: {problems[0]}")
    return [
        Row(
            topic="store",
            what=f"{WRITERS} writers × {edits} edits, killed at random: changes lost",
            value=0,
            unit="changes",
            baseline="goal: 0",
            note=f"{ordeal.kills} killed, {entries:,} entries in the history, "
            f"read {ordeal.reads} times meanwhile",
        )
    ]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
