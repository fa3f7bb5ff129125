import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const IMPORT = /^import \{[^}]*\} from '\.\/([a-z-]+\.js)'$/gm

/** Styles of this folder, one behind the other, and those of the charts. */
export function styles(...names: string[]): string {
  return [...names.map((name) => readFileSync(join(FOLDER, name), 'utf8')), chartFile('uPlot.min.css')].join('\n')
}

/** uPlot, as its makers pack it for a `script` element: it gives the name `uPlot`. */
export function chartLibrary(): string {
  return chartFile('uPlot.iife.min.js')
}

/**
 * A script of `browser/` with all that it imports, as one text for a `script` element. The modules there are read by
 * browsers from a file, where importing is forbidden: each is put before those that import it. Their exported names are
 * unique, which this demands: Throws Error when two modules give the same name.
 */
export function script(entry: string): string {
  const order: string[] = []
  const bodies = new Map<string, string>()
  const visit = (name: string): void => {
    if (bodies.has(name)) return
    const text = readFileSync(join(FOLDER, 'browser', name), 'utf8')
    bodies.set(name, '')
    for (const [, imported = ''] of text.matchAll(IMPORT)) visit(imported)
    bodies.set(name, withoutModules(text))
    order.push(name)
  }
  visit(entry)
  demandUniqueNames(bodies)
  return `(() => {\n'use strict'\n${order.map((name) => bodies.get(name)).join('\n')}\n})()`
}

/** A small script without imports, as it is. */
export function plainScript(name: string): string {
  return readFileSync(join(FOLDER, 'browser', name), 'utf8')
}

function withoutModules(text: string): string {
  return text
    .replace(IMPORT, '')
    .replace(/^export /gm, '')
    .trim()
}

function demandUniqueNames(bodies: ReadonlyMap<string, string>): void {
  const owners = new Map<string, string>()
  for (const [file, body] of bodies) {
    for (const [, name = ''] of body.matchAll(/^(?:async )?(?:function|const|let|class) (\w+)/gm)) {
      const other = owners.get(name)
      if (other !== undefined) throw new Error(`${file} and ${other} of the report's scripts both have ${name}`)
      owners.set(name, file)
    }
  }
}

function chartFile(name: string): string {
  const main = createRequire(import.meta.url).resolve('uplot')
  return readFileSync(join(dirname(main), name), 'utf8')
}
