"""What is sent to people and to other systems once something has happened."""
