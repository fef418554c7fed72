"""Publishing the root of all captures where an archive's owner cannot change it, and checking it later."""
