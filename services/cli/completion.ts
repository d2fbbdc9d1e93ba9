/** What a shell completes: the words after each command, by its path (`deploy list`), subcommands and options alike. */
export type Words = Map<string, string[]>

type Node = {
  name(): string
  commands: readonly Node[]
  options: readonly { long?: string | undefined }[]
}

/** Reads the tree of commands. */
export function wordsOf(program: Node): Words {
  const words: Words = new Map()
  const visit = (node: Node, path: string[]) => {
    const options = node.options.flatMap((o) => (o.long ? [o.long] : []))
    words.set(path.join(' '), [...node.commands.map((c) => c.name()), ...options, '--help'])
    for (const child of node.commands) visit(child, [...path, child.name()])
  }
  visit(program, [])
  return words
}

const cases = (words: Words) =>
  [...words].map(([path, list]) => `    ${JSON.stringify(path)}) words=${JSON.stringify(list.join(' '))} ;;`).join('\n')

/** Walks the words typed so far to the deepest command that they name; the same in both shells but for the first index. */
const walk = (words: Words, first: number) => `  local at="" word words="" next i
  for (( i = ${first}; i < position; i++ )); do
    word="\${typed[i]}"
    next="\${at:+$at }$word"
    case "$next" in
${[...words.keys()]
  .filter(Boolean)
  .map((path) => `      ${JSON.stringify(path)}) at="$next" ;;`)
  .join('\n')}
    esac
  done
  case "$at" in
${cases(words)}
  esac`

const scripts: Record<string, (words: Words) => string> = {
  bash: (words) => `# bash: plumbline completion bash > /etc/bash_completion.d/plumbline
_plumbline() {
  local typed=("\${COMP_WORDS[@]}") position=$COMP_CWORD
${walk(words, 1)}
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _plumbline plumbline
`,
  zsh: (words) => `#compdef plumbline
# zsh: plumbline completion zsh > "\${fpath[1]}/_plumbline"
_plumbline() {
  local typed=("\${words[@]}") position=$CURRENT
  () {
${walk(words, 2)}
    compadd -- \${=words}
  }
}
compdef _plumbline plumbline
`,
  fish: (words) =>
    `# fish: plumbline completion fish > ~/.config/fish/completions/plumbline.fish
complete -c plumbline -f
${[...words]
  .map(([path, list]) => {
    const parts = path === '' ? [] : path.split(' ')
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ')
    return `complete -c plumbline -n '${seen || '__fish_use_subcommand'}' -a '${list.join(' ')}'`
  })
  .join('\n')}
`,
}

export const shells = Object.keys(scripts)

/** @throws Error that names the shells that there are */
export function completionOf(shell: string, program: Node): string {
  const script = scripts[shell]
  if (!script) throw new Error(`cannot complete for "${shell}": there are ${shells.join(', ')}`)
  return script(wordsOf(program))
}
