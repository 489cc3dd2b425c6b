"""What can a client do with schedules? One use case per file."""
