"""What others wrote to our accounts."""
