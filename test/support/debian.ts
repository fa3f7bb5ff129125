import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The part of a tap test that the decision needs. */
interface Skippable {
  plan(count: number, reason?: string): void
  fail(message: string): boolean
}

/**
 * Whether servers can be fetched from Debian's packages here. Where they cannot, the test is skipped with the reason;
 * under
 * `REQUIRE_BARE_MACHINE=1` it fails instead. Call it first in the test, and return when it says false.
 */
export async function requireDebian(t: Skippable): Promise<boolean> {
  try {
    await promisify(execFile)('apt-get', ['--version'])
    return true
  } catch {
    const reason = 'apt-get is not here, so servers cannot be fetched from Debian packages'
    if (process.env.REQUIRE_BARE_MACHINE === '1') t.fail(reason)
    else t.plan(0, reason)
    return false
  }
}
