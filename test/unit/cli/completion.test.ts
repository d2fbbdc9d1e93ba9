import { execFileSync } from 'node:child_process'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { completionOf, wordsOf } from '../../../services/cli/completion.ts'

const program = new Command('plumbline')
program.command('gate').option('--service <name>')
const deploy = program.command('deploy').option('--version <v>')
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
  it('has scripts for zsh and fish, and names them for any other', () => {
    expect(completionOf('zsh', program)).toMatch(/^#compdef plumbline/)
    expect(completionOf('fish', program)).toContain(
      "-n '__fish_seen_subcommand_from deploy; and __fish_seen_subcommand_from list' -a '--json --help'",
    )
    expect(() => completionOf('tcsh', program)).toThrow('there are bash, zsh, fish')
  })
})
