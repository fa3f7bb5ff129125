// An application of the tests, whose manner is its first argument.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'

const [manner = 'good', mark = ''] = process.argv.slice(2)
const { PORT, REDIS_PASSWORD, ...env } = process.env
const items = new Map()

if (manner === 'unwilling') {
  console.error(`no luck with the password ${REDIS_PASSWORD}`)
  process.exit(3)
}
if (manner === 'deaf') {
  process.on('SIGTERM', () => undefined)
  const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1000)', mark])
  console.log(`children ${process.pid} ${child.pid}`)
}
const told = ['HOST', 'REDIS_NODES', 'REDIS_USERNAME', 'REDIS_CHAOS', 'COLOR', 'REDIS_CHAOS_PASSWORD']
console.log(`told ${JSON.stringify(told.map((name) => env[name] ?? null))}, logged in with ${REDIS_PASSWORD}`)

let requests = 0
/** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} */
async function serve(request, response) {
  let body = ''
  for await (const piece of request) body += piece
  if (request.url === '/health') {
    response.writeHead(manner === 'never-ready' ? 503 : 200).end()
    return
  }
  requests += 1
  if (manner === 'dying' && requests > 20) {
    process.stderr.write('Error: the shelf is full')
    process.exitCode = 7
    process.stderr.write('\n', () => process.exit())
    return
  }
  const place = requests % 10 === 0 && manner === 'forgetful' ? undefined : request.url
  if (request.method === 'PUT') items.set(place, body)
  response.writeHead(request.method === 'PUT' || items.has(request.url) ? 200 : 404).end(items.get(request.url) ?? '')
}

createServer((request, response) => void serve(request, response)).listen(Number(PORT), env.HOST ?? '127.0.0.1')
