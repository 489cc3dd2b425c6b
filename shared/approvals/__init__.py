"""Which tasks need approval: the rules, and their decision about a task."""
