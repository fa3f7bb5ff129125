import type { Clock } from '../base/clock.ts'
import { auditScenario } from '../checks/audit/audit-scenario.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { AuditOutcome, AuditTerms } from '../record/audit-outcome.ts'
import type { Recorder } from '../record/event-log.ts'
import type { RunEvent } from '../record/events.ts'
import { resolvePardons, type WrittenPardon } from '../scenario/audit-section.ts'
import type { Datasets } from '../steps/datasets.ts'
import { Names } from '../steps/names.ts'
import { highestEpoch, lookAtEnd } from './end-looks.ts'
import { countMachineLoad } from './machine-load.ts'
import { watchResources } from './resource-watch.ts'
import { ServerWatch } from './server-watch.ts'

export interface AuditOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
  /** Server settings of the run. */
  config: Readonly<Record<string, string>>
  /** What the scenario says of findings beforehand, by rule. */
  pardons: Readonly<Record<string, readonly WrittenPardon[]>>
  /** Findings change no verdict. */
  warnOnly: boolean
}

/** What a scenario is audited for, beside its steps and checks: all that nobody asked for. */
export class Audit {
  readonly #options: AuditOptions
  /** Hears of the servers, their logs and what is done to them. */
  readonly servers: ServerWatch
  #cluster: LiveCluster | undefined
  #hasServers = false
  #hasEnded = false
  #firstEpoch = 0
  #names = new Names()
  readonly #machineLoad: ReturnType<typeof countMachineLoad>
  #stopWatching: () => void = () => undefined

  constructor(options: AuditOptions) {
    this.#options = options
    this.servers = new ServerWatch(options)
    this.#machineLoad = countMachineLoad(options.clock.nowMs())
  }

  /** From now on it is seen if a server ends. */
  watch(servers: ServerGroup): void {
    this.#hasServers = true
    this.servers.start(servers)
  }

  /** Begins to look at a cluster that is ready. */
  async start(cluster: LiveCluster, names: Names): Promise<void> {
    this.#cluster = cluster
    this.#names = names
    this.#firstEpoch = highestEpoch(await cluster.look()) ?? 0
    this.#stopWatching = watchResources(cluster, this.#options)
  }

  /** Looks at what is left when all steps have passed and all faults are healed. Rejects with the signal's reason. */
  async lookAtEnd(datasets: Datasets, signal: AbortSignal): Promise<void> {
    const cluster = this.#cluster
    if (cluster === undefined) return
    const silentServers = () => this.servers.lookAtAll()
    await lookAtEnd({ ...this.#options, cluster, datasets, silentServers, firstEpoch: this.#firstEpoch, signal })
  }

  /**
   * Ends the looking, before the servers are removed. What they log while they are removed is still read. Once `signal`
   * is aborted nothing is judged, so nobody waits for servers that may not answer. Idempotent.
   */
  async end(signal: AbortSignal): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#stopWatching()
    const { recorder, clock, scenario } = this.#options
    const load = this.#machineLoad(clock.nowMs())
    if (load !== undefined) {
      const [fromMs, toMs] = [recorder.timeOf(load.fromMs), recorder.timeOf(load.toMs)]
      recorder.record({ type: 'machine-seen', scenario, ...load, fromMs, toMs })
    }
    if (!signal.aborted) await this.servers.lookAtAll()
  }

  /**
   * Judges what was seen and records it. `events` are those of the run, `folder` is its own. Undefined if there
   * never were servers. Throws HistoryError if a history cannot be read.
   */
  judge(events: readonly RunEvent[], folder: string): AuditOutcome | undefined {
    this.servers.stop()
    if (!this.#hasServers) return undefined
    const { recorder, scenario } = this.#options
    const terms = this.#terms()
    const audit = auditScenario(events, scenario, folder, terms)
    recorder.record({ type: 'audit-judged', scenario, audit, terms })
    return audit
  }

  /** What `judge` would give by now; nothing is recorded. */
  foresee(events: readonly RunEvent[], folder: string): AuditOutcome | undefined {
    return this.#hasServers ? auditScenario(events, this.#options.scenario, folder, this.#terms()) : undefined
  }

  #terms(): AuditTerms {
    const pardons = resolvePardons(this.#options.pardons, this.#names)
    return { pardons, warnOnly: this.#options.warnOnly, named: this.#namedNodes() }
  }

  /** Names that stand for nodes, and for which. */
  #namedNodes(): Record<string, string[]> {
    const nodes = new Set(this.#cluster?.nodes.map(({ name }) => name))
    const values = this.#names.all().map((name) => [name, [this.#names.get(name)].flat().map(String)] as const)
    return Object.fromEntries(values.filter(([, value]) => value.every((one) => nodes.has(one))))
  }
}
