"""One harmony as a section of the printed crosswalk: what it says, in words and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.checks import Finding
from fusion_core.harmony.editing import (
    describe_adjustment,
    describe_condition,
    describe_side,
    group_word,
)
from fusion_core.harmony.exchange._documentation_markup import isolated, percent, text
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    Aggregator,
    GroupCode,
    Harmony,
    Side,
    SideName,
    format_number,
    group_colour,
    harmony_outcome,
)
from fusion_core.harmony.previews import HarmonyPreview, LevelPreview
from fusion_core.surveys.model import Dictionary, Variable

LOW_SIMILARITY: Final = 0.8
"""Below it a predictor is left out of fusion unless the user keeps it."""

_WHOLE_LINES: Final = 34
"""Lines of a section or table that still fit on one page and are not split."""

_LONG_ROW: Final = 14
_MANY_TIMES: Final = 4
_SPECIALS: Final = (("outside_universe", "not in universe"), ("missing", "no answer"))
_AGGREGATOR_WORDS: Final[dict[Aggregator, str]] = {
    "automatic": "",
    "reference": "the reference person counts",
    "sum": "added up",
    "minimum": "the lowest counts",
    "maximum": "the highest counts",
    "mean": "averaged",
    "median": "the middle one counts",
    "any": "whether there is one that is not zero",
    "count": "how many are not zero",
}
_SEVERITY_WORDS: Final = {"error": "Wrong", "warning": "Probably wrong", "hint": "Note"}
_TYPE_WORDS: Final = {
    "nominal": "categories",
    "ordered": "ordered categories",
    "integer": "whole number",
    "continuous": "number",
}


@dataclass(frozen=True)
class Subject:
    """A harmony with what is known of it.

    Attributes
    ----------
    harmony
        The harmony.
    titles, dictionaries
        Title and dictionary of the survey of each side; ``None`` where there is no dictionary.
    preview
        What it does to the data; ``None`` where the surveys are not at hand.
    findings
        What the checker says, where it is to be printed.
    """

    harmony: Harmony
    titles: Mapping[SideName, str]
    dictionaries: Mapping[SideName, Dictionary | None]
    preview: HarmonyPreview | None = None
    findings: Sequence[Finding] = ()

    def variable(self, side: SideName) -> Variable | None:
        """Return the dictionary entry of a side's variable."""
        dictionary = self.dictionaries[side]
        return None if dictionary is None else dictionary.get(self.harmony.side(side).variable)

    def description(self, side: SideName) -> str:
        """Return what a side's variable measures; empty where unknown."""
        variable = self.variable(side)
        return variable.description if variable is not None else ""


@dataclass(frozen=True, slots=True)
class _Member:
    """A level of a group, or rows without a level that were put into it."""

    words: str
    is_level: bool = True


@dataclass(slots=True)
class _Row:
    """A group with its members on either side."""

    group: GroupCode
    members: dict[SideName, list[_Member]] = field(
        default_factory=lambda: {name: [] for name in SIDES}
    )
    shares: dict[SideName, float | None] = field(default_factory=lambda: dict.fromkeys(SIDES))

    @property
    def lines(self) -> int:
        return max(1, *(len(items) for items in self.members.values()))


def section(subject: Subject, number: int) -> str:
    """Return the section of one harmony; `number` is its place and its anchor."""
    harmony = subject.harmony
    rows = _rows(subject)
    variables = f"{isolated(harmony.donor.variable)} → {isolated(harmony.recipient.variable)}"
    parts = [
        f"<h2>{number}. {variables}</h2>",
        f'<div class="concepts">{"".join(_concept(subject, side) for side in SIDES)}</div>',
        f'<p class="outcome">{_outcome(subject)}</p>',
        _settings(subject),
        _groups_table(subject, rows) if rows else _numbers_table(subject),
        f'<p class="comment" dir="auto">{text(harmony.comment)}</p>' if harmony.comment else "",
        _findings(subject),
        _record(harmony),
    ]
    lines = 12 + sum(row.lines for row in rows) + len(subject.findings)
    whole = " whole" if lines <= _WHOLE_LINES else ""
    return f'<section class="harmony{whole}" id="h{number}">\n{"".join(parts)}\n</section>'


def similarity_words(score: float | None) -> str:
    """Return a similarity as HTML; nothing where it is unknown."""
    if score is None:
        return ""
    low = " low" if score < LOW_SIMILARITY else ""
    return f'<span class="similarity{low}">{score:.2f}</span>'


def _concept(subject: Subject, side: SideName) -> str:
    half, variable = subject.harmony.side(side), subject.variable(side)
    kind = f", {_TYPE_WORDS[variable.type]}" if variable is not None else ""
    unit = f", {text(variable.unit)}" if variable is not None and variable.unit else ""
    dictionary = subject.dictionaries[side]
    said = describe_side(subject.harmony, side, variable, columns=dictionary or {})
    description = subject.description(side) or "No description in the dictionary"
    definition = variable.definition if variable is not None else ""
    derived = f'<p class="muted">Derived: {isolated(definition)}.</p>' if definition else ""
    return (
        f"<div><h3>{text(subject.titles[side])}: {isolated(half.variable)} "
        f'<span class="muted">{half.respondent}{kind}{unit}</span></h3>'
        f'<p dir="auto">{text(description)}</p>'
        f'{derived}<p class="muted">Yields: {isolated(said)}.</p></div>'
    )


