"""The SQL of identity: workspaces, people, sessions, keys and invitations."""
