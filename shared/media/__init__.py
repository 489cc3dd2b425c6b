"""Uploads: pictures and films, known by their content and kept by opaque ids."""
