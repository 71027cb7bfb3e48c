"""Which harmonies exist in which vintages, and where a vintage does something else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from fusion_core.harmony.checks import DictionaryOf
from fusion_core.harmony.meaning import Comparison, compare
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.vintages import TransferredHarmony, Vintages, transfer_to_vintage
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, SurveyId


@dataclass(frozen=True, slots=True)
class VintageCell:
    """A harmony as another vintage has it.

    Attributes
    ----------
    harmony
        The harmony of that vintage; its variables may have other names there.
    comparison
        What the reference harmony, transferred to that vintage, makes of each level (here), and what
        is saved there (there); ``None`` in the reference's own cell.
    """

    harmony: Harmony
    comparison: Comparison | None


@dataclass(frozen=True)
class VintageRow(Checked):
    """One concept across vintages.

    Attributes
    ----------
    reference
        The pair whose harmony the others are compared with.
    harmony
        The reference harmony.
    cells
        By pair; a pair without the harmony is missing.
    """

    reference: SurveyPair
    harmony: Harmony
    cells: dict[SurveyPair, VintageCell] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether some vintage groups shared levels otherwise."""
        return any(
            c.comparison is not None and not c.comparison.is_same for c in self.cells.values()
        )


def vintage_matrix(
    sets: Sequence[HarmonySet], dictionary_of: DictionaryOf, *, keys: Collection[str] = ()
) -> tuple[VintageRow, ...]:
    """Line up the harmonies of several vintages of the same two surveys.

    Parameters
    ----------
    sets
        The harmonies of each pair; the first is the reference for whatever it has, the next for
        what is left, and so on.
    dictionary_of
        Where to find dictionaries; where there is none, only equal variable names meet.
    keys
        Only the concepts with these keys in some pair; all by default.
    """
    known: dict[SurveyId, Dictionary | None] = {}
    for item in sets:
        for survey in (item.pair.donor, item.pair.recipient):
            if survey not in known:
                known[survey] = dictionary_of(survey)
    covered: set[tuple[SurveyPair, str]] = set()
    rows: list[VintageRow] = []
    for base in sets:
        left = tuple(
            item
            for item in base.harmonies
            if (base.pair, item.key) not in covered and (not keys or item.key in keys)
        )
        if not left:
            continue
        found = {
            item.key: VintageRow(base.pair, item, {base.pair: VintageCell(item, None)})
            for item in left
        }
        for other in sets:
            if other.pair != base.pair:
                for key, cell in _cells(HarmonySet(base.pair, left), other, known).items():
                    if (other.pair, cell.harmony.key) not in covered:
                        found[key].cells[other.pair] = cell
        rows += found.values()
        covered |= {
            (pair, cell.harmony.key) for row in found.values() for pair, cell in row.cells.items()
        }
    return tuple(rows)


def _cells(
    base: HarmonySet, other: HarmonySet, known: Mapping[SurveyId, Dictionary | None]
) -> dict[str, VintageCell]:
    """Return what another pair has for the harmonies of one, by the key they have in the first."""
    cells: dict[str, VintageCell] = {}
    for harmony in base.harmonies:
        same = other.get(harmony.key)
        if same is not None:
            cells[harmony.key] = VintageCell(same, compare(harmony, same))
    for item in _transferred(base, other, known):
        if item.existing is not None:
            cells[item.key] = VintageCell(item.existing, item.comparison)
    return cells


def _transferred(
    base: HarmonySet, other: HarmonySet, known: Mapping[SurveyId, Dictionary | None]
) -> Sequence[TransferredHarmony]:
    old = known[base.pair.donor], known[base.pair.recipient]
    new = known[other.pair.donor], known[other.pair.recipient]
    if old[0] is None or old[1] is None or new[0] is None or new[1] is None:
        return ()
    return transfer_to_vintage(
        base,
        other.pair,
        donor=Vintages(old[0], new[0]),
        recipient=Vintages(old[1], new[1]),
        existing=other,
        examine=False,
    ).harmonies


__all__ = ["VintageCell", "VintageRow", "vintage_matrix"]
