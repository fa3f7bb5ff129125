import type { HostConfig } from 'dockerode'
import { PlatformError } from '../../errors.ts'
import { UnsupportedFault } from '../../faults.ts'
import { type Engine, undefinedIfGone } from '../engine.ts'
import type { Labels } from '../labels.ts'
import { endOfLog } from '../logs.ts'

/**
 * Limits what a process of the engine's machine writes to the disk that its container lies on, through its cgroup, of
 * version 1 or 2. `$1`: the process. `$2`: bytes per second, `none`, or `?` to change nothing. Builtins of a POSIX
 * shell only. The hosts file of a container lies on the file system that its own files are on; whole disks are limited,
 * not their partitions.
 */
const LIMIT = `device= controller= folder=
while read -r _ _ number _ point _; do [ "$point" != /etc/hosts ] || device=$number; done <"/proc/$1/mountinfo"
case $device in '' | 0:*) echo 'unsupported: to the kernel, its files are not on a disk of their own'; exit 0 ;; esac
[ ! -e "/sys/dev/block/$device/partition" ] || read -r device <"/sys/dev/block/$device/../dev"
while IFS=: read -r _ names path; do
  case ,$names, in
    *,blkio,*) controller=1 folder=/cgroups/blkio$path ;;
    ,,) [ -n "$folder" ] || { controller=2 folder=/cgroups$path; } ;;
  esac
done <"/proc/$1/cgroup"
if [ "$controller" = 1 ]; then file=$folder/blkio.throttle.write_bps_device; else file=$folder/io.max; fi
[ -w "$file" ] || { echo 'unsupported: the kernel cannot limit the writes of this cgroup'; exit 0; }
case $2 in
  '?') ;;
  none) if [ "$controller" = 1 ]; then echo "$device 0" >"$file"; else echo "$device wbps=max" >"$file"; fi || exit 1 ;;
  *) if [ "$controller" = 1 ]; then echo "$device $2" >"$file"; else echo "$device wbps=$2" >"$file"; fi || exit 1 ;;
esac
limit=none
while read -r number first rest; do
  [ "$number" = "$device" ] || continue
  [ "$controller" = 1 ] && limit=$first && continue
  for word in $first $rest; do case $word in wbps=max) ;; wbps=*) limit=\${word#wbps=} ;; esac; done
done <"$file"
echo "limit $limit"`

const HELPER_TIMEOUT_MS = 20_000

export interface SlowDiskPlan {
  runId: string
  labels: Labels
  /** Any image of a node. */
  image: string
  /** Of the engine's machine; `self` for the helper's own, to see whether it can be done at all. */
  pid: number | 'self'
  bytesPerSecond: number | 'none' | '?'
}

/**
 * Dockerode's types do not know `CgroupnsMode`. Without a namespace of its own it sees where the cgroups of others are.
 */
const HELPER_HOST_CONFIG: HostConfig & { CgroupnsMode: 'host' } = {
  NetworkMode: 'none',
  PidMode: 'host',
  CgroupnsMode: 'host',
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  Binds: ['/sys/fs/cgroup:/cgroups'],
}

let helpers = 0

/**
 * Limits what a process may write to its disk, and returns the limit that the kernel then has, bytes per second;
 * undefined if it has none. By a container that is gone again when this returns. Throws UnsupportedFault with the
 * reason where the kernel cannot.
 */
export async function limitWrites(engine: Engine, plan: SlowDiskPlan): Promise<number | undefined> {
  helpers += 1
  const name = `redis-chaos-${plan.runId}-writes-${process.pid}-${helpers}`
  const doing = 'limit what a node writes'
  const container = await engine.call(doing, (abortSignal) =>
    engine.docker.createContainer({
      name,
      Image: plan.image,
      Labels: plan.labels,
      User: '0:0',
      Entrypoint: ['/bin/sh', '-c', LIMIT, 'sh', String(plan.pid), String(plan.bytesPerSecond)],
      Cmd: [],
      HostConfig: HELPER_HOST_CONFIG,
      abortSignal,
    }),
  )
  try {
    await engine.call(doing, (abortSignal) => container.start({ abortSignal }))
    await engine.call(doing, (abortSignal) => container.wait({ condition: 'not-running', abortSignal }), {
      timeoutMs: HELPER_TIMEOUT_MS,
    })
    return readLimit(await endOfLog(engine, name))
  } finally {
    await undefinedIfGone(
      engine.call('remove a helper', (abortSignal) => container.remove({ force: true, abortSignal })),
    )
  }
}

function readLimit(said: string): number | undefined {
  const reason = /unsupported: (.*)/.exec(said)?.[1]
  if (reason !== undefined) throw new UnsupportedFault('a slow disk', reason)
  const limit = /limit (\d+|none)$/.exec(said)?.[1]
  if (limit === undefined) throw new PlatformError(`could not limit what a node writes: ${said || 'nothing was said'}`)
  return limit === 'none' ? undefined : Number(limit)
}
