# Trợ lý xã: one target per process.
#   make train                                # first: the images take the trained model as it is
#   docker build --target web -t troly-web .  # also: worker, sandbox, rasa
# The environment tells every process where the others are: deploy/compose.yml, .env.example.

# --- main environment: installed from the lock, hashes checked
FROM python:3.11-slim-bookworm AS main-env
WORKDIR /app
COPY requirements/main.lock requirements/main.lock
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/main.lock

# --- what web, worker and sandbox share
FROM python:3.11-slim-bookworm AS main
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/troly troly
WORKDIR /app
COPY --from=main-env /app/.venv .venv
COPY bot bot
COPY connectors connectors
COPY faq_data faq_data
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/troly \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER troly
VOLUME /var/lib/troly

FROM main AS web
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "gunicorn", "--config", "python:bot.supervisor.gunicorn_conf", "bot.app:create_app()"]

FROM main AS worker
# Reads the words in residents' pictures; without it the assistant asks for them
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-vie \
 && rm -rf /var/lib/apt/lists/*
USER troly
# Its one way out to be seen is Redis: a worker that can't reach it is not healthy
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
  CMD ["python", "-c", "from bot.settings import load_settings as s; from bot.store.redis import connect as c; c(s().redis_address).ping()"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot", "worker"]

FROM main AS sandbox
ENV SANDBOX_PORT=8100
EXPOSE 8100
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8100/sandbox/healthz', timeout=4)"]
CMD ["python", "-m", "connectors.sandbox", "--host", "0.0.0.0", "--port", "8100"]

# --- Rasa: its own Python, its own lock; never on a public network
FROM python:3.10-slim-bookworm AS rasa-env
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app/rasa_project
COPY rasa_project/requirements.lock requirements.lock
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock

FROM python:3.10-slim-bookworm AS rasa
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/troly troly
WORKDIR /app/rasa_project
COPY --from=rasa-env /app/rasa_project/.venv .venv
COPY bot/__init__.py ../bot/__init__.py
COPY bot/understanding/__init__.py bot/understanding/folding.py bot/understanding/shortforms.py ../bot/understanding/
COPY bot/supervisor/rasa_launch.py ../bot/supervisor/rasa_launch.py
COPY rasa_project/config.yml rasa_project/domain.yml rasa_project/endpoints.yml rasa_project/credentials.yml ./
COPY rasa_project/components components
COPY rasa_project/models/nlu.tar.gz models/nlu.tar.gz
ENV PYTHONPATH=/app:/app/rasa_project \
    PYTHONUNBUFFERED=1 \
    RASA_TELEMETRY_ENABLED=false \
    SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    TF_CPP_MIN_LOG_LEVEL=3 \
    SQLALCHEMY_WARN_20=0 \
    PYTHONWARNINGS=ignore \
    CUDA_VISIBLE_DEVICES=-1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    TF_INTRA_OP_PARALLELISM_THREADS=1 \
    TF_INTER_OP_PARALLELISM_THREADS=1 \
    LOG_LEVEL=ERROR \
    SANIC_WORKERS=2
USER troly
EXPOSE 5005
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s \
  CMD [".venv/bin/python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:5005/status?token=' + os.environ['RASA_TOKEN'], timeout=4)"]
# SIGTERM does not end its workers; it keeps nothing
STOPSIGNAL SIGKILL
CMD [".venv/bin/python", "/app/bot/supervisor/rasa_launch.py", "--enable-api", "-i", "0.0.0.0", "-p", "5005", "-m", "models/nlu.tar.gz", "--endpoints", "endpoints.yml"]
