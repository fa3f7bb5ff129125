import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What a build depends on: the sources, how they are built, and the packages that are bundled with them. */
const INPUTS = ['runner', 'bin/clone.js', 'scripts/build.ts', 'tsconfig.json', 'node_modules/.package-lock.json']
/** `sysexits.h`: EX_SOFTWARE, as for other bugs of redis-chaos. */
const EXIT_BUG = 70
/** Well above what a build takes. */
const BUILD_BYTES = 8 * 1024 * 1024

/**
 * The name that a build of this clone has below `dist/`: that of the contents of all that it depends on, so that a
 * build of anything else is never taken for it (measured: 10 ms of processor time). @param {string} root
 */
export function buildName(root) {
  const hash = createHash('sha256')
  /** @param {string} input */
  const add = (input) => {
    const file = path.join(root, input)
    const text = readFileSync(file)
    hash.update(`${input} ${text.length}\n`).update(text)
  }
  for (const input of INPUTS.filter((one) => existsSync(path.join(root, one)))) {
    const inside = input === 'runner' ? filesBelow(path.join(root, input)) : ['']
    for (const name of inside.sort()) add(path.join(input, name))
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * The build of this clone's sources as they are now, made if it is not there; ends this process if it cannot be made,
 * and throws what the system says where it would have to be written.
 * @param {string} root
 */
export function upToDateBuild(root) {
  const name = buildName(root)
  const isThere = () => existsSync(path.join(root, 'dist', name, 'cli.js'))
  if (isThere()) return name
  // A key that is pressed to complete a word builds nothing.
  if (process.argv[2] === 'complete') process.exit()
  process.stderr.write('building redis-chaos: its sources have changed\n')
  const build = ['--import', 'tsx', path.join('scripts', 'build.ts')]
  const { status } = spawnSync(process.execPath, build, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status === 0 && isThere()) return name
  mkdirSync(path.join(root, 'dist'), { recursive: true })
  for (const folder of [path.join(root, 'dist'), tmpdir()]) tryToWrite(folder)
  process.stderr.write('redis-chaos cannot be built from its sources, so nothing was started; does `npm ci` help?\n')
  process.exit(EXIT_BUG)
}

/** @param {string} folder */
function tryToWrite(folder) {
  const file = path.join(folder, `.try-${process.pid}`)
  writeFileSync(file, Buffer.alloc(BUILD_BYTES))
  rmSync(file)
}

/**
 * @param {string} folder
 * @returns {string[]} relative to it
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(path.join(folder, entry.name)).map((name) => path.join(entry.name, name))
      : [entry.name],
  )
}
