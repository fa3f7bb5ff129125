import { execFile, spawn } from 'node:child_process'
import { access, chmod, copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = path.resolve(import.meta.dirname, '../..')

/** Debian's release that the machine is made of, and what Node itself is linked against. */
const SUITE = 'bookworm'
const PACKAGES = ['ca-certificates', 'libstdc++6', 'libatomic1']
const MAKE_TIMEOUT_MS = 600_000

/** What is missing to make a bare machine here; undefined if nothing is. */
export async function whyNoBareMachine(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can make a root file system'
  try {
    await run('debootstrap', ['--version'])
    return undefined
  } catch {
    return 'debootstrap is not here: apt-get install debootstrap'
  }
}

export interface Outcome {
  code: number | null
  output: string
  tookMs: number
}

/**
 * A fresh root file system made of Debian packages, with Node and npm and nothing else: no Docker, no Redis, no
 * compiler. Commands run in it as a user who is not root, in a process namespace of its own.
 */
export class BareMachine {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async make(): Promise<BareMachine> {
    const folder = await mkdtemp(path.join(tmpdir(), 'redis-chaos-bare-'))
    const machine = new BareMachine(folder)
    try {
      await chmod(folder, 0o755)
      await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, folder], {
        timeout: MAKE_TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024,
      })
      await machine.#addNode()
      await machine.#addNetwork()
      await run('chroot', [folder, 'useradd', '--create-home', '--shell', '/bin/bash', 'newcomer'])
      return machine
    } catch (error) {
      await machine.remove()
      throw error
    }
  }

  /** Puts the project as it would be cloned, the uncommitted included, into the newcomer's home. */
  async addProject(): Promise<void> {
    const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
    const home = path.join(this.#folder, 'home', 'newcomer', 'redis-chaos')
    for (const file of stdout.split('\0').filter(Boolean)) {
      const to = path.join(home, file)
      await mkdir(path.dirname(to), { recursive: true })
      await cp(path.join(root, file), to).catch((error: NodeJS.ErrnoException) => {
        // A file that was deleted and not yet committed is still in the index.
        if (error.code !== 'ENOENT') throw error
      })
    }
    await run('chroot', [this.#folder, 'chown', '-R', 'newcomer:', '/home/newcomer'])
  }

  /** Runs a command line of the README in the project's folder, as the newcomer. */
  async type(commandLine: string, timeoutMs: number): Promise<Outcome> {
    const startMs = performance.now()
    const script = `mount -t proc proc /proc && cd /home/newcomer/redis-chaos && exec setpriv --reuid newcomer --regid newcomer --clear-groups env -i HOME=/home/newcomer USER=newcomer PATH=/usr/local/bin:/usr/bin:/bin bash -c "$0"`
    const args = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'chroot',
      this.#folder,
      'bash',
      '-c',
      script,
      commandLine,
    ]
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.on('error', reject)
        child.on('close', resolve)
      })
      return { code, output, tookMs: performance.now() - startMs }
    } finally {
      clearTimeout(timer)
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** The Node and npm that run this test, at the places where an installer puts them. */
  async #addNode(): Promise<void> {
    const bin = path.join(this.#folder, 'usr', 'local', 'bin')
    await copyFile(process.execPath, path.join(bin, 'node'))
    const { stdout } = await run('npm', ['root', '--global'])
    const modules = path.join(this.#folder, 'usr', 'local', 'lib', 'node_modules')
    await cp(await realpath(path.join(stdout.trim(), 'npm')), path.join(modules, 'npm'), { recursive: true })
    await writeFile(
      path.join(bin, 'npm'),
      '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
      {
        mode: 0o755,
      },
    )
  }

  /** The way out that this machine has: its name servers, certificates and Debian mirror. */
  async #addNetwork(): Promise<void> {
    for (const file of ['etc/resolv.conf', 'etc/ssl/certs/ca-certificates.crt']) {
      const text = await readFile(path.join('/', file))
      await writeFile(path.join(this.#folder, file), text)
    }
    const certificates = '/etc/ssl/certs/ca-certificates.crt'
    const npmrc = path.join(this.#folder, 'usr', 'local', 'etc', 'npmrc')
    await access(path.join('/', certificates))
    await mkdir(path.dirname(npmrc), { recursive: true })
    await writeFile(npmrc, `cafile=${certificates}\n`)
  }
}
