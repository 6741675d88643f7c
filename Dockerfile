# The engine as an image: everything it needs into one environment, each package checked by its hash, then the wheel alone.
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/bedstream && python -m venv /opt/build
COPY requirements/runtime.lock requirements/build.lock requirements/
RUN /opt/bedstream/bin/pip install --require-hashes -r requirements/runtime.lock \
    && /opt/build/bin/pip install --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY producers producers
COPY model_store model_store
RUN /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
    && /opt/bedstream/bin/pip install --no-deps --no-index /wheel/*.whl

FROM python:3.11.13-slim-bookworm
# XGBoost and the solvers use OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/bedstream bedstream \
    && install -d -o bedstream /home/bedstream/state
COPY --from=build /opt/bedstream /opt/bedstream
USER bedstream
WORKDIR /home/bedstream
ENV PATH=/opt/bedstream/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    BEDSTREAM_LOG_FORMAT=json BEDSTREAM_STATE_DIR=/home/bedstream/state
EXPOSE 9108
ENTRYPOINT ["bedstream"]
CMD ["worker"]
