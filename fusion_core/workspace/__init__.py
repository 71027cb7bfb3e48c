"""The folder a project lives in: layout, catalogue, runs and their state."""
