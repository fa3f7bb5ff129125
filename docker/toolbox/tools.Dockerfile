# The tools for network faults on Debian's own image, where it can be pulled; perl and nsenter are part of it.
# Elsewhere the same packages are unpacked instead: see runner/platforms/docker/toolbox/image.ts.
ARG BASE
FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nftables iproute2 \
 && rm -rf /var/lib/apt/lists/*
