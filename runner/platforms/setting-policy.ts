import { type Allowed, howToAllow } from './allowed.ts'

/** Settings that a scenario may not give, whichever way: `config`, `cluster.config`, CONFIG SET. */
interface Owned {
  names: RegExp
  why: string
  /** What does the same in safety. */
  instead?: string
  /** No run works with another value, whoever allows it. */
  fixed?: true
}

const RUNNER_SETS = 'the runner sets it for each node itself'
const RUNS_CODE = 'it would make the server run foreign code'
const OUTSIDE_FILES = 'it would make the server read or write files outside its own folder'
const DISKS = 'the verbs `disk` and `writes-refused` make a server fail to write'
const ONE_PASSWORD =
  'the runner gives every node its users and one password (`--password`), and without it could not reach the node'

const OWNED: readonly Owned[] = [
  { names: /^(loadmodule|loadmodule-ex)$/, why: RUNS_CODE },
  {
    names: /^enable-.*$/,
    why: RUNS_CODE,
    instead: 'servers that need it for a step (`stall`, `writes-refused`, DEBUG) have it without being told',
  },
  // Without the sandbox of scripts; and before Redis 7.0 a replica runs a script by its text, with all rights.
  { names: /^(lua-enable-.*|lua-replicate-commands)$/, why: 'it would let scripts do more than they may' },
  { names: /^(include|aclfile|unixsocket|unixsocketperm|unixsocketgroup|syslog-.*|syslog)$/, why: OUTSIDE_FILES },
  { names: /^(dir|dbfilename|appendfilename|appenddirname)$/, why: OUTSIDE_FILES, instead: DISKS },
  { names: /^(logfile|pidfile|cluster-config-file)$/, why: OUTSIDE_FILES },
  { names: /^tls-.*$/, why: 'the runner talks to the servers without TLS, over loopback and their own network only' },
  {
    names: /^(requirepass|masterauth|masteruser|primaryauth|primaryuser|user|acl-.*)$/,
    why: ONE_PASSWORD,
    fixed: true,
  },
  {
    names: /^(bind|bind-source-addr|rdma-.*|protected-mode|socket-mark-id)$/,
    why: "servers listen on loopback and the run's own network only",
    instead: 'the verbs `partition` and `network` make nodes unreachable',
  },
  { names: /^rename-command$/, why: 'the runner needs every command under its own name', fixed: true },
  {
    names: /^(daemonize|supervised|oom-score-adj.*)$/,
    why: "the server must stay the platform's own process, to be stopped and killed",
    fixed: true,
  },
  {
    names: /^(replicaof|slaveof|replica-announce-.*|slave-announce-.*|sentinel.*)$/,
    why: 'the runner forms the cluster itself',
    fixed: true,
  },
  { names: /^(cluster-enabled|cluster-announce-.*|cluster-preferred-endpoint-type)$/, why: RUNNER_SETS, fixed: true },
  { names: /^(.*-)?port$/, why: `${RUNNER_SETS} (\`--port-base\`)`, fixed: true },
]

/** Those of them that `--allow` may name, as far as people look for them: for whoever misspells one. */
export const ALLOWABLE_SETTINGS: readonly string[] = [
  ...['loadmodule', 'enable-module-command', 'enable-debug-command', 'enable-protected-configs', 'aclfile', 'include'],
  ...[
    'dir',
    'dbfilename',
    'appendfilename',
    'appenddirname',
    'logfile',
    'pidfile',
    'cluster-config-file',
    'unixsocket',
  ],
  ...['bind', 'bind-source-addr', 'protected-mode', 'lua-replicate-commands'],
]

/** Whether `--allow` may name the setting. */
export function isAllowable(name: string): boolean {
  return OWNED.some(({ names, fixed }) => names.test(name) && !fixed)
}

/** Why a scenario may not give a setting, as one sentence; undefined if it may. `name` is in lower case. */
export function settingRefusal(name: string, allowed: Allowed): string | undefined {
  const owned = OWNED.find(({ names }) => names.test(name))
  if (owned === undefined || allowed.has(name)) return undefined
  const { why, instead, fixed } = owned
  const ways = [instead, fixed ? undefined : howToAllow(name)].filter((way) => way !== undefined)
  return [`\`${name}\` cannot be set: ${why}`, ...ways].join('; ')
}
