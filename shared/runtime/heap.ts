import { setFlagsFromString } from 'node:v8'

export const HEAP_FLAG = '--heap-growing-percent=100'

/**
 * Lets the heap double before V8 marks it again. V8 counts the buffers of bodies as growth, and allows little of it to a heap whose objects
 * hardly grow: all of it was marked, on every core, for about 7 MiB of bodies. Its own limit for a growing heap is four times
 * (MemoryController::GrowingFactor).
 */
export const letHeapDouble = (): void => setFlagsFromString(HEAP_FLAG)
