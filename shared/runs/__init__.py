"""Work that is made of many tasks."""