def _outcome(subject: Subject) -> str:
    harmony = subject.harmony
    try:
        outcome = harmony_outcome(harmony)
    except InputError as error:
        return f"<strong>Unfinished:</strong> {text(error)}"
    if outcome == "number":
        said = "Both sides become a number."
    else:
        count = len({*harmony.donor.group_codes, *harmony.recipient.group_codes})
        order = "in the order of their codes" if harmony.ordered else "without order"
        said = f"Both sides become one of {count} groups, {order}."
    score = subject.preview.similarity if subject.preview is not None else None
    if score is None:
        return said
    return f"{said} Similarity of the two distributions: {similarity_words(score)}."


def _settings(subject: Subject) -> str:
    """Return what is done before levels are grouped, one row per setting that is used."""
    sides = {side: dict(_side_settings(subject, side)) for side in SIDES}
    names = list(dict.fromkeys([*sides["donor"], *sides["recipient"]]))
    if not names:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f"<td>{sides[side].get(name, '–')}</td>" for side in SIDES)
        + "</tr>"
        for name in names
    )
    return f'<table class="settings whole">{_head(subject, "")}<tbody>{rows}</tbody></table>'


def _side_settings(subject: Subject, name: SideName) -> Iterator[tuple[str, str]]:
    side = subject.harmony.side(name)
    columns: Mapping[str, Variable] = subject.dictionaries[name] or {}
    if side.universe.strip():
        yield (
            "Only rows where",
            _expression(side.universe, describe_condition(side, side.universe, columns)),
        )
        yield "Other rows", text(_placed(subject.harmony, side.outside_universe))
    if side.adjustment.strip():
        yield "Value", _expression(side.adjustment, describe_adjustment(side, columns))
    if side.deflate_to_year is not None:
        yield "Prices", f"converted to dollars of {side.deflate_to_year}"
    if side.breakpoints:
        shown = ", ".join(format_number(point) for point in side.breakpoints)
        yield "Bins", f"new bin at {shown} (a value on a limit belongs to the bin above)"
    if side.missing is not None:
        yield "Rows without an answer", text(_placed(subject.harmony, side.missing))
    if side.respondent == "person" and side.aggregator != "automatic":
        yield "Persons of a household", _AGGREGATOR_WORDS[side.aggregator]


def _expression(written: str, said: str) -> str:
    words = f'<br><span class="muted">{text(said)}</span>' if said else ""
    return f'<code dir="auto">{text(written)}</code>{words}'


def _placed(harmony: Harmony, group: GroupCode) -> str:
    """Say where rows go."""
    if group is None:
        return "not decided"
    if group == DROP:
        return "left out"
    name = dict(harmony.group_names).get(float(group), "")
    return f"group {group_word(group)}{f' ({name})' if name else ''}"


# Groups --------------------------------------------------------------------------------------


def _rows(subject: Subject) -> list[_Row]:
    """Return the groups in the order of their codes, then what is left out or undecided."""
    found: dict[GroupCode, _Row] = {}
    for name in SIDES:
        for group, member in _members(subject.harmony.side(name)):
            found.setdefault(group, _Row(group)).members[name].append(member)
    for seen in subject.preview.groups if subject.preview is not None else ():
        if seen.code in found:
            found[seen.code].shares["donor"] = seen.donor_share
            found[seen.code].shares["recipient"] = seen.recipient_share
    codes: list[GroupCode] = [*sorted(code for code in found if isinstance(code, int | float))]
    codes += [code for code in (DROP, None) if code in found]
    return [found[code] for code in codes]


def _members(side: Side) -> Iterator[tuple[GroupCode, _Member]]:
    for item in side.levels:
        yield item.group, _Member(item.level)
    for attribute, words in _SPECIALS:
        group: GroupCode = getattr(side, attribute)
        if group is not None:
            yield group, _Member(words, is_level=False)


def _groups_table(subject: Subject, rows: Sequence[_Row]) -> str:
    shares = {name: _level_shares(subject, name) for name in SIDES}
    has_shares = any(share is not None for row in rows for share in row.shares.values())
    body = "".join(_group_row(subject, row, shares, has_shares=has_shares) for row in rows)
    whole = " whole" if sum(row.lines for row in rows) <= _WHOLE_LINES else ""
    head = _head(subject, "Group", has_shares=has_shares)
    classes = f"groups{whole}{_width_class(rows)}"
    classes += " named" if subject.harmony.group_names else ""
    return f'<table class="{classes}">{head}<tbody>{body}</tbody></table>'


def _width_class(rows: Sequence[_Row]) -> str:
    """Give most of the width to a side that has many times the levels of the other."""
    donor, recipient = (sum(len(row.members[name]) for row in rows) for name in SIDES)
    if max(donor, recipient) <= _WHOLE_LINES:
        return ""
    if recipient > _MANY_TIMES * donor:
        return " wide-recipient"
    return " wide-donor" if donor > _MANY_TIMES * recipient else ""


