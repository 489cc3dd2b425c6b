"""What gateway and workers share. No FastAPI, no Celery and no browser in here."""
