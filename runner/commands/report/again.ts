import { typed } from '../../base/command-line.ts'
import { quoted, wordsOf } from '../../base/shell-words.ts'
import { DEFAULT_SERVER } from '../../platforms/catalogue.ts'

/** A command that plays, taken apart. */
interface Asked {
  command: string
  /** Names, files and folders of scenarios. */
  words: string[]
  /** A flag each, with its value if it has one. */
  flags: string[][]
}

const PLAYING = ['run', 'nightly', 'twins']
/** Of a part alone. */
const OWN = ['--shard', '--reports']
/** Flags that add to what others ask for. */
const ADDING = ['--tag', '--scenarios', '--set', '--allow']

/**
 * The command that plays again what several runs played, from theirs: all names and files, on all servers. The seed and
 * other flags are those of the first. Commands that cannot be put together are the first of them, without its part.
 */
export function commandOfAll(commands: readonly string[]): string {
  const all = commands.map(asked)
  const [first] = all
  if (first === undefined) return commands[0] ?? ''
  const known = all.flatMap((one) => (one?.command === first.command ? [one] : []))
  const flags = [...first.flags]
  for (const flag of known.flatMap((one) => one.flags)) {
    const isThere = flags.some((one) => one.join(' ') === flag.join(' '))
    if (!isThere && ADDING.includes(flag[0] ?? '')) flags.push(flag)
  }
  const servers = [...new Set(known.flatMap((one) => serverOf(one).split(',')))]
  const isServerGiven = known.some((one) => one.flags.some(([name]) => name === '--server'))
  const kept = flags.filter(([name = '']) => !OWN.includes(name) && name !== '--server')
  if (isServerGiven) kept.push(['--server', servers.join(',')])
  const words = [...new Set(known.flatMap((one) => one.words))]
  return typed(
    first.command,
    words.map(quoted),
    kept.map(([name = '', ...value]) => [name, ...value.map(quoted)].join(' ')),
  )
}

function serverOf({ flags }: Asked): string {
  return flags.find(([name]) => name === '--server')?.[1] ?? DEFAULT_SERVER
}

function asked(text: string): Asked | undefined {
  const command = PLAYING.find((one) => `${text} `.startsWith(`${typed(one)} `))
  if (command === undefined) return undefined
  const rest = wordsOf(text.slice(typed(command).length)).filter((word) => word !== '--')
  const from = rest.findIndex((word) => word.startsWith('--'))
  const words = from < 0 ? rest : rest.slice(0, from)
  const flags: string[][] = []
  for (const word of from < 0 ? [] : rest.slice(from)) {
    if (word.startsWith('--')) flags.push([word])
    else flags.at(-1)?.push(word)
  }
  return { command, words, flags }
}
