import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import Docker from 'dockerode'
import { leasePort } from './lease.ts'

/** Something made by hand beside the runs, which nothing of theirs may touch. */
export interface Foreign {
  /** In words, what is no longer as it was made; empty if all is. */
  harmed(): Promise<string[]>
  remove(): Promise<void>
}

/** A container that is only created, and a network, on an image that the engine has. */
export async function foreignContainer(): Promise<Foreign> {
  const docker = new Docker()
  const name = `by-hand-${randomBytes(4).toString('hex')}`
  const [image] = (await docker.listImages()).filter(({ RepoTags }) => RepoTags?.some((tag) => tag !== '<none>:<none>'))
  const network = await docker.createNetwork({ Name: name, Driver: 'bridge' })
  const container = image
    ? await docker.createContainer({ name, Image: image.Id, Cmd: ['none'], HostConfig: { NetworkMode: name } })
    : undefined
  return {
    harmed: async () => {
      const containers = await docker.listContainers({ all: true, filters: { name: [name] } })
      const networks = await docker.listNetworks({ filters: { name: [name] } })
      return [
        ...(container && containers.length === 0 ? [`container ${name} is gone`] : []),
        ...(networks.length === 0 ? [`network ${name} is gone`] : []),
      ]
    },
    remove: async () => {
      await container?.remove({ force: true }).catch(() => undefined)
      await network.remove().catch(() => undefined)
    },
  }
}

/** A `redis-server` on a port of its own. */
export async function foreignServer(): Promise<Foreign> {
  const port = await leasePort()
  const child: ChildProcess = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
    cwd: '/',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    harmed: async () =>
      child.exitCode === null && child.signalCode === null ? [] : [`redis-server on ${port} has ended`],
    remove: async () => {
      child.kill()
      await ended
    },
  }
}
