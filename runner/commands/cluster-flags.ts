import { UsageError } from '../base/errors.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { settingProblem } from '../platforms/settings.ts'
import { newSecret } from '../platforms/users.ts'
import type { ClusterShape } from '../record/cluster-shape.ts'
import { portProblem } from '../scenario/cluster-section.ts'
import { allowedBy, allowFlag } from './allow.ts'
import { type Flags, nameValues, type ParsedLine, wholeNumber } from './flags.ts'

/** The bus port of a server is its client port plus this (CLUSTER_PORT_INCR, cluster.h, Redis 7.0). */
const BUS_PORT_OFFSET = 10_000

export const PORTS = { min: 1024, max: 65_535 - BUS_PORT_OFFSET }
export const PREFIX = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

export const DEFAULT_PORT_BASE = 7010
export const DEFAULT_NAME_PREFIX = 'redis-node'

/** The seed's password. It guards servers that listen on loopback and on a network of their own. */
const DEFAULT_PASSWORD = 'ericsdad'

/** Flags of every command that makes servers. */
export const clusterFlags: Flags = {
  'port-base': {
    type: 'string',
    value: 'PORT',
    help: `node i listens on localhost:PORT+i (default ${DEFAULT_PORT_BASE})`,
  },
  'name-prefix': {
    type: 'string',
    value: 'NAME',
    help: `container i is named NAME followed by i (default ${DEFAULT_NAME_PREFIX})`,
  },
  config: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'a server setting; may be given several times' },
  ...allowFlag,
  password: {
    type: 'string',
    value: 'random',
    help: `a password that nobody knows (default: REDIS_CHAOS_PASSWORD, else ${DEFAULT_PASSWORD})`,
  },
}

export interface ClusterSettings {
  portBase: number
  namePrefix: string
  password: string
  config: Record<string, string>
  /** What `--allow` lets scenarios and `--config` do. */
  allowed: Allowed
}

/** Reads what `clusterFlags` and the environment (REDIS_CHAOS_PASSWORD) say. Throws UsageError. */
export function clusterSettings(line: ParsedLine): ClusterSettings {
  const namePrefix = line.text('name-prefix') ?? DEFAULT_NAME_PREFIX
  if (!PREFIX.test(namePrefix)) {
    throw new UsageError(
      `--name-prefix takes letters, digits, dots and dashes, beginning with a letter or digit, not \`${namePrefix}\``,
    )
  }
  const config = nameValues(line, 'config')
  const allowed = allowedBy(line)
  for (const [name, value] of Object.entries(config)) {
    const problem = settingProblem(name, value, allowed)
    if (problem !== undefined) throw new UsageError(`--config ${name}: ${problem}`)
  }
  return {
    portBase: wholeNumber(line, 'port-base', DEFAULT_PORT_BASE, PORTS),
    namePrefix,
    password: passwordOf(line),
    config,
    allowed,
  }
}

/** A password comes from the environment: a command line is there for everybody on the machine to read. */
function passwordOf(line: ParsedLine): string {
  const asked = line.text('password')
  if (asked === 'random') return newSecret()
  if (asked !== undefined) {
    throw new UsageError(
      '--password takes the word `random`; another password is given in REDIS_CHAOS_PASSWORD, which others on this machine cannot read',
    )
  }
  const given = process.env.REDIS_CHAOS_PASSWORD ?? DEFAULT_PASSWORD
  if (!/^[\x21-\x7e]{4,128}$/.test(given)) {
    throw new UsageError('REDIS_CHAOS_PASSWORD must be 4 to 128 visible ASCII characters without spaces')
  }
  return given
}

/** Throws UsageError if the port of the last node, of those too that are added, would be out of range. */
export function checkPortsFit(topology: ClusterShape, portBase: number, added = 0): void {
  const problem = portProblem(topology, portBase, added)
  if (problem !== undefined) throw new UsageError(`--port-base ${portBase}: ${problem}`)
}
