"""The practice Threads: posts with replies."""
