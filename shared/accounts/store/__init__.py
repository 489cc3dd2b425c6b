"""The SQL of accounts: sign-ins, consents, credentials, what pages showed, and when an account was last checked."""
