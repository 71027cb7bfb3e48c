"""What the store of harmonies withstands: eight writers of one pair, killed at random moments.

Run `python tests/benchmarks/benchmark_harmony_store.py [writers] [edits] [seed]`.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from crashing_writers import PAIR, broken_promises, run_writers

from fusion_core.harmony.store import HarmonyStore


def main() -> int:
    given = [int(text) for text in sys.argv[1:]]
    writers, edits, seed = given + [8, 200, 1][len(given) :]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ordeal = run_writers(folder, writers=writers, edits=edits, pause=0.1, seed=seed)
        problems = broken_promises(folder)
        entries = len(HarmonyStore(folder, PAIR).history())
    print(
        f"## Store of harmonies\n\n{writers} processes × {edits} edits, {ordeal.kills} killed, "
        f"{ordeal.seconds:.0f} s; {entries} entries in the history, file read {ordeal.reads} times.\n\n"
        f"Lost or confused: {len(problems) or 'nothing'}.\n"
    )
    for problem in problems[:20]:
        print(f"- {problem}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
