"""What runs on a joined host: a program that connects to the installation and offers its browser, and nothing else."""
