/**
 * Says what `npm pack` would put into the package, and fails if that is more than a user needs: `npm run pack-check`.
 */
import { $, chalk, echo, path } from 'zx'

/** Bytes of the tarball. */
const MOST_BYTES = 2_000_000
const NEEDED =
  /^(bin\/redis-chaos\.js|(clients|dist\/package|docker|docs|scenarios)\/|reports\/README\.md$|package\.json$|[A-Z]+(\.md)?$)/

interface Packed {
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

$.cwd = path.resolve(import.meta.dirname, '..')
// What the build prints must not stand before the JSON.
await $`npm run --silent build -- --package`
const [packed] = (await $`npm pack --dry-run --json --silent --ignore-scripts`.json<Packed[]>()) ?? []
if (packed === undefined) throw new Error('npm pack says nothing about the package')
const others = packed.files.filter((file) => !NEEDED.test(file.path))
const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`
echo(`${packed.files.length} files, ${kilobytes(packed.size)} packed, ${kilobytes(packed.unpackedSize)} unpacked`)
for (const file of others) echo(chalk.red(`not for users: ${file.path}`))
if (packed.size > MOST_BYTES) echo(chalk.red(`more than ${kilobytes(MOST_BYTES)}`))
process.exitCode = others.length > 0 || packed.size > MOST_BYTES ? 1 : 0
