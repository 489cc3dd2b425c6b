"""How does everything run on one machine, without Docker? Embedded servers, the supervisor, what must be stopped."""
