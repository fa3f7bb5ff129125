/**
 * Builds the image of the runner itself (docker/runner/Dockerfile): `npm run runner-image [-- TAG]`. On node:22-slim, or,
 * where that cannot be pulled, on Debian's packages, as the images of servers are.
 */
import { $, argv, echo, fs, path, tmpdir } from 'zx'
import { debianTree, treeKey } from '../runner/platforms/debian/tree.ts'
import { Engine } from '../runner/platforms/docker/engine.ts'
import { ensureImage, inspectImage, PullError } from '../runner/platforms/docker/images/base-image.ts'
import { importTree } from '../runner/platforms/docker/images/image-jobs.ts'

const OFFICIAL = 'node:22-slim'
const REPO = 'redis-chaos-runner-base'
/** Node.js 20, and all that it is linked against. */
const DEBIAN = {
  suites: ['trixie', 'trixie-security'],
  packages: ['nodejs', 'node-acorn', 'node-acorn-walk', 'node-cjs-module-lexer', 'node-undici', 'node-minimatch'],
  without: ['openssl-provider-legacy'],
}

const root = path.resolve(import.meta.dirname, '..')
$.cwd = root
const tag = String(argv._[0] ?? 'redis-chaos')
const context = tmpdir()
try {
  for (const part of ['package.json', 'LICENSE', 'bin/redis-chaos.js', 'docker', 'scenarios'])
    await fs.copy(path.resolve(root, part), path.join(context, part))
  await $`npm run --silent build -- --package --dist ${path.join(context, 'dist')}`
  const base = await baseImage()
  echo(`base image: ${base}`)
  const file = path.join(context, 'docker/runner/Dockerfile')
  await $`docker build --quiet --force-rm --build-arg BASE=${base} --file ${file} --tag ${tag} ${context}`
} finally {
  await fs.remove(context)
}
echo(
  `image ${tag}: docker run --rm --network host -v /var/run/docker.sock:/var/run/docker.sock -v "$PWD:/work" ${tag} run NAME`,
)

async function baseImage(): Promise<string> {
  const engine = new Engine()
  try {
    await ensureImage(engine, OFFICIAL, echo)
    return OFFICIAL
  } catch (error) {
    if (!(error instanceof PullError)) throw error
    echo(`${OFFICIAL} could not be pulled (${error.message})`)
    const version = `${DEBIAN.suites[0]}-${treeKey(DEBIAN)}`
    const image = `${REPO}:${version}`
    if ((await inspectImage(engine, image)) !== undefined) return image
    const tree = await debianTree(DEBIAN, { progress: echo })
    const change = 'ENV PATH=/usr/local/bin:/usr/bin:/bin'
    await importTree(engine, tree, { repo: REPO, tag: version, change, progress: echo, signal: undefined })
    return image
  } finally {
    engine.close()
  }
}
