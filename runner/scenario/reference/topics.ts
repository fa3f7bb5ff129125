import { z } from 'zod'
import { formatLimit } from '../../base/duration.ts'
import type { Check } from '../../checks/check.ts'
import type { FailoverCheck } from '../../checks/failover.ts'
import { checks, checksFor, FAILOVER, failoverChecks, needKeys } from '../../checks/index.ts'
import { ASPECTS } from '../../steps/expect/arg.ts'
import { VERB_GROUPS, type Verb } from '../../steps/verb.ts'
import { workloadKinds } from '../../workload/index.ts'
import type { WorkloadKind } from '../../workload/kind.ts'
import { sharedOptions } from '../../workload/option-schemas.ts'
import { modifierText } from '../modifiers.ts'
import { chapters } from './chapters.ts'
import { accepts, rowsOf } from './rows.ts'
import type { Part, Topic } from './topic.ts'

/** Everything that help can be asked about, chapters first. */
export function topicsOf(verbs: readonly Verb[]): Topic[] {
  return [
    ...overviews(verbs),
    ...chapters(),
    ...verbs.map(verbTopic),
    ...workloadKinds.map(workloadTopic),
    ...checks.map(checkTopic),
    ...failoverChecks.map(failoverCheckTopic),
  ]
}

/** The words of the topics that list others. */
export const OVERVIEWS = ['verbs', 'faults', 'workloads', 'checks'] as const

function overviews(verbs: readonly Verb[]): Topic[] {
  return [
    topic('verbs', 'What a step may do: one verb a step, with its argument.', verbLists(verbs)),
    topic(
      'faults',
      'What can be made wrong on purpose, until `heal`, the end of the scenario, or for a time (`for`).',
      [
        words('faults', verbs.filter(({ group }) => group === 'faults').map(summaryOf)),
        words('servers that are gone', verbs.filter(({ group }) => group === 'nodes').map(summaryOf)),
      ],
    ),
    topic(
      'workloads',
      'Load in the background, under a name of its own, from before the first step until after the last.',
      [
        words('types', workloadKinds.map(summaryOf)),
        { kind: 'keys', head: 'options that several types take', rows: rowsOf(z.object(sharedOptions)) },
        { kind: 'yaml', head: 'example', lines: ['workloads:', `  checkout: ${workloadKinds[0]?.example}`] },
      ],
    ),
    topic('checks', 'Limits on what a workload showed, judged at the end from what was recorded.', [
      words('of a workload, under its name', checks.map(summaryOf)),
      { kind: 'keys', head: 'how much load it takes', rows: needRows() },
      words(`of failovers, under \`${FAILOVER}\``, failoverChecks.map(summaryOf)),
      {
        kind: 'yaml',
        head: 'example',
        lines: ['checks:', '  checkout: { lost_writes: 0, p99: 20ms }', '  failover: { time: 12s }'],
      },
    ]),
  ]
}

function topic(name: string, summary: string, parts: Part[]): Topic {
  return { name, kind: 'topic', summary, parts }
}

function words(head: string, rows: [string, string][]): Part {
  return { kind: 'words', head, rows }
}

function summaryOf({ name, summary }: { name: string; summary: string }): [string, string] {
  return [name, summary]
}

function verbLists(verbs: readonly Verb[]): Part[] {
  return VERB_GROUPS.map((group) => words(group, verbs.filter((verb) => verb.group === group).map(summaryOf)))
}

function needRows() {
  return Object.entries(needKeys).map(([key, schema]) => ({
    key,
    required: false,
    accepts: accepts(schema),
    about: schema.description ?? '',
  }))
}

function verbTopic(verb: Verb): Topic {
  const modifiers = (['name', 'phase', ...verb.modifiers] as const).map((key): [string, string] => [
    key,
    modifierText(key, verb),
  ])
  const extras = verb.extras ? rowsOf(verb.extras) : []
  return {
    name: verb.name,
    kind: 'verb',
    summary: verb.summary,
    parts: [
      { kind: 'text', head: 'takes', text: takes(verb) },
      ...argumentParts(verb),
      ...(extras.length > 0 ? [{ kind: 'keys' as const, head: `beside \`${verb.name}\``, rows: extras }] : []),
      words('modifiers', modifiers),
      { kind: 'text', head: 'passes when', text: verb.proof },
      { kind: 'text', head: 'deadline', text: deadlineText(verb) },
      { kind: 'yaml', head: 'example', lines: verb.example },
    ],
  }
}

