"""How well subsets of the donor are met: three metrics against the size of subsets."""
