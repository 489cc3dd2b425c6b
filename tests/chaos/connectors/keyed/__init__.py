"""A platform of the chaos run: keyed."""