/** The keys of its argument; of `expect`, by what is asked about. */
function argumentParts({ name, arg }: Verb): Part[] {
  const rows = rowsOf(arg)
  if (rows.length === 0) return []
  if (name !== 'expect') return [{ kind: 'keys', head: `keys of \`${name}\``, rows }]
  return Object.entries(ASPECTS).map(([subject, aspects]) => ({
    kind: 'keys',
    head: `of a ${subject}`,
    rows: rows
      .filter(({ key }) => [subject, ...aspects].includes(key.split('.')[0] ?? ''))
      .map((row) => ({ ...row, required: row.key === subject })),
  }))
}

function takes({ arg, children }: Verb): string {
  if (children === '') return 'a list of steps'
  const about = arg.description
  return `${accepts(arg)}${about === undefined || rowsOf(arg).length > 0 ? '' : ` (${about})`}`
}

function deadlineText({ name, defaultDeadlineMs, modifiers }: Verb): string {
  if (defaultDeadlineMs === Number.POSITIVE_INFINITY) return 'That of its steps.'
  if (name === 'wait') return 'The time that it waits.'
  const otherwise = modifiers.includes('within') ? 'What `within` says; without it, ' : ''
  return `${otherwise}${formatLimit(defaultDeadlineMs).replace(' min 0 s', ' min')}${modifiers.includes('for') ? ', and what `for` adds' : ''}.`
}

function isShared(key: string): boolean {
  return (key.split('.')[0] ?? '') in sharedOptions
}

function workloadTopic({ name, summary, schema, example, mix, keys }: WorkloadKind): Topic {
  const weights = Object.entries(mix).map(([fn, weight]) => `${fn}: ${weight}`)
  const able = checksFor(name).map((check) => check.name)
  const rows = rowsOf(schema)
  const own = rows.filter(({ key }) => !isShared(key))
  const shared = rows.filter(({ key }) => isShared(key) && !key.includes('.')).map(({ key }) => key)
  return {
    name,
    kind: 'workload',
    summary: `${summary}.`,
    parts: [
      { kind: 'keys', head: 'options of its own', rows: own },
      ...(shared.length > 0
        ? [
            {
              kind: 'text' as const,
              head: 'options as others have them',
              text: `${shared.join(', ')}: \`help workloads\` tells of them.`,
            },
          ]
        : []),
      {
        kind: 'text',
        head: 'unless told otherwise',
        text: `${keys} ${name === 'pubsub' ? 'channels' : 'keys'}, mix { ${weights.join(', ')} }.`,
      },
      { kind: 'text', head: 'checks', text: `${able.join(', ')}.` },
      { kind: 'yaml', head: 'example', lines: ['workloads:', `  load: ${example}`] },
    ],
  }
}

function checkTopic({ name, summary, limit, examples, workloads }: Check): Topic {
  return {
    name,
    kind: 'check',
    summary: `${summary}.`,
    parts: [
      ...limitParts(limit),
      { kind: 'text', head: 'workloads', text: `${workloads.join(', ')}.` },
      yamlOf('load', name, examples),
    ],
  }
}

function failoverCheckTopic({ name, summary, limit, examples }: FailoverCheck): Topic {
  return {
    name,
    kind: 'check of failovers',
    summary: `${summary}.`,
    parts: [...limitParts(limit), yamlOf(FAILOVER, name, examples)],
  }
}

function limitParts(limit: Check['limit']): Part[] {
  const rows = rowsOf(limit)
  return [
    { kind: 'text', head: 'takes', text: `${accepts(limit)}; or a list of these, each judged on its own` },
    ...(rows.length > 0 ? [{ kind: 'keys' as const, head: 'keys', rows }] : []),
  ]
}

function yamlOf(on: string, name: string, examples: readonly string[]): Part {
  return {
    kind: 'yaml',
    head: 'example',
    lines: ['checks:', ...examples.map((one, place) => `  ${place === 0 ? '' : '# or: '}${on}: { ${name}: ${one} }`)],
  }
}
