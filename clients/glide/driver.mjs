import { ClusterBatch, GlideClusterClient, Logger } from '@valkey/valkey-glide'
import { reachOf, serve, versionOf } from '../serve.mjs'

// Its log goes to stdout, where lines of the protocol stand alone.
Logger.init('off')

async function open({ nodes, username, password, readFrom, options }) {
  const client = await GlideClusterClient.createClient({
    ...options,
    addresses: nodes.map(({ host, port }) => ({ host, port })),
    ...(password !== undefined && { credentials: { username, password } }),
    readFrom: readFrom === 'replica' ? (options.readFrom ?? 'preferReplica') : 'primary',
    addressResolver: (host, port) => {
      const at = reachOf(nodes, host, port)
      return at ? [at.host, at.port] : [host, port]
    },
  })
  return { send: (commands) => send(client, commands), close: () => client.close() }
}

async function send(client, commands) {
  const [first, ...more] = commands
  if (more.length === 0) return [await client.customCommand(first)]
  const batch = new ClusterBatch(true)
  for (const command of more.slice(0, -1)) batch.customCommand(command)
  return ['OK', ...more.slice(0, -1).map(() => 'QUEUED'), await client.exec(batch, false)]
}

/** Its core tries again by itself, and tells the last error alone: nothing is definite. */
function troubleOf({ name, message }) {
  if (name === 'TimeoutError') return { class: 'timeout' }
  if (/refused/i.test(message)) return { class: 'refused' }
  if (name === 'ConnectionError' || name === 'ClosingError' || /disconnected|broken pipe|reset/i.test(message)) {
    return { class: 'closed' }
  }
  return {
    class:
      /\b(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|LOADING|MASTERDOWN|MISCONF|NOREPLICAS)\b/i.exec(message)?.[1] ??
      'other',
  }
}

const version = versionOf(import.meta.url, '@valkey/valkey-glide')
serve({ name: 'valkey-glide', version, can: ['transaction', 'replica-reads'], open, troubleOf })
