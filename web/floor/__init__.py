"""The live page: everything that happens on the box now."""
