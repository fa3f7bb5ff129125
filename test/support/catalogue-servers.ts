import type { Test } from 'tap'
import { DEFAULT_SERVER, packagedServers } from '../../runner/platforms/catalogue.ts'
import { chooseProgram } from '../../runner/platforms/process/server-program.ts'
import { requireDebian } from './debian.ts'
import { type LocalProgram, skipWithoutRedis } from './local-servers.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

/** The servers that can be had without a registry. */
export function servers(): Promise<string[]> {
  return packagedServers(projectRoot)
}

/**
 * A test for each server that can be had without a registry; skipped with the reason where the server is not on this machine and cannot
 * be fetched.
 */
export async function eachServer(
  t: Test,
  work: (t: Test, program: LocalProgram, server: string) => Promise<void>,
): Promise<void> {
  for (const server of await servers()) {
    const skip = server === DEFAULT_SERVER && skipWithoutRedis()
    await t.test(server, { skip }, async (t) => {
      if (server !== DEFAULT_SERVER && !(await requireDebian(t))) return
      await work(t, await chooseProgram(projectRoot, server, () => undefined), server)
    })
  }
}
