"""What the checker says of a stored harmony, on the data where they are there: one small record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fusion_core.harmony.apply import RowsCache
from fusion_core.harmony.checks import Finding, Severity, Sibling, needs_attention
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.previews import preview
from fusion_core.records import Checked
from fusion_core.surveys.source import SurveySource


@dataclass(frozen=True, slots=True)
class CheckResult(Checked):
    """The findings about one version of a harmony.

    Attributes
    ----------
    key, revision
        The harmony and its version.
    similarity
        Score of the two outcomes; ``None`` without microdata of both surveys.
    findings
        Errors first, accepted ones last.
    """

    key: str
    revision: int
    similarity: float | None
    findings: tuple[Finding, ...]

    @property
    def open(self) -> tuple[Finding, ...]:
        """The errors and warnings nobody has decided on."""
        return needs_attention(self.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings of a severity nobody has accepted."""
        return sum(item.severity == severity and not item.accepted for item in self.findings)

    def reasons(self, shown: int = 3) -> list[str]:
        """Say in a few sentences why the harmony needs attention; empty when it does not."""
        sentences = [item.sentence for item in self.open]
        more = len(sentences) - shown
        return [*sentences[:shown], *([f"and {more} more"] if more > 0 else [])]


def verdict(
    harmony: Harmony,
    donor: SurveySource,
    recipient: SurveySource,
    *,
    siblings: Sequence[Sibling] = (),
    cache: RowsCache | None = None,
) -> CheckResult:
    """Check a harmony by all rules; the parameters are those of `preview`.

    What keeps a harmony from being applied and is no finding of a rule becomes one, so that a
    harmony without an error works.
    """
    seen = preview(harmony, donor, recipient, siblings=siblings, cache=cache)
    found = seen.findings
    if seen.problems and not any(item.severity == "error" for item in found):
        found = (Finding("not-applicable", "error", seen.problems[0]), *found)
    return CheckResult(harmony.key, harmony.revision, seen.similarity, found)


__all__ = ["CheckResult", "verdict"]
