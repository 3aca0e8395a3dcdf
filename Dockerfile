# syntax=docker/dockerfile:1
# Two stages: the first builds, the second has no compiler, no pip and no shell scripts of ours.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
RUN python -m venv --without-pip /opt/watchglass
COPY requirements.txt ./
# The lock file carries the hash of every distribution, so a changed download fails here.
RUN pip --python /opt/watchglass install --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY static static
COPY templates templates
RUN pip wheel --no-deps --wheel-dir /dist . \
 && pip --python /opt/watchglass install --no-deps --no-index /dist/*.whl \
 && python -m compileall -q /opt/watchglass

FROM python:3.13-slim-trixie
# tzdata: schedules have time zones. ca-certificates: the API server's and, later, the sign-in's TLS.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && python -m pip uninstall --yes --quiet pip
COPY --from=build /opt/watchglass /opt/watchglass
ENV PATH=/opt/watchglass/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
LABEL org.opencontainers.image.title="Watchglass" \
      org.opencontainers.image.description="The live glass in front of a Kubernetes namespace that runs AI coding agents" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number, so that runAsNonRoot can be checked without reading /etc/passwd.
USER 65532:65532
WORKDIR /
EXPOSE 8420
# Loopback inside the pod: until sign-in exists the way in is `kubectl port-forward`.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 CMD ["watchglass", "healthcheck"]
ENTRYPOINT ["watchglass"]
CMD ["serve"]
