"""Who changed what, when and from where: a log that only grows."""
