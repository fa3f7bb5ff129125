import { reachOf, serve } from './serve.mjs'

/** Options of single connections; all others are those of the cluster client. */
const OF_CONNECTIONS = [
  'autoResendUnfulfilledCommands',
  'commandTimeout',
  'connectTimeout',
  'keepAlive',
  'maxRetriesPerRequest',
]

/** Drives ioredis, or a client that began as it: `Cluster` is its cluster client. */
export function driveCluster({ name, version, Cluster }) {
  const open = (start) => openCluster(Cluster, start)
  serve({ name, version, can: ['transaction', 'replica-reads'], open, troubleOf })
}

async function openCluster(Cluster, { nodes, username, password, readFrom, options }) {
  const isOfConnections = ([name]) => OF_CONNECTIONS.includes(name)
  const own = Object.entries(options)
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      ...Object.fromEntries(own.filter((option) => !isOfConnections(option))),
      lazyConnect: true,
      scaleReads: readFrom === 'replica' ? 'slave' : 'master',
      natMap: (address) => reachOf(nodes, ...address.split(/:(?=\d+$)/)) ?? null,
      redisOptions: { ...Object.fromEntries(own.filter(isOfConnections)), username, password },
    },
  )
  // What goes wrong shows in the operations; here it is for whoever looks for the reason.
  cluster.on('error', (error) => console.error('error', error.message))
  cluster.on('node error', (error, address) => console.error(address, error.message))
  await cluster.connect().catch(() => undefined)
  return { send: (commands) => send(cluster, commands), close: () => cluster.disconnect() }
}

async function send(cluster, commands) {
  const [[name, ...args], ...more] = commands
  if (more.length === 0) return [await cluster.call(name, ...args)]
  const multi = cluster.multi()
  for (const [word, ...rest] of more.slice(0, -1)) multi.call(word, ...rest)
  const results = await multi.exec()
  return ['OK', ...more.slice(0, -1).map(() => 'QUEUED'), results?.map(([error, reply]) => error ?? reply) ?? null]
}

/** It tries again by itself, also after a connection was lost, and tells the last error alone: nothing is definite. */
function troubleOf({ message, name }) {
  // The last error of many tries stands at the end of what it says.
  const last = /Last error: (?:\w*Error: )?(.*)$/.exec(message)?.[1] ?? message
  if (last === 'Command timed out') return { class: 'timeout' }
  if (last === 'Connection is closed.' || name === 'MaxRetriesPerRequestError') return { class: 'closed' }
  return { class: last.split(' ', 1)[0] }
}
