"""What a person holds once signed in: access tokens, sessions that are refreshed, and tickets for sockets."""
