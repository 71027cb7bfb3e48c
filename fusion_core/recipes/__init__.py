"""Recipes of fusions: which donor variables, how they are built, and from which public files.

A recipe of a fusion is a TOML file a person can read, change and share. It names a donor and a
recipient, the variables to fuse, those that are built from others first, the harmonies it comes with,
and under which names the public files are found. Recipes of an import (`fusion_core.ingest.recipes`)
and of places (`fusion_core.places.recipes`) are its smaller siblings: each says how one thing is
made, in the same form.
"""

from fusion_core.recipes.applying import Applied, apply_recipe
from fusion_core.recipes.library import find_recipe, recipe_names, recipe_text
from fusion_core.recipes.recipe import FusionRecipe, SurveyFiles, read_fusion_recipe
from fusion_core.recipes.second_stage import run_of_recipe, with_second_stage

__all__ = [
    "Applied",
    "FusionRecipe",
    "SurveyFiles",
    "apply_recipe",
    "find_recipe",
    "read_fusion_recipe",
    "recipe_names",
    "recipe_text",
    "run_of_recipe",
    "with_second_stage",
]
