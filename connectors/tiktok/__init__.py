"""TikTok: comments and direct messages through its web pages."""
