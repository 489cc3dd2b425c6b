"""Which kinds of rows are read of tasks, effects and schedules?"""
