"""How do machines with browsers join a workspace, and leave it?"""
