"""The do-not-contact list: how people are added, and how they are removed."""
