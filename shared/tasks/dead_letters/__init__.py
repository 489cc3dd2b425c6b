"""What failed for good, and is tried again when somebody says so."""
