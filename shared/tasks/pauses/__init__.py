"""What is held, a lane, a platform, an account or everything, and let go again."""
