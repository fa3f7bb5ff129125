/** Writes docs/library.md, the index of the scenarios of the library by subject: `npm run library-table`. */
import { echo, fs, path } from 'zx'
import { libraryText } from './library-text.ts'

const root = path.resolve(import.meta.dirname, '..')
await fs.writeFile(path.join(root, 'docs', 'library.md'), libraryText(path.join(root, 'scenarios')))
echo('docs/library.md is written')
