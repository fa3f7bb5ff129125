import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Processor time of a process since it began, user and system, ms. */
interface CpuTime {
  allMs: number
  /** Of its main thread. */
  mainMs: number
}

const EVERY_MS = 250

/**
 * Watches the processor time of a process of this machine until `end`. `between` gives what it used between two moments
 * of the wall clock, ms since the epoch, to a quarter of a second; undefined where the system does not tell.
 */
export function watchProcessCpu(pid: number): {
  end(): void
  between(fromMs: number, toMs: number): CpuTime | undefined
} {
  const ticksPerSecond = clockTicks()
  const samples: (CpuTime & { atMs: number })[] = []
  const look = () => {
    const [allMs, mainMs] = [`/proc/${pid}/stat`, `/proc/${pid}/task/${pid}/stat`].map((file) =>
      cpuMsOf(file, ticksPerSecond),
    )
    if (allMs !== undefined && mainMs !== undefined) samples.push({ atMs: Date.now(), allMs, mainMs })
  }
  const timer = setInterval(look, EVERY_MS)
  return {
    end: () => clearInterval(timer),
    between(fromMs, toMs) {
      const from = samples.findLast(({ atMs }) => atMs <= fromMs)
      const to = samples.findLast(({ atMs }) => atMs <= toMs)
      if (from === undefined || to === undefined) return undefined
      return { allMs: to.allMs - from.allMs, mainMs: to.mainMs - from.mainMs }
    },
  }
}

/** Fields 14 and 15 of proc(5), behind the name, which may have spaces in it. */
function cpuMsOf(file: string, ticksPerSecond: number): number | undefined {
  try {
    const stat = readFileSync(file, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
  } catch {
    return undefined
  }
}

function clockTicks(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  } catch {
    return 100
  }
}
