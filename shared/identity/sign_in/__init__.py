"""How a person signs in: e-mail address and password, and what their authenticator app shows."""
