/** Every answer and body of the API. The console imports the types, the route table the schemas. */
export * from './schemas/admin.ts'
export * from './schemas/alerting.ts'
export * from './schemas/anomalies.ts'
export * from './schemas/common.ts'
export * from './schemas/deploys.ts'
export * from './schemas/services.ts'
export * from './schemas/telemetry.ts'
export * from './schemas/verdicts.ts'
