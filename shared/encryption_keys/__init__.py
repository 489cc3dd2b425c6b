"""Which keys encrypt, and how are they changed?"""
