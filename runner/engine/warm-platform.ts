import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import type { FaultSupport } from '../platforms/faults.ts'
import type { FoundRun, Platform, Progress, ServerGroup, ServerGroupSpec } from '../platforms/platform.ts'
import { COMMANDS } from '../workload/drivers/plan.ts'
import { assertWholeNetwork, NotClean, ServerCleaner, type ServersLook, whyNotFresh } from './clean-servers.ts'
import { LentGroup } from './lent-group.ts'

/** Redis's own, where nothing is set (config.c, Redis 6.0 to 8.6). */
const DEFAULT_NODE_TIMEOUT_MS = 15_000

/** Servers that stay up from play to play, and the run id that they carry. */
export interface Warm {
  platform: WarmPlatform
  runId: string
}

/** Servers that stay up between plays, and what they were like when nobody had played on them. */
interface Kept {
  group: ServerGroup
  spec: ServerGroupSpec
  fresh: ServersLook
  lent: LentGroup
}

/** Of an election, at the least, ms (auth_timeout in clusterHandleSlaveFailover, Redis 6.0 to 8.6). */
const LEAST_AUTH_TIMEOUT_MS = 2000

/**
 * A replica keeps the votes of its last election, and when it was, through CLUSTER RESET: within twice the node time-out
 * it would be elected at once by votes of the play before, and within four times stand for no other election.
 */
function whoStoodLately({ lent, spec }: Kept, nowMs: number): string | undefined {
  const timeoutMs = Number(spec.settings['cluster-node-timeout'] ?? DEFAULT_NODE_TIMEOUT_MS)
  const rememberedMs = 2 * Math.max(2 * timeoutMs, LEAST_AUTH_TIMEOUT_MS)
  const [node] = [...lent.stoodMs].find(([, stoodMs]) => nowMs - stoodMs <= rememberedMs) ?? []
  return node && `${node} stood for election not long ago, which a reset does not make it forget`
}

/**
 * The same platform, but the servers of one play are lent to the next: emptied, with new ids, and only if it is shown
 * that nothing of the play is left in them. Else, and where the next one needs others, new ones are made, and why is
 * told. `end` removes what is kept.
 */
export class WarmPlatform implements Platform {
  readonly kind: string
  readonly server: string
  readonly prepareGuest?: NonNullable<Platform['prepareGuest']>
  readonly #platform: Platform
  readonly #clock: Clock
  #kept: Kept | undefined
  #prepared: string | undefined

  constructor(platform: Platform, clock: Clock) {
    this.kind = platform.kind
    this.server = platform.server
    if (platform.prepareGuest) this.prepareGuest = platform.prepareGuest.bind(platform)
    this.#platform = platform
    this.#clock = clock
  }

  async create(spec: ServerGroupSpec, progress: Progress, signal?: AbortSignal): Promise<ServerGroup> {
    const kept = this.#kept
    if (kept !== undefined) {
      const why = await this.#whyNot(kept, spec)
      if (why === undefined) {
        progress('the servers of the last play are empty and as new')
        return kept.lent
      }
      progress(`making new servers: ${why}`, { stays: true })
      await this.end()
    }
    const group = await this.#platform.create(spec, progress, signal)
    try {
      const fresh = await new ServerCleaner(group, this.#clock).look()
      const lent = new LentGroup(group)
      this.#kept = { group, spec, fresh, lent }
      return lent
    } catch (error) {
      await group.remove()
      throw error
    }
  }

  /** Removes the servers that are kept. */
  async end(): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    await kept?.group.remove()
  }

  async #whyNot(kept: Kept, spec: ServerGroupSpec): Promise<string | undefined> {
    const { purpose: _, ...wanted } = spec
    const { purpose: __, ...had } = kept.spec
    if (!isDeepStrictEqual(wanted, had)) return 'the cluster is to be another than the last one'
    if (spec.settings.appendonly !== 'yes') return 'without an append-only file a restart may bring old data back'
    if (spec.needs?.debug) return 'DEBUG commands leave what nobody can see'
    if ([...(spec.allowed ?? [])].some((name) => name !== COMMANDS))
      return 'what --allow lets through leaves what nobody can see'
    if (kept.lent.touched !== undefined) return kept.lent.touched
    try {
      // Before they are reset: each then logs its new id, and who reads the log must know whose it is.
      await kept.lent.forgetLogs()
      const stood = whoStoodLately(kept, this.#clock.wallMs())
      if (stood === undefined) await this.#reset(kept)
      return stood
    } catch (error) {
      if (!(error instanceof ChaosError)) throw error
      return messageOf(error)
    }
  }

  /** Throws NotClean unless the servers are then as they were when they were new. */
  async #reset({ group, fresh, lent }: Kept): Promise<void> {
    if (lent.changedNetwork) await assertWholeNetwork(group)
    const { now, formerIds } = await new ServerCleaner(group, this.#clock).reset()
    const why = whyNotFresh(fresh, now, { formerIds, restarted: lent.restarted })
    if (why !== undefined) throw new NotClean(why)
  }

  async prepare(progress: Progress, signal?: AbortSignal, server?: string): Promise<string> {
    if (server !== undefined) return await this.#platform.prepare(progress, signal, server)
    this.#prepared ??= await this.#platform.prepare(progress, signal)
    return this.#prepared
  }

  faultSupport(signal?: AbortSignal): Promise<FaultSupport[]> {
    return this.#platform.faultSupport(signal)
  }
  probe(): Promise<string> {
    return this.#platform.probe()
  }
  find(runId: string): Promise<ServerGroup | undefined> {
    return this.#platform.find(runId)
  }
  runs(): Promise<FoundRun[]> {
    return this.#platform.runs()
  }
  removeRun(runId: string): Promise<string[]> {
    return this.#platform.removeRun(runId)
  }
  removalCommand(runId: string): string {
    return this.#platform.removalCommand(runId)
  }
  async close(): Promise<void> {
    await this.end()
    await this.#platform.close()
  }
}
