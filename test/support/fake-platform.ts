import { CAPABILITIES, type FaultSupport } from '../../runner/platforms/faults.ts'
import {
  type FoundRun,
  nodeName,
  type Platform,
  type ServerGroup,
  type ServerGroupSpec,
} from '../../runner/platforms/platform.ts'
import { FakeGroup } from './fake-group.ts'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** A platform whose servers are a fake's; a test hangs into it what is to go wrong. */
export class FakePlatform implements Platform {
  readonly kind: string
  readonly server: string
  readonly groups: FakeGroup[] = []
  /** What was asked of it: `probe`, `prepare`, `create`, `remove`, `close`. */
  readonly calls: string[] = []
  onProbe: (() => unknown) | undefined
  onPrepare: (() => unknown) | undefined
  onPrepareGuest: ((image: string) => unknown) | undefined
  /** Capabilities that it lacks, with the reasons. */
  readonly cannot = new Map<string, string>()
  /** Before servers are made. */
  onCreate: ((signal: AbortSignal | undefined) => unknown) | undefined
  onRemove: (() => unknown) | undefined
  /** What the servers answer; undefined: as a healthy cluster of one. */
  answer: ((words: string[]) => unknown) | undefined
  readonly #servers: FakeServer[] = []

  constructor(kind = 'docker', server = 'redis:7.0') {
    this.kind = kind
    this.server = server
  }

  async runs(): Promise<FoundRun[]> {
    return []
  }

  async faultSupport(): Promise<FaultSupport[]> {
    return CAPABILITIES.map((capability) => ({
      capability,
      supported: !this.cannot.has(capability),
      how: this.cannot.get(capability) ?? 'it is a fake',
    }))
  }

  async probe(): Promise<string> {
    this.calls.push('probe')
    await this.onProbe?.()
    return 'Docker 20.10.24'
  }

  async prepare(): Promise<string> {
    this.calls.push('prepare')
    await this.onPrepare?.()
    return `${this.server.replace(':', ' ')}.15`
  }

  async prepareGuest(image: string): Promise<void> {
    this.calls.push(`prepare ${image}`)
    await this.onPrepareGuest?.(image)
  }

  async create(spec: ServerGroupSpec, _: unknown, signal?: AbortSignal): Promise<ServerGroup> {
    this.calls.push('create')
    await this.onCreate?.(signal)
    const servers = await Promise.all(
      Array.from({ length: spec.nodes }, () => startFakeServer((words) => this.answer?.(words))),
    )
    this.#servers.push(...servers)
    const group = new FakeGroup(
      servers.map(({ port }, index) => {
        const address = { host: '127.0.0.1', port, peerHost: '127.0.0.1', peerPort: port }
        return { name: nodeName(index), serverName: nodeName(index), index, ...address, machine: 'localhost' }
      }),
    )
    group.onRemove = async () => {
      this.calls.push('remove')
      await this.onRemove?.()
    }
    this.groups.push(group)
    return group
  }

  /** How many of the groups that were made have been removed. */
  removed(): number {
    return this.groups.filter(({ removed }) => removed > 0).length
  }

  /** Connections to the servers that are open now. */
  connections(): number {
    return this.#servers.reduce((sum, server) => sum + server.connections(), 0)
  }

  async find(): Promise<undefined> {}

  async removeRun(): Promise<string[]> {
    return []
  }

  removalCommand(runId: string): string {
    return `remove-run ${runId}`
  }

  async close(): Promise<void> {
    this.calls.push('close')
    await Promise.all(this.#servers.map((server) => server.close()))
  }
}
