import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { runCli } from '../../../services/cli/run.ts'
import { grafana, readers, sourceOf } from '../../../services/web/console/src/pages/integrations/recipes.ts'
import { deployRecipes, recipes } from '../../../services/web/console/src/pages/setup/snippets.ts'

const address = { http: 'http://127.0.0.1:4318', grpc: '127.0.0.1:4317', web: 'http://127.0.0.1:8080' }
const place = { web: address.web, auth: true }
const sources = (['telemetry', 'api', 'github', 'cdevents'] as const).map((source) => sourceOf(source, place))
const ways = [...sources, ...readers(place), grafana('server')].flatMap((connection) => connection.ways)
const texts = [...recipes(address), ...deployRecipes(address), ...ways].map((recipe) => recipe.text)
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

describe('a command on the pages Send data and Integrations', () => {
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

describe('a snippet of the page Integrations', () => {
  it('that is YAML or JSON can be read, and names this installation', () => {
    const mcp = JSON.parse(ways.find((way) => way.title === 'MCP server')!.text) as {
      mcpServers: { plumbline: object }
    }
    expect(mcp.mcpServers.plumbline).toMatchObject({ url: 'http://127.0.0.1:8080/mcp', headers: expect.anything() })
    const yaml = ways.filter((way) => way.file.endsWith('.yml') || way.file.endsWith('.yaml'))
    expect(yaml.length).toBeGreaterThan(3)
    for (const way of yaml) expect(() => parse(way.text), way.text).not.toThrow()
    const [step] = parse(yaml.find((way) => way.title === 'GitHub Actions')!.text) as [{ run: string; env: object }]
    expect(step.env).toEqual({ PLUMBLINE_URL: address.web, PLUMBLINE_API_KEY: expect.stringContaining('{{ secrets.') })
    expect(step.run).toMatch(/^npx plumbline deploy .*"\$GITHUB_SHA"$/)
  })
  it('asks for no key where none is needed', () => {
    const open = { web: address.web, auth: false }
    const all = [...(['api', 'github', 'cdevents'] as const).map((source) => sourceOf(source, open)), ...readers(open)]
    expect(JSON.stringify(all)).not.toContain('KEY')
  })
})
