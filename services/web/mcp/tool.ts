import type { z } from 'zod'
import { parse } from '../problem.ts'
import type { Api, Route } from '../route.ts'

type Values = Record<string, unknown>

/** Makes one call of the API's table, as its HTTP route would: values checked by its schemas, then its handler. */
export type Call = <T>(path: string, values?: { params?: Values; query?: Values }) => Promise<T>

export type Tool = {
  name: string
  title: string
  description: string
  input: z.ZodType
  /** @throws ProblemError with a sentence for the agent */
  run(input: unknown, call: Call): Promise<Record<string, unknown>>
}

/** One row of the table of tools, with its input's type kept inside. */
export const tool = <I extends z.ZodType>(
  t: Omit<Tool, 'input' | 'run'> & {
    input: I
    run(input: z.output<I>, call: Call): Promise<Record<string, unknown>>
  },
): Tool => t as unknown as Tool

/** Reads only: a tool can reach GET routes of scope `read` and no other. */
export function callerOf(routes: readonly Route[], api: Api): Call {
  const readable = new Map(routes.filter((r) => r.method === 'get' && r.scope === 'read').map((r) => [r.path, r]))
  return async <T>(path: string, values: { params?: Values; query?: Values } = {}): Promise<T> => {
    const r = readable.get(path)
    if (!r) throw new Error(`cannot call ${path}: it is no read of the API`)
    const answer = await r.handle(
      {
        params: r.params ? parse(r.params, values.params ?? {}, 'path') : {},
        query: r.query ? parse(r.query, given(values.query ?? {}), 'query') : {},
        ...{ body: undefined, caller: null, headers: {}, secure: false },
        signInFailed: () => new Error('cannot sign in here'),
      },
      api,
    )
    return answer.body as T
  }
}

/** As a query string would have them: what is not asked for is not there, and everything is text. */
const given = (query: Values): Values =>
  Object.fromEntries(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  )
