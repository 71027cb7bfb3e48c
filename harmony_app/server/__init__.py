"""The server around the app: who comes in, by which name and from where, and what is written down."""
