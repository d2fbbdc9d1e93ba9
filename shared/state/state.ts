/**
 * Small transactional state: what needs unique keys and compare-and-set. SQLite by default, PostgreSQL where several
 * replicas run. SQL here is the subset that both speak; `?` marks a value.
 */
export type Value = string | number | null

export type Tx = {
  all<T>(sql: string, ...values: Value[]): Promise<T[]>
  get<T>(sql: string, ...values: Value[]): Promise<T | undefined>
  /** @returns how many rows were changed */
  run(sql: string, ...values: Value[]): Promise<number>
}

export type State = Tx & {
  readonly kind: 'sqlite' | 'postgres'
  /** Runs `work` in one serialised, durable transaction; an error rolls it back and is thrown on. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}
