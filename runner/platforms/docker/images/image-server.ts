import { randomBytes } from 'node:crypto'
import { serverOfVersionText } from '../../dialects.ts'
import { PlatformError } from '../../errors.ts'
import { type Engine, EngineRefusal } from '../engine.ts'
import { runLabels } from '../labels.ts'
import { endOfLog } from '../logs.ts'
import { removeRun } from '../runs.ts'

/** The server that an image holds. */
export interface ImageServer {
  /** On the image's PATH: `redis-server`, `valkey-server`. */
  program: string
  /** In words: `redis 7.0.15`. */
  server: string
}

const PROBE_TIMEOUT_MS = 20_000

/** As nodes run: see docker/Dockerfile. */
const USER = '10001:10001'

/** Images of Valkey often have `redis-server` too, as a link. */
const FIND_SERVER = `for program in valkey-server redis-server; do
  command -v "$program" >/dev/null || continue
  printf '%s ' "$program"
  exec "$program" --version
done
exit 127`

/**
 * Runs the image's server once, with `--version`, in a container of its own without a network, which is removed on
 * every path. Throws PlatformError when the image has no POSIX shell, no Redis or Valkey on its PATH, or is not done
 * after 20 s.
 */
export async function serverOfImage(engine: Engine, image: string, signal?: AbortSignal): Promise<ImageServer> {
  const runId = `image-${process.pid}-${randomBytes(4).toString('hex')}`
  const name = `redis-chaos-${runId}`
  try {
    await run(engine, { image, name, runId, signal })
    const said = await endOfLog(engine, name)
    const [program = ''] = said.split(' ', 1)
    const server = serverOfVersionText(said.slice(program.length + 1))
    if (server) return { program, server }
    throw new PlatformError(`image ${image} has no Redis or Valkey that can be run`, {
      hint: `expected \`redis-server\` or \`valkey-server\` on its PATH, which user ${USER} may run${said === '' ? '' : `; it said: ${said}`}`,
    })
  } finally {
    await removeRun(engine, runId)
  }
}

interface Probe {
  image: string
  name: string
  runId: string
  signal: AbortSignal | undefined
}

async function run(engine: Engine, { image, name, runId, signal }: Probe): Promise<void> {
  const container = await engine.call(
    `create a container of image ${image}`,
    (abortSignal) =>
      engine.docker.createContainer({
        name,
        Image: image,
        Labels: runLabels({ runId, purpose: `a look at image ${image}` }),
        Entrypoint: ['/bin/sh', '-c', FIND_SERVER],
        Cmd: [],
        User: USER,
        HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] },
        abortSignal,
      }),
    { timeoutMs: PROBE_TIMEOUT_MS },
  )
  try {
    await engine.call(`run image ${image}`, (abortSignal) => container.start({ abortSignal }), { signal })
  } catch (error) {
    if (!(error instanceof EngineRefusal) || !/\/bin\/sh|exec format/.test(error.reply)) throw error
    throw new PlatformError(`image ${image} cannot be run here: ${error.reply}`, {
      hint: 'an image for nodes needs a server and a POSIX shell at /bin/sh, for the processor of this machine',
      cause: error,
    })
  }
  await engine.call(
    `read the version of the server in image ${image}`,
    (abortSignal) => container.wait({ condition: 'not-running', abortSignal }),
    { timeoutMs: PROBE_TIMEOUT_MS, signal },
  )
}
