"""Uploads: pictures and films, recognised by their content and stored under opaque ids."""
