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
if (files.length === 0) throw new Error('there is no report.json in the folders given: npm run server-table -- FOLDER…')
const runs = files.map((file) => runSchema.parse(fs.readJsonSync(file)))
await fs.writeFile(path.join(root, 'docs', 'servers.md'), serverText(runs, path.join(root, 'scenarios')))
echo(`docs/servers.md is made from ${runs.length} runs`)
