#!/usr/bin/env node
// A client driver with one fault, which its argument names: what each looks like from outside, checks must find.
import { createRequire } from 'node:module'
import { Cluster, Redis } from 'ioredis'
import { reachOf, serve } from '../../../../clients/serve.mjs'

const STALE_MS = 20_000
const LEAK_EVERY_MS = 1000
/** One acknowledged write in so many is lost. */
const LOST_OF = 1000
/** One command in so many is sent twice, as if the first reply had been lost. */
const TWICE_OF = 50
/** What takes longer is never answered. */
const SILENT_MS = 1500
/** Each client remembers what it has read of a key for so long. */
const CACHED_MS = 5000

const { version } = createRequire(import.meta.url)('ioredis/package.json')
const [fault = 'none'] = process.argv.slice(2)

const FAULTS = {
  none: (send) => send,

  swallow: (send) => async (words) => {
    try {
      return await send(words)
    } catch {
      return words[0] === 'GET' ? null : 'OK'
    }
  },

  retry: (send) => {
    let count = 0
    return async (words) => {
      count += 1
      if (count % TWICE_OF === 0) await send(words)
      return await send(words)
    }
  },

  cache: (send) => {
    const kept = new Map()
    return async (words) => {
      if (words[0] !== 'GET') return await send(words)
      const known = kept.get(words[1])
      if (known && known.untilMs > Date.now()) return known.reply
      const reply = await send(words)
      kept.set(words[1], { reply, untilMs: Date.now() + CACHED_MS })
      return reply
    }
  },

  stale: (send) => {
    let untilMs = 0
    return async (words) => {
      if (Date.now() < untilMs) throw new Error('MOVED: the slots are asked for again in a while')
      try {
        return await send(words)
      } catch (error) {
        if (untilMs === 0) untilMs = Date.now() + STALE_MS
        throw error
      }
    }
  },

  lose: (send) => {
    let count = 0
    return async (words) => {
      if (words[0] === 'SET') count += 1
      return words[0] === 'SET' && count % LOST_OF === 0 ? 'OK' : await send(words)
    }
  },

  leak: (send, { nodes, username, password }) => {
    const { host, port } = nodes.at(-1)
    setInterval(() => {
      new Redis({ host, port, username, password }).on('error', () => undefined)
    }, LEAK_EVERY_MS)
    return send
  },

  hang: (send) => (words) =>
    new Promise((resolve, reject) => {
      const since = Date.now()
      const inTime = (tell) => (value) => {
        if (Date.now() - since < SILENT_MS) tell(value)
      }
      send(words).then(inTime(resolve), inTime(reject))
    }),
}

async function open(start) {
  const { nodes, username, password } = start
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      // What cannot be carried out now fails at once: what is swallowed is told before the runner gives it up.
      enableOfflineQueue: !['stale', 'swallow'].includes(fault),
      ...(fault === 'swallow' && { maxRedirections: 1, retryDelayOnClusterDown: 1, retryDelayOnFailover: 1 }),
      clusterRetryStrategy: () => 50,
      slotsRefreshInterval: 1000,
      redisOptions: {
        username,
        password,
        maxRetriesPerRequest: 0,
        commandTimeout: fault === 'hang' ? undefined : 1000,
      },
      natMap: (key) => {
        const [, host = '', port] = /^(.*):(\d+)$/.exec(key) ?? []
        return reachOf(nodes, host, port) ?? null
      },
    },
  )
  cluster.on('error', () => undefined)
  await cluster.connect().catch(() => undefined)
  const send = FAULTS[fault](([name, ...args]) => cluster.call(name, ...args), start)
  return {
    send: async ([words]) => [await send(words)],
    close: () => cluster.disconnect(),
  }
}

serve({ name: `planted-${fault}`, version, can: [], open, troubleOf: () => ({}) })
