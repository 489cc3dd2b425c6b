# syntax=docker/dockerfile:1
# Two images from one build: `slim` for everything that drives no browser, `browser` for the pools that do.
#
#   docker build --target slim --tag callsheet-slim:local .
#   docker build --target browser --tag callsheet-browser:local .

ARG PYTHON=3.13-slim-trixie

# ---- What both carry: the locked packages, every one checked by its hash, and the product as a wheel -----------------
FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source

COPY requirements/production.txt requirements/dev.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/callsheet/venv \
    && /opt/callsheet/venv/bin/python -m pip install --require-hashes --requirement requirements/production.txt

# The build back-end comes from the developers' lock, so that nothing unlocked is fetched here either.
RUN --mount=type=cache,target=/root/.cache/pip \
    awk '/^[a-z]/ {keep = ($1 ~ /^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==/)} keep' \
        requirements/dev.txt > /tmp/build.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --require-hashes --requirement /tmp/build.txt

COPY pyproject.toml README.md alembic.ini beat_schedule.py ./
COPY api api
COPY cli cli
COPY connectors connectors
COPY host host
COPY launcher launcher
COPY sandbox sandbox
COPY shared shared
COPY workers workers
RUN /opt/build/bin/python -m hatchling build --target wheel --directory /tmp/wheel \
    && /opt/callsheet/venv/bin/python -m pip install --no-deps --no-index /tmp/wheel/*.whl

# ---- What both run as ------------------------------------------------------------------------------------------------
FROM python:${PYTHON} AS base
ENV PATH=/opt/callsheet/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    CALLSHEET_HOME=/var/lib/callsheet
# tini is process 1: it hands signals on, and reaps what browsers leave behind.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 callsheet \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/callsheet --no-create-home --shell /usr/sbin/nologin callsheet \
    && install --directory --owner=callsheet --group=callsheet --mode=0750 \
        /var/lib/callsheet /var/lib/callsheet/media /var/lib/callsheet/proofs /var/lib/callsheet/door \
        /var/lib/callsheet/profiles /var/lib/callsheet/sandbox
COPY --from=build /opt/callsheet/venv /opt/callsheet/venv
COPY deploy/found.py deploy/health.py /opt/callsheet/
COPY --chmod=0755 deploy/pool-with-keeper /usr/local/bin/
WORKDIR /var/lib/callsheet
ENTRYPOINT ["tini", "--"]

# ---- Pools with a browser --------------------------------------------------------------------------------------------
FROM base AS browser
# Debian's Chromium, fonts for most of the world's writing, and ffmpeg for videos.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        chromium ffmpeg fonts-liberation fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core \
    && rm -rf /var/lib/apt/lists/*
ENV CALLSHEET_BROWSER=/usr/bin/chromium
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "/opt/callsheet/health.py", "pool", "instagram"]
CMD ["pool-with-keeper", "instagram"]

# ---- Everything else; what `docker build .` makes --------------------------------------------------------------------
FROM base AS slim
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "/opt/callsheet/health.py", "gateway"]
CMD ["python", "-m", "api"]
