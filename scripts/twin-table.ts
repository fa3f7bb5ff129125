/**
 * Writes docs/twin-table.md, the planted faults of the library: `npm run twin-table`. Given folders with runs of
 * `npm run twins`, at any depth, it tells of each twin how it was last played there; without, what the page tells of
 * that stays.
 */
import { argv, echo, fs, glob, path } from 'zx'
import { PLAYED_HEADING, playedText, twinRunSchema, twinsIn, twinText } from './twin-text.ts'

const root = path.resolve(import.meta.dirname, '..')
const page = path.join(root, 'docs', 'twin-table.md')
const folders = argv._.map(String)
const twins = twinsIn(path.join(root, 'scenarios'))
await fs.writeFile(page, `${twinText(twins)}\n${folders.length === 0 ? await played() : await playedIn(folders)}`)
echo(`docs/twin-table.md is written: ${twins.length} twins`)

async function playedIn(given: readonly string[]): Promise<string> {
  // `latest` is a link to a run that is there anyway.
  const files = await glob(
    given.map((folder) => `${folder}/**/report.json`),
    { followSymbolicLinks: false },
  )
  if (files.length === 0) throw new Error(`there is no report.json in ${given.join(', ')}`)
  return playedText(
    twins,
    files.map((file) => twinRunSchema.parse(fs.readJsonSync(file))),
  )
}

/** What the page tells of plays so far. */
async function played(): Promise<string> {
  const text = (await fs.pathExists(page)) ? await fs.readFile(page, 'utf8') : ''
  const at = text.indexOf(PLAYED_HEADING)
  return at < 0 ? playedText(twins, []) : text.slice(at)
}
