"""Running everything on one machine, without Docker: embedded servers, the supervisor, and stopping it all."""
