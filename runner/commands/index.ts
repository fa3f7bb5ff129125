import { check } from './check.ts'
import { cluster } from './cluster.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { explain } from './explain.ts'
import { heal } from './heal.ts'
import { list } from './list.ts'
import { nightly } from './nightly.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { validate } from './validate.ts'

export const commands: readonly Command[] = [
  run,
  list,
  validate,
  explain,
  cluster,
  nightly,
  heal,
  doctor,
  report,
  check,
]
