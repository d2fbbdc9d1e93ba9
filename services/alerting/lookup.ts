import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { refuseAddress } from '../../shared/security/target.ts'
import { RefusedError } from './failure.ts'

type Address = { address: string; family: number }

/**
 * The connection's own look-up: every address of the name must pass, and the socket connects to one of just these, so that a
 * second answer of the name server is never asked for (DNS rebinding).
 * @param o.passed takes the addresses that passed
 */
export function guardedLookup(o: {
  allow: readonly string[]
  lookup?: LookupFunction | undefined
  passed: string[]
}): LookupFunction {
  const lookup = o.lookup ?? (systemLookup as unknown as LookupFunction)
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0)
      const addresses = found as unknown as Address[]
      const refusals = addresses.map((a) => refuseAddress(a.address, o.allow)).filter((r) => r !== null)
      const [first] = addresses
      if (refusals.length > 0 || !first)
        return callback(new RefusedError(`cannot use this URL: ${refusals[0] ?? 'its host has no address'}`), '', 0)
      for (const { address } of addresses) if (!o.passed.includes(address)) o.passed.push(address)
      if (options.all) return callback(null, addresses as never, 0)
      callback(null, first.address, first.family)
    })
  }
}

/** The addresses of a name, all checked. @throws RefusedError, or the look-up's error */
export function guardedAddress(
  hostname: string,
  o: { allow: readonly string[]; lookup?: LookupFunction | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    guardedLookup({ ...o, passed: [] })(hostname, { all: false }, (error, address) =>
      error ? reject(error) : resolve(address as string),
    )
  })
}
