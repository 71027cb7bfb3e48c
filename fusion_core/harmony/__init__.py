"""Harmonies: the model, its expression grammar, applying, checking, storing and exchanging them."""
