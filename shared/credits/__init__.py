"""Credits: what may be spent, looking at it, and ordering work that needs it."""
