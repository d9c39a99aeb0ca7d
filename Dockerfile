# Encore in a container, for CPUs and, with `docker run --gpus all`, for NVIDIA GPUs: the one torch serves both.
# To leave CUDA out of the image, name an index that has torch's CPU build: --build-arg TORCH_INDEX=ADDRESS
FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=""
WORKDIR /encore
COPY requirements.lock torch.lock ./
RUN python -m venv /venv \
 && if [ -n "$TORCH_INDEX" ]; then \
      /venv/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" -r torch.lock; fi \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /venv/bin/pip install --no-cache-dir -r torch.lock

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 encore && mkdir /data && chown encore /data
COPY --from=build /venv /venv
WORKDIR /encore
COPY assets assets
COPY generation generation
COPY bot bot
COPY pyproject.toml README.md LICENSE ./
RUN python -m compileall -q generation bot
USER 10001
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENCORE_DATABASE_URL=sqlite+aiosqlite:////data/encore.sqlite3 ENCORE_HEALTH_PORT=8080 \
    ENCORE_PREVIEW_PORT=off NUMBA_CACHE_DIR=/data/compiled
VOLUME /data
HEALTHCHECK --interval=30s --start-period=60s --timeout=5s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["python", "-m", "bot"]
