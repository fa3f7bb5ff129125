/** Writes docs/library.md, the table of the scenarios of the library: `npm run library-table`. */
import { echo, fs, path } from 'zx'
import { listScenarios } from '../runner/scenario/library.ts'

const root = path.resolve(import.meta.dirname, '..')
const scenarios = path.join(root, 'scenarios')
const rows = listScenarios(scenarios).map(({ name, file, title = '', tags }) => {
  const link = path.relative(path.join(root, 'docs'), file)
  return `| [${name}](${link}) | ${title.replaceAll('|', '\\|')} | ${tags.join(', ')} |`
})
const text = [
  '# The library of scenarios',
  '',
  'Written by `npm run library-table` from `scenarios/`. Any of them is played with `npm run scenario NAME`,',
  'and with every rule of the audit: what one of them means to bring about stands in it under `audit:`.',
  '',
  '| scenario | what it shows | tags |',
  '|---|---|---|',
  ...rows,
  '',
].join('\n')
await fs.writeFile(path.join(root, 'docs', 'library.md'), text)
echo(`docs/library.md has ${rows.length} scenarios`)
