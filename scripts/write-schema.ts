/** Writes the JSON Schemas that stand beside the scenarios: `node --import tsx scripts/write-schema.ts`. */
import { fileURLToPath } from 'node:url'
import { writeSchema } from '../runner/scenario/json-schema.ts'
import { verbs } from '../runner/steps/index.ts'

writeSchema(fileURLToPath(new URL('../scenarios', import.meta.url)), verbs)
