"""How do orders of clients and of the system become rows?"""
