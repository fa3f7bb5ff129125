// Carries the links between the nodes of a group, in a process of its own: neither what drives the servers nor what
// measures them is in its way. It ends when whoever started it is gone, however that went: its standard input ends
// then.
//
// Every run that needs links waits for this to start, so it loads nothing that it does not need.
import { codeOf, messageOf } from '../../base/errors.ts'
import { readJsonLines } from '../process/json-lines.ts'
import { Links } from './links.ts'
import type { LinkOpening, LinkPlan, LinkReply, LinkRequest } from './protocol.ts'

let links: Links | undefined

// Nobody may be reading any more.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)
for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => process.exit(0))
readJsonLines(process.stdin, (message: LinkPlan | LinkRequest) => {
  if ('doors' in message) void open(message)
  else void answer(message).then(say)
})

async function open(plan: LinkPlan): Promise<void> {
  links = new Links(plan)
  try {
    say({ ready: true, ports: await links.open() })
  } catch (error) {
    const code = codeOf(error)
    say({ error: messageOf(error), ...(code === undefined ? {} : { code }) })
  }
}

async function answer(request: LinkRequest): Promise<LinkReply> {
  const { id } = request
  try {
    if (!links) throw new Error('the links have no plan yet')
    if (request.do === 'counts') return { id, counts: links.counts(), refused: links.refused() }
    if (request.do === 'end') links.end(request.pairs)
    else if (request.do === 'move') await links.move(request.node, request.from, request.to)
    else if (request.do === 'know') links.know(request.pids)
    else links.set(request.links)
    return { id }
  } catch (error) {
    return { id, error: messageOf(error) }
  }
}

function say(message: LinkOpening | LinkReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
