"""The scheduler: its decisions, which are pure (`rules`), and its SQL (`store`)."""
