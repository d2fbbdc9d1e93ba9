import { createPatternMiner, type Observed, type PatternMiner, restorePatternMiner } from './miner.ts'

export type ServicePatternMiners = {
  observe(service: string, body: string): Observed
  /** The miner of a service, if it has one; asking does not keep it alive. */
  of(service: string): PatternMiner | undefined
  services(): string[]
  snapshot(): string
}

export type ServicePatternLimits = {
  /** Past these the service that logged least recently is forgotten. */
  maxServices: number
  maxPatternsPerService: number
}

/** One miner per service, so that one service's flood of patterns costs no other its memory. */
export function createServicePatternMiners(limits: ServicePatternLimits): ServicePatternMiners {
  if (!Number.isSafeInteger(limits.maxServices) || limits.maxServices < 1)
    throw new Error(`cannot create pattern miners: maxServices is ${limits.maxServices}, give a whole number above 0`)
  return minersOf(limits, new Map())
}

/** Goes on where `snapshot` was taken. Throws on text that is not a snapshot. */
export function restoreServicePatternMiners(snapshot: string): ServicePatternMiners {
  const read = parse(snapshot)
  return minersOf(read.limits, new Map(read.miners.map(([service, text]) => [service, restorePatternMiner(text)])))
}

function minersOf(limits: ServicePatternLimits, miners: Map<string, PatternMiner>): ServicePatternMiners {
  let last: string | undefined
  const minerFor = (service: string): PatternMiner => {
    const found = miners.get(service)
    if (found !== undefined && service === last) return found
    const miner = found ?? createPatternMiner({ maxPatterns: limits.maxPatternsPerService })
    miners.delete(service)
    miners.set(service, miner)
    last = service
    if (miners.size > limits.maxServices) miners.delete(miners.keys().next().value!)
    return miner
  }
  return {
    observe: (service, body) => minerFor(service).observe(body),
    of: (service) => miners.get(service),
    services: () => [...miners.keys()],
    snapshot: () => JSON.stringify({ limits, miners: [...miners].map(([service, m]) => [service, m.snapshot()]) }),
  }
}

function parse(text: string): { limits: ServicePatternLimits; miners: [string, string][] } {
  const value = JSON.parse(text) as { limits?: ServicePatternLimits; miners?: [string, string][] } | null
  const { maxServices, maxPatternsPerService } = value?.limits ?? {}
  if (
    !Number.isSafeInteger(maxServices) ||
    !Number.isSafeInteger(maxPatternsPerService) ||
    !Array.isArray(value?.miners)
  )
    throw new Error('cannot restore pattern miners: not a snapshot of them; start with empty miners')
  return { limits: value!.limits!, miners: value!.miners! }
}
