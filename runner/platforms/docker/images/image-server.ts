import { randomBytes } from 'node:crypto'
import { serverByAbility } from '../../branch-builds.ts'
import { serverOfVersionText } from '../../dialects.ts'
import { PlatformError } from '../../errors.ts'
import { type Engine, EngineRefusal } from '../engine.ts'
import { runLabels } from '../labels.ts'
import { endOfLog } from '../logs.ts'
import { removeRun } from '../runs.ts'

/** The server that an image holds. */
export interface ImageServer {
  /** On the image's PATH: `redis-server`, `valkey-server`, `redict-server`. */
  program: string
  /** In words: `redis 7.0.15`. */
  server: string
}

const PROBE_TIMEOUT_MS = 20_000

/** As nodes run: see docker/Dockerfile. */
const USER = '10001:10001'

/** Images of Valkey and Redict may have `redis-server` too, as a link. */
const FIND_SERVER = `for program in valkey-server redict-server redis-server; do
  command -v "$program" >/dev/null || continue
  printf '%s ' "$program"
  exec "$program" --version
done
exit 127`

/** Runs a program of the image with arguments; what it complains of is output too, and no failure. */
const RUN_SERVER = 'exec "$0" "$@" 2>&1'

/**
 * Runs the image's server with `--version`, in a container of its own without a network, which is removed on every
 * path; where the version says nothing, asks it as `serverByAbility` does. Throws PlatformError when the image has no
 * POSIX shell, no server on its PATH, or is not done after 20 s.
 */
export async function serverOfImage(engine: Engine, image: string, signal?: AbortSignal): Promise<ImageServer> {
  const said = await run(engine, { image, script: [FIND_SERVER], signal })
  const [program = ''] = said.split(' ', 1)
  const server = serverOfVersionText(said.slice(program.length + 1))
  if (server) {
    const start = (args: readonly string[]) => run(engine, { image, script: [RUN_SERVER, program, ...args], signal })
    return { program, server: await serverByAbility(server, start) }
  }
  throw new PlatformError(`image ${image} has no Redis or Valkey that can be run`, {
    hint: `expected \`redis-server\`, \`valkey-server\` or \`redict-server\` on its PATH, which user ${USER} may run${said === '' ? '' : `; it said: ${said}`}`,
  })
}

interface Probe {
  image: string
  /** For `sh -c`: the script and its words. */
  script: readonly string[]
  signal: AbortSignal | undefined
}

/** Runs a script in a container of the image, removes it, and gives the end of what it said. */
async function run(engine: Engine, probe: Probe): Promise<string> {
  const runId = `image-${process.pid}-${randomBytes(4).toString('hex')}`
  const name = `redis-chaos-${runId}`
  try {
    await runToEnd(engine, { ...probe, name, runId })
    return await endOfLog(engine, name)
  } finally {
    await removeRun(engine, runId)
  }
}

async function runToEnd(
  engine: Engine,
  { image, script, name, runId, signal }: Probe & { name: string; runId: string },
): Promise<void> {
  const container = await engine.call(
    `create a container of image ${image}`,
    (abortSignal) =>
      engine.docker.createContainer({
        name,
        Image: image,
        Labels: runLabels({ runId, purpose: `a look at image ${image}` }),
        Entrypoint: ['/bin/sh', '-c', ...script],
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
