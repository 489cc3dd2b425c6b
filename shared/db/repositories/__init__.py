"""The only place that builds SQL: functions over a connection, named after what happens."""
