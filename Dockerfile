FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="Burnwatch" \
      org.opencontainers.image.description="SLO and error-budget alerting for workflows" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    BURNWATCH_HOST=0.0.0.0 \
    BURNWATCH_STORE=/data
WORKDIR /app
# A volume takes over the owner of the folder it is mounted on.
RUN install --directory --owner=node --group=node /data
COPY package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY slos ./slos
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BURNWATCH_PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
