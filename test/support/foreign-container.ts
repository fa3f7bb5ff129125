import { execFileSync } from 'node:child_process'
import type { Engine } from '../../runner/platforms/docker/engine.ts'

interface Teardown {
  teardown(work: () => unknown): void
}

/** A container that is no part of any run, on a network of its own choice. */
export interface ForeignContainer {
  address: string
  /** How many bytes come back on a connection from it, when it says this. */
  bytesFrom(host: string, port: number, says: string): number
}

/** Made of the image of a node, and gone with the test. `network`: `bridge` is the engine's default one. */
export async function foreignContainer(
  t: Teardown,
  engine: Engine,
  { imageOf, network }: { imageOf: string; network: string },
): Promise<ForeignContainer> {
  const { docker } = engine
  const { Image } = await docker.getContainer(imageOf).inspect()
  const container = await docker.createContainer({
    Image,
    Entrypoint: ['redis-server'],
    HostConfig: { NetworkMode: network },
  })
  t.teardown(() => container.remove({ force: true }))
  await container.start()
  const { State, NetworkSettings } = await container.inspect()
  const address = NetworkSettings.Networks[network]?.IPAddress ?? ''
  const bytesFrom = (host: string, port: number, says: string) => {
    const namespace = ['nsenter', `--target=${State.Pid}`, '--net', '--']
    const [program = '', ...args] = [...namespace, process.execPath, '-e', COUNT, host, String(port), says]
    return Number(execFileSync(program, args, { encoding: 'utf8' }))
  }
  return { address, bytesFrom }
}

/** Prints how many bytes came until the connection ended; -1 if it did not end within 5 s. */
const COUNT = `
const [host, port, says] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port: Number(port) }, () => socket.write(says))
let bytes = 0
const done = (count) => { console.log(count); process.exit() }
socket.on('data', (data) => { bytes += data.length })
socket.on('error', () => done(bytes))
socket.on('close', () => done(bytes))
setTimeout(() => done(bytes || -1), 5000)
`
