"""The `harmony` command."""
