"""How other programs learn whether an archive is healthy: notifications, and a textfile for Prometheus."""
