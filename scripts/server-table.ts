/**
 * Writes docs/servers.md, which scenario passes on which server, from the `report.json` of runs in the folders that it
 * is given, at any depth: `npm run server-table -- reports/night`.
 */
import { argv, echo, fs, glob, path } from 'zx'
import { runSchema, serverText } from './server-text.ts'

const root = path.resolve(import.meta.dirname, '..')
const folders = argv._.map(String)
// `latest` is a link to a run that is there anyway.
const found = await glob(
  folders.map((folder) => `${folder}/**/report.json`),
  { followSymbolicLinks: false },
)
const files = found.sort()
if (files.length === 0) {
  const what =
    folders.length === 0 ? 'name the folders of the runs' : `there is no report.json in ${folders.join(', ')}`
  process.stderr.write(`${what}: npm run server-table -- FOLDER…\n`)
  process.exit(2)
}
const runs = files.map((file) => runSchema.parse(fs.readJsonSync(file)))
await fs.writeFile(path.join(root, 'docs', 'servers.md'), serverText(runs, path.join(root, 'scenarios')))
echo(`docs/servers.md is made from ${runs.length} runs`)
