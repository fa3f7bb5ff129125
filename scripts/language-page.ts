import { readFileSync } from 'node:fs'
import { checks, failoverChecks } from '../runner/checks/index.ts'
import { accepts, type KeyRow, rowsOf } from '../runner/scenario/reference/rows.ts'
import type { Part, Topic } from '../runner/scenario/reference/topic.ts'
import { topicsOf } from '../runner/scenario/reference/topics.ts'
import { VERB_GROUPS, type Verb } from '../runner/steps/verb.ts'

/** The parts of docs/language.md that are made from the schemas; what people wrote stands around them. */

const PART = /<!-- generated: (\w+) -->\n.*?<!-- \/generated -->/gs

/** Scenarios of docs/examples, the simple ones first. */
const EXAMPLES = [
  'rolling-restart-under-load',
  'two-failovers-of-one-shard',
  'each-master-killed-in-turn',
  'two-nodes-of-eight-lost',
  'half-of-the-nodes-cut-off',
  'wait-with-lagging-replica',
  'slow-replica-with-reads',
  'disk-fills-during-failover',
]

/** The page with its generated parts as they should be. Throws Error for a part that there is not. */
export function languagePage(page: string, verbs: readonly Verb[]): string {
  const topics = topicsOf(verbs)
  return page.replace(PART, (_, name: string) => {
    return [`<!-- generated: ${name} -->`, '', partNamed(name, topics, verbs).trim(), '', '<!-- /generated -->'].join(
      '\n',
    )
  })
}

function partNamed(name: string, topics: readonly Topic[], verbs: readonly Verb[]): string {
  if (name === 'verbs') return verbsPart(topics, verbs)
  if (name === 'workloads') return workloadsPart(topics)
  if (name === 'checks') return checksPart()
  if (name === 'examples') return EXAMPLES.map(examplePart).join('\n\n')
  const topic = topics.find((each) => each.name === name)
  if (!topic) throw new Error(`docs/language.md asks for ${name}, and there is no such part`)
  return [topic.summary, ...topic.parts.map(partText)].join('\n\n')
}

function examplePart(name: string): string {
  const text = readFileSync(new URL(`../docs/examples/${name}.yaml`, import.meta.url), 'utf8')
  const title = /^title: (.*)$/m.exec(text)?.[1] ?? name
  const yaml = text.replace(/^# yaml-language-server.*\n/, '').trimEnd()
  return [`### ${title}`, `[${name}.yaml](examples/${name}.yaml)`, ['```yaml', yaml, '```'].join('\n')].join('\n\n')
}

function verbsPart(topics: readonly Topic[], verbs: readonly Verb[]): string {
  const all = topics.filter(({ kind }) => kind === 'verb')
  return VERB_GROUPS.map((group) => {
    const names = verbs.filter((verb) => verb.group === group).map(({ name }) => name)
    return [
      `### Verbs: ${group}`,
      ...all.filter(({ name }) => names.includes(name)).map((each) => topicText(each)),
    ].join('\n\n')
  }).join('\n\n')
}

function workloadsPart(topics: readonly Topic[]): string {
  const overview = topics.find(({ name }) => name === 'workloads')
  const types = topics.filter(({ kind }) => kind === 'workload')
  return [...(overview?.parts ?? []).map(partText), ...types.map((each) => topicText(each))].join('\n\n')
}

function topicText({ name, summary, parts }: Topic): string {
  return [`#### \`${name}\``, summary, ...parts.map(partText).filter((text) => text !== '')].join('\n\n')
}

function checksPart(): string {
  const all = [...checks, ...failoverChecks]
  const keys = all.flatMap(({ limit }) => rowsOf(limit))
  const once = keys
    .filter(({ key }, place) => keys.findIndex((row) => row.key === key) === place)
    .map((row) => {
      const takes = new Set(keys.filter(({ key }) => key === row.key).map((each) => each.accepts))
      return { ...row, required: false, accepts: [...takes].join(', ') }
    })
  const line = (each: {
    name: string
    summary: string
    limit: (typeof checks)[number]['limit']
    examples: readonly string[]
  }) => [
    `\`${each.name}\``,
    each.summary,
    limitText(each.limit),
    each.examples.map((one) => `\`${each.name}: ${one}\``).join('<br>'),
  ]
  return [
    'Of a workload, under its name:',
    table(
      ['check', 'judges', 'limit', 'workloads', 'examples'],
      checks.map((each) => {
        const [name, summary, limit, examples] = line(each)
        return [name, summary, limit, each.workloads.length > 7 ? 'all' : each.workloads.join(', '), examples]
      }),
    ),
    'Of failovers, under `failover`:',
    table(['check', 'judges', 'limit', 'examples'], failoverChecks.map(line)),
    'Keys of limits:',
    keyTable(once),
  ].join('\n\n')
}

function limitText(limit: (typeof checks)[number]['limit']): string {
  const keys = rowsOf(limit).map(({ key }) => `\`${key}\``)
  const short = accepts(limit).replace(/ or group of keys$/, '')
  return keys.length === 0 ? short : `${short}, or ${keys.join(', ')}`
}

function partText(part: Part): string {
  const head = part.head === undefined ? '' : `**${capital(part.head)}**`
  switch (part.kind) {
    case 'text':
      return `${head === '' ? '' : `${head}: `}${part.text.replace(': `help workloads` tells of them', ' (above)')}`
    case 'words':
      return wordTable(part.head ?? '', part.rows)
    case 'keys':
      return `${head}:\n\n${keyTable(part.rows)}`
    case 'yaml':
      // Not \`yaml\`: those are whole examples, which a test loads; each of these is loaded from where it stands.
      return ['```yml', ...part.lines, '```'].join('\n')
  }
}

/** What every verb takes is told once, where steps are. */
function wordTable(head: string, rows: readonly [word: string, meaning: string][]): string {
  const own = head === 'modifiers' ? rows.filter(([word]) => word !== 'name' && word !== 'phase') : rows
  return own.length === 0
    ? ''
    : table(
        [head, ''],
        own.map(([word, meaning]) => [`\`${word}\``, meaning]),
      )
}

function keyTable(rows: readonly KeyRow[]): string {
  return table(
    ['key', 'takes', 'meaning'],
    rows.map(({ key, required, accepts: takes, about }) => [
      `\`${key}\`${required ? ' (required)' : ''}`,
      takes,
      about,
    ]),
  )
}

function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const line = (cells: readonly (string | undefined)[]) =>
    `| ${cells.map((cell = '') => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
