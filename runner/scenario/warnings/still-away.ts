import type { KnownNode } from './meaning.ts'
import { type Away, fixedNode, isFixed, keyOf, type Moment, phrasesOf } from './situation.ts'
import type { Found, Warning } from './warning.ts'

const NEEDS_ANSWER = ['role', 'of', 'link', 'lag', 'replicas']
const BACK = { down: 'start', paused: 'unpause', cut: 'heal' } as const
const IS = { down: 'is down', paused: 'is paused', cut: 'is cut off' } as const

/** What is asked of a node that is not there, or of a cluster that lacks one. */
export const stillAway: Warning = {
  name: 'still-away',
  summary: 'Something is asked of a node that no step has brought back, or `cluster: healthy` while one is away',
  *find({ moments }) {
    for (const moment of moments) {
      if (moment.disturbed || moment.before.away.length === 0) continue
      const found = foundAt(moment)
      if (found) yield found
    }
  },
}

function foundAt(moment: Moment): Found | undefined {
  const { step, arg, before } = moment
  if (step.verb === 'expect' && keyOf(arg, 'cluster') === 'healthy') {
    const without = phrasesOf(keyOf(arg, 'without')).map(({ text }) => moment.meaningOf(text))
    // Nodes of which it is not known which they are may be those that are away.
    if (without.some(({ nodes }) => nodes.length === 0)) return undefined
    const left = new Set(without.flatMap(({ nodes }) => nodes.map(({ id }) => id)))
    const missing = before.away.find(({ how, node }) => how !== 'cut' && !left.has(node.id))
    return missing && found(missing, '`cluster: healthy` needs every node', ['expect', 'cluster'], moment, 'without')
  }
  if (step.verb === 'expect') {
    const [away] = phrasesOf(keyOf(arg, 'node')).flatMap(({ text }) => awayAs(text, moment) ?? [])
    const key = NEEDS_ANSWER.find((one) => keyOf(arg, one) !== undefined)
    if (key === undefined && keyOf(arg, 'reachable') !== true) return undefined
    return away && found(away, 'it cannot answer', ['expect', 'node'], moment)
  }
  if (step.verb === 'redis' && step.extras.error === undefined) {
    const away = awayAs(moment.on, moment)
    return away && found(away, 'it cannot answer', ['on'], moment)
  }
  return undefined
}

/** The node itself, if it cannot be reached by anyone. */
function awayAs(phrase: unknown, moment: Moment): Away | undefined {
  if (typeof phrase !== 'string' || !isFixed(phrase)) return undefined
  const node = fixedNode(phrase, moment)
  return moment.before.away.find((away) => away.how !== 'cut' && away.node.id === node?.id)
}

function found({ node, by, how }: Away, why: string, path: string[], { step }: Moment, key?: 'without'): Found {
  const name = nameOf(node, by)
  return {
    at: { step, path },
    message: `${name ?? 'a node'} ${IS[how]} since line ${by.step.line}, and no step has brought it back: ${why}`,
    hint: `Bring it back first: \`${BACK[how]}: ${name ?? '…'}\`${key ? `; or leave it out: \`${key}: ${name ?? '…'}\`` : ''}.`,
  }
}

/** The node as its fault names it; undefined where its name is not known. */
function nameOf({ id }: KnownNode, by: Moment): string | undefined {
  const written = phrasesOf(by.arg).find(({ text }) => isFixed(text) && fixedNode(text, by)?.id === id)
  return written?.text ?? (id.includes('@') ? undefined : id)
}
