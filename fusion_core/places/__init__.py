"""Places from files: boundaries and spatial tables added to a workspace, listed and checked."""
