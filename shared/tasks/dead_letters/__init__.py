"""Tasks that failed for good, and replaying them."""
