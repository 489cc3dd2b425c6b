"""What can a client do with tasks? One use case a file."""
