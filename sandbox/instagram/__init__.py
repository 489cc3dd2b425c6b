"""What is this folder? The practice site that imitates instagram.com."""
