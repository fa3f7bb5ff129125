/**
 * Makes a release: `npm run release -- VERSION`. It checks that nothing is uncommitted, that the changelog tells of the
 * version and that the checks and tests pass; then it sets the version, commits and tags it, and packs it. Publishing
 * and pushing are left to whoever calls it.
 */
import { $, argv, echo, fs, path } from 'zx'

const root = path.resolve(import.meta.dirname, '..')
$.cwd = root
const version = String(argv._[0] ?? '')
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error('give the version: npm run release -- 1.2.3')

const changes = await $`git status --porcelain`.text()
if (changes !== '') throw new Error(`these are not committed:\n${changes}`)
const changelog = await fs.readFile(path.join(root, 'CHANGELOG.md'), 'utf8')
if (!changelog.includes(`## ${version}`) && !changelog.includes(`## [${version}]`)) {
  throw new Error(`CHANGELOG.md has no section ## ${version}`)
}
await $({ stdio: 'inherit' })`npm run check`
await $({ stdio: 'inherit' })`npm test`
await $({ stdio: 'inherit' })`npm run pack-check`
await $`npm version ${version} --message ${'release: %s'}`
await $({ stdio: 'inherit' })`npm pack`
echo(`v${version} is committed, tagged and packed: git push --follow-tags, npm publish redis-chaos-${version}.tgz`)
