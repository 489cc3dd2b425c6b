"""People who are not to be contacted: by whom they were put on the list, and how they get off it."""
