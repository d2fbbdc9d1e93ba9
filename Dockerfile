# Builds Plumbline with its console and runs it as an unprivileged user. `--build-arg ENGINE=server` leaves the embedded engine
# out (about 540 MB smaller) for installations on a ClickHouse server.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ARG ENGINE=embedded
ENV NODE_ENV=production \
    PLUMBLINE_DATA_DIR=/data \
    PLUMBLINE_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/migrations migrations
COPY --from=build /app/dist dist
RUN if [ "$ENGINE" = server ]; then rm -rf node_modules/@chdb node_modules/chdb; fi \
    && mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4317 4318 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["node", "-e", "const { PLUMBLINE_TLS_CERT: tls, PLUMBLINE_WEB_PORT: port } = process.env; require(tls ? 'https' : 'http').get({ host: '127.0.0.1', port: port || 8080, path: '/readyz', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "bin/plumbline.mjs"]
CMD ["up"]
