"""What is the sandbox? Practice platforms: real web sites on localhost, for demos and tests, never a fallback."""
