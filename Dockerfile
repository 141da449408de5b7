# The tap alone, as its command. Settings come from the environment, or from a file that is mounted; none is in here.
#
#   docker build --tag tap-wix-users .
#   docker run --rm --env-file .env tap-wix-users --config ENV --test
#
# The tap ends by itself at SIGTERM, which is how `docker stop` asks: no `--init` is needed.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/tap
COPY pyproject.toml hatch_build.py README.md LICENSE constraints.txt ./
COPY tap_wix_users tap_wix_users
RUN /opt/tap/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="tap-wix-users" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /work --create-home tap
COPY --from=build /opt/tap /opt/tap
ENV PATH=/opt/tap/bin:$PATH
USER 10001
WORKDIR /work
ENTRYPOINT ["tap-wix-users"]
CMD ["--help"]
