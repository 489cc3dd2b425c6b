"""A platform of the chaos run: blind."""
