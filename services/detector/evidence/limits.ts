import type { Finding } from '../../../shared/model/verdict.ts'

export type Evidence = Pick<Finding, 'exemplar_trace_ids' | 'top_attributes'>

/** Names of what every request has its own of, as a regular expression: it tells nothing. Whose request it was (`customer.id`) does. */
export const OF_ONE_REQUEST = '(.*[._])?(request|trace|span|session|message|correlation|transaction|conversation)[._]id'

/** Traces and attributes kept of a finding. */
export const EXEMPLARS = 5
export const ATTRIBUTES = 5
/** Spans or log lines looked through for attributes: the newest of the finding's window. */
export const SAMPLES = 20_000
/** An attribute value must stand in this many bad requests to be told. */
export const LEAST_BAD = 3
/** Over-represented from this difference of shares on: half as common again on a value that every second request has. */
export const LEAST_DIFFERENCE = 0.1
