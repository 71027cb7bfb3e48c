"""How much of what people published for a year is found by transferring the neighbouring year.

Every pair of surveys is transferred to the next and to the previous vintage that was published, of the
recipient and of the donor, and what comes out is compared with what people published there. With
``--wrong`` every harmony that came out otherwise is listed.
"""

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from support.published import read_published
from support.reporting import Row, require_shared_data, run_alone

from fusion_core.harmony.apply.prices import survey_year
from fusion_core.harmony.meaning.comparison import Comparison, compare
from fusion_core.harmony.model.harmony import Harmony, SurveyPair
from fusion_core.harmony.vintages.transfer import TransferredHarmony
from fusion_core.harmony.vintages.transferring import Vintages, transfer_to_vintage


@dataclass(frozen=True)
class Judged:
    """A harmony that was transferred, and what people published for the new pair."""

    source: SurveyPair
    target: SurveyPair
    transferred: TransferredHarmony
    published: Harmony
    comparison: Comparison | None

    @property
    def kind(self):
        """The status, and whether the harmony looks as if it needed no second look."""
        status = self.transferred.status
        if status == "impossible":
            return status
        return f"{status} {'sure' if self.transferred.is_sure else 'unsure'}"

    @property
    def outcome(self):
        """``right``, ``open`` (what is assigned is right), ``wrong``, or ``impossible``."""
        if self.comparison is None:
            return "impossible"
        left_open = [item for item in self.comparison.differing if item.here is None]
        wrong = len(self.comparison.differing) > len(left_open) or self.comparison.settings
        if wrong:
            return "wrong"
        return "open" if left_open else "right"


def neighbours(pairs):
    """Yield pairs of surveys that differ by one step in the vintage of one survey."""
    for axis, other in (("recipient", "donor"), ("donor", "recipient")):
        families = defaultdict(list)
        for pair in pairs:
            families[(getattr(pair, axis).name, getattr(pair, other))].append(pair)
        for family in families.values():
            family.sort(key=lambda pair: getattr(pair, axis).vintage)
            for before, after in pairwise(family):
                yield before, after
                yield after, before


def judge(dictionaries, sets):
    """Yield every harmony that was transferred to a pair for which people published its counterpart."""
    known = {
        item.pair: item
        for item in sets
        if all(str(survey) in dictionaries for survey in (item.pair.donor, item.pair.recipient))
    }
    for source, target in neighbours(list(known)):
        published = {item.key: item for item in known[target].harmonies}
        old = [dictionaries[str(survey)] for survey in (source.donor, source.recipient)]
        new = [dictionaries[str(survey)] for survey in (target.donor, target.recipient)]
        donor, recipient = (Vintages(a, b) for a, b in zip(old, new, strict=True))
        transfer = transfer_to_vintage(
            known[source], target, donor=donor, recipient=recipient, others=known.values()
        )
        for item in transfer.harmonies:
            wanted = published.get(item.harmony.key if item.harmony else item.key)
            if wanted is None:
                continue
            found = item.harmony and compare(
                item.harmony,
                wanted,
                donor=new[0].get(wanted.donor.variable),
                recipient=new[1].get(wanted.recipient.variable),
                years=(survey_year(target.donor), survey_year(target.recipient)),
            )
            yield Judged(source, target, item, wanted, found)


def table(judged):
    """Count outcomes by donor survey and status."""
    counts = defaultdict(Counter)
    for item in judged:
        name = str(item.source.donor)
        if item.source.donor != item.target.donor:
            name += f" → {item.target.donor}"
        counts[name][(item.kind, item.outcome)] += 1
    return counts


def measure(*, quick: bool) -> list[Row]:  # noqa: ARG001 - it takes seconds either way
    """Say how much comes out as published, of all and of what looks sure."""
    require_shared_data()
    published = read_published()
    counts = sum(table(judge(published.dictionaries, published.sets)).values(), Counter())
    shares = {
        "all": [key for key in counts if key[0] != "impossible"],
        "those that look sure": [key for key in counts if key[0].endswith(" sure")],
    }
    rows = []
    for name, keys in shares.items():
        total = sum(counts[key] for key in keys)
        right = sum(counts[key] for key in keys if key[1] == "right")
        rows.append(
            Row(
                topic="transfer",
                what=f"to the neighbouring vintage, {name}: as published",
                value=100 * right / total,
                unit="%",
                note=f"{right:,} of {total:,} harmonies",
            )
        )
    return rows


def list_wrong() -> None:
    """Print what came out otherwise than published."""
    published = read_published()
    for item in judge(published.dictionaries, published.sets):
        if item.outcome == "right":
            continue
        print(f"\n{item.source} > {item.target}  {item.published.key}  {item.kind} {item.outcome}")
        print("  ", item.transferred.sentences)
        print("  ", item.comparison.sentence if item.comparison else item.transferred.reason)
        for change in item.comparison.settings if item.comparison else ():
            print("    ", change.cells)
        for row in (item.comparison.differing if item.comparison else ())[:6]:
            print("    ", row.side, row.level[:60], row.here, row.there, row.aligned)


if __name__ == "__main__":
    sys.exit(list_wrong() if "--wrong" in sys.argv else run_alone(measure))
