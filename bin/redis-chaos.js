#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** As for all that gives no verdict: `runner/base/exit.ts`, which cannot be loaded here. */
const EXIT_NO_VERDICT = 3
/** The machine refused what every program needs: files, memory, the right to read. */
const REFUSALS = [
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'ENOMEM',
  'EAGAIN',
  'EFBIG',
]

const root = fileURLToPath(new URL('..', import.meta.url))
try {
  // A clone has the sources, and plays what was built from exactly those. A package has only what was built for it.
  const folder = existsSync(`${root}runner`) ? (await import('./clone.js')).upToDateBuild(root) : 'package'
  await import(`../dist/${folder}/cli.js`)
} catch (error) {
  if (!(error instanceof Error && 'code' in error && REFUSALS.includes(String(error.code)))) throw error
  process.stderr.write(`redis-chaos cannot be loaded, so nothing was started: ${error.message}\n`)
  process.exit(EXIT_NO_VERDICT)
}
