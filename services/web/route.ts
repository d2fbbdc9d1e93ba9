import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { Context } from '../../shared/runtime/service.ts'
import type { Caller } from '../../shared/state/keys.ts'

/** What a caller must hold; `public` is for what must work before a key is known. */
export type RouteScope = 'public' | 'read' | 'deploy' | 'admin'

/** What handlers work with: the context, with a store that stops reading when the client has gone. */
export type Api = Context & { authRequired: boolean; startedMs: number; sealSession(key: string): string }

export type Request<P = unknown, Q = unknown, B = unknown> = {
  params: P
  query: Q
  body: B
  /** Null where this address needs no key and none was sent. */
  caller: Caller | null
  headers: IncomingHttpHeaders
  secure: boolean
  /** Notes a failed sign-in of the caller's address; the error says to wait once there were too many. */
  signInFailed(): Error
}

/** `text` is sent as it is, with its content type; everything else as JSON. */
export type Answer = {
  status?: number
  body?: unknown
  text?: { type: string; value: string }
  headers?: Record<string, string>
}

export type AnswerSpec = { description: string; schema: z.ZodType | null; type?: string }

export type Route = {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/api/v1/deploys/{id}`. */
  path: string
  scope: RouteScope
  tag: string
  summary: string
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  /** A list that `?format=csv` answers as CSV. */
  csv?: true
  /** A POST that may come without a body. */
  bodyOptional?: boolean
  answers: Record<number, AnswerSpec>
  handle(request: Request, api: Api): Promise<Answer>
}

type Typed<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Omit<
  Route,
  'params' | 'query' | 'body' | 'handle'
> & {
  params?: P
  query?: Q
  body?: B
  handle(request: Request<z.output<P>, z.output<Q>, z.output<B>>, api: Api): Promise<Answer>
}

/** One row of the table: what it takes, what it answers, who may ask, and what it does. */
export const route = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(r: Typed<P, Q, B>): Route =>
  r as unknown as Route

/** One JSON answer, the usual case. */
export const ok = (schema: z.ZodType, description = 'OK'): Route['answers'] => ({ 200: { description, schema } })
