# Encore in a container, for CPUs; TORCH_INDEX says where PyTorch's build comes from. For NVIDIA GPUs use --build-arg
# TORCH_INDEX=, which takes the build with CUDA from pip's own index (6.3 GB instead of 1.9), and `docker run --gpus all`.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /encore
COPY requirements.lock torch.lock ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /venv/bin/pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.lock \
 && find /venv -type d \( -name tests -o -path '*/torch/test' -o -path '*/torch/include' \) -prune -exec rm -r {} +

FROM ${BASE}
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
