"""What does a person type to set up, run and ask Callsheet? One file per command group."""
