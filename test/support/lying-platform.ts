import type { Progress, ServerGroup, ServerGroupSpec, ServerNode } from '../../runner/platforms/platform.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import { type Lie, LyingProxy } from './lying-proxy.ts'

/** Real servers as processes, each behind a proxy that lies to clients; among themselves the servers are honest. */
export class LyingPlatform extends ProcessPlatform {
  readonly #lie: Lie
  readonly #proxies: LyingProxy[] = []

  constructor(stateFolder: string, lie: Lie) {
    super({ server: 'redis:7.0', projectRoot: new URL('../..', import.meta.url).pathname, stateFolder })
    this.#lie = lie
  }

  override async create(spec: ServerGroupSpec, progress: Progress, signal?: AbortSignal): Promise<ServerGroup> {
    const group = await super.create(spec, progress, signal)
    const nodes = await Promise.all(group.nodes.map((node) => this.#behindProxy(node)))
    return new Proxy(group, {
      get(target, key) {
        if (key === 'nodes') return nodes
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  override async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
    await super.close()
  }

  async #behindProxy(node: ServerNode): Promise<ServerNode> {
    const proxy = new LyingProxy({ host: '127.0.0.1', port: node.port }, this.#lie)
    this.#proxies.push(proxy)
    await proxy.open()
    return { ...node, host: '127.0.0.1', port: proxy.port }
  }
}
