"""Credits: what may be spent, checking it, and ordering work that needs it."""
