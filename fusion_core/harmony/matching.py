"""Propose which recipient variables and which levels might mean the same thing.

It proposes, a person decides. Variables are ranked in `candidates`, levels are matched in
`level_matching`; this module is where both are found.
"""

from fusion_core.harmony.candidates import Candidate, CandidateIndex, rank_candidates
from fusion_core.harmony.level_matching import GroupProposal, LevelMatch, propose_groups
from fusion_core.harmony.wording import normalise_label, words

__all__ = [
    "Candidate",
    "CandidateIndex",
    "GroupProposal",
    "LevelMatch",
    "normalise_label",
    "propose_groups",
    "rank_candidates",
    "words",
]
