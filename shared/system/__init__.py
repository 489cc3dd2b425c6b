"""Is the system itself all right?"""
