# UNTESTED: no Docker engine was at hand when this was written. The steps themselves (npm ci, npm pack, installing the
# package without optional dependencies, running it on Node 24) were run without Docker. Please tell us how it goes.
#
#   docker build -t upkeep .
#   docker run -d --name upkeep -p 127.0.0.1:4747:4747 -v ./upkeep:/etc/upkeep:ro -v upkeep-data:/data upkeep
#   docker logs upkeep            # the one-time link of the first visit
#
# ./upkeep/upkeep.yaml must say `store: /data`. A `host` or `process` target sees this container, not the machine.

FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm pack --pack-destination /tmp

FROM node:24-slim
COPY --from=build /tmp/upkeep-*.tgz /tmp/
# Node 24 is here already, and the demo has no place in this image: no optional dependencies.
RUN npm install --prefix /opt/upkeep --omit=optional --no-audit --no-fund /tmp/upkeep-*.tgz \
 && rm /tmp/upkeep-*.tgz \
 && npm cache clean --force \
 && ln -s /opt/upkeep/node_modules/.bin/upkeep /usr/local/bin/upkeep \
 && mkdir /data /etc/upkeep \
 && chown node:node /data
USER node
WORKDIR /etc/upkeep
ENV UPKEEP_CONFIG=/etc/upkeep/upkeep.yaml
VOLUME /data
EXPOSE 4747
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4747/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["upkeep"]
# The container's own loopback cannot be reached from outside; publish the port on 127.0.0.1 as above.
CMD ["run", "--host", "0.0.0.0", "--json"]
