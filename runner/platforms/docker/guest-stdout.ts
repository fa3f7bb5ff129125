import { afterRunning } from '../../base/time-limit.ts'
import type { GuestPlace } from '../platform.ts'
import type { Engine } from './engine.ts'
import { nodeOfLabels, runFilter } from './labels.ts'

type Container = ReturnType<Engine['docker']['getContainer']>

/** All of a look: a container is made, run and removed, ms. */
const LOOK_WITHIN_MS = 5000
/** What the script ends with. Anything else: nothing was seen. */
const CLOSED = 10

/**
 * Looks at the processes of a container whose process ids it shares. A pipe that one of them can write to and none can
 * read from leads to the engine: stdout, or stderr, which is descriptor 2 of the first process. Where both are one, the
 * question has no answer. It starts no process, and is plain POSIX, but for `-ef`, which dash and busybox have.
 */
const LOOK = `
writers= readers=
for process in /proc/[0-9]*; do
  [ "$process" = "/proc/$$" ] && continue
  for file in "$process"/fd/*; do
    [ -p "$file" ] || continue
    flags=
    while read -r name value; do
      [ "$name" = flags: ] && flags=$value
    done 2>&- <"$process/fdinfo/\${file##*/}"
    case $flags in
      *[15]) writers="$writers $file" ;;
      *[04]) readers="$readers $file" ;;
    esac
  done
done
[ -e /proc/1/fd/0 ] || [ -e /proc/1/fd/2 ] || exit 20
for writer in $writers; do
  [ "$writer" -ef /proc/1/fd/2 ] && continue
  for reader in $readers; do
    [ "$writer" -ef "$reader" ] && continue 2
  done
  exit 0
done
[ /proc/1/fd/1 -ef /proc/1/fd/2 ] && exit 20
exit ${CLOSED}
`

/**
 * Whether nobody in a container that runs can write to its stdout any more. The engine does not tell: it keeps its end
 * open, and ends the stream only with the container. Resolves to false where it could not be seen; never rejects.
 */
export async function hasClosedStdout(engine: Engine, place: GuestPlace, guest: Container): Promise<boolean> {
  const late = new AbortController()
  const cancel = afterRunning(LOOK_WITHIN_MS, () => late.abort())
  try {
    return await looked(engine, place, { guest, signal: late.signal })
  } catch {
    return false
  } finally {
    cancel()
  }
}

async function looked(
  engine: Engine,
  place: GuestPlace,
  { guest, signal }: { guest: Container; signal: AbortSignal },
): Promise<boolean> {
  const image = await imageWithShell(engine, place, signal)
  if (image === undefined) return false
  const looker = await engine.call(
    'create a container that looks at it',
    (abortSignal) => engine.docker.createContainer({ ...creation(image, place, guest), abortSignal }),
    { signal },
  )
  try {
    const exit = looker.wait({ condition: 'next-exit', abortSignal: signal })
    exit.catch(() => undefined)
    await engine.call('start it', (abortSignal) => looker.start({ abortSignal }), { signal })
    return (await exit).StatusCode === CLOSED
  } finally {
    // What cannot be removed now is removed with the servers.
    await engine
      .call('remove it', (abortSignal) => looker.remove({ force: true, v: true, abortSignal }))
      .catch(() => undefined)
  }
}

/** That of a server of the run: its entry point is a script of a shell, which a guest's own image may lack. */
async function imageWithShell(engine: Engine, { runId }: GuestPlace, signal: AbortSignal): Promise<string | undefined> {
  const containers = await engine.call(
    'list the servers',
    (abortSignal) =>
      engine.docker.listContainers({ all: true, filters: JSON.stringify(runFilter(runId)), abortSignal }),
    { signal },
  )
  return containers.find(({ Labels }) => nodeOfLabels(Labels) !== undefined)?.ImageID
}

function creation(image: string, { labels }: GuestPlace, guest: Container) {
  return {
    Image: image,
    Entrypoint: ['/bin/sh', '-c', LOOK],
    Cmd: [],
    User: '0',
    Labels: { ...labels },
    HostConfig: {
      NetworkMode: 'none',
      PidMode: `container:${guest.id}`,
      CapDrop: ['ALL'],
      // To see what processes of any user have open.
      CapAdd: ['SYS_PTRACE', 'DAC_READ_SEARCH'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
  }
}
