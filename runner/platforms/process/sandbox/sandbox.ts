import { userId, userName } from '../../../base/user.ts'
import type { Namespaces } from '../namespaces.ts'

/**
 * In how small a world a server runs. Whoever gets to run code in it, or has it write a file, is to reach no further
 * than its own data.
 */
export interface Sandbox {
  /** How a view of the file system is made that has nothing but programs and the server's own folder. */
  view?: Namespaces
  /** It runs as a user of its own: only root can have that. */
  ownUser?: true
  /** It gets no privileges that it was not started with, and has no capabilities. */
  confined?: true
}

/** None: a server may do what the user of the runner may. */
export const NO_SANDBOX: Sandbox = {}

/** Above all that systems give to people, services and containers (systemd's UIDS-GIDS: unused up to 2^31). */
const FIRST_USER = 2_000_000_000

/** The user, and group, of a server that has one of its own: by its port, which no other server of this machine has. */
export function ownUserOf(port: number): number {
  return FIRST_USER + port
}

/** In words: `a user of its own, no new privileges, of the file system only programs and its own folder`. */
export function describeSandbox({ view, ownUser, confined }: Sandbox): string {
  const words = [
    ownUser ? 'a user of its own' : `the user ${userName()}`,
    ...(confined ? ['no new privileges'] : []),
    ...(view ? ['of the file system only programs and its own folder'] : ['the whole file system']),
  ]
  return words.join(', ')
}

/** How the program of one server is confined. */
export interface Confinement {
  sandbox: Sandbox
  /** For `ownUser`. */
  port: number
  /** For `view`: the table of its mounts and its root, as `makeView` made them. */
  view: { table: string; root: string }
  /** It is started in a namespace of mounts, and of users where it takes that, which another program made. */
  isNested: boolean
}

/** Mounts what the table says and lives there. The folder of `chroot` is not on the PATH of every user. */
const ENTER_VIEW = `PATH=$PATH:/usr/sbin:/sbin
mount --no-mtab --all --fstab "$1" && root=$2 && shift 2 && exec chroot "$root" "$@"`

/** The command of a server in its sandbox. Each program becomes the next one: the process stays the server's own. */
export function sandboxed(confinement: Confinement, command: readonly string[]): string[] {
  const { sandbox, view, isNested } = confinement
  const confined = sandbox.confined || isNested ? [...setpriv(confinement), ...command] : [...command]
  if (!sandbox.view) return confined
  return [
    'unshare',
    ...sandbox.view.unshare,
    '--',
    '/bin/sh',
    '-c',
    ENTER_VIEW,
    'sh',
    view.table,
    view.root,
    ...confined,
  ]
}

function setpriv({ sandbox, port, isNested }: Confinement): string[] {
  const user = String(ownUserOf(port))
  // An ordinary user has none to lose, and may not say so.
  const hasCapabilities = userId() === 0 || sandbox.view !== undefined || isNested
  return [
    'setpriv',
    ...(sandbox.ownUser ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []),
    '--no-new-privs',
    ...(hasCapabilities ? ['--bounding-set=-all', '--inh-caps=-all'] : []),
    '--',
  ]
}
