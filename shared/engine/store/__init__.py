"""All SQL of the scheduler: functions over a connection, named after what happens."""
