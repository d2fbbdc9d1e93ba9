/** What a shell completes: the words after each command, by its path (`deploy list`), subcommands and options alike. */
export type Words = Map<string, string[]>
/** The tree of commands as a shell needs it. `valued`: options that take the next word, as `deploy --service`. */
type Tree = { words: Words; valued: string[] }

type Node = {
  name(): string
  commands: readonly Node[]
  options: readonly { long?: string | undefined; required: boolean }[]
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

/** Options with a value, each after the path of its command: what follows one is no command, whatever it is called. */
function valuedOf(node: Node, path: string[] = []): string[] {
  const own = node.options.flatMap((o) => (o.long && o.required ? [`${path.join(' ')} ${o.long}`] : []))
  return [...own, ...node.commands.flatMap((child) => valuedOf(child, [...path, child.name()]))]
}

/** Names of commands and options hold letters and dashes only. */
const quoted = (text: string) => `"${text}"`

const cases = (words: Words) =>
  [...words].map(([path, list]) => `    ${quoted(path)}) offered=${quoted(list.join(' '))} ;;`).join('\n')

/** Walks the words typed so far to the deepest command that they name; the same in bash and zsh but for the first index. */
const walk = ({ words, valued }: Tree, first: number) => `  local at="" word offered="" next i
  for (( i = ${first}; i < position; i++ )); do
    word="\${typed[i]}"
    next="\${at:+$at }$word"
    case "$at $word" in
      ${valued.map(quoted).join('|') || '""'}) i=$(( i + 1 )); continue ;;
    esac
    case "$next" in
${[...words.keys()]
  .filter(Boolean)
  .map((path) => `      ${quoted(path)}) at="$next" ;;`)
  .join('\n')}
    esac
  done
  case "$at" in
${cases(words)}
  esac`

const scripts: Record<string, (tree: Tree) => string> = {
  bash: (tree) => `# bash: plumbline completion bash > /etc/bash_completion.d/plumbline
_plumbline() {
  local typed=("\${COMP_WORDS[@]}") position=$COMP_CWORD
${walk(tree, 1)}
  COMPREPLY=($(compgen -W "$offered" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _plumbline plumbline
`,
  zsh: (tree) => `#compdef plumbline
# zsh: plumbline completion zsh > "\${fpath[1]}/_plumbline"
_plumbline() {
  local typed=("\${words[@]}") position=$CURRENT
  () {
${walk(tree, 2)}
    compadd -- \${=offered}
  }
}
if [[ "\${funcstack[1]}" == _plumbline ]]; then _plumbline; else compdef _plumbline plumbline; fi
`,
  fish: ({ words, valued }) => `# fish: plumbline completion fish > ~/.config/fish/completions/plumbline.fish
function __plumbline_offered
  set -l at ""
  set -l isValue 0
  for word in (commandline -opc)[2..]
    if test $isValue = 1
      set isValue 0
      continue
    end
    switch "$at $word"
      case ${valued.map(quoted).join(' ') || '""'}
        set isValue 1
        continue
    end
    set -l next (string trim -- "$at $word")
    switch $next
      case ${[...words.keys()].filter(Boolean).map(quoted).join(' ')}
        set at $next
    end
  end
  switch $at
${[...words].map(([path, list]) => `    case ${quoted(path)}\n      printf '%s\\n' ${list.join(' ')}`).join('\n')}
  end
end
complete -c plumbline -f -a '(__plumbline_offered)'
`,
}

export const shells = Object.keys(scripts)

/** @throws Error that names the shells that there are */
export function completionOf(shell: string, program: Node): string {
  const script = scripts[shell]
  if (!script) throw new Error(`cannot complete for "${shell}": there are ${shells.join(', ')}`)
  return script({ words: wordsOf(program), valued: valuedOf(program) })
}
