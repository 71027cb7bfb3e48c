"""A preview of a harmony as the right-hand side of the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy.typing as npt

from fusion_core.harmony.checks import Finding, likeness, listed
from fusion_core.harmony.editing import harmony_changes
from fusion_core.harmony.labels import label_sections
from fusion_core.harmony.model import DROP, GroupCode, Harmony
from fusion_core.harmony.previews import GroupPreview, HarmonyPreview, Histogram, LevelPreview
from fusion_core.surveys.model import Variable
from fusion_core.surveys.source import SurveySource
from harmony_app.harmonize.work import Surveys

SEVERITIES: Final = {"error": "error", "warning": "warning", "hint": "note"}
STILL_TO_DO: Final = frozenset({"level-without-group", "number-against-group"})
"""Rules that find what nobody has done yet: no mistake before the harmony is saved."""
CHANGES_SHOWN: Final = 4
LEVELS_IN_TITLE: Final = 3
LEVELS_IN_TABLE: Final = 20
GROUPS_SHOWN: Final = 400
"""Groups the right-hand side lists; with more, one group per level, they say nothing any more."""


def preview_record(
    harmony: Harmony,
    preview: HarmonyPreview,
    donor: SurveySource,
    recipient: SurveySource,
    *,
    is_saved: bool = False,
) -> dict[str, Any]:
    """Describe what a harmony does, for the browser.

    Parameters
    ----------
    harmony, preview
        The harmony and its preview.
    donor, recipient
        The two surveys.
    is_saved
        Whether it is saved as it is: what is still to do is then a mistake, else progress.
    """
    names = dict(harmony.group_names)
    has_shares = any(
        group.donor_share is not None or group.recipient_share is not None
        for group in preview.groups
    )
    fresh = _is_untouched(harmony)
    findings = [
        _finding(index, item, is_saved=is_saved) | fix_effect(harmony, item, preview.similarity)
        for index, item in enumerate(preview.findings)
        if not (fresh and item.rule in _UNTOUCHED_RULES)
    ]
    known = {item["headline"] for item in findings}
    problems = (
        []
        if findings or fresh
        else [_problem(text) for text in preview.problems if text not in known]
    )
    return {
        "key": harmony.key,
        "donor": donor.id.title,
        "recipient": recipient.id.title,
        "basis": _basis(harmony, donor, recipient),
        "similarity": preview.similarity,
        "missing": _missing(preview, donor, recipient),
        "has_shares": has_shares,
        "complete": not preview.problems and not preview.unmatched,
        "groups": [_group(group, names) for group in preview.groups[:GROUPS_SHOWN]]
        if preview.outcome == "group"
        else [],
        "numeric": _numeric(preview),
        "findings": [*findings, *problems],
        "table": [] if fresh else _table(preview, names),
    }


def foreseen_record(harmony: Harmony, preview: HarmonyPreview, surveys: Surveys) -> dict[str, Any]:
    """Describe what a suggestion would do: the same, but nothing to mend before it is taken."""
    record = preview_record(harmony, preview, surveys.donor, surveys.recipient)
    findings = [item | {"fix": None} for item in record["findings"]]
    return record | {"foreseen": True, "findings": findings}


_UNTOUCHED_RULES: Final = frozenset({"level-without-group", "unmatched-group"})
"""Rules that would only say of an untouched harmony that it is untouched."""


def _is_untouched(harmony: Harmony) -> bool:
    levels = (*harmony.donor.levels, *harmony.recipient.levels)
    return bool(levels) and all(item.group is None for item in levels)


def side_shares(levels: tuple[LevelPreview, ...]) -> list[float] | None:
    """Return the weighted share of every level, or ``None`` without microdata."""
    shares = [level.share for level in levels]
    return None if all(share is None for share in shares) else [share or 0.0 for share in shares]


def side_distribution(variable: Variable, values: Histogram | None) -> dict[str, Any]:
    """Return the distribution a side's bins are set on, or the range the dictionary gives."""
    if values is None:
        low = variable.minimum if variable.minimum is not None else 0.0
        high = variable.maximum if variable.maximum is not None else 100.0
        return {
            "low": low,
            "high": max(high, low + 1.0),
            "edges": None,
            "shares": None,
            "whole": variable.type == "integer",
        }
    edges = [float(edge) for edge in values.edges]
    return {
        "low": edges[0],
        "high": edges[-1],
        "edges": edges,
        "shares": [float(share) for share in values.shares],
        "whole": variable.type == "integer",
    }


def labels_record(harmony: Harmony) -> dict[str, Any]:
    """Describe what the rows of both level lists are called: sent once, not with every edit."""
    return {"key": harmony.key} | {
        name: {"labels": labels, "sections": label_sections(labels)}
        for name, labels in (
            ("donor", [item.level for item in harmony.donor.levels]),
            ("recipient", [item.level for item in harmony.recipient.levels]),
        )
    }


def rows_record(
    harmony: Harmony, donor: Variable, recipient: Variable, preview: HarmonyPreview | None
) -> dict[str, Any]:
    """Return the shares of both sides' levels and the distributions bins are set on, if known."""
    return {
        "key": harmony.key,
        "donor": _side_rows(
            donor,
            preview.donor_levels if preview else (),
            preview.donor_values if preview else None,
        ),
        "recipient": _side_rows(
            recipient,
            preview.recipient_levels if preview else (),
            preview.recipient_values if preview else None,
        ),
    }


def _side_rows(
    variable: Variable, levels: tuple[LevelPreview, ...], values: Histogram | None
) -> dict[str, Any]:
    return {
        "shares": side_shares(levels),
        "distribution": side_distribution(variable, values),
    }


