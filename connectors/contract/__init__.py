"""What every connector declares and does."""
