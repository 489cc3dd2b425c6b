"""What other domains ask of accounts, within their own transactions: it reads, and changes nothing."""
