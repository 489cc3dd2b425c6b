"""Safari on a Mac, driven by AppleScript."""
