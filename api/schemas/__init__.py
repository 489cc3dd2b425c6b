"""What requests look like, one file for each resource."""
