# By the digest of its list of platforms, so that a build next year is this one; CONTRIBUTING.md says how to renew it.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package may run a script of its own; the native store comes as a prebuilt binary of its own package.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Burnwatch" \
      org.opencontainers.image.description="SLO and error-budget alerting for workflows" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    BURNWATCH_HOST=0.0.0.0 \
    BURNWATCH_STORE=/data
WORKDIR /app
# Nothing here installs anything. A volume takes over the owner of the folder it is mounted on.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
 && install --directory --owner=1000 --group=1000 --mode=700 /data
COPY package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY slos ./slos
# By number, so that a cluster can tell that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Without a Node of its own: it has to answer in time on a busy machine too.
HEALTHCHECK --interval=10s --timeout=1s --start-period=20s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${BURNWATCH_PORT:-8080} && printf 'GET /healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
