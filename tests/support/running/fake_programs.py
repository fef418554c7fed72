"""Stand-ins for the programs that ``schedule`` runs, which only change one folder."""

# Its table is a file. The messages for a user without one are in files, since they differ between crons.
FAKE_CRONTAB = """\
#!/bin/sh
if [ -f {folder}/refusal ]; then cat {folder}/refusal >&2; exit 1; fi
case "$1" in
  -l) [ -f {folder}/table ] || {{ cat {folder}/none >&2; exit 1; }}; cat {folder}/table ;;
  -r) rm {folder}/table ;;
  -) cat > {folder}/table ;;
esac
"""

FAKE_SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> {folder}/systemctl.said
[ ! -f {folder}/refusal ] || {{ cat {folder}/refusal >&2; exit 1; }}
"""
