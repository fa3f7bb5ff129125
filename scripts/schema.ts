/** Writes the JSON Schemas that stand beside the scenarios, and the generated parts of docs/language.md. */
import { echo, fs, path } from 'zx'
import { PROJECT_SCHEMA, projectSchema } from '../runner/commands/project-schema.ts'
import { writeSchema } from '../runner/scenario/json-schema.ts'
import { verbs } from '../runner/steps/index.ts'
import { languagePage } from './language-page.ts'

const folder = path.resolve(import.meta.dirname, '../scenarios')
writeSchema(folder, verbs)
await fs.writeFile(path.join(folder, PROJECT_SCHEMA), await projectSchema())
const page = path.resolve(import.meta.dirname, '../docs/language.md')
await fs.writeFile(page, languagePage(await fs.readFile(page, 'utf8'), verbs))
echo(`the schemas in ${folder}, and ${page}, are those of the code`)
