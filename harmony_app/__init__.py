"""The web app: six places – Surveys, Places, Harmonize, Fuse, Validate, Explore – on top of the engine."""
