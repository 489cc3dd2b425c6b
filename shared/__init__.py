"""What gateway and workers both know. No FastAPI, no Celery and no browser in here."""
