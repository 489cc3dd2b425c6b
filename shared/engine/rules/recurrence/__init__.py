"""When does recurring work come again? By the rules of calendars; pure."""
