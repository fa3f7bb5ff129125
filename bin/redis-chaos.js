#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// A clone has the sources, and plays what was built from exactly those. A package has only what was built for it.
const folder = existsSync(`${root}runner`) ? (await import('./clone.js')).upToDateBuild(root) : 'package'
await import(`../dist/${folder}/cli.js`)
