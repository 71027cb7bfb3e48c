"""The web app: five places – Surveys, Harmonize, Fuse, Validate, Explore – on top of the engine."""
