"""HTML for printed documentation: text that stays text, and a style sheet for screen and paper."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DELETE: Final = 0x7F
_FIRST_PRINTABLE: Final = 0x20
_PICTURES: Final = 0x2400


def text(value: object) -> str:
    """Return a text as HTML that shows it and does nothing else.

    Control characters are shown as pictures, halves of a surrogate pair as a replacement character.
    """
    return escape(_CONTROL.sub(_picture, str(value)), quote=True)


def isolated(value: object) -> str:
    """Return a text whose direction of writing does not reach what stands around it."""
    return f"<bdi>{text(value)}</bdi>"


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < _FIRST_PRINTABLE:
        return chr(_PICTURES + code)
    return "\u2421" if code == _DELETE else "\ufffd"


def percent(share: float | None) -> str:
    """Write a weighted share; nothing where it is unknown."""
    if share is None:
        return ""
    if 0 < share < 0.0005:  # noqa: PLR2004 - what rounds to 0.0 %
        return "&lt;0.1&nbsp;%"
    return f"{100 * share:.1f}&nbsp;%"


STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0 auto; padding: 24px 28px 60px; max-width: 1080px; background: #fff; color: #1b232d;
  font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 4px; font-size: 26px; line-height: 1.2; }
h2 { margin: 0 0 8px; font-size: 18px; line-height: 1.3; }
h3 { margin: 0; font-size: 13px; }
p { margin: 0 0 8px; }
a { color: #1d5fb3; text-decoration: none; }
a:hover { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { padding: 4px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid #e2e7ec; }
thead th { border-bottom: 1.5px solid #aab4bf; font-weight: 600; color: #46525f; background: #fff; }
th.number, td.number { text-align: right; white-space: nowrap; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
code { font: 12.5px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
.muted { color: #5b6774; }
.lead { font-size: 15px; color: #46525f; }
.facts { margin: 14px 0; }
.facts th { width: 150px; font-weight: 600; color: #46525f; }
.harmony { margin-top: 34px; padding-top: 14px; border-top: 2px solid #d4dae1; }
.harmony > table { margin: 8px 0; }
.concepts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin-bottom: 10px; }
.concepts > div { padding: 8px 10px; border: 1px solid #dfe4ea; border-radius: 6px; break-inside: avoid; }
.concepts h3 .muted { font-weight: 400; }
.concepts p { margin: 4px 0 0; }
.outcome { margin: 4px 0 0; }
.settings { table-layout: fixed; }
.settings th.group { width: 150px; }
.settings tbody th { font-weight: 600; color: #46525f; }
.groups { table-layout: fixed; }
.groups .group { width: 68px; overflow-wrap: normal; }
.groups.wide-donor th:nth-child(3), .groups.wide-recipient th:nth-child(2) { width: 24%; }
.levels.many { columns: 2; column-gap: 22px; }
.levels.many li { break-inside: avoid; }
.groups.named .group { width: 22%; }
.groups .share { width: 96px; white-space: normal; overflow-wrap: anywhere; }
.contents :is(th, td):nth-child(2), .contents :is(th, td):nth-child(3) { min-width: 120px; }
.groups td.group { border-left: 6px solid var(--group, #9aa5b1); }
.badge { display: inline-block; min-width: 24px; padding: 0 6px; margin-right: 6px; border-radius: 10px; text-align: center; font-weight: 600; font-size: 12px;
  background: var(--group, #e8ecf0); color: var(--ink, #1b232d); white-space: nowrap; }
.levels { margin: 0; padding: 0; list-style: none; }
.levels li { display: flex; justify-content: space-between; gap: 10px; white-space: pre-wrap; }
.levels .muted { white-space: nowrap; font-variant-numeric: tabular-nums; }
.special { font-style: italic; color: #46525f; }
.open td { background: #fdf1ef; }
.findings { margin: 6px 0 0; padding-left: 18px; }
.findings .error { color: #a3271f; }
.findings .warning { color: #8a5300; }
.comment { margin: 8px 0 0; padding: 6px 10px; border-left: 3px solid #aab4bf; background: #f6f8fa; white-space: pre-wrap; }
.record { margin-top: 8px; font-size: 12px; color: #5b6774; }
.similarity { white-space: nowrap; font-weight: 600; }
.similarity.low { color: #a3271f; }
@page { size: A4; margin: 15mm 13mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9px sans-serif; color: #5b6774; } }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  h1 { font-size: 21px; }
  h2 { font-size: 14.5px; }
  h3, table, code { font-size: 10.5px; }
  .badge, .record { font-size: 9.5px; }
  th, td { padding: 2.5px 6px; }
  .contents { break-after: page; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  tr.long { break-inside: auto; }
  .levels.many { columns: auto; }
  h2, h3, thead { break-after: avoid; }
  .harmony { margin-top: 20px; padding-top: 10px; }
  .whole, table.whole, .comment { break-inside: avoid; }
  .groups .share { width: 76px; }
  .groups .group { width: 54px; }
  .settings th.group { width: 110px; }
  a { color: inherit; }
  p { orphans: 3; widows: 3; }
}
"""


__all__ = ["STYLE", "isolated", "percent", "text"]
