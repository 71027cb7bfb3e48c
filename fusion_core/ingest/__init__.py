"""One reader per public file family, the generic reader, and the demo generator."""
