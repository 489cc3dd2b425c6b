"""What can a client do with tasks? One use case per file."""
