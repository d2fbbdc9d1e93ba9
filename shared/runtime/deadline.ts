/**
 * A signal that aborts after `ms` of real time. For what waits on a network, where a clock that is moved by hand has no say.
 * It does not keep the process alive.
 */
export const deadline = (ms: number): AbortSignal => AbortSignal.timeout(ms)
