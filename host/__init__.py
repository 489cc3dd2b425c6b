"""What runs on a joined host: a program that dials out to the installation and offers its browser, and nothing else."""
