"""What other domains read of accounts, within their own transactions; nothing is changed here."""
