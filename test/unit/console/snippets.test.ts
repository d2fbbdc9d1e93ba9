import { describe, expect, it, vi } from 'vitest'
import { runCli } from '../../../services/cli/run.ts'
import { deployRecipes, recipes } from '../../../services/web/console/src/pages/setup/snippets.ts'

const address = { http: 'http://127.0.0.1:4318', grpc: '127.0.0.1:4317', web: 'http://127.0.0.1:8080' }
const texts = [...recipes(address), ...deployRecipes(address)].map((recipe) => recipe.text)
const commands = texts.flatMap((text) => [...text.matchAll(/npx plumbline (.*)/g)].map((match) => match[1]!))

async function helpOf(command: string): Promise<string> {
  let text = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  await runCli(['node', 'plumbline', command, '--help'])
  spy.mockRestore()
  return text
}

/** Words of a command line that its help knows nothing of: options that are not there, and values that none of them takes. */
function unknownWords(words: string[], help: string): string[] {
  const unknown: string[] = []
  for (let i = 0; i < words.length; i++) {
    const option = new RegExp(`${words[i]}( <)?`).exec(help)
    if (!words[i]!.startsWith('--') || !option) unknown.push(words[i]!)
    else if (option[1]) i += 1
  }
  return unknown
}

describe('a command on the page Send data', () => {
  it('is there to be looked at', () => expect(commands.length).toBeGreaterThan(2))
  it.each(commands)('has only options and values that the command takes: %s', async (line) => {
    const [command = '', ...words] = line.replace(/"[^"]*"/g, 'x').split(' ')
    expect(unknownWords(words, await helpOf(command))).toEqual([])
  })
  it('would be told from one that does not work', async () => {
    const help = await helpOf('gate')
    expect(unknownWords(['--service', 'x', '--wait', '15m', '--soon'], help)).toEqual(['15m', '--soon'])
  })
})
