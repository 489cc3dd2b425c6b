"""The decisions: pure functions of facts and the time. Dispatcher, intent, explain and plan use the same ones."""
