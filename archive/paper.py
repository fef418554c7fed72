"""Facts that hold for this newspaper only: names, hosts, addresses, language, time zone and title mark.

To archive another paper that publishes dumps of this form, start here and with :mod:`archive.dump.grammar`.
"""

NAME = "taz"
FULL_NAME = "taz, die tageszeitung"
LANGUAGE = "de"  # BCP 47
TIME_ZONE = "Europe/Berlin"  # IANA name

HOST = "taz.de"
HOSTS = frozenset({HOST, f"www.{HOST}"})  # names under which its servers and its website are reached
WEB_URL = f"https://{HOST}/"
GOPHER_URL = f"gopher://{HOST}/"
GEMINI_URL = f"gemini://{HOST}/"
GOPHER_PORT = 70
GEMINI_PORT = 1965
GOPHER_SERVER = f"{HOST}:{GOPHER_PORT}"

# A page's first line is "# taz.de -- Kicker: Headline"; the root menu has "# taz.de" only.
ROOT_TITLE = f"# {HOST}"
TITLE_MARK = f"{ROOT_TITLE} -- "
