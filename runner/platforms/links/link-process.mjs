// Carries the links between the nodes of a group, in a process of its own: neither what drives the servers nor what measures
// them is in its way. It ends when whoever started it is gone, however that went: its standard input ends then.
//
// Plain JavaScript with checked JSDoc types, as the supervisor's: Node 20 runs TypeScript only through a loader, and every run that
// needs links waits for this to start.
import { readJsonLines } from '../process/json-lines.mjs'
import { Links } from './links.mjs'

/**
 * @typedef {import('./protocol.ts').LinkPlan} LinkPlan
 * @typedef {import('./protocol.ts').LinkOpening} LinkOpening
 * @typedef {import('./protocol.ts').LinkRequest} LinkRequest
 * @typedef {import('./protocol.ts').LinkReply} LinkReply
 */

/** @type {Links | undefined} */
let links

// Nobody may be reading any more.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)
for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => process.exit(0))
readJsonLines(process.stdin, (/** @type {LinkPlan | LinkRequest} */ message) => {
  if ('doors' in message) void open(message)
  else say(answer(message))
})

/** @param {LinkPlan} plan */
async function open(plan) {
  links = new Links(plan)
  try {
    say({ ready: true, ports: await links.open() })
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    say({ error: wordsOf(error), ...(code === undefined ? {} : { code }) })
  }
}

/**
 * @param {LinkRequest} request
 * @returns {LinkReply}
 */
function answer(request) {
  const { id } = request
  try {
    if (!links) throw new Error('the links have no plan yet')
    if (request.do === 'counts') return { id, counts: links.counts() }
    if (request.do === 'end') links.end(request.pairs)
    else links.set(request.links)
    return { id }
  } catch (error) {
    return { id, error: wordsOf(error) }
  }
}

/** @param {LinkOpening | LinkReply} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error)
}
