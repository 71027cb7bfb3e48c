"""How benchmarks are run and reported: one table, failures told, exponents right."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import run_all
from support.measuring import exponent, in_own_process, metered, peak_memory
from support.reporting import Outcome, Row, markdown, number, topic_of

BENCHMARKS = Path(run_all.__file__).parent
FILES = sorted(BENCHMARKS.glob("benchmark_*.py"))
ONE_ROW = 'return [Row(topic="toy", what="nothing", value=2.0, unit="s").against("R", 8.0)]'


def row(**changes) -> Row:
    return Row(**{"topic": "fuse", "what": "N", "value": 2.0, "unit": "s"} | changes)


def benchmark(folder: Path, body: str) -> Path:
    """Write a benchmark whose `measure` does what is given."""
    path = folder / "benchmark_toy.py"
    path.write_text(
        f"""import os, sys, time
sys.path.insert(0, {str(BENCHMARKS)!r})
from support.reporting import Row, Unavailable, run_alone
def measure(*, quick):
    {body}
if __name__ == "__main__":
    sys.exit(run_alone(measure))
"""
    )
    return path


class TestEveryBenchmark:
    @pytest.mark.parametrize("path", FILES, ids=topic_of)
    def test_has_one_function_that_returns_rows(self, path: Path):
        functions = {
            node.name: node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        measure = functions["measure"]
        assert [item.arg for item in measure.args.kwonlyargs] == ["quick"]
        assert not measure.args.args
        assert ast.unparse(measure.returns) == "list[Row]"
        assert ast.get_docstring(measure)

    @pytest.mark.parametrize("path", FILES, ids=topic_of)
    def test_runs_alone_and_says_what_it_is_about(self, path: Path):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree)
        assert "run_alone(measure)" in ast.unparse(tree)
        assert ast.unparse(tree.body[-1]).startswith("if __name__ == '__main__':")

    def test_is_found_by_its_topic(self):
        assert {"fusing", "training", "growth", "estimates"} <= run_all.benchmarks().keys()


class TestTable:
    def test_a_ratio_above_one_is_better_than_the_baseline(self):
        compared = row().against("R", 8.0)
        assert compared.ratio == 4.0
        assert compared.baseline == "R: 8 s"

    def test_every_figure_is_a_line_in_order(self):
        text = markdown([row().against("R", 8.0), row(what="M", value=None, note="why not")])
        assert text.splitlines() == [
            "| topic | what | value | unit | compared with | ratio | note |",
            "|---|---|---:|---|---|---:|---|",
            "| fuse | N | 2 | s | R: 8 s | 4 × |  |",
            "| fuse | M | – | s |  |  | why not |",
        ]

    def test_text_cannot_break_the_table(self):
        assert markdown([row(note="a | b\nc")]).splitlines()[-1].endswith("| a \\| b c |")

    @pytest.mark.parametrize(
        ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (12.34, "12.3"), (1234.5, "1,234")]
    )
    def test_figures_have_three_digits(self, value: float, text: str):
        assert number(value) == text

    def test_says_machine_versions_and_how_to_repeat(self):
        circumstances = run_all.machine.describe()
        text = run_all.report([Outcome("toy", (row(),))], circumstances, quick=True, seconds=90)
        for part in ("cores", "GiB", "Python", "lightgbm", "numba", "duckdb", "pandas"):
            assert part in text
        assert "make bench QUICK=1" in text
        assert "survey-harmonization-tool" in text


class TestOutcomes:
    def test_figures_come_back_from_the_benchmarks_process(self, tmp_path: Path):
        outcome = run_all.run(benchmark(tmp_path, ONE_ROW), quick=True)
        assert outcome == Outcome("toy", (row(topic="toy", what="nothing").against("R", 8.0),))

    def test_a_failure_is_a_line_with_its_sentence(self, tmp_path: Path):
        path = benchmark(tmp_path, "raise ValueError('the disk is on fire')")
        outcome = run_all.run(path, quick=True)
        assert outcome.failure == "ValueError: the disk is on fire"
        assert "| **failed** | – |" in markdown(outcome.table_rows())

    def test_a_process_that_dies_is_a_failure(self, tmp_path: Path):
        outcome = run_all.run(benchmark(tmp_path, "os._exit(7)"), quick=True)
        assert outcome.failure == "Its process ended with code 7."

    def test_one_that_hangs_is_stopped(self, tmp_path: Path):
        outcome = run_all.run(benchmark(tmp_path, "time.sleep(600)"), quick=True, patience=1)
        assert outcome.failure == "It was stopped after 1 seconds."

    def test_what_cannot_be_measured_is_no_failure(self, tmp_path: Path):
        path = benchmark(tmp_path, "raise Unavailable('There is no browser.')")
        outcome = run_all.run(path, quick=True)
        assert not outcome.failure
        assert outcome.table_rows()[0].note == "There is no browser."

    @pytest.mark.parametrize(("body", "code"), [(ONE_ROW, 0), ("raise ValueError('no')", 1)])
    def test_the_exit_code_tells_of_failures_and_the_table_is_written_either_way(
        self, body: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        path, output = benchmark(tmp_path, body), tmp_path / "new" / "table.md"
        monkeypatch.setattr(run_all, "benchmarks", lambda: {"toy": path})
        assert run_all.main(["--quick", "--output", str(output)]) == code
        assert "| toy |" in output.read_text(encoding="utf-8")


class TestMeasuring:
    @pytest.mark.parametrize(("power", "constant"), [(0, 3.0), (1, 0.5), (2, 7.0)])
    def test_the_exponent_of_costs_that_grow_with_a_power(self, power: float, constant: float):
        assert exponent(constant * 100**power, constant * 1_000**power) == pytest.approx(power)

    def test_a_cost_that_is_not_positive_has_no_exponent(self):
        with pytest.raises(ValueError, match="positive"):
            exponent(0.0, 1.0)

    def test_memory_counts_what_the_block_needed_at_its_peak(self):
        block = 80_000_000
        with metered() as nothing:
            pass
        with metered() as meter:
            len(b"\1" * block)
        assert meter.usage.memory - nothing.usage.memory > 0.9 * block
        assert meter.usage.cpu > 0
        assert meter.usage.wall > 0

    def test_work_in_its_own_process_starts_with_its_own_memory(self):
        held = b"\1" * 300_000_000
        assert in_own_process(peak_memory) < len(held)
