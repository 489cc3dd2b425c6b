"""How is what a task type is told read, compared, and filled in with what came of other tasks?"""
