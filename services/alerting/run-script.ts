import { type ChildProcess, spawn } from 'node:child_process'
import { deadline } from '../../shared/runtime/deadline.ts'
import { short } from '../../shared/runtime/log.ts'
import type { Script } from '../../shared/runtime/scripts.ts'
import type { Context } from '../../shared/runtime/service.ts'
import type { ScriptRequest } from './channel.ts'
import type { Sent } from './send.ts'

/** More of what a program writes is read and dropped. */
const OUTPUT_BYTES = 4_096
/** What it finds in its environment: nothing of ours. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }

type ScriptContext = Pick<Context, 'config' | 'log'>

/**
 * Runs the operator's program once: no shell, arguments as the configuration file has them, the message on its standard input,
 * ended with all its children when its time is over. The status is its exit code. What it writes goes to our log alone. Never throws.
 */
export async function runScript(context: ScriptContext, request: ScriptRequest, id: string): Promise<Sent> {
  const script = context.config.scripts.find((s) => s.name === request.name)
  if (!script) return ended(null, 'the configuration file of this process does not name it')
  const { code, error, output } = await run(script, request.input)
  if (error !== null || code !== 0) {
    const fields = { event: 'script', script: script.name, delivery: id, code, output: short(output) }
    context.log.warn(fields, 'a script did not take a message')
  }
  return ended(code, error ?? 'it was ended by a signal')
}

const ended = (code: number | null, message: string): Sent => ({
  status: code,
  retryAfter: undefined,
  body: '',
  failure: code === null ? { kind: 'network', message } : null,
})

type Ended = { code: number | null; error: string | null; output: string }

function run(script: Script, input: string): Promise<Ended> {
  return new Promise((resolve) => {
    let output = ''
    let late = false
    const child = spawn(script.command, script.args, {
      ...{ cwd: '/', env: ENVIRONMENT, shell: false, detached: true, stdio: 'pipe' },
    })
    const timer = deadline(script.timeout_s * 1000)
    const stop = () => {
      late = true
      endGroup(child)
    }
    timer.addEventListener('abort', stop, { once: true })
    const settle = (code: number | null, error: string | null) => {
      timer.removeEventListener('abort', stop)
      resolve({ code, error, output })
    }
    const keep = (part: Buffer) => {
      if (output.length < OUTPUT_BYTES) output += part.toString('utf8').slice(0, OUTPUT_BYTES - output.length)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', (error: NodeJS.ErrnoException) => settle(null, `it cannot be started (${error.code ?? 'error'})`))
    // A child of the program may hold its output open: its own end is what counts.
    child.on('exit', (code) => settle(late ? null : code, late ? `it did not end within ${script.timeout_s} s` : null))
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** Ends the program and whatever it started. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
