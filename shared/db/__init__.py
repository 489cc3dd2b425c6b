"""The database: models, migrations, sessions, and the repositories, which are the only place that builds SQL."""
