"""The doctor's checks, one file per kind of trouble."""
