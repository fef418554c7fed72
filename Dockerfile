# taz-archive: crawls regularly (the default command), or any other of its commands. See docs/docker.md.
FROM python:3.13-slim AS build

# cluster, postgres: add what else of the README's commands you want.
ARG EXTRAS=datasette,export
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY archive archive
COPY crawler crawler
RUN python -m venv /opt/taz-archive \
  && /opt/taz-archive/bin/pip install --no-cache-dir ".[${EXTRAS}]"

FROM python:3.13-slim

COPY --from=build /opt/taz-archive /opt/taz-archive
COPY --chmod=755 docker/crawl-regularly /usr/local/bin/crawl-regularly
RUN useradd --uid 10001 --home-dir /data --create-home taz
USER 10001
WORKDIR /data
VOLUME /data
ENV PATH=/opt/taz-archive/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  TAZ_ARCHIVE=/data/taz.db \
  TZ=Europe/Berlin
EXPOSE 8001
# The first crawl may take as long as any; until it ends an archive is not healthy.
HEALTHCHECK --interval=5m --timeout=1m --start-period=40m \
  CMD ["taz-archive", "status", "--check"]
CMD ["crawl-regularly"]
