"""What the pages of many platforms have in common: lists, comments, conversations; how they are read and written."""
