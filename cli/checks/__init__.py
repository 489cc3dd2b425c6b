"""What does the doctor look at? One file per kind of trouble."""
