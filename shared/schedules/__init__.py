"""What can a client do with recurring work? One use case a file."""
