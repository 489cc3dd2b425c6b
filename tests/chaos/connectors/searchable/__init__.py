"""A platform of the chaos run: searchable."""
