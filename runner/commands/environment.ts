import { arch, cpus, release, totalmem, type } from 'node:os'

const GIBIBYTE = 2 ** 30

/** What a run is played on, in words, for whoever compares two runs: no name of a user or machine. */
export function environment(): Record<string, string> {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? ''
  return {
    system: `${type()} ${release()} (${arch()})`,
    processors: `${processors.length}${model === '' || model === 'unknown' ? '' : ` × ${model}`}`,
    memory: `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`,
    node: process.version,
  }
}
