/** Writes the JSON Schemas that stand beside the scenarios: `npm run schema`. */
import { echo, path } from 'zx'
import { writeSchema } from '../runner/scenario/json-schema.ts'
import { verbs } from '../runner/steps/index.ts'

const folder = path.resolve(import.meta.dirname, '../scenarios')
writeSchema(folder, verbs)
echo(`the schemas in ${folder} are those of the code`)
