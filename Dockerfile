# One image, one program: each service, simulator and command is an argument of it.
# The pipeline hands over the images by digest (--build-arg SWIFT_IMAGE=swift:…@sha256:…); by hand the tags will do.
ARG SWIFT_IMAGE=swift:6.3.1-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG LITESTREAM_IMAGE=litestream/litestream:0.3.13@sha256:027eda2a89a86015b9797d2129d4dd447e8953097b4190e1d5a30b73e76d8d58

# hadolint ignore=DL3006
FROM ${LITESTREAM_IMAGE} AS litestream

# hadolint ignore=DL3006
FROM ${SWIFT_IMAGE} AS build
# Debian's stable release changes a package only to mend it, and that is wanted: no versions here.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends librdkafka-dev libsqlite3-dev pkg-config \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The second by a pattern: it need not be there.
COPY Package.swift Package.resolve[d] ./
RUN swift package resolve
# The manifest names the targets of tests and benchmarks too, and their folders have to be there.
COPY Sources Sources
COPY Benchmarks Benchmarks
COPY Tests Tests
RUN swift build --configuration release --product waybill --static-swift-stdlib \
  && install -D --mode=0755 --strip .build/release/waybill /out/waybill

# hadolint ignore=DL3006
FROM ${DEBIAN_IMAGE} AS runtime
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates curl librdkafka1 libsqlite3-0 \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 waybill \
  && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin waybill \
  && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=litestream /usr/local/bin/litestream /usr/local/bin/litestream
COPY --from=build /out/waybill /usr/local/bin/waybill
COPY deploy/litestream.yml /etc/litestream.yml
COPY --chmod=0755 deploy/replicated.sh /usr/local/bin/replicated

# SQLite spills what is too large for memory: beside the stores, not into a memory file system.
ENV WAYBILL_DATA=/data \
  SQLITE_TMPDIR=/data \
  HOST=0.0.0.0 \
  METRICS_PORT=9464 \
  HEALTH_URL=http://127.0.0.1:8081/health/live

# The root file system may be read-only: everything durable is in /data. Declared after the folder has its owner, so
# that an empty volume gets that owner too.
USER 10001:10001
WORKDIR /data
VOLUME ["/data", "/tmp"]
EXPOSE 8081-8086 9464
STOPSIGNAL SIGTERM
# The shell reads HEALTH_URL: each service has its own port.
# hadolint ignore=DL3025
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD curl --fail --silent --show-error --output /dev/null "$HEALTH_URL"

ARG VERSION=development
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG DEBIAN_IMAGE
LABEL org.opencontainers.image.title="waybill" \
  org.opencontainers.image.description="Event-driven services that never lose work." \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="${DEBIAN_IMAGE}"

ENTRYPOINT ["waybill"]
CMD ["--help"]
