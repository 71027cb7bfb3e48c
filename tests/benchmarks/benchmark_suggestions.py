"""How good suggestions are on published harmonies, each survey judged by the others.

All vintages of the judged survey are held out of the examples. The weights of the signals and the
synonyms are those of the product.
"""

import sys
import time
from collections import defaultdict

from sklearn.metrics import adjusted_rand_score
from support.reporting import SHARED, Row, require_shared_data, run_alone

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.matching.candidates import CandidateIndex
from fusion_core.harmony.matching.examples import examples_from
from fusion_core.harmony.matching.level_matching import propose_groups
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary

GOAL_TOP_FIVE = 90.0


def load(folder=SHARED):
    dictionaries = {}
    for household in sorted((folder / "dictionaries").glob("*_H.parquet")):
        name = household.stem.removesuffix("_H")
        person = household.with_name(f"{name}_P.parquet")
        survey = read_fusiondata_dictionary(household, person if person.exists() else None)
        dictionaries[name] = survey.dictionary
    sets = []
    for path in sorted((folder / "harmonies" / "r").glob("*.R")):
        donor, recipient = path.stem.split("__")
        known = {"donor": dictionaries.get(donor), "recipient": dictionaries.get(recipient)}
        sets.append(read_harmonies(path, **known).harmony_set)
    return dictionaries, sets


def agreement(harmony, proposal):
    """Adjusted Rand index over the levels of both sides; a level without a group is its own."""
    published, proposed = [], []
    for name in ("donor", "recipient"):
        groups = {item.level: item.group for item in harmony.side(name).levels}
        for position, item in enumerate(getattr(proposal, name)):
            if groups.get(item.level) is not None:
                published.append(str(groups[item.level]))
                proposed.append(f"{name}{position}" if item.group is None else str(item.group))
    return adjusted_rand_score(published, proposed)


def judge(dictionaries, sets, *, teach=True):
    """Return, per donor survey, ranks, agreements and seconds per ranked variable."""
    found = defaultdict(lambda: {"ranks": [], "agreement": [], "seconds": []})
    taught = {s.pair: examples_from(s, dictionaries.get(str(s.pair.donor))) for s in sets}
    for judged in sets:
        donor, recipient = (
            dictionaries.get(str(survey)) for survey in (judged.pair.donor, judged.pair.recipient)
        )
        if donor is None or recipient is None:
            continue
        others = [
            item
            for pair, examples in taught.items()
            if teach and pair.donor.name != judged.pair.donor.name
            for item in examples
        ]
        index = CandidateIndex(recipient, others)
        result = found[str(judged.pair.donor)]
        for harmony in judged.harmonies:
            variable, right = donor[harmony.donor.variable], harmony.recipient.variable
            partners = {
                item.recipient.variable
                for item in judged.harmonies
                if item.donor.variable == variable.name
            } - {right}
            start = time.perf_counter()
            ranked = index.rank(variable, limit=1000)
            result["seconds"].append(time.perf_counter() - start)
            names = [c.variable.name for c in ranked if c.variable.name not in partners]
            result["ranks"].append(names.index(right) if right in names else len(names))
            both = (variable, recipient[right])
            binned = harmony.donor.breakpoints or harmony.recipient.breakpoints
            if all(item.is_categorical for item in both) and not binned:
                year = int(judged.pair.recipient.vintage[-4:])
                proposal = propose_groups(*both, examples=others, year=year)
                result["agreement"].append(agreement(harmony, proposal))
    return dict(found)


def summary(results):
    ranks = [rank for result in results for rank in result["ranks"]]
    scores = [score for result in results for score in result["agreement"]]
    seconds = [value for result in results for value in result["seconds"]]
    return {
        "harmonies": len(ranks),
        "first": sum(rank == 0 for rank in ranks) / len(ranks),
        "top 5": sum(rank < 5 for rank in ranks) / len(ranks),
        "rand index": sum(scores) / max(len(scores), 1),
        "ms": 1000 * sum(seconds) / len(seconds),
    }


def measure(*, quick: bool) -> list[Row]:
    """Judge the suggestions with and without the other surveys' harmonies, or quickly with only."""
    require_shared_data()
    dictionaries, sets = load()
    rows = []
    for teach in (True,) if quick else (True, False):
        results = judge(dictionaries, sets, teach=teach)
        found = summary(list(results.values()))
        by = "learning from other surveys" if teach else "from wording alone"
        what = f"{found['harmonies']:,} published harmonies, {by}"
        first, top = 100 * found["first"], 100 * found["top 5"]
        worst = min(results, key=lambda name: summary([results[name]])["top 5"])
        rows += [
            Row(topic="suggest", what=f"{what}: published variable first", value=first, unit="%"),
            Row(
                topic="suggest",
                what=f"{what}: among the first five",
                value=top,
                unit="%",
                baseline=f"goal: {GOAL_TOP_FIVE:.0f} %",
                ratio=top / GOAL_TOP_FIVE,
                note=f"lowest {100 * summary([results[worst]])['top 5']:.0f} % ({worst})",
            ),
            Row(
                topic="suggest",
                what=f"{what}: levels grouped alike",
                value=found["rand index"],
                unit="adjusted Rand index",
            ),
            Row(topic="suggest", what=f"{what}: a variable ranked", value=found["ms"], unit="ms"),
        ]
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
