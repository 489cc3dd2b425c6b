"""Films that a platform makes for us: following them, checking their files, keeping them."""
