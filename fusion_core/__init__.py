"""Survey data fusion: harmonize surveys, fuse donor variables onto the ACS, estimate with MOEs."""
