// A shop that keeps its items in a Redis Cluster: PUT /items/KEY stores the body of the request, GET /items/KEY gives it
// back. All that it is told stands in its environment (docs/apps.md).
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Cluster } from 'ioredis'

const {
  PORT = '3000',
  HOST = '127.0.0.1',
  REDIS_NODES = 'localhost:7010',
  REDIS_USERNAME,
  REDIS_PASSWORD,
} = process.env

const nodes = REDIS_NODES.split(',').map((node) => {
  const [host, port] = node.split(':')
  return { host, port: Number(port) }
})

const cluster = new Cluster(nodes, {
  redisOptions: {
    ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }),
    ...(REDIS_USERNAME && { username: REDIS_USERNAME }),
    // A master that is gone without a word must not hold a request for minutes.
    commandTimeout: 1000,
  },
  // Without it the client never connects again to a server that was restarted.
  clusterNodeRetryStrategy: (attempt) => Math.min(attempt * 100, 1000),
  slotsRefreshTimeout: 1000,
})
cluster.on('error', (error) => console.log(`redis: ${error.message}`))

/** Requests that failed since that was last logged, and why the last of them did. */
let failed = 0
let reason = ''
setInterval(() => {
  if (failed > 0) console.log(`${failed} requests failed in a second, the last of them: ${reason}`)
  failed = 0
}, 1000).unref()

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://shop')
  const [, items, key] = pathname.split('/')
  if (pathname === '/health') return end(response, cluster.status === 'ready' ? 200 : 503, cluster.status)
  if (items !== 'items' || !key) return end(response, 404, 'no such page')
  // An item is kept under its own name: it lies in the slot where the report looks for it.
  const name = decodeURIComponent(key)
  if (request.method === 'PUT') {
    await cluster.set(name, await text(request))
    return end(response, 204)
  }
  if (request.method !== 'GET') return end(response, 405, 'PUT or GET')
  const item = await cluster.get(name)
  return item === null ? end(response, 404, 'no such item') : end(response, 200, item)
}

function end(response, status, body = '') {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
}

async function serve(request, response) {
  try {
    await answer(request, response)
  } catch (error) {
    failed += 1
    reason = `${request.method} ${request.url}: ${error.message}`
    end(response, 503, error.message)
  }
}

const server = createServer((request, response) => void serve(request, response))
server.listen(Number(PORT), HOST, () => console.log(`listening on ${HOST}:${PORT}`))

process.on('SIGTERM', () => {
  console.log('closing')
  server.close()
  server.closeAllConnections()
  cluster.disconnect()
})
