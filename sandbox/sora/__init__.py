"""The practice Sora."""
