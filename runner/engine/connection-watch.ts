import type { Clock } from '../base/clock.ts'
import type { LiveCluster, LiveNode } from '../cluster/live-cluster.ts'
import { parseInfo } from '../cluster/node-report.ts'
import type { Recorder } from '../record/event-log.ts'

const LOOK_EVERY_MS = 1000
const ANSWER_WITHIN_MS = 1000

export interface ConnectionWatchOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
  /** The workload that each user is of. */
  users: ReadonlyMap<string, string>
}

/** What a server was last seen to have. */
interface Last {
  /** Of the server's process: the ids of its connections are told from those of another by it. */
  life: string
  /** Ids of connections, by workload. */
  ids: ReadonlyMap<string, ReadonlySet<string>>
  isSilent: boolean
}

/**
 * Asks each server once a second who is connected as the user of a workload, and records what changes: so it is known of
 * any client, whether it tells or not.
 */
export class ConnectionWatch {
  readonly #cluster: LiveCluster
  readonly #options: ConnectionWatchOptions
  readonly #ended = new AbortController()
  readonly #last = new Map<string, Last>()
  readonly #looking = new Map<string, Promise<void>>()

  constructor(cluster: LiveCluster, options: ConnectionWatchOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Looks at every server, once clients have connected and before they send anything; and from now on every second. */
  async begin(): Promise<void> {
    await this.#lookAtAll('begin')
    this.#cluster.onNode((node) => void this.#watch(node))
  }

  /** Ends the looking with a last look at every server. Idempotent. */
  async end(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.stop()
    await Promise.all(this.#looking.values())
    await this.#lookAtAll('end')
  }

  /** Ends the looking. Idempotent. */
  stop(): void {
    this.#ended.abort()
  }

  async #watch(node: LiveNode): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(LOOK_EVERY_MS, this.#ended.signal).catch(() => undefined)
      if (this.#ended.signal.aborted) return
      await this.#look(node)
    }
  }

  async #lookAtAll(moment: 'begin' | 'end'): Promise<void> {
    await Promise.all(this.#cluster.nodes.map((node) => this.#look(node, moment)))
  }

  async #look(node: LiveNode, moment?: 'begin' | 'end'): Promise<void> {
    const look = this.#lookOnce(node, moment)
    this.#looking.set(node.name, look)
    await look
  }

  async #lookOnce({ name, client }: LiveNode, moment: 'begin' | 'end' | undefined): Promise<void> {
    const askedMs = this.#options.clock.nowMs()
    const commands = [
      ['CLIENT', 'LIST'],
      ['INFO', 'server'],
    ] as const
    const [list, info] = await client.pipeline(commands, ANSWER_WITHIN_MS)
    const before = this.#last.get(name) ?? { life: '', ids: new Map(), isSilent: false }
    if (typeof list !== 'string' || typeof info !== 'string') {
      this.#last.set(name, { ...before, isSilent: true })
      if (moment !== undefined || !before.isSilent) this.#record(name, askedMs, moment, before, before)
      return
    }
    const life = parseInfo(info).get('run_id') ?? ''
    const now = { life, ids: idsIn(list, this.#options.users), isSilent: false }
    this.#last.set(name, now)
    this.#record(name, askedMs, moment, before, now)
  }

  /** Records each workload of which something has changed; at the two ends every one. `now` is `before`: no answer. */
  #record(node: string, askedMs: number, moment: 'begin' | 'end' | undefined, before: Last, now: Last): void {
    const { recorder, scenario, users } = this.#options
    const isSilent = now === before
    for (const workload of users.values()) {
      const [had, has] = [before.ids.get(workload) ?? NONE, now.ids.get(workload) ?? NONE]
      const isSameLife = before.life === now.life
      const stayed = isSameLife ? [...has].filter((id) => had.has(id)).length : 0
      const counts = { open: has.size, opened: has.size - stayed, closed: had.size - stayed }
      const isNews = counts.opened > 0 || counts.closed > 0 || isSilent !== before.isSilent
      if (moment === undefined && !isNews) continue
      recorder.record({
        type: 'connections-seen',
        ...{ scenario, workload, node, seenMs: recorder.timeOf(askedMs) },
        ...(moment !== undefined && { moment }),
        ...(isSilent && { silent: true }),
        ...counts,
      })
    }
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Ids of the connections in a CLIENT LIST, by the workload of their user. */
function idsIn(list: string, users: ReadonlyMap<string, string>): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>()
  for (const line of list.split('\n')) {
    // A name that a client gives itself holds no space (validateClientName, networking.c, Redis 6.0 to 8.0).
    const workload = users.get(/ user=(\S+)/.exec(line)?.[1] ?? '')
    const id = /^id=(\d+) /.exec(line)?.[1]
    if (workload === undefined || id === undefined) continue
    const own = ids.get(workload) ?? new Set()
    ids.set(workload, own.add(id))
  }
  return ids
}
