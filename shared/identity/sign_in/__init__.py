"""How a person signs in: e-mail address and password, and a code of their authenticator app."""
