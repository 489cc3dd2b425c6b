"""Who must approve what: the rules, and what they say of a task."""
