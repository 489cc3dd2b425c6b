"""The database: models, migrations, sessions, and what every domain writes: events, leases, the audit log."""
