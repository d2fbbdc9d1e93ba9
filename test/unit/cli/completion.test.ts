import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completionOf, wordsOf } from '../../../services/cli/completion.ts'

const program = new Command('plumbline')
program.command('gate').option('--service <name>')
const deploy = program.command('deploy').option('--version <v>').option('--service <name>').option('--quiet')
deploy.command('list').option('--json')
deploy.command('show')

/** What bash would offer for the last of these words. */
const offered = (...typed: string[]): string[] => {
  const script = `${completionOf('bash', program)}
COMP_WORDS=(${['plumbline', ...typed].map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${typed.length}; _plumbline; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n')
}

describe('completion', () => {
  it('knows the words after each command', () => {
    expect(Object.fromEntries(wordsOf(program))).toMatchObject({
      '': ['gate', 'deploy', '--help'],
      'deploy list': ['--json', '--help'],
    })
  })
  it('offers commands, subcommands and options in bash', () => {
    expect(offered('')).toEqual(['gate', 'deploy', '--help'])
    expect(offered('deploy', 's')).toEqual(['show'])
    expect(offered('deploy', 'list', '--')).toEqual(['--json', '--help'])
    expect(offered('gate', '--service', 'x', '--s')).toEqual(['--service'])
  })
  it('does not take the value of an option for a command of the same name', () => {
    const ofDeploy = ['--version', '--service', '--quiet', '--help']
    expect(offered('deploy', '--service', 'list', '--')).toEqual(ofDeploy)
    expect(offered('deploy', '--service', 'x', 'list', '--')).toEqual(['--json', '--help'])
    expect(offered('deploy', '--quiet', 'list', '--')).toEqual(['--json', '--help'])
    expect(offered('gate', '--service', 'deploy', '--')).toEqual(['--service', '--help'])
  })
  it('names the shells for any other', () => {
    expect(() => completionOf('tcsh', program)).toThrow('there are bash, zsh, fish')
  })
})

const has = (shell: string) => {
  try {
    return execFileSync(shell, ['--version'], { encoding: 'utf8' }).length > 0
  } catch {
    return false
  }
}

describe.skipIf(!has('fish'))('completion in fish (skipped: no fish here)', () => {
  const offeredByFish = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', `${completionOf('fish', program)}\ncomplete -C '${line}'`], {
      encoding: 'utf8',
    })
      .trim()
      .split('\n')

  it('offers commands, subcommands and options', () => {
    expect(offeredByFish('plumbline ')).toEqual(['deploy', 'gate', '--help'])
    expect(offeredByFish('plumbline deploy s')).toEqual(['show'])
    expect(offeredByFish('plumbline deploy list --')).toEqual(['--help', '--json'])
  })
  it('does not take the value of an option for another command', () => {
    expect(offeredByFish('plumbline gate --service deploy --')).toEqual(['--help', '--service'])
    expect(offeredByFish('plumbline deploy --service list --')).not.toContain('--json')
  })
})

describe.skipIf(!has('zsh'))('completion in zsh (skipped: no zsh here)', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'plumbline-zsh-'))
    writeFileSync(join(dir, '_plumbline'), completionOf('zsh', program))
    writeFileSync(
      join(dir, '.zshrc'),
      'fpath=($ZDOTDIR $fpath); autoload -Uz compinit; compinit -u; plumbline() { print -r -- "ran:$*." }; PS1=\'ready> \'\n',
    )
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  /** Types the keys into an interactive zsh on a terminal of its own; what the command was then run with. */
  const ran = (keys: string) => {
    const drive = `zmodload zsh/zpty; zpty shell env ZDOTDIR=${dir} TERM=dumb zsh -d -i
zpty -r shell seen '*ready> *'; zpty -w -n shell $'${keys}\\r'; zpty -r shell seen '*ran:*.*'; print -r -- $seen; zpty -d shell`
    const seen = execFileSync('zsh', ['-f', '-c', drive], { encoding: 'utf8', timeout: 60_000 })
    return /ran:(.*?)\./.exec(seen)?.[1]?.trim()
  }

  it('completes commands, subcommands and options at the first tab', () => {
    expect(ran('plumbline dep\\tsh\\t')).toBe('deploy show')
    expect(ran('plumbline gate --se\\tx')).toBe('gate --service x')
  })
  it('leaves alone what it does not know', () => {
    expect(ran('plumbline gate --nowhere\\t')).toBe('gate --nowhere')
  })
})
