"""What the pages of many platforms have in common: lists, comments, conversations; how something is found and written."""