def _basis(harmony: Harmony, donor: SurveySource, recipient: SurveySource) -> str:
    rows = []
    for survey in (donor, recipient):
        if not survey.has("household"):
            return "No microdata yet: groups are shown without shares."
        rows.append(f"{survey.id.title} {survey.count('household'):,}")
    del harmony
    return f"weighted shares of households · {', '.join(rows)}"


def _missing(preview: HarmonyPreview, donor: SurveySource, recipient: SurveySource) -> str:
    """Say which levels have no group yet; shares and scores leave their rows out until they do."""
    parts = []
    for survey, levels in ((donor, preview.donor_levels), (recipient, preview.recipient_levels)):
        if ungrouped := sum(item.group is None for item in levels):
            parts.append(f"{ungrouped:,} of {len(levels):,} levels of {survey.id.title}")
    if not parts:
        return ""
    verb = "has" if len(parts) == 1 and parts[0].startswith("1 of") else "have"
    return f"{' and '.join(parts)} {verb} no group yet."


def _group(group: GroupPreview, names: dict[float, str]) -> dict[str, Any]:
    return {
        "code": group.code,
        "title": names.get(group.code) or _summary(group),
        "donor_share": group.donor_share,
        "recipient_share": group.recipient_share,
    }


def _summary(group: GroupPreview) -> str:
    levels = group.donor_levels or group.recipient_levels
    shown = " · ".join(levels[:LEVELS_IN_TITLE])
    return f"{shown} …" if len(levels) > LEVELS_IN_TITLE else shown


def _finding(index: int, finding: Finding, *, is_saved: bool) -> dict[str, Any]:
    to_do = not is_saved and finding.severity == "error" and finding.rule in STILL_TO_DO
    return {
        "index": index,
        "severity": "progress" if to_do else SEVERITIES[finding.severity],
        "headline": finding.sentence,
        "detail": "",
        "fix": finding.fix.label if finding.fix else None,
        "rule": finding.rule,
        "accepted": finding.accepted,
    }


def fix_effect(harmony: Harmony, finding: Finding, similarity: float | None) -> dict[str, Any]:
    """Say what a finding's correction changes and does to the similarity, before it is taken."""
    if finding.fix is None:
        return {}
    said = []
    for change in harmony_changes(harmony, finding.fix.harmony)[:CHANGES_SHOWN]:
        levels = f" ({listed(change.levels)})" if change.levels else ""
        said.append(f"{change.what}{levels}: {change.before} → {change.after}")
    return {"effect": said + _gain(finding, similarity)}


def _gain(finding: Finding, similarity: float | None) -> list[str]:
    """Say what a finding's correction leaves in doubt, and how alike it makes the two sides."""
    said: list[str] = []
    fix = finding.fix
    if fix is None:
        return said
    if fix.tallies is not None:
        before, after = fix.tallies
        if before.findings != after.findings:
            said.append(f"findings: {before.findings} → {after.findings}")
        elif before.doubts != after.doubts:
            levels, left = before.doubts[0], after.doubts[0]
            said.append(f"levels and settings in doubt: {levels} → {left}")
        else:
            said.append(f"findings: {before.findings} as before")
        if after.to_group > before.to_group:
            said.append(f"left to be grouped: {after.to_group - before.to_group}")
    if fix.similarity is not None and similarity is not None:
        now, then = likeness(similarity), likeness(fix.similarity)
        said.append(
            f"similarity: {now} → {then}" if now != then else f"similarity: {now} as before"
        )
    return said


def _problem(text: str) -> dict[str, Any]:
    return {"index": -1, "severity": "error", "headline": text, "detail": "", "fix": None}


def _numeric(preview: HarmonyPreview) -> dict[str, Any] | None:
    numeric = preview.numeric
    if numeric is None:
        return None
    bins = len(numeric.edges) - 1

    def listed(values: npt.NDArray[Any] | None, length: int) -> list[float | None]:
        return [None] * length if values is None else [float(value) for value in values]

    donor_quantiles = listed(numeric.donor_quantiles, len(numeric.probabilities))
    recipient_quantiles = listed(numeric.recipient_quantiles, len(numeric.probabilities))
    return {
        "edges": [float(edge) for edge in numeric.edges],
        "donor": [share or 0.0 for share in listed(numeric.donor_shares, bins)],
        "recipient": [share or 0.0 for share in listed(numeric.recipient_shares, bins)],
        "quantiles": list(
            zip(numeric.probabilities, donor_quantiles, recipient_quantiles, strict=True)
        ),
    }


def _table(preview: HarmonyPreview, names: dict[float, str]) -> list[dict[str, Any]]:
    """Return the groups with the first of their levels: the lists themselves show all of them."""
    rows = [
        _table_row(
            group.code, names.get(group.code, ""), group.donor_levels, group.recipient_levels
        )
        for group in preview.groups[:GROUPS_SHOWN]
        if group.donor_levels or group.recipient_levels
    ]
    for code in (DROP, None):
        donor = [item.level for item in preview.donor_levels if item.group == code]
        recipient = [item.level for item in preview.recipient_levels if item.group == code]
        if donor or recipient:
            rows.append(_table_row(code, "", donor, recipient))
    return rows


def _table_row(
    code: GroupCode, name: str, donor: Sequence[str], recipient: Sequence[str]
) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "donor_levels": list(donor[:LEVELS_IN_TABLE]),
        "donor_count": len(donor),
        "recipient_levels": list(recipient[:LEVELS_IN_TABLE]),
        "recipient_count": len(recipient),
    }
