"""What a person has once signed in: access tokens, sessions that are refreshed, and tickets for sockets."""
