"""How does what a client or the system asks for become rows?"""
