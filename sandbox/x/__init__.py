"""The practice X: posts with replies, and conversations behind a passcode."""
