import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/*
 * Programs of this project that run beside the one that starts them. What was built starts what was built with it; a
 * source file starts a source file, which Node 20 runs through a loader alone.
 */

/**
 * Arguments for Node that run the program `name`, which lies where the module at the URL `from` says: `./link-process`.
 */
export function programArgs(from: string, name: string): string[] {
  const program = fileURLToPath(located(from, name))
  return isSource(from) ? ['--import', import.meta.resolve('tsx'), program] : [program]
}

/** The program of a worker thread, located as above. The loader does not reach into threads by itself. */
export function threadProgram(from: string, name: string): URL {
  const program = located(from, name)
  if (!isSource(from)) return program
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const text = `import { register } from ${loader}; register(); await import(${JSON.stringify(program)})`
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`)
}

/** The environment of this program for a child process, without what is meant for this program alone. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_|REDIS_CHAOS_|npm_|TAP)/.test(name)),
  )
}

function located(from: string, name: string): URL {
  // All that is built lies in one folder.
  return new URL(isSource(from) ? `${name}.ts` : `${basename(name)}.js`, from)
}

function isSource(from: string): boolean {
  return from.endsWith('.ts')
}
