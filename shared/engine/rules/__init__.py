"""The decisions: pure functions of facts and the time. Dispatcher, intent, explain and plan ask the same ones."""
