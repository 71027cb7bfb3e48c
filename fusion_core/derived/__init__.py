"""Variables of a survey that are built from its others by an expression, and computed when read.

What is stored is the definition alone, in ``derived.json`` beside the survey: nothing is
duplicated, and a survey that is imported again has its derived variables still.
"""