def _head(subject: Subject, first: str, *, has_shares: bool = False) -> str:
    titles = [text(subject.titles[side]) for side in SIDES]
    cells = [f'<th class="group" scope="col">{first}</th>']
    cells += [f'<th scope="col">{title}</th>' for title in titles]
    if has_shares:
        cells += [f'<th class="share number" scope="col">Share {title}</th>' for title in titles]
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _level_shares(subject: Subject, side: SideName) -> dict[str, float | None]:
    if subject.preview is None:
        return {}
    levels: tuple[LevelPreview, ...] = (
        subject.preview.donor_levels if side == "donor" else subject.preview.recipient_levels
    )
    return {item.level: item.share for item in levels}


def _group_row(
    subject: Subject,
    row: _Row,
    shares: Mapping[SideName, Mapping[str, float | None]],
    *,
    has_shares: bool,
) -> str:
    classes = "long" if row.lines > _LONG_ROW else ""
    classes += " open" if row.group is None else ""
    cells = [
        f'<td class="group"{_colour(row.group)}>{_group_title(subject.harmony, row.group)}</td>'
    ]
    cells += [f"<td>{_side_cell(subject, row, name, shares[name])}</td>" for name in SIDES]
    if has_shares:
        cells += [f'<td class="number">{percent(row.shares[name])}</td>' for name in SIDES]
    return f'<tr class="{classes.strip()}">{"".join(cells)}</tr>'


def _colour(group: GroupCode) -> str:
    if not isinstance(group, int | float):
        return ""
    return f' style="--group: {group_colour(group)}; --ink: #fff"'


def _group_title(harmony: Harmony, group: GroupCode) -> str:
    if group is None:
        return '<span class="badge">?</span>no group yet'
    if group == DROP:
        return '<span class="badge">×</span>left out'
    name = dict(harmony.group_names).get(float(group), "")
    return f'<span class="badge">{group_word(group)}</span>{isolated(name) if name else ""}'


def _side_cell(
    subject: Subject, row: _Row, name: SideName, shares: Mapping[str, float | None]
) -> str:
    if not subject.harmony.side(name).is_grouped and not row.members[name]:
        return '<span class="muted">the number itself</span>'
    if not row.members[name]:
        return '<span class="muted">–</span>'
    opposite = row.members["recipient" if name == "donor" else "donor"]
    many = len(row.members[name]) > max(_LONG_ROW, _MANY_TIMES * len(opposite))
    items = "".join(_member_item(member, shares) for member in row.members[name])
    return f'<ul class="levels{" many" if many else ""}">{items}</ul>'


def _member_item(member: _Member, shares: Mapping[str, float | None]) -> str:
    if not member.is_level:
        return f'<li class="special">{member.words}</li>'
    share = percent(shares.get(member.words))
    shown = f'<span class="muted">{share}</span>' if share else ""
    words = text(member.words) or '<span class="special">(empty)</span>'
    return f'<li><span dir="auto">{words}</span>{shown}</li>'


# Numbers, findings, record -------------------------------------------------------------------


def _numbers_table(subject: Subject) -> str:
    """Return mean and quantiles of a numeric outcome, where there are microdata."""
    numeric = subject.preview.numeric if subject.preview is not None else None
    if numeric is None or numeric.donor_quantiles is None or numeric.recipient_quantiles is None:
        return ""
    rows = [("mean", numeric.donor_mean, numeric.recipient_mean)]
    rows += [
        (f"{100 * probability:g} % are below", first, second)
        for probability, first, second in zip(
            numeric.probabilities,
            numeric.donor_quantiles,
            numeric.recipient_quantiles,
            strict=True,
        )
    ]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td class="number">{_amount(first)}</td>'
        f'<td class="number">{_amount(second)}</td></tr>'
        for name, first, second in rows
    )
    return f'<table class="whole">{_head(subject, "Weighted")}<tbody>{body}</tbody></table>'


def _amount(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}"


def _findings(subject: Subject) -> str:
    accepted = [
        f"<li>Accepted: {text(item.rule.replace('-', ' '))} – {isolated(item.reason)}</li>"
        for item in subject.harmony.accepted
    ]
    items = [
        f'<li class="{item.severity}"><strong>{_SEVERITY_WORDS[item.severity]}:</strong> '
        f"{isolated(item.sentence)}</li>"
        for item in subject.findings
        if not item.accepted
    ]
    listed = [*items, *accepted]
    return f'<ul class="findings">{"".join(listed)}</ul>' if listed else ""


def _record(harmony: Harmony) -> str:
    parts = [f"revision {harmony.revision}" if harmony.revision else "not saved yet"]
    parts += [f"by {isolated(harmony.author)}"] if harmony.author else []
    parts += [text(harmony.modified[:16].replace("T", " "))] if harmony.modified else []
    return f'<p class="record"><code>{text(harmony.key)}</code> · {" · ".join(parts)}</p>'


__all__ = ["LOW_SIMILARITY", "Subject", "section", "similarity_words"]
