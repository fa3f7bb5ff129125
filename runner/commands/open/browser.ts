import { spawn } from 'node:child_process'
import { foreignEnvironment } from '../../base/programs.ts'

/** Where this program runs, as far as it tells whether there is a browser to open. */
export interface Desk {
  platform: NodeJS.Platform
  env: Readonly<Record<string, string | undefined>>
}

/** The program that opens a file as the person at this machine has it; with the arguments before the file. */
export function opener({ platform }: Pick<Desk, 'platform'>): readonly [program: string, ...args: string[]] {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return ['xdg-open']
}

/** Why there is no browser to open here; undefined where there is one. */
export function whyNoBrowser({ platform, env }: Desk): string | undefined {
  if (isOverSsh(env)) return 'this is a session over ssh'
  const needsDisplay = platform !== 'darwin' && platform !== 'win32'
  const display = env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME
  return needsDisplay && !display ? 'there is no display here' : undefined
}

export function isOverSsh(env: Desk['env']): boolean {
  return Boolean(env.SSH_CONNECTION || env.SSH_TTY)
}

/** How long a program that opens things may take to say that it cannot, ms; a browser that it became stays. */
const ANSWER_MS = 3000

/**
 * Opens a file in the browser, without a shell. Resolves with why that failed; with undefined as soon as it has not, or
 * nothing was heard of it for a while.
 */
export async function openInBrowser(file: string, desk: Desk): Promise<string | undefined> {
  const [program, ...args] = opener(desk)
  const child = spawn(program, [...args, file], { stdio: 'ignore', detached: true, env: foreignEnvironment() })
  child.unref()
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ANSWER_MS)
    const tell = (why: string | undefined) => {
      clearTimeout(timer)
      resolve(why)
    }
    child.on('error', () => tell(`${program} cannot be started`))
    child.on('exit', (code) => tell(code === 0 ? undefined : `${program} could not open it`))
  })
}
