/**
 * Builds the program into a folder of `dist/` that is named after its sources (bin/clone.js): `npm run build`. With
 * `--package` into
 * `dist/package`, which is what `npm pack` takes; with `--dist FOLDER` into that of another `dist/`.
 */
import { build, type Metafile, type Plugin } from 'esbuild'
import { argv, echo, fs, path } from 'zx'
import { buildName } from '../bin/clone.js'
import { pageAssets } from '../runner/report/html/assets.ts'

/** The command, and the programs that it starts beside itself. */
const PROGRAMS = [
  'runner/cli.ts',
  'runner/commands/watchdog/watchdog-process.ts',
  'runner/platforms/links/link-process.ts',
  'runner/platforms/process/supervisor-process.ts',
  'runner/workload/drivers/keeper-process.ts',
  'runner/workload/thread/load-thread.ts',
]

/** A program that is up loads parts of its build only when it needs them: an old build is kept for so long. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** Packages that are no ES modules call `require`, which ES modules do not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** Made once, here, instead of whenever a report is written. */
const madePageAssets: Plugin = {
  name: 'page assets',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]report[\\/]html[\\/]assets\.ts$/ }, () => ({
      contents: `const made = ${JSON.stringify(pageAssets())}\nexport const pageAssets = () => made`,
    }))
  },
}

/**
 * Parts of dockerode that load much. SSH is loaded when DOCKER_HOST asks for it, from its own package, which has a
 * native part. BuildKit's sessions are left out: images are built without BuildKit.
 */
const lightDockerode: Plugin = {
  name: 'light dockerode',
  setup({ onResolve, onLoad }) {
    const namespace = 'light-dockerode'
    const instead: Record<string, string> = {
      './ssh': "module.exports = (options) => require('docker-modem/lib/ssh.js')(options)",
      './session': "module.exports = () => { throw new Error('redis-chaos builds images without BuildKit') }",
      './buildkit': "throw new Error('redis-chaos builds images without BuildKit')",
    }
    onResolve({ filter: /^\.\/(ssh|session|buildkit)$/ }, ({ path: name, importer, resolveDir }) =>
      /[\\/](dockerode|docker-modem)[\\/]lib[\\/]\w+\.js$/.test(importer)
        ? { path: name, namespace, pluginData: { resolveDir } }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace }, ({ path: name, pluginData }) => ({
      contents: instead[name] ?? '',
      resolveDir: pluginData.resolveDir,
    }))
  },
}

const root = path.resolve(import.meta.dirname, '..')
const dist = path.resolve(root, argv.dist ?? 'dist')
const name = argv.package === true ? 'package' : buildName(root)
const startMs = performance.now()
// Whole or not at all: other programs may look for it, or make it too.
const unfinished = path.join(dist, `unfinished-${process.pid}`)
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: PROGRAMS,
  entryNames: '[name]',
  outdir: unfinished,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  external: ['ssh2'],
  banner: { js: REQUIRE },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [madePageAssets, lightDockerode],
})
// Read beside the code that needs them (platforms/clock/library.ts, platforms/unsynced/library.ts, cluster/data/data-node.ts, commands/init.ts).
await fs.copy(path.join(root, 'runner/platforms/clock/skewed-clock.c'), path.join(unfinished, 'skewed-clock.c'))
await fs.copy(path.join(root, 'runner/platforms/unsynced/undo-log.c'), path.join(unfinished, 'undo-log.c'))
await fs.copy(path.join(root, 'runner/cluster/data/lua'), path.join(unfinished, 'lua'))
await fs.copy(path.join(root, 'runner/commands/init-files'), path.join(unfinished, 'init-files'))
await fs.writeFile(path.join(unfinished, 'licenses.txt'), await licensesOf(metafile))
if (name === 'package') await fs.remove(path.join(dist, name))
await fs.move(unfinished, path.join(dist, name)).catch(async (error: unknown) => {
  await fs.remove(unfinished)
  if (!(await fs.pathExists(path.join(dist, name)))) throw error
})
await removeOldBuilds()
echo(`dist/${name} built in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)

async function removeOldBuilds(): Promise<void> {
  for (const other of await fs.readdir(dist)) {
    if (other === name || other === 'package') continue
    const { mtimeMs } = await fs.stat(path.join(dist, other))
    if (Date.now() - mtimeMs > KEPT_MS) await fs.remove(path.join(dist, other))
  }
}

/** What the licenses of the bundled packages ask to be handed on with them. */
async function licensesOf({ inputs }: Metafile): Promise<string> {
  const folders = Object.keys(inputs).map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
  const texts = [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map(licenseOf)
  return (await Promise.all(texts)).join('\n')
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = await fs.readJson(path.join(root, folder, 'package.json'))
  const file = (await fs.readdir(path.join(root, folder))).find((one: string) => /^(licen[cs]e|copying)/i.test(one))
  const text = file === undefined ? '' : await fs.readFile(path.join(root, folder, file), 'utf8')
  return `${name} ${version} (${license})\n\n${text.trim()}\n\n${'-'.repeat(80)}\n`
}
