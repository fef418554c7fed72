"""What an earlier check found sound, so that the next one derives again only what has changed since."""
