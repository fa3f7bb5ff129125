import { typed } from '../../base/command-line.ts'
import { capitalized } from '../../base/text.ts'
import type { Plan, Target } from './plan.ts'
import { stepsOf } from './steps-text.ts'
import { durationText, scalar } from './yaml-text.ts'

const WIDTH = 120

/** The scenario as a commented file. `schemaLine` is what editors go by. */
export function scenarioText(plan: Plan, schemaLine: string): string {
  const { fault } = plan
  const lines = [
    schemaLine,
    `title: ${scalar(titleOf(plan))}`,
    '# By tags, several scenarios are played at once.',
    'tags: [mine]',
    ...(fault.needs === undefined
      ? []
      : ['# A machine that cannot do this skips the scenario, and says why.', `requires: { can: [${fault.needs}] }`]),
    '',
    ...comment(
      '3 masters with a replica each, made for this scenario and removed after it. The node timeout is how long a node may be silent before the others suspect it; Redis sets 15000 ms, and less makes the scenario quicker.',
    ),
    'cluster:',
    '  config: { cluster-node-timeout: 2000 }',
    '',
    ...workloadLines(plan),
    'steps:',
    ...stepsOf(plan).flatMap(({ why, lines: step }) => [
      ...(why === undefined ? [] : comment(why, '  ')),
      ...step.map((line) => `  ${line}`),
      '',
    ]),
    ...checkLines(plan),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** What the scenario claims, in a sentence. */
export function titleOf({ fault, target, course, survives }: Plan): string {
  const happens = fault.happens[target.count === 1 ? 0 : 1]
  const [node, what] = course === 'planned' ? [named({ ...target, role: 'master' }), happens] : [named(target), happens]
  const follows = {
    takeover: 'its replica takes over',
    outage: 'the cluster is down until they are back',
    quiet: 'nobody else takes over',
    blink: 'it comes back by itself',
    planned: 'clients hardly notice',
  }[course]
  const kept = survives.map(
    (survivor) => ({ writes: 'no acknowledged write is lost', data: 'the data is kept', service: undefined })[survivor],
  )
  const rest = course === 'blink' && target.count > 1 ? 'they come back by themselves' : follows
  const claims = [rest, ...kept.filter((claim) => claim !== undefined)]
  return capitalized(`${node} ${what}: ${claims.join(', ')}`)
}

/** `the master of shard 1`, `a random replica`, `all masters`. */
function named({ phrase, count, role }: Target): string {
  const words = /^(master|replica)s? of/.test(phrase) ? phrase.replace(/^(master|replica)s?/, role) : phrase
  if (words.startsWith('all ') || /^\d/.test(words)) return words
  if (words.startsWith('random ')) return `a ${words}`
  if (words.startsWith('m') && / of masters$/.test(words)) return `a ${words.replace(' of ', ' of the ')}`
  return count === 1 ? `the ${words}` : words
}

/** Whether a write that only its master has may be lost: then it counts when a replica has it, too. */
function needsReplica({ course, survives }: Plan): boolean {
  return survives.includes('writes') && (course === 'takeover' || course === 'outage' || course === 'blink')
}

function workloadLines(plan: Plan): string[] {
  const { load } = plan
  if (load.word === 'none') return []
  const wait = needsReplica(plan)
  return [
    ...comment(
      'Load in the background, from the first step to the last. Every operation is recorded; the checks judge.',
    ),
    'workloads:',
    ...(wait
      ? comment(
          'With `wait`, a write counts as done when a replica has it, too. Without it, what a master had not sent to its replica when it died would be lost, as Redis Cluster allows.',
          '  ',
        )
      : []),
    `  load: { type: ${load.word}, clients: 8, rate: 200/s${wait ? ', wait: { replicas: 1, timeout: 500ms }' : ''} }`,
    '',
  ]
}

function checkLines(plan: Plan): string[] {
  const { load, survives } = plan
  if (load.word === 'none' || !(survives.includes('writes') || survives.includes('service'))) return []
  const outage = outageLimit(plan)
  return [
    '# What must hold of all that the load recorded.',
    'checks:',
    '  load:',
    ...(survives.includes('writes') ? (load.kept ?? '').split(', ').map((check) => `    ${check}`) : []),
    ...(survives.includes('service')
      ? [...comment(outage.why, '    '), `    longest_outage: ${durationText(outage.ms)}`]
      : []),
  ]
}

/** How long clients may be out, and what that follows from. */
function outageLimit({ course, fault, target, holdMs = 0 }: Plan): { ms: number; why: string } {
  switch (course) {
    case 'takeover':
      return {
        ms: 10_000,
        why: 'Noticing takes up to twice the node timeout, the election up to 1.5 s, and clients have to find the new master.',
      }
    case 'outage':
      return { ms: holdMs + 20_000, why: 'As long as they are away, and until all nodes have found each other again.' }
    case 'blink':
      return { ms: 8000, why: 'After its start, a master refuses writes for 2 s, until it knows what the others say.' }
    case 'planned':
      return { ms: 5000, why: 'CLUSTER FAILOVER holds clients up for 5 s at the most, and mostly for milliseconds.' }
    default:
      return fault.effect === 'fills'
        ? { ms: holdMs + 10_000, why: 'As long as the disk is full: what cannot be saved is refused.' }
        : {
            ms: 2000,
            why:
              target.role === 'replica'
                ? 'Masters answer without their replicas: clients should notice nothing.'
                : 'Less than the node timeout: clients should hardly notice.',
          }
  }
}

/** Comment lines, broken at the width of the file. */
function comment(text: string, indent = ''): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}# ${word}`)
  }
  return lines
}

/** What to do next with the scenario of this name, for people to paste. */
export function nextCommands(word: string): string {
  return [
    `play it        ${typed('run', [word])}`,
    `tell it        ${typed('explain', [word])}`,
    `after an edit  ${typed('validate', [word])}`,
  ].join('\n')
}
