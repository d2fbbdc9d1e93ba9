import type { Command } from 'commander'

/** 0 fine, 1 "no" as an answer, 2 inconclusive, 3 an error. */
export const exitCodes = { ok: 0, no: 1, inconclusive: 2, error: 3 } as const

/** One command: it adds itself to the program; what it throws is printed and exits 3; `exit` sets another code. */
export type CliCommand = { register(program: Command, exit: (code: number) => void): void }
