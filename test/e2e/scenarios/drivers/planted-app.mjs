#!/usr/bin/env node
// A shop with one fault, which its argument names: what the servers see of an application, checks must find.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Cluster, Redis } from 'ioredis'

const LEAK_EVERY_MS = 1000

const [fault = 'none'] = process.argv.slice(2)
const { PORT, HOST, REDIS_NODES = '', REDIS_USERNAME, REDIS_PASSWORD } = process.env
const nodes = REDIS_NODES.split(',').map((node) => {
  const [host, port] = node.split(':')
  return { host, port: Number(port) }
})
const login = { username: fault === 'stranger' ? 'default' : REDIS_USERNAME, password: REDIS_PASSWORD }
const cluster = new Cluster(nodes, { redisOptions: login, clusterNodeRetryStrategy: () => 100 })
cluster.on('error', (error) => console.log(error.message))
if (fault === 'leak') setInterval(() => new Redis({ ...nodes[0], ...login }).on('error', () => 0), LEAK_EVERY_MS)

async function serve(request, response) {
  const key = decodeURIComponent(request.url.slice('/items/'.length))
  const body = await text(request)
  try {
    const item = request.method === 'PUT' ? await cluster.set(key, body) : await cluster.get(key)
    response.writeHead(item === null ? 404 : 200).end(request.method === 'PUT' ? '' : (item ?? ''))
  } catch (error) {
    response.writeHead(503).end(error.message)
  }
}

createServer((request, response) => void serve(request, response)).listen(Number(PORT), HOST)
