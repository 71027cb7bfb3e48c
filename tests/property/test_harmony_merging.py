"""Merging two people's work: nothing is lost, nothing meets that neither put together."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fusion_core.harmony.editing.merging import codes_are_names, merge, renumbering
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side

LABELS = {"donor": ("Gas", "Wood", "Oil", "Solar"), "recipient": ("gas", "wood", "other")}
GROUPS = st.sampled_from([None, DROP, 1.0, 2.0, 3.0, 4.0])
BINS = ((), (18.0,))


@st.composite
def sides(draw, name):
    breakpoints = draw(st.sampled_from(BINS))
    labels = ("under 18", "18 and over") if breakpoints else LABELS[name]
    return Side(
        name,
        adjustment=draw(st.sampled_from(["", "agep * 2", "agep + 1"])),
        breakpoints=breakpoints,
        levels=tuple(LevelGroup(label, draw(GROUPS)) for label in labels),
        aggregator=draw(st.sampled_from(["automatic", "automatic", "sum"])),
        missing=draw(GROUPS),
    )


@st.composite
def harmonies(draw):
    names = draw(
        st.dictionaries(st.sampled_from([1.0, 2.0, 3.0]), st.sampled_from(["a", "b"]), max_size=2)
    )
    return Harmony(
        draw(sides("donor")),
        draw(sides("recipient")),
        ordered=draw(st.booleans()),
        comment=draw(st.sampled_from(["", "c", "d"])),
        group_names=tuple(sorted(names.items())),
    )


@st.composite
def edited(draw, harmony):
    """A version somebody made of `harmony` by a few edits."""
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(["donor", "recipient"]))
        side = harmony.side(name)
        what = draw(st.sampled_from(["level", "adjustment", "comment", "ordered"]))
        if what == "level":
            index = draw(st.integers(0, len(side.levels) - 1))
            levels = list(side.levels)
            levels[index] = LevelGroup(levels[index].level, draw(GROUPS))
            harmony = harmony.with_side(name, replace(side, levels=tuple(levels)))
        elif what == "adjustment":
            harmony = harmony.with_side(name, replace(side, adjustment=draw(st.sampled_from("xy"))))
        elif what == "comment":
            harmony = replace(harmony, comment=draw(st.sampled_from(["", "mine", "theirs"])))
        else:
            harmony = replace(harmony, ordered=not harmony.ordered)
    return harmony


@st.composite
def two_versions(draw):
    base = draw(harmonies())
    return base, draw(edited(base)), draw(edited(base))


def groups(harmony):
    """The partition of all levels: which are together, whatever the code of their group."""
    found = {}
    for name in ("donor", "recipient"):
        for item in harmony.side(name).levels:
            code = item.group if item.group in {None, DROP} else f"group {item.group}"
            found.setdefault(code, set()).add((name, item.level))
    kept = {code: members for code, members in found.items() if code in {None, DROP}}
    rest = {frozenset(v) for code, v in found.items() if code not in {None, DROP}}
    return kept, rest


@given(harmonies(), harmonies())
def test_who_alone_changed_something_gets_all_of_it(base, changed):
    for found in (merge(base, changed, base), merge(base, base, changed)):
        assert found.conflicts == ()
        assert found.resolved() == changed


@given(harmonies(), harmonies())
def test_the_same_change_twice_is_no_conflict(base, changed):
    found = merge(base, changed, changed)
    assert found.conflicts == ()
    assert found.resolved() == changed


@given(two_versions())
def test_it_does_not_matter_who_is_who(versions):
    base, mine, theirs = versions
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert {item.field for item in one.conflicts} == {item.field for item in other.conflicts}
    chosen = one.resolved(otherwise="mine"), other.resolved(otherwise="theirs")
    if codes_are_names(mine) and codes_are_names(theirs):
        assert groups(chosen[0]) == groups(chosen[1])
    else:
        assert chosen[0] == chosen[1]


@given(harmonies(), harmonies(), harmonies(), st.sampled_from(["mine", "theirs"]))
def test_no_level_is_lost_and_every_side_keeps_a_list_somebody_had(base, mine, theirs, choice):
    merged = merge(base, mine, theirs).resolved(otherwise=choice)
    for name in ("donor", "recipient"):
        levels = [item.level for item in merged.side(name).levels]
        assert levels in [[i.level for i in v.side(name).levels] for v in (mine, theirs)]


@given(harmonies(), harmonies())
def test_without_a_known_start_every_difference_is_asked_about(mine, theirs):
    found = merge(None, mine, theirs)
    assert (found.only_mine, found.only_theirs) == ((), ())
    assert found.resolved(otherwise="mine") == mine
    assert found.resolved(otherwise="theirs") == theirs


@given(two_versions(), st.permutations([1.0, 2.0, 3.0, 4.0]))
def test_renumbering_by_one_person_never_regroups_what_the_other_did(versions, codes):
    base, mine, _ = versions
    if not codes_are_names(base) or not codes_are_names(mine):
        return
    new = dict(zip([1.0, 2.0, 3.0, 4.0], codes, strict=True))
    theirs = base
    for name in ("donor", "recipient"):
        side = base.side(name)
        levels = tuple(LevelGroup(i.level, new.get(i.group, i.group)) for i in side.levels)
        theirs = theirs.with_side(
            name, replace(side, levels=levels, missing=new.get(side.missing, side.missing))
        )
    names = tuple(sorted((new[code], text) for code, text in base.group_names))
    theirs = replace(theirs, group_names=names)
    if theirs != base:
        used = {*base.donor.group_codes, *base.recipient.group_codes}
        if any(new[code] != code for code in used):
            assert renumbering(base, theirs) == {code: new[code] for code in used}
        found = merge(base, mine, theirs)
        assert groups(found.resolved()) == groups(mine)
