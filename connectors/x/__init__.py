"""X: replies and direct messages through its web pages."""
