"""One folder for each platform, all with the same file names. One connector never imports another."""
