"""How good suggestions are on published harmonies, each family of surveys judged by the others.

No harmony of the judged family – all vintages of a survey; the CPS and its supplement are one – is
at hand: neither any other (a cold start), nor but those of other surveys. The weights of the signals
are the product's, which were fitted to all families; `tests/studies/learn_suggestions.py` judges
weights fitted without the family.
"""

import re
import sys
import time
from collections import defaultdict

import numpy as np
from sklearn.metrics import adjusted_rand_score
from support.published import REPORTED, family, newest_cases, read_published, taught_by_others
from support.reporting import Row, require_shared_data, run_alone

from fusion_core.errors import HarmonyError
from fusion_core.harmony.meaning import compare
from fusion_core.harmony.model import SIDES, collapses, resolve_rule
from fusion_core.harmony.suggest import SuggestionIndex

GOALS = {
    False: {"first": 85, "five": 97, "groups": 0.85, "whole": 60},
    True: {"first": 90, "five": 98, "groups": 0.88, "whole": 65},
}
"""What was aimed at, without any harmony and with those of other surveys."""
UNLIKE_ONLY_IN_PERSONS = {"reference", "maximum", "mean"}


def agreement(harmony, proposal):
    """Adjusted Rand index over the levels of both sides; a level without a group is its own."""
    published, proposed = [], []
    for name in SIDES:
        groups = {item.level: item.group for item in harmony.side(name).levels}
        for position, item in enumerate(proposal.side(name).levels):
            if groups.get(item.level) is not None:
                published.append(str(groups[item.level]))
                proposed.append(f"{name}{position}" if item.group is None else str(item.group))
    return adjusted_rand_score(published, proposed)


def is_right(published, suggested):
    """Whether a suggestion is the published harmony but for prices and whose answer counts."""
    if compare(published, suggested).is_same:
        return True
    for name in SIDES:
        ours, theirs = suggested.side(name), published.side(name)
        if _counted(ours) and _counted(ours) == _counted(theirs):
            continue
        if ours.breakpoints != theirs.breakpoints or ours.is_grouped != theirs.is_grouped:
            return False
        if _scale(ours) != _scale(theirs):
            return False
        rules = {_rule(suggested, name), _rule(published, name)}
        if len(rules) > 1 and not rules <= UNLIKE_ONLY_IN_PERSONS:
            return False
    return (
        not (published.donor.is_grouped and published.recipient.is_grouped)
        or agreement(published, suggested) > 0.9999
    )


def _counted(side):
    """Return the condition on the persons a head count adds up, however it is written."""
    if side.aggregator != "sum":
        return ""
    text = side.adjustment.replace(" ", "").lower()
    if len(side.breakpoints) == 1 and [item.group for item in side.levels] in (
        [0.0, 1.0],
        [1.0, 0.0],
    ):
        sign = ">=" if side.levels[1].group == 1.0 else "<"
        return f"{side.variable}{sign}{side.breakpoints[0]:g}"
    found = re.fullmatch(r"(\w+)between(\d+)and(\d+)", text)
    if found:
        return f"{found[1]}>={found[2]}and{found[1]}<={found[3]}"
    found = re.fullmatch(r"(\w+)<=(\d+)", text)
    return f"{found[1]}<{int(found[2]) + 1}" if found else text


def _scale(side):
    """Return an adjustment without blanks; one that only changes prices is none."""
    text = side.adjustment.replace(" ", "").replace(side.variable, "x")
    name, sign, factor = text.partition("*" if "*" in text else "/")
    is_price = (
        name == "x" and sign and factor.replace(".", "").isdigit() and 0.5 < float(factor) < 2
    )
    return "" if is_price or text == "x" else text


def _rule(harmony, name):
    if not collapses(harmony, name, "household"):
        return None
    side = harmony.side(name)
    try:
        return resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=harmony.ordered)
    except HarmonyError:
        return side.aggregator


def judge(published, *, teach):
    """Return, per family, what became of every case."""
    found, known = defaultdict(list), {}
    for case in newest_cases(published):
        kin = family(case.pair.donor)
        place = case.pair.recipient, kin if teach else ""
        if place not in known:
            taught = taught_by_others(published, case.pair.donor) if teach else ()
            known[place] = SuggestionIndex(published.dictionary(case.pair.recipient), taught)
        found[kin].append(_judged(case, known[place], published.dictionary(case.pair.donor)))
    return found


def _judged(case, index, donors):
    columns = tuple(donors.answers())
    start = time.perf_counter()
    ranked = index.rank(case.donor, limit=1000)
    seconds = time.perf_counter() - start
    names = [item.variable.name for item in ranked if item.variable.name not in case.partners]
    first = index.first(case.donor, case.pair, columns=columns)
    suggested = index.suggest(case.donor, case.right, case.pair, columns=columns)
    sides = case.harmony.donor, case.harmony.recipient
    categories = all(side.is_grouped and not side.breakpoints for side in sides)
    rank = names.index(case.right) if case.right in names else len(names)
    right = is_right(case.harmony, suggested.harmony)
    return {
        "rank": rank,
        "groups": agreement(case.harmony, suggested.harmony) if categories else np.nan,
        "whole": right,
        "word": first.confidence,
        "kept": right and first.variable.name in {case.right, *case.partners},
        "seconds": seconds,
        "case": case,
        "reasons": suggested.reasons,
    }


def summary(results):
    """Return the shares of a list of cases."""
    ranks = np.array([item["rank"] for item in results])
    return {
        "first": 100 * float((ranks == 0).mean()),
        "five": 100 * float((ranks < 5).mean()),
        "groups": float(np.nanmean([item["groups"] for item in results])),
        "whole": 100 * float(np.mean([item["whole"] for item in results])),
    }


WORDS = {
    "first": ("published variable first", "%"),
    "five": ("among the first five", "%"),
    "groups": ("levels grouped alike", "adjusted Rand index"),
    "whole": ("whole harmony right, given its variable", "%"),
}


def measure(*, quick: bool) -> list[Row]:
    """Judge the suggestions with and without the other surveys' harmonies, or quickly without."""
    require_shared_data()
    published, rows = read_published(), []
    for teach in (False,) if quick else (False, True):
        judged = judge(published, teach=teach)
        everything = [item for results in judged.values() for item in results]
        reported = summary([item for name in REPORTED for item in judged[name]])
        by = "with other surveys' harmonies" if teach else "without any harmony"
        rows += [
            Row(
                topic="suggest",
                what=f"{len(everything)} published harmonies, {by}: {WORDS[key][0]}",
                value=value,
                unit=WORDS[key][1],
                baseline=f"goal: {GOALS[teach][key]}",
                ratio=value / GOALS[teach][key],
                note=f"{reported[key]:.3g} in families only counted ({', '.join(REPORTED)})",
            )
            for key, value in summary(everything).items()
        ]
        for word, goal in (("sure", 95), ("likely", 80)):
            said = [item["kept"] for item in everything if item["word"] == word]
            rows.append(
                Row(
                    topic="suggest",
                    what=f"{by}: variable and whole harmony right where called {word}",
                    value=100 * float(np.mean(said)),
                    unit="%",
                    baseline=f"goal: {goal}",
                    note=f"{len(said)} of {len(everything)}",
                )
            )
        seconds = np.mean([item["seconds"] for item in everything])
        rows.append(
            Row(topic="suggest", what=f"{by}: a variable ranked", value=1000 * seconds, unit="ms")
        )
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
