"""Train models of the conditional distribution on the donor and draw implicates for the recipient."""
