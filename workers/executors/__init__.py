"""One executor for each task type; the file has the type's name."""
